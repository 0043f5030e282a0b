"""Measure how closely an output follows the lines and the color hints of its input."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import cv2
import numpy as np

from data.hints import LINE_FROM, OFFSET, lighten, without_grain

HINT_DISTANCE = "color distance to hint"
# A line between two pixels may be drawn on either pixel, so the tolerance is at least 1.5 px.
_TOLERANCE, _LEAST_TOLERANCE_PX = 0.0075, 1.5
_DARK = 100  # darker pixels are black or part of a color hint
_LEAST_SHARE = 0.005  # hints that cover a smaller fraction of the image are ignored
_NARROW_PX = 5


def line_mask(image: np.ndarray) -> np.ndarray | None:
    """Find the lines of an edge map, which are white on black (or on color hints) or black on white.

    Args:
        image: (H, W, 3) uint8.

    Returns:
        (H, W) bool, or None if the image is not an edge map: more than 5% of it is colored or medium gray.
    """
    image = np.where(image.max(axis=2, keepdims=True) <= _DARK, 0, image)
    low, high = image.min(axis=2).astype(int), image.max(axis=2).astype(int)
    if np.mean((high - low > 64) | ((low + high > 128) & (low + high < 382))) > 0.05:
        return None
    bright = low + high >= 255
    return ~bright if bright.mean() > 0.5 else bright


def edge_fidelity(contours: np.ndarray, lines: np.ndarray) -> tuple[float, float, float]:
    """Compare the contours of an output with the lines of its input, (H, W) bool each.

    Pixels match within 0.75% of the diagonal, as in BSDS500.

    Returns:
        Precision (fraction of contour pixels near a line), recall (fraction of line pixels near a contour),
        and F (their harmonic mean), in [0, 1]. All are 1 if neither image has any lines.
    """
    if not contours.any() and not lines.any():
        return 1.0, 1.0, 1.0
    radius = max(_TOLERANCE * float(np.hypot(*lines.shape)), _LEAST_TOLERANCE_PX)
    precision = int(_near(lines, radius)[contours].sum()) / max(int(contours.sum()), 1)
    recall = int(_near(contours, radius)[lines].sum()) / max(int(lines.sum()), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def _near(mask: np.ndarray, radius: float) -> np.ndarray:
    """Return the pixels within ``radius`` pixels of the mask."""
    if not mask.any():
        return mask
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius


def hint_distance(outputs: Sequence[np.ndarray], condition: np.ndarray) -> float | None:
    """Measure the mean CIEDE2000 (Sharma et al. 2005) between hints and outputs (2 is barely visible).

    Args:
        outputs: images, (H, W, 3) uint8 RGB.
        condition: the edge map, (H, W, 3) uint8. Gray pixels next to compressed lines are not a hint.

    Returns:
        The mean over the outputs, or None if there is no hint or scikit-image is not installed.
    """
    if importlib.util.find_spec("skimage") is None:
        return None
    level = condition.max(2)
    where = ((level >= OFFSET / 2) & (level < LINE_FROM)).astype(np.uint8)
    if cv2.erode(where, np.ones((_NARROW_PX, _NARROW_PX), np.uint8)).mean() < _LEAST_SHARE:
        return None
    from skimage.color import deltaE_ciede2000, rgb2lab

    wanted = rgb2lab(lighten(without_grain(condition))[where > 0])
    return float(np.mean([deltaE_ciede2000(rgb2lab(o[where > 0]), wanted).mean() for o in outputs]))
