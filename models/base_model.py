"""The base class of all models: networks, checkpoints, training state, and image generation."""

import argparse
import copy
from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from models.architecture import Architecture
from models.averages import measure_statistics, update_average
from models.checkpointing import Checkpointing
from models.cuda_graph import GraphedUpdate, GraphRecorder, Update
from models.inference import check_memory, generate, generate_in_tiles, sample_seeds, size_multiple
from models.networks import build_generator, init_weights
from models.networks.layers import share_weights
from models.optimizers import make_adam, scale_learning_rate
from models.precision import choose_precision
from util import checkpoint, distributed
from util.errors import UserError


class BaseModel(Checkpointing, ABC):
    """A model that is built from options. CONTRIBUTING.md describes how to add a subclass.

    Attributes:
        netG: the generator.
        netG_ema: the moving average of the generator's weights, or None.
        model_names: names of the saved networks, for example ``G`` for ``self.netG``.
        visual_names: names of the attributes that `get_current_visuals` returns if they are set.
        optimizers: all optimizers; empty when testing.
        losses: the most recent value of each loss, on the device.
        real_A, fake_B, real_B: the current batch, (N, C, H, W) in [-1, 1].
        image_paths: input files of the current batch.
        n_updates: number of updates so far.
        calibration_pairs: training batches on which `calibrate` measures batch norm statistics. None: the
            generator keeps its running statistics.
    """

    fake_B: Tensor
    real_A: Tensor
    real_B: Tensor | None = None

    def __init__(self, opt: Namespace):
        self.isTrain = opt.isTrain
        self.device = torch.device(opt.device)
        self.precision = choose_precision(opt.amp, self.device, opt.batch_size)
        self.save_dir = opt.run_dir
        self.seed, self.direction, self.nz = opt.seed, opt.direction, opt.nz
        self.visual_names, self.model_names = ["real_A", "fake_B", "real_B"], ["G"]
        self.optimizers: list[Optimizer] = []
        self.image_paths: list[str] = []
        in_batches = opt.batch_size * opt.world_size > 1
        self.statistics = ("running" if in_batches else "image") if self.isTrain else opt.norm_stats
        self.tile_px, self.same_noise = getattr(opt, "tile", 0), getattr(opt, "same_noise", False)
        self.dropout_at_test = not getattr(opt, "eval", False)
        self.suffix_G, self.n_updates = getattr(opt, "model_suffix", ""), 0
        self.prefer_ema = not self.isTrain and not getattr(opt, "no_ema", False)
        self._graph_recorder = GraphRecorder()
        self.losses: dict[str, Tensor] = {}
        self._first_bad = torch.tensor(-1, device=self.device)
        self.calibration_pairs: Iterable[dict[str, Any]] | None = None
        self._calibrated_at = -1

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Add this model's options or change defaults; ``known`` contains the options parsed so far."""

    @abstractmethod
    def optimize_parameters(self) -> None:
        """Perform one training update on the current batch. The update must not wait for the device."""

    # Construction.

    def define_generator(self, opt: Namespace) -> nn.Module:
        """Build the generator specified by the options and place it on the device."""
        net = build_generator(Architecture.of(vars(opt)))
        if self.isTrain:
            init_weights(net, opt.init_type, opt.init_gain)
        return self.precision.place(net)

    def prepare_training(self, opt: Namespace) -> None:
        """Copy weights to all processes, and create the moving average and the gradient scaler.

        A subclass calls this method after it has created its networks and before it creates optimizers.
        """
        if opt.world_size > 1:
            for name in self.model_names:
                share_weights(self._net(name), self.device)
            torch.manual_seed(opt.seed + opt.rank)  # each process draws its own dropout and noise
        self.ema_decay = opt.ema
        if opt.ema:
            self.netG_ema = copy.deepcopy(self.netG).requires_grad_(False)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision.name == "fp16")
        can_record = self.device.type == "cuda" and self.precision.name != "fp16" and opt.world_size == 1
        self.uses_graph = can_record and not (opt.no_cuda_graph or opt.compile)

    def add_optimizer(self, nets: Iterable[nn.Module], lr: float, betas: tuple[float, float]) -> Optimizer:
        """Create an Adam optimizer for the networks. The training state includes the optimizer's state."""
        parameters = [p for net in nets for p in net.parameters()]
        optimizer = make_adam(parameters, lr, betas, device=self.device, capturable=self.uses_graph)
        self.optimizers.append(optimizer)
        return optimizer

    def graphed(self, update: Update) -> Update:
        """Return the update, wrapped in a CUDA graph if the device and the options permit it."""
        return GraphedUpdate(update, self._graph_recorder) if self.uses_graph else update

    def setup(self, opt: Namespace) -> None:
        """Load the checkpoint when testing. Print and compile the networks if the options say so."""
        if not self.isTrain:
            self.load_networks(f"iter_{opt.load_iter}" if opt.load_iter else opt.epoch)
        for name in self.model_names:
            net = self._net(name)
            if opt.verbose:
                print(net)
            if opt.verbose or self.isTrain:
                millions = sum(p.numel() for p in net.parameters()) / 1e6
                print(f"[network {name}] {millions:.3f} M parameters")
            if opt.compile:
                net.compile()

    # Training.

    def calibrate(self) -> None:
        """Measure batch norm statistics on ``calibration_pairs``, at most once per update.

        Training does not use these statistics, and the random state is restored, so training is unaffected.
        """
        if self.calibration_pairs is None or self._calibrated_at == self.n_updates:
            return
        nets = [checkpoint.unwrap(net) for net in (self.netG, self.netG_ema) if net is not None]
        with (
            torch.random.fork_rng([self.device] if self.device.type == "cuda" else []),
            self.precision.autocast(),
        ):
            torch.manual_seed(0)  # for dropout, which is active as in training
            measure_statistics(nets, self._generator_inputs(self.calibration_pairs))
        self._calibrated_at = self.n_updates

    def _generator_inputs(self, pairs: Iterable[dict[str, Any]]) -> Iterator[tuple[Tensor, ...]]:
        for batch in pairs:
            x = self._placed(batch[self.direction[0]])
            yield (x, torch.randn(len(x), self.nz, device=self.device)) if self.nz else (x,)

    def set_input(self, batch: dict[str, Any]) -> None:
        """Set the current batch. ``--direction`` determines which of A and B becomes real_A, the input."""
        source, target = ("A", "B") if self.direction == "AtoB" or "B" not in batch else ("B", "A")
        self.real_A = self._placed(batch[source])
        self.real_B = self._placed(batch[target]) if target in batch else None
        self.image_paths = batch[source + "_paths"]

    def _placed(self, images: Tensor) -> Tensor:
        return images.to(self.device, memory_format=self.precision.memory_format, non_blocking=True)

    def check_batch(self) -> None:
        """Raise `UserError` if the current batch has no targets, or if its image size is unsupported."""
        if self.real_B is None:
            raise UserError("training needs pairs A|B: use --dataset_mode aligned")
        multiple = size_multiple(map(self._net, self.model_names))
        height, width = self.real_A.shape[2:]
        if height % multiple or width % multiple:
            raise UserError(
                f"{self.image_paths[0]} is {width}x{height} pixels after --preprocess; training needs "
                f"multiples of {multiple}: choose --preprocess resize_and_crop"
            )

    def step(self, optimizer: Optimizer, loss: Tensor) -> None:
        """Backpropagate the loss, average gradients across processes, and perform an optimizer step."""
        optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        distributed.average_gradients(p for group in optimizer.param_groups for p in group["params"])
        self.scaler.step(optimizer)

    def finish_update(
        self, losses: dict[str, Tensor], *, generator_updated: bool = True, n_critic: int = 1
    ) -> None:
        """Record an update's losses, count it, and update the moving average and the fp16 scale.

        Args:
            losses: scalars on the device, by name.
            generator_updated: whether the update changed the generator.
            n_critic: the generator changes in every ``n_critic``-th update.
        """
        self.losses |= {name: loss.detach().float() for name, loss in losses.items()}
        is_finite = torch.stack([self.losses[name] for name in losses]).isfinite().all()
        self._first_bad = torch.where(is_finite | (self._first_bad >= 0), self._first_bad, self.n_updates)
        self.n_updates += 1
        self.scaler.update()
        if generator_updated and self.netG_ema is not None:
            net, n = checkpoint.unwrap(self.netG), self.n_updates // n_critic
            update_average(self.netG_ema, net, decay=self.ema_decay, n_updates=n)

    def scale_learning_rates(self, factor: float) -> None:
        """Set the learning rate of each optimizer to its initial value times a factor."""
        for optimizer in self.optimizers:
            scale_learning_rate(optimizer, factor)

    def first_bad_update(self) -> int | None:
        """Return the index of the first update with a non-finite loss, or None. This waits for the device."""
        first = int(self._first_bad)
        return None if first < 0 else first

    def average_losses(self) -> None:
        """Replace each loss by its mean over all processes. Every process must call this method."""
        if self.losses:
            means = distributed.mean(torch.stack(list(self.losses.values())))
            self.losses = dict(zip(self.losses, means.unbind(), strict=True))

    def get_current_losses(self) -> dict[str, float]:
        """Read the last update's losses from the device."""
        values = torch.stack(list(self.losses.values())).tolist() if self.losses else []
        return dict(zip(self.losses, values, strict=True))

    # Generation.

    def test(self, sample: int = 0) -> None:
        """Generate ``fake_B`` from the current batch; see `models.inference.generate`.

        The seed, the file name and the random sample's index determine dropout and noise, so an image
        does not depend on its batch. With ``--same_noise``, the file name has no effect, so equal inputs give
        equal images.
        """
        names = [""] * len(self.image_paths) if self.same_noise else self.image_paths
        net = self.netG if self.netG_ema is None else self.netG_ema
        seeds = sample_seeds(names, self.seed, sample)

        def make(x: Tensor) -> Tensor:
            check_memory(net, x)
            return generate(
                net, x, seeds, precision=self.precision, nz=self.nz, statistics=self.statistics,
                dropout=self.dropout_at_test,
            )  # fmt: skip

        self.calibrate()
        if 0 < self.tile_px < max(self.real_A.shape[2:]):
            self.fake_B = generate_in_tiles(make, self.real_A, self.tile_px)
        else:
            self.fake_B = make(self.real_A)

    def get_current_visuals(self) -> dict[str, Tensor]:
        """Return the current batch's images by name, each (N, C, H, W) in [-1, 1]."""
        found = {name: getattr(self, name, None) for name in self.visual_names}
        return {name: image for name, image in found.items() if image is not None}
