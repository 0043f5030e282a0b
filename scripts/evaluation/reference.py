"""The photos that `evaluate.py` compares outputs with, as a set."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from models.features import KernelFeatures
from scripts.galleries import load
from util.errors import UserError
from util.metrics.kernel_distance import MIN_IMAGES, KernelDistance, measure

KERNEL, KERNEL_ERROR = "kernel distance x1000", "its standard error"
_BATCH_SIZE = 16


class Reference:
    """The features of reference photos, computed once for all runs.

    Args:
        photos: their files.
        size: (height, width) of the outputs, to which photos are scaled: sharpness counts.

    Raises:
        UserError: there are too few photos, or the packages that hold the network are not installed.
    """

    def __init__(self, photos: Sequence[Path], *, size: tuple[int, int]) -> None:
        if len(photos) < MIN_IMAGES:
            raise UserError(f"--reference: the kernel distance needs at least {MIN_IMAGES} photos")
        self._network = KernelFeatures()
        files = tqdm(photos, "photos", leave=False, disable=None)
        self._features = self._of(
            cv2.resize(load(file), size[::-1], interpolation=cv2.INTER_AREA) for file in files
        )

    def measure(self, images: Iterable[np.ndarray], groups: Iterable[int]) -> KernelDistance:
        """Measure images (H, W, 3) uint8, each with the number of its input, against the photos."""
        return measure(self._of(images), self._features, np.array(list(groups)))

    def itself(self, count: int) -> dict[str, float]:
        """Compare ``count`` photos (at most half) with the rest: the effect of sampling."""
        order = np.random.default_rng(0).permutation(len(self._features))
        count = min(count, len(order) // 2)
        if count < MIN_IMAGES:
            return {}
        found = measure(self._features[order[:count]], self._features[order[count:]])
        return {KERNEL: found.value, KERNEL_ERROR: found.standard_error}

    def _of(self, images: Iterable[np.ndarray]) -> Tensor:
        """Compute the features of images: (N, 1280)."""
        images = iter(images)
        chunks = iter(lambda: list(itertools.islice(images, _BATCH_SIZE)), [])
        return self._network.features(to_batch(chunk) for chunk in chunks)


def to_batch(images: Iterable[np.ndarray]) -> Tensor:
    """Stack (H, W, 3) uint8 images to (N, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(np.stack(list(images))).permute(0, 3, 1, 2).float() / 127.5 - 1
