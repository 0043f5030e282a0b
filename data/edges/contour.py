"""The contour extractor."""

import cv2
import numpy as np

from data.edges.boundary import boundary_logit
from data.edges.lines import drop_short, require_bgr, thin

_LOWEST, _HIGHEST = -6.0, 14.0  # range to which log odds are clipped
_BUSY_SHARE, _THRESHOLD_FLOOR = 0.15, 0.2
_CONTINUATION = 0.65  # a line continues while its probability is above this fraction of the threshold
_SHORTEST, _SHORTEST_PX = 0.01, 4.0  # minimum length of a line, as a fraction of the diagonal and in pixels
_FIXED_POINT = 750  # integer steps per unit of log odds; cv2.Canny squares them in 32 bits


def _log_odds(probability: float) -> float:
    odds = probability / max(1.0 - probability, 1e-12)
    return float(np.clip(np.log(max(odds, 1e-12)), _LOWEST, _HIGHEST))


def _ridges(logit: np.ndarray, low: float, high: float, orientation_sigma: float) -> np.ndarray:
    """Find a map's ridges by non-maximum suppression and hysteresis; return (H, W) uint8 in {0, 255}."""
    height = np.clip(logit, _LOWEST, _HIGHEST) - _LOWEST
    smooth = cv2.GaussianBlur(height, (0, 0), orientation_sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0)
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2)
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1)
    # The gradients passed to cv2.Canny point across the ridge, where curvature is most negative. Their length
    # is the ridge height.
    normal = 0.5 * np.arctan2(-2 * xy, yy - xx)
    dx, dy = ((_FIXED_POINT * height * f(normal)).astype(np.int16) for f in (np.cos, np.sin))
    low, high = (_FIXED_POINT * (level - _LOWEST) for level in (low, high))
    return cv2.Canny(dx, dy, low, high, L2gradient=True)


def contour(image_bgr: np.ndarray, threshold: float = 0.45) -> np.ndarray:
    """Extract the lines that a person would draw: outlines and important lines, but not every hair.

    A small classifier (`data.edges.boundary`) predicts the probability of a line at each pixel. Ridges in
    this map become lines one pixel wide, selected by hysteresis (Canny, 1986), and very short lines are
    dropped. For images with few lines, the threshold is lowered until 15% of the pixels reach it, but not
    below a fifth of the given value.

    Args:
        image_bgr: (H, W, 3) uint8, BGR.
        threshold: minimum probability at a line's strongest pixel, in [0, 1].

    Returns:
        (H, W) uint8 in {0, 255}, where 255 marks a line.

    Raises:
        ValueError: the image is not (H, W, 3) uint8, or the threshold is outside [0, 1].
    """
    require_bgr(image_bgr)
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"contour: threshold must lie in [0, 1], got {threshold}")
    height, width = image_bgr.shape[:2]
    logit = boundary_logit(image_bgr)
    busy = 1 / (1 + float(np.exp(-np.quantile(logit, 1.0 - _BUSY_SHARE))))
    threshold = min(threshold, max(busy, threshold * _THRESHOLD_FLOOR))
    enlargement = max(width / logit.shape[1], height / logit.shape[0])
    if enlargement > 1.0:
        logit = cv2.resize(logit, (width, height), interpolation=cv2.INTER_CUBIC)
    logit = cv2.GaussianBlur(logit, (0, 0), 0.5 * enlargement)
    # Remove the faint lines that soft shadows and sharpening cause next to strong lines.
    probability = 1 / (1 + cv2.exp(-logit))
    reach = 2 * round(3 * enlargement) + 1
    strongest = cv2.dilate(probability, np.ones((reach, reach), np.uint8))
    logit[probability < 0.5 * strongest] = _LOWEST
    low, high = _log_odds(threshold * _CONTINUATION), _log_odds(threshold)
    lines = _ridges(logit, low, high, orientation_sigma=1.5 * enlargement)
    return drop_short(thin(lines), max(_SHORTEST_PX, _SHORTEST * float(np.hypot(height, width))))
