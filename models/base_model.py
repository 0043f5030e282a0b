"""What every model has: networks, optimizers, a training step, checkpoints, and a way to paint."""

from __future__ import annotations

import argparse
import zlib
from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks import define_G, set_inference
from models.precision import choose_precision
from util import checkpoint, seeding
from util.errors import UserError

EMA_SUFFIX = "G_ema"


class BaseModel(ABC):
    """A model is found by its name, built from options, fed with batches.

    Attributes:
        netG: the generator; ``netG_ema``: its moving average, or None.
        visual_names: attributes that `get_current_visuals` shows.
        model_names: networks with checkpoints of their own: ``G`` for ``self.netG``.
        optimizers: all of them; empty when testing.
        real_A, fake_B, real_B: the current batch, (N, C, H, W) in [-1, 1].
        image_paths: files of the current batch's inputs.
    """

    netG: nn.Module
    netG_ema: nn.Module | None = None
    fake_B: Tensor
    real_A: Tensor
    real_B: Tensor | None = None

    def __init__(self, opt: Namespace):
        self.isTrain = opt.isTrain
        self.device = torch.device(opt.device)
        self.precision = choose_precision(opt.amp, self.device, opt.batch_size)
        self.save_dir = opt.run_dir
        self.seed, self.direction, self.nz = opt.seed, opt.direction, opt.nz
        self.visual_names: list[str] = []
        self.model_names: list[str] = ["G"]
        self.optimizers: list[torch.optim.Optimizer] = []
        self.image_paths: list[str] = []
        self.eval_mode = getattr(opt, "eval", False)
        self.suffix_G = getattr(opt, "model_suffix", "")
        self.prefer_ema = not self.isTrain and not getattr(opt, "no_ema", False)
        self._losses: dict[str, Tensor] = {}
        self.n_updates = 0
        self._watch_from = 0
        self._all_good: Tensor | None = None
        self._n_good: Tensor | None = None

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Add options of this model, or change defaults.

        Args:
            parser: complete but for the model's and the dataset's options.
            is_train: whether train.py asks.
            known: what the command line says so far: defaults may depend on it.
        """

    @abstractmethod
    def optimize_parameters(self) -> None:
        """One training step on the current batch. Does not wait for the device."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides how training goes on, as nested dicts of tensors and numbers."""
        raise NotImplementedError(f"{type(self).__name__} does not train")

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave."""
        raise NotImplementedError(f"{type(self).__name__} does not train")

    def define_generator(self, opt: Namespace) -> nn.Module:
        """The generator that the options describe, on the device."""
        net = define_G(
            opt.input_nc,
            opt.output_nc,
            opt.ngf,
            opt.netG,
            opt.norm,
            not opt.no_dropout,
            getattr(opt, "init_type", "normal"),
            getattr(opt, "init_gain", 0.02),
            nz=opt.nz,
            where_add=opt.where_add,
            upsample=opt.upsample,
        )
        return self.precision.place(net)

    def setup(self, opt: Namespace) -> None:
        """Load what is to be tested, print and compile the networks as the options say."""
        if not self.isTrain:
            self.load_networks(f"iter_{opt.load_iter}" if opt.load_iter else opt.epoch)
        for name in self.model_names:
            net = self._net(name)
            if opt.verbose:
                print(net)
            millions = sum(p.numel() for p in net.parameters()) / 1e6
            if opt.verbose or self.isTrain:
                print(f"[network {name}] {millions:.3f} M parameters")
            if opt.compile:
                setattr(self, "net" + name, torch.compile(net))

    def set_input(self, batch: dict[str, Any]) -> None:
        """Take a batch of a loader: A and B by ``--direction`` become real_A (input) and real_B (truth)."""
        source, target = ("A", "B") if self.direction == "AtoB" or "B" not in batch else ("B", "A")
        as_laid_out = {"memory_format": self.precision.memory_format, "non_blocking": True}
        self.real_A = batch[source].to(self.device, **as_laid_out)
        self.real_B = batch[target].to(self.device, **as_laid_out) if target in batch else None
        self.image_paths = batch[source + "_paths"]

    def test(self, sample: int = 0) -> None:
        """Paint the current batch into ``fake_B``.

        As in the family, dropout acts and batch norm takes each picture's own statistics, unless the model
        was made with ``--eval``. Dropout and noise are drawn for (seed, file name, sample): a picture comes
        out the same whatever batch it is in.

        Args:
            sample: number of the draw, for several samples of one input.
        """
        names = [Path(p).stem for p in self.image_paths]
        seeds = [seeding.derive(self.seed, zlib.crc32(n.encode("utf-8", "replace")), sample) for n in names]
        net = self.netG_ema if self.netG_ema is not None else self.netG
        was_training = net.training
        net.train(not self.eval_mode)
        set_inference(net, per_picture=not self.eval_mode, seeds=None if self.eval_mode else seeds)
        try:
            with torch.inference_mode(), self.precision.autocast():
                self.fake_B = self._paint(net, seeds).float()
        finally:
            net.train(was_training)
            set_inference(net, per_picture=False, seeds=None)

    def _paint(self, net: nn.Module, seeds: Sequence[int]) -> Tensor:
        """The generator's picture of real_A, padded to what it needs and cropped back."""
        height, width = self.real_A.shape[2:]
        multiple = checkpoint.unwrap(net).multiple
        pad = (0, -width % multiple, 0, -height % multiple)
        x = F.pad(self.real_A, pad, mode="replicate") if any(pad) else self.real_A
        z = None
        if self.nz:
            draws = [torch.randn(self.nz, generator=torch.Generator().manual_seed(s)) for s in seeds]
            z = torch.stack(draws).to(self.device)
        return net(x, z)[:, :, :height, :width]

    def get_current_losses(self) -> dict[str, float]:
        """The losses of the last update, read from the device now."""
        if not self._losses:
            return {}
        values = torch.stack([v.detach().float() for v in self._losses.values()]).tolist()
        return dict(zip(self._losses, values, strict=True))

    def _watch(self, losses: dict[str, Tensor]) -> None:
        """Note on the device, without waiting for it, whether all losses so far were finite."""
        good = torch.stack([v.float() for v in losses.values()]).isfinite().all()
        if self._all_good is None or self._n_good is None:
            self._watch_from, self._all_good = self.n_updates, good
            self._n_good = good.long()
        else:
            self._all_good = self._all_good & good
            self._n_good = self._n_good + self._all_good

    def first_bad_update(self) -> int | None:
        """Number (from 0) of the first update whose loss was not finite, or None; waits for the device."""
        if self._n_good is None:
            return None
        bad = self._watch_from + int(self._n_good)
        return None if bad == self.n_updates else bad

    def get_current_visuals(self) -> dict[str, Tensor]:
        """Pictures of the current batch, (N, C, H, W) in [-1, 1], by name."""
        found = {name: getattr(self, name, None) for name in self.visual_names}
        return {name: picture for name, picture in found.items() if picture is not None}

    def get_image_paths(self) -> list[str]:
        """Files of the current batch's inputs."""
        return self.image_paths

    def set_learning_rate(self, lr: float) -> None:
        """Set every optimizer's learning rate; where it is a tensor (CUDA graphs), in place."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(lr)
                else:
                    group["lr"] = lr

    def save_networks(self, epoch: int | str) -> None:
        """Write ``<epoch>_net_<name>.pth`` for every network: plain state dicts with pix2pix's keys.

        Raises:
            UserError: weights that are not finite (nothing is written), or a disk that is full.
        """
        self.check_finite()
        for name in self.model_names:
            checkpoint.save(self._file(epoch, name), checkpoint.plain_state_dict(self._net(name)))
        if self.netG_ema is not None:
            checkpoint.save(self._file(epoch, EMA_SUFFIX), checkpoint.plain_state_dict(self.netG_ema))
        else:  # of an earlier part of the run that kept one: test.py would prefer it
            self._file(epoch, EMA_SUFFIX).unlink(missing_ok=True)

    def load_networks(self, epoch: int | str) -> None:
        """Read ``<epoch>_net_<name>.pth`` for every network; to test, of G the average if there is one.

        Raises:
            UserError: no such checkpoint (says which there are), or one of another network.
        """
        if not self._file(epoch, "G").exists():
            there = ", ".join(checkpoint.epochs_in(self.save_dir)) or "none"
            raise UserError(f"no checkpoint {self._file(epoch, 'G')}; epochs there: {there}")
        for name in self.model_names:
            file = self._file(epoch, name)
            if name == "G" and self.prefer_ema and self._file(epoch, EMA_SUFFIX).exists():
                file = self._file(epoch, EMA_SUFFIX)
            checkpoint.load_network(self._net(name), file)

    def check_finite(self) -> None:
        """Raise `UserError` if a weight is infinite or not a number."""
        for name in self.model_names:
            if not checkpoint.all_finite(self._net(name).state_dict().values()):
                raise UserError(
                    f"the weights of net{name} are no longer finite after {self.n_updates} updates: "
                    f"lower --lr, "
                    "or use --amp fp32; the last good checkpoint is untouched (--continue_train starts "
                    "from it)"
                )

    def _net(self, name: str) -> nn.Module:
        """The network of that name."""
        return getattr(self, "net" + name)

    def _file(self, epoch: int | str, name: str) -> Path:
        """Where a network's checkpoint lies."""
        suffix = self.suffix_G if name == "G" else ""
        return self.save_dir / f"{epoch}_net_{name}{suffix}.pth"
