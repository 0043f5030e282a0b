"""The detail extractor, which adds fine lines and dots to contours."""

import cv2
import numpy as np

from data.edges.contour import contour
from data.edges.dots import dots, draw_dots
from data.edges.lines import drop_short, require_bgr, thin

_APART_PX = 2
_SHORTEST_PX = 4.0
_SIGMA_PX = 0.6
_LOW, _HIGH = 60.0, 160.0  # gradients in units of a 3x3 Sobel filter (0 to 1020)


def detail(image_bgr: np.ndarray) -> np.ndarray:
    """Extract contours and, away from contours, fine lines, such as teeth, feathers and scales.

    The fine lines are Canny edges with fixed thresholds. At each pixel, they use the color channel with the
    strongest gradient. Round dots, such as eyes, become circles (see `dots`). Do not use this method for
    photos, where fur and grass would become clutter.

    Args:
        image_bgr: (H, W, 3) uint8, BGR.

    Returns:
        (H, W) uint8 in {0, 255}, where 255 marks a line.
    """
    require_bgr(image_bgr)
    lines = contour(image_bgr)
    smooth = cv2.GaussianBlur(image_bgr.astype(np.float32), (0, 0), _SIGMA_PX)
    gradients = [cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1))]
    strongest = np.argmax(gradients[0] ** 2 + gradients[1] ** 2, axis=2)[..., None]
    dx, dy = (np.take_along_axis(g, strongest, axis=2)[..., 0].astype(np.int16) for g in gradients)
    fine = cv2.Canny(dx, dy, _LOW, _HIGH, L2gradient=True)
    fine[cv2.dilate(lines, np.ones((2 * _APART_PX + 1,) * 2, np.uint8)) > 0] = 0
    lines = np.maximum(lines, drop_short(thin(fine), _SHORTEST_PX))
    return draw_dots(lines, dots(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY)))
