"""The interface of loggers, and the moment of training that they are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moment:
    """A moment of training.

    Attributes:
        epoch: the epoch, from 1.
        n_epochs: the last epoch.
        iters: images seen in this epoch.
        epoch_size: images in an epoch.
        total_iters: images seen since training began.
        lr: learning rate.
        images_per_s: images a second, lately.
        eta_s: seconds to the end.
        data_s: seconds an image that were spent on waiting for data.
        step_s: seconds an image that the update took.
    """

    epoch: int
    n_epochs: int
    iters: int
    epoch_size: int
    total_iters: int
    lr: float
    images_per_s: float
    eta_s: float
    data_s: float = 0.0
    step_s: float = 0.0

    @property
    def epochs_done(self) -> float:
        """Return the epochs seen, with the fraction of the current one: the curves' horizontal axis."""
        return self.epoch - 1 + self.iters / max(1, self.epoch_size)


class Logger:
    """A logger that ignores everything; subclasses override what they log."""

    def losses(self, moment: Moment, losses: dict[str, float]) -> None:
        """Log the losses of a moment."""

    def samples(self, moment: Moment, visuals: dict[str, np.ndarray]) -> None:
        """Log the images of a moment: label -> (H, W, 3) uint8 RGB."""

    def fixed_samples(self, moment: Moment, samples: dict[str, dict[str, np.ndarray]]) -> None:
        """Log the images of the fixed inputs: name -> label -> (H, W, 3) uint8 RGB."""

    def validation(self, moment: Moment, metrics: dict[str, float]) -> None:
        """Log validation metrics."""

    def message(self, text: str) -> None:
        """Log a line."""

    def warning(self, text: str) -> None:
        """Log a warning."""

    def close(self, reason: str) -> None:
        """End the log: `finished`, `interrupted` or `failed: ...`."""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, at most 200 characters, after its type if useful."""
    said = (str(error).strip().splitlines() or [""])[0].rstrip(".")[:200]
    kind = type(error).__name__
    if not said:
        return kind
    return said if isinstance(error, (OSError, ImportError)) else f"{kind}: {said}"


def loss_line(moment: Moment, losses: dict[str, float]) -> str:
    """Format losses as pix2pix does: `(epoch: 1, iters: 100, time: 0.123, data: 0.004) G_GAN: 0.500 ...`."""
    when = f"(epoch: {moment.epoch}, iters: {moment.iters}, time: {moment.step_s:.3f}, "
    return when + f"data: {moment.data_s:.3f}) " + " ".join(f"{k}: {v:.3f}" for k, v in losses.items())


def validation_line(moment: Moment, metrics: dict[str, float]) -> str:
    """Format validation metrics: `(epoch: 5, val) L1: 0.1250 SSIM: 0.4000 KD: 140.2 KD_se: 6.1`."""
    shown = (f"{k}: {v:.4f}" if abs(v) < 1 else f"{k}: {v:.1f}" for k, v in metrics.items())
    return f"(epoch: {moment.epoch}, val) " + " ".join(shown)
