"""Round dots, such as eyes: too small for a contour, and too telling to lose."""

import cv2
import numpy as np

_DIAGONAL_PX = 362.0  # of a 256 x 256 image, in which the areas below are measured
_AREA_PX = (10.0, 64.0)
_SEARCHED_AT = 2  # times the size: a dot of four pixels across is not round


def dots(grey: np.ndarray, *, dark_only: bool = False) -> list[tuple[float, float, float]]:
    """Find round dots lighter or darker than what is around them, such as eyes.

    Args:
        grey: (H, W) uint8, any size.
        dark_only: leave out the light ones, as the gaps between lines of ink are.

    Returns:
        (x, y, radius) of each in pixels; dots with a diameter of about 1% to 2.5% of the image's diagonal.
    """
    scale = float(np.hypot(*grey.shape)) / _DIAGONAL_PX
    # Found at one size, whatever the image's.
    resized = _SEARCHED_AT / scale
    interpolation = cv2.INTER_CUBIC if resized > 1 else cv2.INTER_AREA
    grey = cv2.resize(grey, None, fx=resized, fy=resized, interpolation=interpolation)
    parameters = cv2.SimpleBlobDetector_Params()  # type: ignore[attr-defined]
    parameters.minThreshold, parameters.maxThreshold, parameters.thresholdStep = 10, 245, 12
    parameters.minRepeatability = 3
    parameters.minDistBetweenBlobs = 3.0 * _SEARCHED_AT
    parameters.filterByColor, parameters.blobColor = dark_only, 0
    parameters.minArea, parameters.maxArea = (area * _SEARCHED_AT**2 for area in _AREA_PX)
    parameters.filterByCircularity, parameters.minCircularity = True, 0.7
    parameters.filterByInertia, parameters.minInertiaRatio = True, 0.3
    parameters.filterByConvexity, parameters.minConvexity = True, 0.85
    found = cv2.SimpleBlobDetector_create(parameters).detect(grey)  # type: ignore[attr-defined]
    return [
        ((x + 0.5) / resized - 0.5, (y + 0.5) / resized - 0.5, point.size / 2 / resized)
        for point in found
        for x, y in (point.pt,)
    ]


def draw_dots(lines: np.ndarray, found: list[tuple[float, float, float]]) -> np.ndarray:
    """Draw each dot as a circle of at least 2 px radius into an edge map, in place of the lines there.

    Args:
        lines: (H, W) uint8 in {0, 255}.
        found: what `dots` returned.

    Returns:
        (H, W) uint8 in {0, 255}, another array.
    """
    circled = lines.copy()
    circles = [(round(x), round(y), max(2, round(radius))) for x, y, radius in found]
    for x, y, radius in circles:
        cv2.circle(circled, (x, y), radius + 2, 0, -1)
    for x, y, radius in circles:
        cv2.circle(circled, (x, y), radius, 255, 1)
    return circled
