"""The interface of loggers, and the moment of training that is passed to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moment:
    """A moment of training.

    Attributes:
        epoch: the epoch, from 1; ``n_epochs``: the last one.
        iters: images seen in this epoch, of ``epoch_size``; ``total_iters``: since training began.
        lr: learning rate.
        images_per_s: recent speed; ``eta_s``: seconds to the end.
        data_s: seconds per image spent waiting for data; ``step_s``: spent on updates.
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
        """Epochs seen, with the fraction of the current one: the horizontal axis of curves."""
        return self.epoch - 1 + self.iters / max(1, self.epoch_size)


class Logger:
    """A logger that ignores everything; subclasses override what they log."""

    def numbers(self, kind: str, moment: Moment, values: Mapping[str, float]) -> None:
        """Log the ``losses`` or the ``validation`` metrics of a moment."""

    def samples(self, moment: Moment, visuals: Mapping[str, np.ndarray]) -> None:
        """Log images of the current batch: label -> (H, W, 3) uint8 RGB."""

    def fixed_samples(self, moment: Moment, samples: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Log the images of the fixed inputs: name -> label -> (H, W, 3) uint8 RGB."""

    def line(self, kind: str, text: str) -> None:
        """Log a ``message`` or a ``warning``."""

    def close(self, reason: str) -> None:
        """End the log: ``finished``, ``interrupted`` or ``failed: ...``."""
