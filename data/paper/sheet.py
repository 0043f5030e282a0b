"""Functions that find a sheet's corners in a photograph, and rectify the sheet."""

from itertools import combinations

import cv2
import numpy as np

_LOOK_AT_PX = 640  # longest side of the photo during the corner search
_LONGEST_PX = 2048  # maximum longest side of a rectified sheet
_MOST_LINES = 14  # maximum number of lines per direction, excluding the photo's own borders
_STEEPEST = 0.45  # maximum angle between a side and the photo's borders, in radians
_SAMPLES = 48  # number of points along each side
_BORDER_SUPPORT = 0.55  # score of a side on the photo's border, less than that of a clear rim
_LEAST_AREA = 0.15  # minimum fraction of the photo that the sheet covers
_INSET = 0.006  # fraction of the sheet that is cut off at each side, so that no rim remains


def find_sheet(rgb: np.ndarray) -> np.ndarray | None:
    """Find the corners of a sheet or board, (4, 2), clockwise from the top left; None if there is no rim.

    The sides of the sheet are four straight lines in the photo or, where the sheet extends beyond the photo,
    borders of the photo. The best lines have the sheet's tone on one side and another tone on the other.
    """
    scale = min(1.0, _LOOK_AT_PX / max(rgb.shape[:2]))
    height, width = (max(8, round(side * scale)) for side in rgb.shape[:2])
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(_without_strokes(small), cv2.COLOR_RGB2LAB)
    edges = _edges(lab)
    level, upright = _lines(edges)
    quads = _quads(level, upright, (height, width))
    if not len(quads):
        return None
    support = _support(quads, edges, lab)
    best = int(np.argmax(support))
    if np.abs(quads[best] - _rectangle(width, height)).max() < 3:
        return None
    return ((quads[best] + 0.5) / scale - 0.5).astype(np.float32)


def _rectangle(width: int, height: int) -> np.ndarray:
    """Return the corners of an image, (4, 2) float32, clockwise from the top left."""
    return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)


def _without_strokes(rgb: np.ndarray) -> np.ndarray:
    """Remove thin strokes and ruled lines, which are dark on light paper or light on a dark board."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    middle = rgb[rgb.shape[0] // 4 : -rgb.shape[0] // 4, rgb.shape[1] // 4 : -rgb.shape[1] // 4]
    light = float(np.median(middle.max(axis=2))) > 110
    return cv2.morphologyEx(rgb, cv2.MORPH_CLOSE if light else cv2.MORPH_OPEN, kernel)


def _edges(lab: np.ndarray) -> np.ndarray:
    """Return the edges in lightness or color, (H, W) uint8 in {0, 255}."""
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.2)
    found = np.zeros(lab.shape[:2], np.uint8)
    for channel, (low, high) in zip(cv2.split(smooth), ((20, 50), (10, 24), (10, 24)), strict=True):
        found |= cv2.Canny(np.ascontiguousarray(channel), low, high)
    return found


def _lines(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find long lines a x + b y = c, and add the photo's borders.

    Returns:
        The roughly horizontal and the roughly vertical lines (a, b, c), each (n, 3).
    """
    height, width = edges.shape
    found = cv2.HoughLines(edges, 1, np.pi / 360, int(0.2 * min(edges.shape)))
    families: tuple[list, list] = ([], [])
    for rho, theta in [] if found is None else found[:400, 0]:
        from_level = abs(theta - np.pi / 2)
        upright = min(theta, np.pi - theta)
        family = families[0] if from_level < _STEEPEST else families[1] if upright < _STEEPEST else None
        line = np.array([np.cos(theta), np.sin(theta), rho])
        if family is None or len(family) >= _MOST_LINES:
            continue
        if all(_apart(line, other, edges.shape) > 4 for other in family):
            family.append(line)
    families[0].extend(np.array([[0.0, 1, 0], [0, 1, height - 1]]))
    families[1].extend(np.array([[1.0, 0, 0], [1, 0, width - 1]]))
    return np.array(families[0]), np.array(families[1])


def _apart(a: np.ndarray, b: np.ndarray, shape: tuple[int, ...]) -> float:
    """Return the mean distance between two lines, measured at two opposite borders of the photo."""
    along, length = (0, shape[1]) if abs(a[1]) > abs(a[0]) else (1, shape[0])
    ends = np.array([0.0, length])
    where = [(line[2] - line[along] * ends) / line[1 - along] for line in (a, b)]
    return float(np.abs(where[0] - where[1]).mean())


def _quads(level: np.ndarray, upright: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return all large quadrilaterals, (n, 4, 2), formed by two horizontal and two vertical lines."""
    left = np.repeat(level[:, None], len(upright), axis=1)
    right = np.repeat(upright[None], len(level), axis=0)
    scale = left[..., 0] * right[..., 1] - left[..., 1] * right[..., 0]
    x = (left[..., 2] * right[..., 1] - left[..., 1] * right[..., 2]) / scale
    y = (left[..., 0] * right[..., 2] - left[..., 2] * right[..., 0]) / scale
    points = np.stack([x, y], axis=-1)  # entry (i, j): intersection of lines level[i] and upright[j]
    top, bottom = (side[:, None] for side in _pairs(level, 1, shape))
    west, east = (side[None] for side in _pairs(upright, 0, shape))
    corners = (points[top, west], points[top, east], points[bottom, east], points[bottom, west])
    quads = np.stack(corners, axis=2).reshape(-1, 4, 2)
    outside = 0.03 * max(shape)
    kept = (_areas(quads) > _LEAST_AREA * shape[0] * shape[1]) & (quads.min((1, 2)) > -outside)
    return quads[kept & (quads.max(1) < np.array(shape[::-1]) + outside).all(1)]


def _areas(quads: np.ndarray) -> np.ndarray:
    """Return the areas of quadrilaterals, (n, 4, 2)."""
    x, y = quads[..., 0], quads[..., 1]
    return 0.5 * np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1))


def _pairs(lines: np.ndarray, axis: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of all line pairs, (n, 3), each pair sorted by y (axis 1) or x (axis 0)."""
    at_middle = (lines[:, 2] - lines[:, 1 - axis] * shape[axis] / 2) / lines[:, axis]
    first, second = np.array(list(combinations(np.argsort(at_middle), 2))).T
    return first, second


def _support(quads: np.ndarray, edges: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """Score quadrilaterals, (n, 4, 2), by their size and by how well their sides separate two tones."""
    height, width = edges.shape
    near = cv2.dilate(edges, np.ones((5, 5), np.uint8)) > 0
    tone = cv2.GaussianBlur(lab, (0, 0), 2).astype(np.float32)
    middle = tone[height // 4 : -height // 4, width // 4 : -width // 4].reshape(-1, 3)
    paper = np.median(middle, axis=0)
    ends = np.roll(quads, -1, axis=1)
    t = ((np.arange(_SAMPLES) + 0.5) / _SAMPLES)[None, None, :, None]
    points = quads[:, :, None] * (1 - t) + ends[:, :, None] * t
    along = (ends - quads) / np.maximum(np.linalg.norm(ends - quads, axis=2, keepdims=True), 1)
    inward = np.stack([-along[..., 1], along[..., 0]], axis=-1)[:, :, None] * 7.0

    def look(image: np.ndarray, where: np.ndarray) -> np.ndarray:
        x = np.clip(np.rint(where[..., 0]), 0, width - 1).astype(int)
        y = np.clip(np.rint(where[..., 1]), 0, height - 1).astype(int)
        return image[y, x]

    inside, outside = look(tone, points + inward), look(tone, points - inward)
    like_paper = np.abs(inside[..., 1:] - paper[1:]).max(-1) < 14
    like_paper &= inside[..., 0] > 0.45 * paper[0]
    differs = np.abs(inside - outside) @ np.array([0.5, 1.0, 1.0], np.float32) > 8
    rim = (look(near, points) & like_paper & differs).mean(axis=2)
    x, y = points[..., 0], points[..., 1]
    border = ((x < 4) | (y < 4) | (x > width - 5) | (y > height - 5)).all(axis=2)
    sides = np.where(border, _BORDER_SUPPORT * like_paper.mean(axis=2), rim)
    length = np.linalg.norm(ends - quads, axis=2)
    area = _areas(quads) / (height * width)
    # The minimum lowers the score of quadrilaterals with a side that separates nothing.
    return ((sides * length).sum(1) / length.sum(1) + 0.5 * sides.min(axis=1)) * area**0.25


def rectify(rgb: np.ndarray, corners: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Rectify a sheet, and shrink it if its longest side exceeds 2048 pixels.

    Returns:
        The sheet, (h, w, 3) uint8, and the (3, 3) homography from its pixels to the photo's pixels.
    """
    if corners is None:
        seen = _rectangle(rgb.shape[1], rgb.shape[0])
    else:
        middle = corners.mean(axis=0)
        seen = (middle + (corners - middle) * (1 - 2 * _INSET)).astype(np.float32)
    sides = np.linalg.norm(np.roll(seen, -1, axis=0) - seen, axis=1)
    longest = float(max(sides[0] + sides[2], sides[1] + sides[3]) / 2 + 1)
    scale = min(1.0, _LONGEST_PX / longest)
    w, h = (max(8, round(float(sides[i] + sides[i + 2]) / 2 * scale + scale)) for i in (0, 1))
    to_photo = cv2.getPerspectiveTransform(_rectangle(w, h), seen)
    factor, to_source = int(1 / scale), to_photo
    if factor > 1:  # without area averaging, a printed ruling would cause moire patterns
        rgb = cv2.resize(rgb, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        shift = 0.5 / factor - 0.5
        to_source = np.array([[1 / factor, 0, shift], [0, 1 / factor, shift], [0, 0, 1]]) @ to_photo
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    sheet = cv2.warpPerspective(rgb, to_source, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return sheet, to_photo
