"""Finding the ink on a sheet by its darkness, without rims, holes and printed patterns."""

from __future__ import annotations

import cv2
import numpy as np

from data.paper.ruling import ruling, tiles

# Lengths, as shares of the sheet's longest side.
_VISIBLE = 0.12  # strength of the faintest strokes
_RIM = 0.055  # width of the rim: anything entirely inside it is a hole, a spiral, a remnant of the table
_FROM_RIM = 0.13  # anything that touches the rim and extends no farther is a finger or a fold
_DOT = 0.006  # diameter: printed dots are smaller
_LEAST_DOTS, _LEAST_TILES = 80, 0.6
_AROUND = 0.03  # width of a window: in dark surroundings, ink is what is darker still
# Least strength of a stroke and of its core, as shares of the usual strength; see `binarise`.
_FAINT, _SURE, _DARKER = 0.25, 0.5, 0.6
_SPECK = 1.2e-5  # of the sheet's area


def read_ink(strength: np.ndarray, *, has_rim: bool) -> np.ndarray:
    """Find what was drawn, (H, W) uint8 in {0, 255}, from the strength of the ink.

    If the sheet's rim was found, its holes are near the image's border.
    """
    return binarise(_without_prints(without_ruling(strength), 1.0 if has_rim else 0.4))


def without_ruling(strength: np.ndarray) -> np.ndarray:
    """Erase printed squares and lines, and ink hardly darker than the print; (H, W) float32 in and out."""
    printed = ruling(strength)
    return np.where(strength > printed + 0.06 * (printed > 0.02), strength, 0).astype(np.float32)


def _without_prints(strength: np.ndarray, rim: float) -> np.ndarray:
    """Erase printed dots, and anything at the sheet's rim, which is ``rim`` times as wide as usual."""
    height, width = strength.shape
    longest = max(height, width)
    _, labels, stats, centers = cv2.connectedComponentsWithStats((strength > _VISIBLE).astype(np.uint8))
    x, y, w, h, area = stats.T
    gone = np.zeros(len(stats), bool)
    for reach, apart in ((_RIM, longest), (_FROM_RIM, 2)):
        reach *= rim * longest
        gone |= ((x + w < reach) & (x < apart)) | ((y + h < reach) & (y < apart))
        gone |= ((x > width - reach) & (x + w > width - apart)) | (
            (y > height - reach) & (y + h > height - apart)
        )
    small = (np.maximum(w, h) < _DOT * longest) & ~gone
    if small.sum() >= _LEAST_DOTS:
        dots = np.zeros((height, width), bool)
        dots[tuple(centers[small].astype(int).T[::-1])] = True
        if tiles(dots).mean() >= _LEAST_TILES:
            gone |= small & (area <= 2.5 * np.median(area[small]))
    gone[0] = False
    return np.where(gone[labels], 0, strength).astype(np.float32)


def binarise(strength: np.ndarray) -> np.ndarray:
    """Separate ink from paper and from areas that are only colored in: (H, W) uint8 in {0, 255}.

    A pixel is ink if it is darker than a share of the usual stroke and than its surroundings, as in Sauvola's
    threshold, and if it is connected to a pixel that is certainly ink, as in Canny's hysteresis.
    """
    visible = strength[strength > _VISIBLE]
    if visible.size < 50:
        return np.zeros(strength.shape, np.uint8)
    level, _ = cv2.threshold((visible * 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    usual = float(np.quantile(visible[visible > 0.6 * level / 255], 0.9))
    across = max(15, round(_AROUND * max(strength.shape))) | 1
    around = cv2.boxFilter(strength, -1, (across, across))
    ink = (strength > _FAINT * usual + _DARKER * around).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    kept = np.zeros(len(stats), bool)
    kept[labels[strength > _SURE * usual]] = True
    kept &= stats[:, cv2.CC_STAT_AREA] >= _SPECK * ink.size
    kept[0] = False
    return kept[labels].astype(np.uint8) * 255
