"""Saving models to checkpoints, and loading them."""

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from models.optimizers import load_optimizer
from util import checkpoint
from util.errors import UserError

EMA_SUFFIX = "G_ema"


def generator_file(folder: Path, epoch: int | str, *, suffix: str = "", average: bool = True) -> Path:
    """Return the path to a generator's weights. If ``average`` is True, prefer their moving average.

    ``suffix`` is the generator file's suffix, as in ``latest_net_G_A.pth``. If there is no such
    checkpoint, raise a `UserError` that lists the existing ones.
    """
    plain, averaged = folder / f"{epoch}_net_G{suffix}.pth", folder / f"{epoch}_net_{EMA_SUFFIX}.pth"
    if average and averaged.exists():
        return averaged
    if not plain.exists():
        there = checkpoint.describe_epochs(folder, "--epoch", suffix=suffix)
        raise UserError(f"no checkpoint {plain}; {there}")
    return plain


class Checkpointing:
    """The part of `models.base_model.BaseModel` that reads and writes checkpoints."""

    netG: nn.Module
    netG_ema: nn.Module | None = None
    model_names: list[str]
    n_updates: int
    optimizers: list[Optimizer]
    scaler: torch.amp.GradScaler
    save_dir: Path
    suffix_G: str
    prefer_ema: bool

    def state_dict(self) -> dict[str, Any]:
        """Return the complete training state; raise `UserError` if any weights are not finite."""
        self.check_finite()
        nets = {f"net{name}": self._net(name) for name in self.model_names}
        if self.netG_ema is not None:
            nets["netG_ema"] = self.netG_ema
        state: dict[str, Any] = {name: checkpoint.plain_state_dict(net) for name, net in nets.items()}
        state |= {f"optimizer_{i}": optimizer.state_dict() for i, optimizer in enumerate(self.optimizers)}
        return state | {"scaler": self.scaler.state_dict(), "n_updates": self.n_updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state that `state_dict` returned. If it has no moving average, copy the generator."""
        for name in self.model_names:
            checkpoint.unwrap(self._net(name)).load_state_dict(state[f"net{name}"])
        if self.netG_ema is not None:
            self.netG_ema.load_state_dict(state.get("netG_ema", state["netG"]))
        for i, optimizer in enumerate(self.optimizers):
            load_optimizer(optimizer, state[f"optimizer_{i}"])
        if state["scaler"]:  # empty if the run has not used fp16 so far
            self.scaler.load_state_dict(state["scaler"])
        self.n_updates = int(state["n_updates"])
        if not 0 <= self.n_updates < 2**53:
            raise ValueError(f"{self.n_updates} is not a valid number of updates")

    def save_networks(self, epoch: int | str) -> None:
        """Write ``<epoch>_net_<name>.pth`` for every network, as plain state dicts with pix2pix's keys.

        Raises:
            UserError: weights are not finite (then nothing is written), or the disk is full.
        """
        self.check_finite()
        self.calibrate()
        for name in self.model_names:
            checkpoint.save(self._file(epoch, name), checkpoint.plain_state_dict(self._net(name)))
        if self.netG_ema is not None:
            checkpoint.save(self._file(epoch, EMA_SUFFIX), checkpoint.plain_state_dict(self.netG_ema))
        else:  # delete the average left by an earlier part of the run, because test.py would prefer it
            self._file(epoch, EMA_SUFFIX).unlink(missing_ok=True)

    def load_networks(self, epoch: int | str) -> None:
        """Read ``<epoch>_net_<name>.pth`` for every network, and the moving average if it exists.

        Raises:
            UserError: there is no such checkpoint, or the checkpoint belongs to a different network.
        """
        files = {name: self._file(epoch, name) for name in self.model_names}
        generator = generator_file(self.save_dir, epoch, suffix=self.suffix_G, average=False)
        average = generator_file(self.save_dir, epoch, suffix=self.suffix_G)
        if missing := [file for file in files.values() if not file.exists()]:
            raise UserError(
                f"{missing[0]} does not exist, and training cannot resume with only a generator: "
                f"start a new run from it with --init_from {self.save_dir} --name OTHER"
            )
        files["G"] = average if self.prefer_ema else generator
        for name, file in files.items():
            checkpoint.load_network(self._net(name), file)
        if self.netG_ema is not None:
            checkpoint.load_network(self.netG_ema, average)

    def start_from(self, folder: str | Path, epoch: str = "latest") -> None:
        """Load another run's weights for fine-tuning, preferably the generator's moving average.

        A discriminator keeps its random weights if the folder has no matching checkpoint for it. A message
        names such discriminators.

        Raises:
            UserError: the folder contains no generator, or the generator has a different architecture.
        """
        files = {name: Path(folder) / f"{epoch}_net_{name}.pth" for name in self.model_names}
        files["G"] = generator_file(Path(folder), epoch)
        random = []
        for name, file in files.items():
            try:
                checkpoint.load_network(self._net(name), file, new="refine")
            except UserError:
                if name == "G":
                    raise
                random.append(name)
        if self.netG_ema is not None:
            checkpoint.load_network(self.netG_ema, files["G"], new="refine")
        note = f"; random weights for {', '.join(random)}" if random else ""
        print(f"starting from {folder}: {', '.join(name for name in files if name not in random)}{note}")

    def calibrate(self) -> None:
        """Measure batch norm statistics; see `models.base_model.BaseModel`."""

    def check_finite(self) -> None:
        """Raise `UserError` if a weight is infinite or not a number."""
        for name in self.model_names:
            if not checkpoint.all_finite(self._net(name).state_dict().values()):
                raise UserError(
                    f"the weights of net{name} are no longer finite after {self.n_updates} updates: lower "
                    "--lr, or use --amp fp32; --continue_train resumes from the last good checkpoint"
                )

    def _net(self, name: str) -> nn.Module:
        return getattr(self, "net" + name)

    def _file(self, epoch: int | str, name: str) -> Path:
        suffix = self.suffix_G if name == "G" else ""
        return self.save_dir / f"{epoch}_net_{name}{suffix}.pth"
