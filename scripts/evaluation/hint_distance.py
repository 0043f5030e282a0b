"""How far the colors of an output are from the color hints of its input."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import cv2
import numpy as np

from data.hints import LINE_FROM, OFFSET, lighten, without_grain

NAME = "color distance to hint"
_LEAST_SHARE = 0.005  # of the image; smaller hints are ignored
_NARROW_PX = 5


def is_available() -> bool:
    """Tell whether scikit-image, which computes the distance, is installed."""
    return importlib.util.find_spec("skimage") is not None


def hint_distance(outputs: Sequence[np.ndarray], condition: np.ndarray) -> float | None:
    """Measure the mean CIEDE2000 (Sharma et al. 2005) between hints and outputs: about 2 is just visible.

    Args:
        outputs: (H, W, 3) uint8 RGB each.
        condition: the input, an edge map (H, W, 3) uint8.

    Returns:
        The mean over the outputs; None if the input has no hint. A hint is an area: the grays next to scaled
        or JPEG-compressed lines do not count.
    """
    level = condition.max(2)
    where = ((level >= OFFSET / 2) & (level < LINE_FROM)).astype(np.uint8)
    if cv2.erode(where, np.ones((_NARROW_PX, _NARROW_PX), np.uint8)).mean() < _LEAST_SHARE:
        return None
    from skimage.color import deltaE_ciede2000, rgb2lab

    wanted = rgb2lab(lighten(without_grain(condition))[where > 0])
    return float(np.mean([deltaE_ciede2000(rgb2lab(o[where > 0]), wanted).mean() for o in outputs]))
