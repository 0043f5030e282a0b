"""Detection of round dots, such as eyes, which are too small for contours but should not be lost."""

import math

import cv2
import numpy as np

Dot = tuple[float, float, float]  # x, y and radius in pixels

_DIAGONAL_PX = math.hypot(256, 256)  # the areas below are given for images with this diagonal
_AREA_PX = (10.0, 64.0)  # minimum and maximum area of a dot
_CORE = 0.6  # minimum fraction of a dot's area that is as dark as the darkest ink
_MOST_INK_AROUND = 0.28  # maximum fraction of ink in the ring around a dot, to exclude crossings of strokes
_THICKER = 1.25  # minimum thickness of a dot relative to the lines around it, to exclude line ends
_SEARCHED_AT = 2  # factor by which images are enlarged for the search, because tiny dots do not look round
_CLEARED_PX = 2  # width of the ring around a dot from which lines are erased


def _scale(shape: tuple[int, ...]) -> float:
    return math.hypot(*shape) / _DIAGONAL_PX


def _window(shape: tuple[int, ...], dot: Dot) -> tuple[tuple[slice, slice], np.ndarray, int]:
    """Return the window around a dot, its pixels' squared distances from the dot's center, and the radius."""
    x, y, radius = (int(np.floor(value + 0.5)) for value in dot)
    radius = max(2, radius)
    reach = radius + _CLEARED_PX
    rows = np.arange(max(0, y - reach), min(shape[0], y + reach + 1))
    columns = np.arange(max(0, x - reach), min(shape[1], x + reach + 1))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return part, (rows[:, None] - y) ** 2 + (columns - x) ** 2, radius


def distance_inside(mask: np.ndarray) -> np.ndarray:
    """Return each pixel's distance to the nearest pixel outside a {0, 1} mask; (H, W) float32."""
    return cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def pieces(mask: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return labels (H, W), areas, depths and centers (x, y) of the 8-connected components of a mask.

    A component's depth is its maximum in ``inside`` (see `distance_inside`). Component 0 is the background.
    """
    count, labels, stats, centers = cv2.connectedComponentsWithStats(mask, connectivity=8)
    depth = np.zeros(count, np.float32)
    np.maximum.at(depth, labels.ravel(), inside.ravel())
    return labels, stats[:, cv2.CC_STAT_AREA], depth, centers


def dots(gray: np.ndarray) -> list[Dot]:
    """Find round dots lighter or darker than their surroundings in an image, (H, W) uint8.

    Their diameters are about 1% to 2.5% of the image's diagonal.
    """
    # Search at a fixed size.
    resized = _SEARCHED_AT / _scale(gray.shape)
    interpolation = cv2.INTER_CUBIC if resized > 1 else cv2.INTER_AREA
    height, width = (max(1, round(side * resized)) for side in gray.shape)
    gray = cv2.resize(gray, (width, height), interpolation=interpolation)
    parameters = cv2.SimpleBlobDetector_Params()  # type: ignore[attr-defined]
    parameters.minThreshold, parameters.maxThreshold, parameters.thresholdStep = 10, 245, 12
    parameters.minRepeatability = 3
    parameters.minDistBetweenBlobs = 3.0 * _SEARCHED_AT
    parameters.filterByColor = False
    parameters.minArea, parameters.maxArea = (area * _SEARCHED_AT**2 for area in _AREA_PX)
    parameters.filterByCircularity, parameters.minCircularity = True, 0.7
    parameters.filterByInertia, parameters.minInertiaRatio = True, 0.3
    parameters.filterByConvexity, parameters.minConvexity = True, 0.85
    found = cv2.SimpleBlobDetector_create(parameters).detect(gray)  # type: ignore[attr-defined]
    found_at = (((np.array(point.pt) + 0.5) / resized - 0.5, point.size / 2 / resized) for point in found)
    return [(x, y, radius) for (x, y), radius in found_at]


def ink_dots(strength: np.ndarray, ink: np.ndarray) -> list[Dot]:
    """Find ink dots about as large as those that `dots` finds, even if they almost touch a line.

    Args:
        strength: (H, W) float32, each pixel's difference from the paper's tone.
        ink: (H, W) uint8 in {0, 1}, 1 where there is ink.
    """
    # Only dark pixels count, because gray pixels can connect a dot with a line.
    core = (strength > 0.8 * float(np.quantile(strength, 0.999))).astype(np.uint8)
    strokes = distance_inside(ink)
    _, area, depth, centers = pieces(core, distance_inside(core))
    smallest, largest = (limit * _scale(core.shape) ** 2 for limit in (_CORE * _AREA_PX[0], _AREA_PX[1]))
    solid = (depth >= 2) & (area < 4.5 * depth**2) & (area >= smallest) & (area <= largest)
    solid[0] = False
    found = []
    for i in np.flatnonzero(solid):
        dot = float(centers[i, 0]), float(centers[i, 1]), float(np.sqrt(area[i] / np.pi)) + 0.5
        part, squared, radius = _window(core.shape, dot)
        ring = (squared > radius**2 + radius) & (squared <= (radius + _CLEARED_PX) ** 2)
        inked = ring & (ink[part] > 0)
        thickest = strokes[part][inked].max(initial=0)
        if inked.sum() <= _MOST_INK_AROUND * ring.sum() and depth[i] >= _THICKER * thickest:
            found.append(dot)
    return found


def draw_dots(lines: np.ndarray, found: list[Dot]) -> np.ndarray:
    """Return a copy of an edge map with circles (radius at least 2 px) in place of the lines at the dots."""
    circled = lines.copy()
    windows = [_window(lines.shape, dot) for dot in found]
    for part, squared, radius in windows:
        circled[part][squared <= (radius + _CLEARED_PX) ** 2] = 0
    for part, squared, radius in windows:
        disc = np.pad(squared <= radius**2 + radius, 1, mode="edge")
        inner = disc[1:-1, 1:-1] & disc[:-2, 1:-1] & disc[2:, 1:-1] & disc[1:-1, :-2] & disc[1:-1, 2:]
        circled[part][disc[1:-1, 1:-1] & ~inner] = 255
    return circled
