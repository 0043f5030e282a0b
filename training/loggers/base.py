"""The logger interface, and the description of a moment in training that loggers receive."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moment:
    """A moment in training."""

    epoch: int  # counted from 1
    n_epochs: int  # number of the last epoch
    iters: int  # images used in this epoch
    epoch_size: int  # images in an epoch
    total_iters: int  # images used since training began
    lr: float
    images_per_s: float  # recent speed
    eta_s: float  # estimated time until the end of training
    data_s: float = 0.0  # time per image spent waiting for data
    step_s: float = 0.0  # time per image spent on updates

    @property
    def epochs_done(self) -> float:
        """Number of epochs done, including the fraction of the current epoch; the x axis of curves."""
        return self.epoch - 1 + self.iters / max(1, self.epoch_size)


class Logger:
    """A logger that ignores everything. Subclasses override the methods for what they log."""

    def numbers(self, kind: str, moment: Moment, values: Mapping[str, float]) -> None:
        """Log a moment's ``losses`` or ``validation`` metrics."""

    def samples(self, moment: Moment, visuals: Mapping[str, np.ndarray]) -> None:
        """Log images from the current batch, given as a dict from label to (H, W, 3) uint8 RGB."""

    def fixed_samples(self, moment: Moment, samples: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Log the fixed samples: for each name, a dict from label to (H, W, 3) uint8 RGB."""

    def line(self, kind: str, text: str) -> None:
        """Log a ``message`` or a ``warning``."""

    def close(self, reason: str) -> None:
        """End the log with a reason: ``finished``, ``interrupted`` or ``failed: ...``."""
