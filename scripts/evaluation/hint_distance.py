"""How far the colors of an output are from the color hints of its input."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import numpy as np

from data.hints import LINE_FROM, OFFSET, lighten

NAME = "color distance to hint"
# Below this share of the image a hint says nothing.
_LEAST_SHARE = 0.01


def missing_for_hints() -> str:
    """Say in one line what the distance lacks; empty when it can be computed."""
    if importlib.util.find_spec("skimage") is None:
        return f"{NAME} left out: pip install scikit-image"
    return ""


def hinted(condition: np.ndarray) -> np.ndarray:
    """Return where an input, (H, W, 3) uint8, has a hint: (H, W) bool."""
    level = condition.max(2)
    return (level >= OFFSET / 2) & (level < LINE_FROM)


def hint_distance(outputs: Sequence[np.ndarray], condition: np.ndarray) -> float | None:
    """Measure the mean CIEDE2000 between hints and outputs, wherever there is a hint.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula" (2005), as scikit-image computes it; 0 is
    equal, about 2 is just visible.

    Args:
        outputs: (H, W, 3) uint8 RGB each.
        condition: the input, (H, W, 3) uint8.

    Returns:
        The mean over the outputs; None where the input has no hint.
    """
    from skimage.color import deltaE_ciede2000, rgb2lab

    where = hinted(condition)
    if where.mean() < _LEAST_SHARE:
        return None
    wanted = rgb2lab(lighten(condition)[where])
    return float(np.mean([deltaE_ciede2000(rgb2lab(output[where]), wanted).mean() for output in outputs]))
