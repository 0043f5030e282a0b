"""Splicing two pairs into one: what is learned of whole animals is to hold for their parts, in any company.

A relative of CutMix (Yun et al., 2019) for pairs: the edge map and the photo are cut along the same line, and
the halves are shifted so that the bodies meet there.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from data.cache import Sample

# Where the seam crosses the middle of the body, in widths from the centre, and how it leans.
_OFF_CENTRE, _LEAN = 0.12, 0.4
_LEFTMOST = 0.25
# A line is brighter than this, and is looked for so far around the seam.
_LINE, _REACH_PX = 100, 2


def splice(first: Sample, second: Sample, letter: str, rng: np.random.Generator) -> Sample:
    """Join a part of one pair to a part of another along a line across both.

    Args:
        first: images by their letter, (C, H, W) uint8.
        second: images of the same letters and sizes; it is mirrored at random.
        letter: which of the images is the edge map, light lines on black.
        rng: draws the seam, which side is whose, and the mirroring.

    Returns:
        Images as the first has them; the first itself where no line crosses the seam.
    """
    height, width = first[letter].shape[1:]
    if rng.random() < 0.5:
        second = {k: image.flip(2) for k, image in second.items()}
    share = 0.5 + _OFF_CENTRE * rng.standard_normal()
    column = int(width * min(max(share, _LEFTMOST), 1 - _LEFTMOST))
    lean, on_the_left = _LEAN * rng.standard_normal(), rng.random() < 0.5
    body, other = _extent(first[letter], column), _extent(second[letter], column)
    if body is None or other is None:
        return first
    down = (sum(body) - sum(other)) // 2
    device = first[letter].device
    rows, columns = torch.arange(height, device=device), torch.arange(width, device=device)
    seam = column + lean * (rows - sum(body) / 2)
    is_first = (columns[None] < seam[:, None]) == on_the_left
    # Rows that the shift leaves empty repeat the outermost.
    moved = (rows - down).clamp(0, height - 1)
    return {k: torch.where(is_first, image, second[k][:, moved]) for k, image in first.items()}


def _extent(edge_map: Tensor, column: int) -> tuple[int, int] | None:
    """Return the first and the last row with a line near a column, or None."""
    near = edge_map[:, :, max(0, column - _REACH_PX) : column + _REACH_PX + 1]
    rows = (near.amax((0, 2)) > _LINE).nonzero()
    return (int(rows[0]), int(rows[-1])) if len(rows) else None
