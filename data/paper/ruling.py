"""Detection of printed squares and lines, and of long straight folds."""

import cv2
import numpy as np

from util.image import shrink

_SEARCHED_AT_PX = 1024  # longest side of a sheet when its ruling is measured
_DECIDED_AT_PX = 512  # longest side of a sheet when a ruling is detected
_LENGTH = 0.09  # minimum length of a ruling's straight parts, as a fraction of the longest side
_WHOLE_LENGTH = 0.42  # a straight line of at least this length was not drawn by hand
_ANGLES = np.radians(np.arange(-12, 12.1, 1.0))
_TILES = 6  # number of tiles along each side of a sheet
_FULL_TILES = 0.6  # minimum fraction of the tiles that a ruling covers
_FAINTEST = 0.025  # minimum strength of a ruling
_UNEVEN = 1.35  # maximum strength of a ruling, relative to its 75% quantile


def ruling(strength: np.ndarray) -> np.ndarray:
    """Measure a printed ruling's strength at each pixel, relative to black ink; 0 means no ruling.

    A morphological opening with long straight lines keeps only ruled lines. It uses several angles,
    because the sheet can be slanted or curled. The lines are a ruling if they cover most of the sheet.
    """
    height, width = strength.shape
    levels = shrink((strength * 255).astype(np.uint8), _SEARCHED_AT_PX, least_px=8)
    small = shrink(levels, _DECIDED_AT_PX, least_px=8)
    found = np.zeros_like(levels)
    for flipped in (False, True):
        view = (lambda image: np.ascontiguousarray(image.T)) if flipped else (lambda image: image)
        length, angles = _decide(view(small))
        runs = np.zeros_like(view(levels))
        for angle in angles:
            runs = cv2.max(runs, _straight_runs(view(levels), angle, length))
        seen = runs[runs > 255 * _FAINTEST]
        if seen.size:
            found = cv2.max(found, view(cv2.min(runs, float(_UNEVEN * np.quantile(seen, 0.75)))))
    found = cv2.dilate(found, np.ones((3, 3), np.uint8))
    return cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255


def _decide(levels: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the length and the angles of a ruling's horizontal lines, or of isolated long lines."""
    for length, least_tiles in ((_LENGTH, _FULL_TILES), (_WHOLE_LENGTH, 1e-9)):
        runs = np.stack([_straight_runs(levels, angle, length) > 255 * _FAINTEST for angle in _ANGLES])
        if tiles(runs.max(axis=0)).mean() >= least_tiles:
            mass = runs.sum(axis=(1, 2))
            return length, _ANGLES[mass > 0.2 * mass.max()]
    return _LENGTH, _ANGLES[:0]


def tiles(mask: np.ndarray) -> np.ndarray:
    """Return which of a sheet's 6 x 6 tiles overlap a mask, (H, W) bool."""
    rows, columns = (np.linspace(0, side, _TILES + 1).astype(int)[:-1] for side in mask.shape)
    return np.logical_or.reduceat(np.logical_or.reduceat(mask, rows, axis=0), columns, axis=1)


def _straight_runs(levels: np.ndarray, angle: float, length: float) -> np.ndarray:
    """Apply a morphological opening with a straight line to an image, (H, W) uint8.

    ``angle`` is the angle to the horizontal in radians, and ``length`` is a fraction of the longest side.
    """
    height, width = levels.shape
    slope = np.tan(angle)
    pad = int(np.ceil(abs(slope) * width))
    shear = np.array([[1, 0, 0], [-slope, 1, pad if slope > 0 else 0]], np.float32)
    sheared = cv2.warpAffine(levels, shear, (width, height + pad), flags=cv2.INTER_LINEAR)
    # A printed line may deviate by one pixel and may have gaps of a few pixels.
    sheared = cv2.dilate(sheared, np.ones((2, 1), np.uint8))
    gap = max(3, round(0.008 * width)) | 1
    sheared = cv2.morphologyEx(sheared, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    reach = max(5, round(length * max(height, width))) | 1
    runs = cv2.morphologyEx(sheared, cv2.MORPH_OPEN, np.ones((1, reach), np.uint8))
    return cv2.warpAffine(runs, shear, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
