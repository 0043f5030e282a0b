"""Auto-Canny: the edge extractor from the original system."""

import cv2
import numpy as np

from data.edges.lines import require_bgr


def auto_canny(image_bgr: np.ndarray, sigma: float = 0.33) -> np.ndarray:
    """Extract Canny edges, (H, W) uint8 in {0, 255}, with thresholds that depend on the median gray value.

    The method is from https://www.pyimagesearch.com/2015/04/06/: blur the gray image with a 3x3 Gaussian,
    compute its median m, and use the thresholds (1 - sigma) m and (1 + sigma) m, clipped to [0, 255]. On a
    white background, m is 255, and faint outlines are lost. On a black background, m is near 0, and
    everything becomes an edge. `contour` does not have these problems.

    Args:
        image_bgr: (H, W, 3) uint8, BGR.
        sigma: half-width of the threshold band relative to the median, in [0, 1].

    Raises:
        ValueError: the image is not (H, W, 3) uint8, or sigma is outside [0, 1].
    """
    require_bgr(image_bgr)
    if not 0.0 <= sigma <= 1.0:
        raise ValueError(f"sigma must lie in [0, 1], got {sigma}; the usual value is 0.33")
    blurred = cv2.GaussianBlur(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY), (3, 3), 0)
    median = float(np.median(blurred))
    lower, upper = max(0.0, (1.0 - sigma) * median), min(255.0, (1.0 + sigma) * median)
    return cv2.Canny(blurred, int(lower), int(upper))
