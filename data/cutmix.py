"""CutMix of pairs: parts of two animals side by side, as the chimeras of testing have them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

# How far from the centre of the image the cut passes: standard deviation, as a share of the side.
_OFFSET = 0.15


def cutmix(
    batch: dict[str, Tensor], generators: Sequence[np.random.Generator], probability: float
) -> dict[str, Tensor]:
    """Replace one side of a random straight line by the same side of the batch's next sample.

    CutMix (Yun et al. 2019, arXiv:1905.04899) for pairs: input and target are cut alike. The line has any
    direction and passes near the centre.

    Args:
        batch: input and target by letter, (N, C, H, W) each; a single sample has nothing to mix with.
        generators: one per sample: the cut depends on nothing else.
        probability: share of the samples that are mixed.

    Returns:
        As ``batch``.
    """
    some = next(iter(batch.values()))
    sides = [_side(some.shape[2:], rng, probability) for rng in generators]
    mask = torch.stack(sides)[:, None].to(some.device)
    return {letter: torch.where(mask, x.roll(-1, 0), x) for letter, x in batch.items()}


def _side(size: Sequence[int], rng: np.random.Generator, probability: float) -> Tensor:
    """Draw what to replace: (H, W) bool."""
    height, width = size
    if rng.random() >= probability:
        return torch.zeros(height, width, dtype=torch.bool)
    angle, offset = rng.uniform(0, 2 * math.pi), rng.normal(0, _OFFSET)
    y = (torch.arange(height) + 0.5) / height - 0.5
    x = (torch.arange(width) + 0.5) / width - 0.5
    return math.cos(angle) * x + math.sin(angle) * y[:, None] > offset
