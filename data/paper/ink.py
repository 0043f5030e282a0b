"""Detection of the ink on a sheet. The rim, holes and printed patterns do not count as ink."""

import cv2
import numpy as np

from data.paper.ruling import ruling, tiles

_VISIBLE = 0.12  # strength of the faintest strokes
# Fractions of the sheet's longest side. Pieces within _RIM of the border are holes, a spiral or part
# of the table. Pieces that touch the border and lie within _FROM_RIM are fingers or folds.
_RIM, _FROM_RIM = 0.055, 0.13
_DOT, _AROUND = 0.006, 0.03  # maximum diameter of a printed dot; width of a pixel's surroundings
_LEAST_DOTS, _LEAST_TILES = 80, 0.6  # minimum number of printed dots; minimum fraction of the sheet with dots
_FAINT, _SURE, _DARKER = 0.25, 0.5, 0.6  # see `binarise`
_SPECK = 1.2e-5  # minimum area of a stroke, as a fraction of the sheet's area


def read_ink(strength: np.ndarray, *, has_rim: bool) -> np.ndarray:
    """Find the drawing on a sheet from the ink strength, (H, W) float32; return (H, W) uint8 in {0, 255}.

    ``has_rim`` says whether the sheet's rim was found. If so, holes are near the image's border.
    """
    return binarise(_without_prints(without_ruling(strength), 1.0 if has_rim else 0.4))


def without_ruling(strength: np.ndarray) -> np.ndarray:
    """Erase printed squares and lines from the ink strength, (H, W) float32."""
    printed = ruling(strength)
    return np.where(strength > printed + 0.06 * (printed > 0.02), strength, 0).astype(np.float32)


def _without_prints(strength: np.ndarray, rim: float) -> np.ndarray:
    """Erase printed dots, and everything in the sheet's rim; ``rim`` scales the rim's width."""
    height, width = strength.shape
    longest = max(height, width)
    _, labels, stats, centers = cv2.connectedComponentsWithStats((strength > _VISIBLE).astype(np.uint8))
    x, y, w, h, area = stats.T
    gone = np.zeros(len(stats), bool)
    for reach, apart in ((_RIM, longest), (_FROM_RIM, 2)):
        reach *= rim * longest
        for start, extent, side in ((x, w, width), (y, h, height)):
            gone |= (start + extent < reach) & (start < apart)
            gone |= (start > side - reach) & (start + extent > side - apart)
    small = (np.maximum(w, h) < _DOT * longest) & ~gone
    if small.sum() >= _LEAST_DOTS:
        dots = np.zeros((height, width), bool)
        dots[tuple(centers[small].astype(int).T[::-1])] = True
        if tiles(dots).mean() >= _LEAST_TILES:
            gone |= small & (area <= 2.5 * np.median(area[small]))
    gone[0] = False
    return np.where(gone[labels], 0, strength).astype(np.float32)


def binarise(strength: np.ndarray) -> np.ndarray:
    """Separate ink from paper and from colored areas; return (H, W) uint8 in {0, 255}.

    Ink must be stronger than _FAINT times the usual stroke plus _DARKER times the mean of its surroundings,
    similar to Sauvola's threshold. Each piece of ink must also contain a pixel that is stronger than _SURE
    times the usual stroke, as in Canny's hysteresis.
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
