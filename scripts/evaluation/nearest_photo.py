"""The training photo nearest to each output, which shows whether a generator copies its training set.

Images are compared by their colors (Lab) and the gradient of their lightness at 32x32. Distances are given as
a
ratio: 1 is the median distance of a photo to its nearest other photo; a copy is far below 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np

SIDE_PX = 32


class Nearest(NamedTuple):
    """The number of the nearest photo, its distance as a ratio, and whether its mirror image is meant."""

    photo: int
    ratio: float
    mirrored: bool


class PhotoIndex:
    """Finds the nearest of a fixed set of photos.

    Args:
        photos: at least two images (H, W, 3) uint8 RGB, of any size.

    Raises:
        ValueError: fewer than two photos, or most of them equal to another.
    """

    def __init__(self, photos: Iterable[np.ndarray]) -> None:
        self._photos = np.stack([_describe(photo) for photo in photos] or [np.zeros(0)])
        if len(self._photos) < 2:
            raise ValueError(
                "the nearest photo is only judged among two or more: give a folder of training photos"
            )
        between = np.minimum(
            _distances(self._photos, self._photos), _distances(_mirror(self._photos), self._photos)
        )
        np.fill_diagonal(between, np.inf)
        self._typical = float(np.median(between.min(axis=1)))
        if self._typical < 1e-6:
            raise ValueError("most training photos are there twice: remove the copies to judge nearness")

    def find(self, image: np.ndarray) -> Nearest:
        """Find the photo nearest to an image, (H, W, 3) uint8 RGB, or to its mirror image."""
        described = _describe(image)[None]
        distances = _distances(np.concatenate([described, _mirror(described)]), self._photos)
        flip, index = np.unravel_index(int(distances.argmin()), distances.shape)
        return Nearest(int(index), float(distances[flip, index]) / self._typical, bool(flip))


def _describe(image: np.ndarray) -> np.ndarray:
    """Lab and the gradient of L at 32x32, each in units of about 1: (32, 32, 5) float32."""
    small = cv2.resize(image.astype(np.float32) / 255, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB) / 100
    padded = np.pad(lab[..., 0], 1, mode="edge")
    dx = padded[1:-1, 2:] - padded[1:-1, :-2]
    dy = padded[2:, 1:-1] - padded[:-2, 1:-1]
    return np.concatenate([lab, dx[..., None], dy[..., None]], axis=2)


def _mirror(described: np.ndarray) -> np.ndarray:
    """Describe mirror images, (N, 32, 32, 5); their horizontal gradient points the other way."""
    return described[:, :, ::-1] * np.array([1, 1, 1, -1, 1], np.float32)


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Root mean square differences between all of a and all of b: (len(a), len(b))."""
    a, b = a.reshape(len(a), -1).astype(np.float64), b.reshape(len(b), -1).astype(np.float64)
    square = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(square, 0) / a.shape[1])
