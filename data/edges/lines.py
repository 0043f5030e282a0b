"""Functions that several edge extractors use."""

import cv2
import numpy as np

# A pixel's neighborhood code has one bit per neighbor, clockwise from north.
_CODE_KERNEL = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)


def require_bgr(image_bgr: np.ndarray) -> None:
    """Raise a ValueError with advice unless the image is (H, W, 3) uint8."""
    shape, dtype = getattr(image_bgr, "shape", None), getattr(image_bgr, "dtype", None)
    if shape is None or len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype != np.uint8:
        raise ValueError(
            f"edge extraction needs an (H, W, 3) uint8 BGR image, got shape {shape} and dtype {dtype}; "
            "read files with cv2.imread(path, cv2.IMREAD_COLOR); convert gray images with cv2.COLOR_GRAY2BGR"
        )


def extremes(image_bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each pixel's minimum and maximum over the channels, two arrays (H, W) uint8."""
    blue, green, red = cv2.split(image_bgr)
    return cv2.min(cv2.min(blue, green), red), cv2.max(cv2.max(blue, green), red)


def _deletable(second_pass: bool) -> np.ndarray:
    """Return, for each neighborhood code, whether a pass of `thin` deletes the pixel; (256,) bool."""
    codes = np.arange(256)
    n, ne, e, se, s, sw, w, nw = ((codes >> k & 1).astype(bool) for k in range(8))
    branches = (~n & (ne | e)).astype(int) + (~e & (se | s)) + (~s & (sw | w)) + (~w & (nw | n))
    pairs_a = (nw | n).astype(int) + (ne | e) + (se | s) + (sw | w)
    pairs_b = (n | ne).astype(int) + (e | se) + (s | sw) + (w | nw)
    neighbors = np.minimum(pairs_a, pairs_b)
    side = ((s | sw | ~nw) & w) if second_pass else ((n | ne | ~se) & e)
    return (branches == 1) & (neighbors >= 2) & (neighbors <= 3) & ~side


_PASSES = (_deletable(False), _deletable(True))


def thin(mask: np.ndarray) -> np.ndarray:
    """Thin shapes, (H, W) uint8 in {0, 255}, to connected lines one pixel wide.

    This is algorithm A1 of Guo and Hall, "Parallel thinning with two-subiteration algorithms" (1989).
    """
    shape = cv2.copyMakeBorder((mask != 0).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    changed = True
    while changed:
        changed = False
        for deletable in _PASSES:
            code = cv2.filter2D(shape, cv2.CV_8U, _CODE_KERNEL, borderType=cv2.BORDER_CONSTANT)
            remove = deletable[code] & (shape != 0)
            if remove.any():
                shape[remove] = 0
                changed = True
    return np.ascontiguousarray(shape[1:-1, 1:-1]) * 255


def drop_short(lines: np.ndarray, min_length_px: float) -> np.ndarray:
    """Remove 8-connected lines with fewer than ``min_length_px`` pixels from an edge map, (H, W) uint8."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= min_length_px
    keep[0] = False
    return keep[labels].astype(np.uint8) * 255
