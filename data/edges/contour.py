"""Contours: the outlines and lines that a person would draw."""

import cv2
import numpy as np

from data.edges.boundary import boundary_probability
from data.edges.checks import require_bgr
from data.edges.thinning import drop_short, thin

_FIXED_POINT = 15000  # cv2.Canny takes 16-bit gradients and squares them in 32 bits


def _ridges(probability: np.ndarray, low: float, high: float, orientation_sigma: float) -> np.ndarray:
    """Non-maximum suppression across the ridges of a (H, W) map, then hysteresis: (H, W) uint8 in {0, 255}."""
    smooth = cv2.GaussianBlur(probability, (0, 0), orientation_sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0)
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2)
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1)
    # The normal of a ridge is the direction of strongest negative curvature. Canny's second half takes it as if
    # it were a gradient of the ridge's height.
    normal = 0.5 * np.arctan2(-2 * xy, yy - xx)
    height = _FIXED_POINT * probability
    dx, dy = ((height * f(normal)).astype(np.int16) for f in (np.cos, np.sin))
    return cv2.Canny(dx, dy, low * _FIXED_POINT, high * _FIXED_POINT, L2gradient=True)


def contour(
    image_bgr: np.ndarray, low: float = 0.35, high: float = 0.45, min_length: float = 0.015
) -> np.ndarray:
    """Draw what a person would: outlines and the lines that matter, not every hair.

    A small classifier of brightness, colour and texture contrast (`data.edges.boundary`) gives the probability of a
    drawn line; its ridges are thinned to one pixel, kept by hysteresis (Canny, 1986), and crumbs dropped.

    Args:
        image_bgr: (H, W, 3) uint8, BGR, any size.
        low: probability above which a line goes on, in [0, high]. Lower: lines run further.
        high: probability that a line must reach somewhere, in [low, 1]. Lower: more lines.
        min_length: shortest line kept, as a share of the picture's diagonal.

    Returns:
        (H, W) uint8 in {0, 255}; lines are one pixel wide, 255.

    Raises:
        ValueError: if the picture is not (H, W, 3) uint8, or not 0 <= low <= high <= 1, or min_length < 0.
    """
    require_bgr(image_bgr)
    if not 0.0 <= low <= high <= 1.0:
        raise ValueError(f"contour needs 0 <= low <= high <= 1, got low {low} and high {high}")
    if min_length < 0.0:
        raise ValueError(f"min_length must be >= 0 (a share of the diagonal, usually 0.015), got {min_length}")
    height, width = image_bgr.shape[:2]
    probability = boundary_probability(image_bgr)
    enlargement = width / probability.shape[1]
    if enlargement > 1.0:
        probability = cv2.resize(probability, (width, height), interpolation=cv2.INTER_CUBIC)
    probability = cv2.GaussianBlur(probability, (0, 0), 0.5 * enlargement)
    lines = thin(_ridges(np.clip(probability, 0.0, 1.0), low, high, orientation_sigma=1.5 * enlargement))
    return drop_short(lines, min_length * float(np.hypot(height, width)))
