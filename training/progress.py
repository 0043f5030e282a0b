"""A run's progress: its counters and values derived from them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from operator import index
from typing import Any

from util.errors import UserError


@dataclass
class Progress:
    """A run's counters. Image counts are sums over all processes."""

    last_epoch: int  # of the run
    epoch_size: int  # images in an epoch
    update_size: int  # images in an update
    best_by: str = "L1"  # the metric that `best` stores
    early_stop: int = 0  # consecutive validations without improvement after which to stop; 0: never
    epoch: int = 1  # epoch of the next update, from 1
    batch: int = 0  # number of the next update within its epoch, from 0
    images: int = 0  # images used since the run began
    best: float = math.inf  # lowest metric value so far
    since_best: int = 0  # validations since `best`
    _images_before: int = 0

    @property
    def images_in_epoch(self) -> int:
        """Number of images used so far in the current epoch, whose last batch may be shorter."""
        return min(self.epoch_size, self.batch * self.update_size)

    @property
    def images_left(self) -> int:
        """Number of images left until the end of training."""
        return (self.last_epoch - self.epoch + 1) * self.epoch_size - self.images_in_epoch

    @property
    def has_stalled(self) -> bool:
        """Whether ``early_stop`` ends the run."""
        return 0 < self.early_stop <= self.since_best

    @property
    def is_over(self) -> bool:
        """Whether training has ended."""
        return self.epoch > self.last_epoch or self.has_stalled

    def count(self, images: int) -> None:
        """Count an update with the given number of images."""
        self.batch += 1
        self._images_before, self.images = self.images, self.images + images

    def begin_next_epoch(self) -> None:
        """Advance to the next epoch."""
        self.epoch, self.batch = self.epoch + 1, 0

    def passed(self, frequency: int) -> bool:
        """Return whether the last update reached or passed a multiple of ``frequency`` images."""
        return self._images_before // frequency != self.images // frequency

    def ends(self, frequency: int) -> bool:
        """Return whether the current epoch is a multiple of ``frequency`` or the last epoch of the run."""
        return self.epoch % frequency == 0 or self.epoch == self.last_epoch or self.has_stalled

    def count_validation(self, best: float) -> None:
        """Count a validation, after which ``best`` is the lowest metric value."""
        self.since_best = 0 if best < self.best else self.since_best + 1
        self.best = best

    def describe_end(self) -> str:
        """Return how many epochs are finished and, if the run has stalled, the option that ended it."""
        stalled = f" (--early_stop: {self.since_best} validations without improvement)"
        return f"finished {self.epoch - 1} epochs{stalled if self.has_stalled else ''}"

    def state_dict(self) -> dict[str, Any]:
        """Return the state that a resumed run needs."""
        names = ("epoch", "batch", "best", "since_best", "best_by")
        kept = {name: getattr(self, name) for name in names}
        return kept | {"total_iters": self.images, "batch_size": self.update_size}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state that `state_dict` returned.

        Raises:
            UserError: the run stopped within an epoch, at a position that is not a multiple of the current
                batch size.
            KeyError, TypeError, ValueError: a count is missing, is not a whole number, or is out of range.
        """
        counts = [index(state[name]) for name in ("epoch", "batch", "total_iters", "batch_size")]
        if min(counts) < 0 or max(counts) >= 2**63:
            raise ValueError("a count is out of range")
        self.epoch, batch, self.images, update_size = counts
        self._images_before = self.images
        # Values of different metrics cannot be compared. States saved before --best_by existed contain L1.
        if state.get("best_by", "L1") == self.best_by:
            self.best, self.since_best = float(state["best"]), int(state.get("since_best", 0))
        if self.has_stalled:  # the user resumes a run that --early_stop has ended
            self.since_best = 0
        self.batch, rest = divmod(batch * update_size, self.update_size)
        if rest:
            raise UserError(
                f"--batch_size: the run stopped within an epoch, with a total of {update_size} images per "
                "batch over all processes; resume with this total or a divisor of it, or start again with "
                "--overwrite"
            )
