"""From how dark a sheet's pixels are to what was drawn on it: rims, holes and prints go, ink stays."""

from __future__ import annotations

import cv2
import numpy as np

from data.paper.ruling import ruling, tiles

# Lengths are shares of the sheet's longest side.
_VISIBLE = 0.12  # strength of the faintest strokes
_RIM = 0.055  # wide: what lies wholly in it is a hole, a spiral, a rest of the table
_FROM_RIM = 0.13  # what touches the rim and reaches no farther is a finger or a fold
_DOT = 0.006  # across: printed dots are smaller
_LEAST_DOTS, _LEAST_TILES = 80, 0.6
_AROUND = 0.03  # wide: where much is dark, ink is what is darker
# A stroke's least strength, and of its core, as shares of the usual; see `binarise`.
_FAINT, _SURE, _DARKER = 0.25, 0.5, 0.6
_SPECK = 1.2e-5  # of the sheet's area


def read_ink(strength: np.ndarray, *, has_rim: bool) -> np.ndarray:
    """Find what was drawn, (H, W) uint8 in {0, 255}, by the strength of ink.

    If the sheet's rim was found, its holes lie near the image's border.
    """
    return binarise(_without_prints(without_ruling(strength), 1.0 if has_rim else 0.4))


def without_ruling(strength: np.ndarray) -> np.ndarray:
    """Blank printed squares and lines: what is little darker than the print. (H, W) float32 in and out."""
    printed = ruling(strength)
    return np.where(strength > printed + 0.06 * (printed > 0.02), strength, 0).astype(np.float32)


def _without_prints(strength: np.ndarray, rim: float) -> np.ndarray:
    """Blank dots that a sheet is printed with, and what lies at its rim, ``rim`` times as wide as usual."""
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
    """Tell ink from paper and from what is only colored in: (H, W) uint8 in {0, 255}.

    A pixel is ink if it is darker than a part of the usual stroke and than what is around it, as in Sauvola's
    threshold, and connected to one that is surely ink, as in Canny's.
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
