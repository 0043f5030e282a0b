"""Measuring how faithfully an output follows the lines and the color hints of its input."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import cv2
import numpy as np

from data.hints import LINE_FROM, OFFSET, lighten, without_grain

HINT_DISTANCE = "color distance to hint"
# A line between two pixels may be drawn on either, so the tolerance is at least 1.5 px.
_TOLERANCE, _LEAST_TOLERANCE_PX = 0.0075, 1.5
_DARK = 100  # darker pixels are black, or belong to a color hint under the lines
_LEAST_SHARE = 0.005  # as a share of the image; smaller hints are ignored
_NARROW_PX = 5


def line_mask(image: np.ndarray) -> np.ndarray | None:
    """Find the lines of an edge map, white on black (with or without color hints) or black on white.

    Args:
        image: (H, W, 3) uint8.

    Returns:
        (H, W) bool; None if over 5% of the image is colored or of a middle gray, so that it is not an edge
        map.
    """
    image = np.where(image.max(axis=2, keepdims=True) <= _DARK, 0, image)
    low, high = image.min(axis=2).astype(int), image.max(axis=2).astype(int)
    if np.mean((high - low > 64) | ((low + high > 128) & (low + high < 382))) > 0.05:
        return None
    bright = low + high >= 255
    return ~bright if bright.mean() > 0.5 else bright


def edge_fidelity(contours: np.ndarray, lines: np.ndarray) -> tuple[float, float, float]:
    """Compare contours with the lines that they should follow, within 0.75% of the diagonal as in BSDS500.

    Args:
        contours: (H, W) bool, the output's.
        lines: (H, W) bool, the input's.

    Returns:
        Precision (contour pixels near a line), recall (line pixels near a contour) and F, their harmonic
        mean, each in [0, 1]; 0 if one of the two is empty, 1 if both are.
    """
    if not contours.any() and not lines.any():
        return 1.0, 1.0, 1.0
    radius = max(_TOLERANCE * float(np.hypot(*lines.shape)), _LEAST_TOLERANCE_PX)
    precision = int(_near(lines, radius)[contours].sum()) / max(int(contours.sum()), 1)
    recall = int(_near(contours, radius)[lines].sum()) / max(int(lines.sum()), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def _near(mask: np.ndarray, radius: float) -> np.ndarray:
    """Return the pixels within radius px of the mask."""
    if not mask.any():
        return mask
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius


def hint_distance(outputs: Sequence[np.ndarray], condition: np.ndarray) -> float | None:
    """Measure the mean CIEDE2000 (Sharma et al. 2005) between hints and outputs: about 2 is just visible.

    Args:
        outputs: (H, W, 3) uint8 RGB each.
        condition: the input, an edge map (H, W, 3) uint8.

    Returns:
        The mean over the outputs; None if the input has no hint or scikit-image is not installed. A hint is
        an area: the grays next to scaled or JPEG-compressed lines do not count.
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
