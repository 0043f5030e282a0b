"""Detection of the ink on a sheet by its darkness. Rims, holes and printed patterns are not ink."""

from __future__ import annotations

import cv2
import numpy as np

from data.paper.ruling import ruling, tiles

_VISIBLE = 0.12  # strength of the faintest strokes
# The next four values are shares of the sheet's longest side.
_RIM = 0.055  # width of the rim; anything entirely inside the rim is a hole, a spiral or part of the table
_FROM_RIM = 0.13  # anything that touches the sheet's border but stays within this is a finger or a fold
_DOT = 0.006  # maximum diameter of a printed dot
_AROUND = 0.03  # width of the window that defines a pixel's surroundings
_LEAST_DOTS, _LEAST_TILES = 80, 0.6  # minimum number of printed dots, and the share of the sheet they cover
# A stroke's strength must exceed _FAINT times the usual strength plus _DARKER times the mean strength of its
# surroundings, and its core must exceed _SURE times the usual strength; see `binarise`.
_FAINT, _SURE, _DARKER = 0.25, 0.5, 0.6
_SPECK = 1.2e-5  # minimum area of a stroke, as a share of the sheet's area


def read_ink(strength: np.ndarray, *, has_rim: bool) -> np.ndarray:
    """Find the drawing, (H, W) uint8 in {0, 255}, from the strength of the ink.

    Args:
        strength: (H, W) float32, as returned by `data.paper.flatten.ink_strength`.
        has_rim: whether the sheet's rim was found. If so, its punched holes are near the image's border.
    """
    return binarise(_without_prints(without_ruling(strength), 1.0 if has_rim else 0.4))


def without_ruling(strength: np.ndarray) -> np.ndarray:
    """Erase printed squares and lines, and ink hardly darker than the print, from (H, W) float32."""
    printed = ruling(strength)
    return np.where(strength > printed + 0.06 * (printed > 0.02), strength, 0).astype(np.float32)


def _without_prints(strength: np.ndarray, rim: float) -> np.ndarray:
    """Erase printed dots and anything in the sheet's rim, whose usual width is multiplied by ``rim``."""
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
    """Separate ink from paper and from colored-in areas; return (H, W) uint8 in {0, 255}.

    A pixel is ink under two conditions. It must be darker than both a share of the usual stroke and its own
    surroundings, as with Sauvola's threshold. And it must be connected to a pixel that is certainly ink, as
    with Canny's hysteresis.
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
