"""The kernel distance of outputs to the reference photos, as `evaluate.py` measures it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from torch import Tensor

from models.kernel_features import KernelFeatures
from util.errors import UserError
from util.metrics.kernel_distance import MIN_IMAGES, KernelDistance, measure

NAME = "kernel distance x1000"


class PhotoFeatures:
    """The reference photos' features, computed once for all runs.

    Args:
        batches: the photos, (N, 3, H, W) uint8 each.
        count: number of photos.

    Attributes:
        missing: why there is no kernel distance, a line; empty if there is.
    """

    def __init__(self, batches: Iterable[Tensor], count: int) -> None:
        self.missing = ""
        if count < MIN_IMAGES:
            self.missing = f"kernel distance left out: needs {MIN_IMAGES} photos or more"
            return
        try:
            self._kernel_features = KernelFeatures()
        except UserError as error:
            self.missing = f"kernel distance left out: {error}"
            return
        self._photos = self._describe(batches)

    def distance(self, batches: Iterable[Tensor], groups: Sequence[int]) -> KernelDistance:
        """Measure outputs against the photos.

        Args:
            batches: the outputs, (N, 3, H, W) uint8 each.
            groups: number of each output's input; at least 3 inputs.
        """
        return measure(self._describe(batches), self._photos, np.array(groups))

    def own_distance(self, some: np.ndarray, others: np.ndarray) -> dict[str, float]:
        """Measure some of the photos against others, by their numbers; nothing where they are too few."""
        if self.missing or min(len(some), len(others)) < MIN_IMAGES:
            return {}
        return as_metrics(measure(self._photos[some], self._photos[others]))

    def _describe(self, batches: Iterable[Tensor]) -> Tensor:
        """Compute the features of uint8 images: (N, 1280)."""
        return self._kernel_features.features(batch.float() / 127.5 - 1 for batch in batches)


def as_metrics(distance: KernelDistance) -> dict[str, float]:
    """Name the distance and its standard error as tables do."""
    return {NAME: distance.value, "its standard error": distance.standard_error}
