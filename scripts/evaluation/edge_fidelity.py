"""How faithfully the contours of an output follow the lines of its input."""

from __future__ import annotations

import cv2
import numpy as np

# A line between two pixels may be drawn on either, so the tolerance is at least 1.5 px.
_TOLERANCE, _LEAST_TOLERANCE_PX = 0.0075, 1.5
_DARK = 100  # darker pixels are black, or a color hint under the lines


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
