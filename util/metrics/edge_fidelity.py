"""How faithfully contours follow lines: precision, recall and F within a tolerance."""

from __future__ import annotations

import cv2
import numpy as np

TOLERANCE = 0.0075
# Darker than this is black, or a color hint under the lines.
DARK = 100
# A line between two pixels is drawn on either, and diagonally: no image is too small for that.
LEAST_TOLERANCE_PX = 1.5


def line_mask(image: np.ndarray) -> np.ndarray | None:
    """Find the drawn pixels of an edge map, white on black (with or without color hints) or black on white.

    Args:
        image: (H, W, 3) uint8.

    Returns:
        (H, W) bool, or None if the image is no line drawing: over 5% of it is coloured or of a middle grey.
    """
    image = np.where(image.max(axis=2, keepdims=True) <= DARK, 0, image)
    low, high = image.min(axis=2).astype(int), image.max(axis=2).astype(int)
    if np.mean((high - low > 64) | ((low + high > 128) & (low + high < 382))) > 0.05:
        return None
    bright = low + high >= 255
    return ~bright if bright.mean() > 0.5 else bright


def edge_fidelity(
    contours: np.ndarray, lines: np.ndarray, *, tolerance: float = TOLERANCE
) -> tuple[float, float, float]:
    """Compare the contours of an output with the lines it was drawn from.

    Args:
        contours: (H, W) bool, the output's.
        lines: (H, W) bool, the input's.
        tolerance: as a part of the image's diagonal; 0.75%, 2.7 px of 256, as in BSDS500. At least 1.5 px.

    Returns:
        Precision (contour pixels near a line), recall (line pixels near a contour) and F, their harmonic
        mean, each in [0, 1]; 0 where one of the two is empty, 1 where both are.

    Raises:
        ValueError: the shapes differ.
    """
    if contours.shape != lines.shape or contours.ndim != 2:
        raise ValueError(
            f"contours of {contours.shape} and lines of {lines.shape} do not compare: give two (H, W)"
        )
    if not contours.any() and not lines.any():
        return 1.0, 1.0, 1.0
    radius = max(tolerance * float(np.hypot(*lines.shape)), LEAST_TOLERANCE_PX)
    right = int(_near(lines, radius)[contours].sum())
    found = int(_near(contours, radius)[lines].sum())
    precision = right / max(int(contours.sum()), 1)
    recall = found / max(int(lines.sum()), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def _near(mask: np.ndarray, radius: float) -> np.ndarray:
    """Pixels at most `radius` px from a True one."""
    if not mask.any():
        return mask
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius
