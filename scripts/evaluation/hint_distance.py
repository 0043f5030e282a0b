"""How far the colors of an output are from the color hints of its input."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import numpy as np

from data.hints import LINE_FROM, OFFSET, lighten, without_grain

NAME = "color distance to hint"
_LEAST_SHARE = 0.01  # of the image; a smaller hint says nothing


def is_available() -> bool:
    """Tell whether scikit-image, which computes the distance, is installed."""
    return importlib.util.find_spec("skimage") is not None


def hint_distance(outputs: Sequence[np.ndarray], condition: np.ndarray) -> float | None:
    """Measure the mean CIEDE2000 (Sharma et al. 2005) between hints and outputs: about 2 is just visible.

    Args:
        outputs: (H, W, 3) uint8 RGB each.
        condition: the input, (H, W, 3) uint8.

    Returns:
        The mean over the outputs; None where the input has no hint.
    """
    from skimage.color import deltaE_ciede2000, rgb2lab

    level = condition.max(2)
    where = (level >= OFFSET / 2) & (level < LINE_FROM)
    if where.mean() < _LEAST_SHARE:
        return None
    wanted = rgb2lab(lighten(without_grain(condition))[where])
    return float(np.mean([deltaE_ciede2000(rgb2lab(output[where]), wanted).mean() for output in outputs]))
