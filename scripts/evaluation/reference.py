"""The reference photos of `evaluate.py`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from models.features import KernelFeatures
from scripts.evaluation import sliced_wasserstein
from scripts.evaluation.nearest_photo import PhotoIndex
from scripts.galleries import load
from util.errors import UserError
from util.metrics.kernel_distance import MIN_IMAGES, KernelDistance, measure

KERNEL, KERNEL_ERROR = "kernel distance x1000", "its standard error"


class Reference:
    """The reference photos, read once for all runs.

    Args:
        photos: name -> file.
        size: (height, width) of the outputs they are compared with.
        outputs: most outputs of a run.
        seed: of the patches' places.
        resize: resize photos of another size instead of refusing them.

    Attributes:
        no_kernel: why there is no kernel distance, a line; empty if there is.

    Raises:
        UserError: a photo cannot be used, or there are too few.
    """

    def __init__(
        self, photos: Mapping[str, Path], *, size: tuple[int, int], outputs: int, seed: int, resize: bool
    ) -> None:
        self.names, self.seed = list(photos), seed
        self._patches = max(sliced_wasserstein.PATCHES, outputs, len(photos))  # one of each image, at least
        how = {"owner": "the outputs are", "way_out": " (--resize scales the photos)"}
        self.photos = []
        for file in tqdm(photos.values(), "photos", leave=False, disable=None):
            photo = load(file, size=None if resize else size, **how)
            self.photos.append(cv2.resize(photo, size[::-1], interpolation=cv2.INTER_AREA))
        try:
            self.index = PhotoIndex(self.photos)
        except ValueError as error:
            raise UserError(f"--reference: {error}") from error
        self.patches = self.describe(self.photos)
        self.no_kernel = ""
        try:
            self._network = KernelFeatures()
            self._features = self.features(tqdm(self.photos, "features", leave=False, disable=None))
        except UserError as error:
            self.no_kernel = f"kernel distance left out: {error}"
        if len(photos) < MIN_IMAGES:
            self.no_kernel = f"kernel distance left out: needs {MIN_IMAGES} photos or more"

    def describe(self, images: Iterable[np.ndarray], count: int = 0) -> sliced_wasserstein.PatchSet:
        """Collect the patches of images; a sequence needs no count."""
        number = count or len(images)  # type: ignore[arg-type]
        return sliced_wasserstein.describe(
            map(to_tensor, images), number, patches=self._patches, seed=self.seed
        )

    def features(self, images: Iterable[np.ndarray]) -> Tensor:
        """Compute the kernel distance's features of images: (N, 1280)."""
        return self._network.features(batch.float() / 127.5 - 1 for batch in batches(images))

    def kernel(self, images: Iterable[np.ndarray], groups: Sequence[int]) -> KernelDistance:
        """Measure images, each with the number of its input, against the photos."""
        return measure(self.features(images), self._features, np.array(groups))

    def itself(self, count: int) -> dict[str, float]:
        """Measure ``count`` photos, at most half of all, against the others: what sampling alone makes."""
        order = np.random.default_rng(self.seed).permutation(len(self.photos))
        count = min(count, len(order) // 2)
        few, rest = order[:count], order[count:]
        sets = [self.describe([self.photos[i] for i in part]) for part in (few, rest)]
        values = {
            f"SWD {k}": v for k, v in sliced_wasserstein.distance(sets[0], sets[1], seed=self.seed).items()
        }
        if not self.no_kernel and count >= MIN_IMAGES:
            found = measure(self._features[few], self._features[rest])
            values |= {KERNEL: found.value, KERNEL_ERROR: found.standard_error}
        return values


def to_tensor(image: np.ndarray) -> Tensor:
    """Convert (H, W, 3) uint8 to (3, H, W) uint8."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def batches(images: Iterable[np.ndarray], size: int = 16) -> Iterator[Tensor]:
    """Stack images into batches (N, 3, H, W)."""
    images = iter(images)
    while batch := list(itertools.islice(images, size)):
        yield torch.stack([to_tensor(image) for image in batch])
