"""Round dots, such as eyes: too small for a contour, and too telling to lose."""

import cv2
import numpy as np

_DIAGONAL_PX = 362.0  # of a 256 x 256 image, in which the areas below are measured
_AREA_PX = (10.0, 64.0)
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_SEARCHED_AT = 2  # times the size: a dot of four pixels across is not round


def dots(grey: np.ndarray) -> list[tuple[float, float, float]]:
    """Find round dots lighter or darker than what is around them, such as eyes.

    Args:
        grey: (H, W) uint8, any size.

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
    parameters.filterByColor = False
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


def ink_dots(strength: np.ndarray) -> list[tuple[float, float, float]]:
    """Find solid dots of ink, even those that almost touch a line.

    Args:
        strength: (H, W) float32, how far each pixel is from the paper's tone.

    Returns:
        (x, y, radius) of each in pixels, of the same sizes as those of `dots`.
    """
    # The grey pixels between a dot and a line belong to neither.
    core = (strength > 0.8 * float(np.quantile(strength, 0.999))).astype(np.uint8)
    inside = cv2.distanceTransform(core, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(core, connectivity=8)
    depth, area = np.zeros(count, np.float32), stats[:, cv2.CC_STAT_AREA]
    np.maximum.at(depth, labels.ravel(), inside.ravel())
    largest = _AREA_PX[1] * np.hypot(*core.shape) ** 2 / _DIAGONAL_PX**2
    found = (depth >= 2) & (area < 4.5 * depth**2) & (area <= largest)
    found[0] = False
    radius = np.sqrt(area / np.pi) + 0.5
    return [(float(centres[i, 0]), float(centres[i, 1]), float(radius[i])) for i in np.flatnonzero(found)]


def draw_dots(lines: np.ndarray, found: list[tuple[float, float, float]]) -> np.ndarray:
    """Draw each dot as a circle of at least 2 px radius into an edge map, in place of the lines there.

    Args:
        lines: (H, W) uint8 in {0, 255}.
        found: what `dots` returned.

    Returns:
        (H, W) uint8 in {0, 255}, another array.
    """
    circled = lines.copy()
    rows, columns = np.ogrid[: lines.shape[0], : lines.shape[1]]
    circles = [
        ((rows - y) ** 2 + (columns - x) ** 2, max(2, radius))
        for x, y, radius in np.floor(np.reshape(found, (-1, 3)) + 0.5).astype(int)
    ]
    for squared, radius in circles:
        circled[squared <= (radius + 2) ** 2] = 0
    for squared, radius in circles:
        disc = (squared <= radius**2 + radius).astype(np.uint8)
        circled[(disc > 0) & (cv2.erode(disc, _CROSS) == 0)] = 255
    return circled
