"""Grafting: a part of one animal grows out of another, as wings do out of a back, or a second head.

A relative of copy-paste augmentation (Ghiasi et al., 2021) for pairs. An animal is whatever is not
the even ground around it.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from data.cache import Sample

# How much of the other animal is used; it is attached at a pixel so near to its cut.
_SHARES, _CUT_PX = (0.35, 0.75), 2
# How far a colour may be from its neighbour's to be ground, too, in levels of 255, and how much of the image
# an animal covers.
_STEP, _COVERS = 5, (0.03, 0.7)


def graft(first: Sample, second: Sample, letter: str, rng: np.random.Generator) -> Sample | None:
    """Put a part of the second pair's animal somewhere on the first's, before or behind it.

    Args:
        first: images by their letter, (C, H, W) uint8: an edge map and a photo.
        second: images of the same letters and sizes.
        letter: which of them is the edge map.
        rng: draws the part, its place, and whether it is behind.

    Returns:
        Images as the first has them; None where an animal cannot be told from its ground.
    """
    photo = next(k for k in first if k != letter)
    body, other = animal_mask(first[photo]), animal_mask(second[photo])
    if body is None or other is None:
        return None
    # What lies on one side of a line through the other animal.
    rows, columns = np.nonzero(other)
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * columns + np.sin(angle) * rows
    beyond_cut = along - np.quantile(along, rng.uniform(*_SHARES))
    part = np.zeros_like(other)
    part[rows[beyond_cut < 0], columns[beyond_cut < 0]] = True
    # A point of the cut comes to lie on a point of the first animal.
    place = np.argwhere(body)[rng.integers(np.count_nonzero(body))]
    root = rng.choice(np.flatnonzero(np.abs(beyond_cut) < _CUT_PX))
    down, right = int(place[0] - rows[root]), int(place[1] - columns[root])
    part = _moved(torch.from_numpy(part), down, right).numpy()
    if rng.random() < 0.5:
        part &= ~body
    # An outline may run just outside.
    with_outline = cv2.dilate(part.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    shown = {photo: part, letter: with_outline}
    return {
        k: torch.where(torch.from_numpy(shown[k]).to(image.device), _moved(second[k], down, right), image)
        for k, image in first.items()
    }


def animal_mask(photo: Tensor) -> np.ndarray | None:
    """Find the animal on even ground.

    Args:
        photo: (C, H, W) uint8.

    Returns:
        (H, W) booleans; None where too little or too much differs from the ground at the corners.
    """
    image = photo.expand(3, -1, -1).permute(1, 2, 0).cpu().numpy().copy()
    height, width = image.shape[:2]
    mask = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY
    for corner in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)):
        if not mask[corner[1] + 1, corner[0] + 1]:
            cv2.floodFill(image, mask, corner, 0, (_STEP,) * 3, (_STEP,) * 3, flags)
    alone = (mask[1:-1, 1:-1] == 0).astype(np.uint8)
    animal = cv2.morphologyEx(alone, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    return animal if _COVERS[0] < animal.mean() < _COVERS[1] else None


def _moved(image: Tensor, down: int, right: int) -> Tensor:
    """Shift (..., H, W); gaps are 0."""
    height, width = image.shape[-2:]
    moved = torch.zeros_like(image)
    moved[..., max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)] = image[
        ..., max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)
    ]
    return moved
