"""Generating a large image tile by tile: the network needs memory for one tile, the image for itself."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def generate_in_tiles(generate: Callable[[Tensor], Tensor], x: Tensor, tile_px: int) -> Tensor:
    """Generate overlapping tiles of an image and cross-fade them.

    Neighbours share a quarter of their side, over which the weight of one falls as that of the other rises,
    so that no seam shows. What a generator knows of an image by its context ends at the tile.

    Args:
        generate: (N, C, h, w) -> (N, C', h, w), for any size up to a tile's.
        x: (N, C, H, W).
        tile_px: side of the tiles.

    Returns:
        (N, C', H, W).
    """
    rows, columns = (_starts(side, tile_px) for side in x.shape[2:])
    total: Tensor | None = None
    weights = torch.zeros(x.shape[2:], device=x.device)
    for top in rows:
        for left in columns:
            part = generate(x[:, :, top : top + tile_px, left : left + tile_px])
            if total is None:
                total = part.new_zeros(*part.shape[:2], *x.shape[2:])
            weight = _ramp(part.shape[2], tile_px).outer(_ramp(part.shape[3], tile_px)).to(x.device)
            place = (..., slice(top, top + part.shape[2]), slice(left, left + part.shape[3]))
            total[place] += part * weight
            weights[place] += weight
    assert total is not None
    return total.div_(weights)


def _starts(side: int, tile_px: int) -> list[int]:
    """Return where tiles begin along a side: three quarters of a tile apart, the last at the end."""
    last = max(0, side - tile_px)
    return [*range(0, last, max(1, tile_px - tile_px // 4)), last]


def _ramp(length: int, tile_px: int) -> Tensor:
    """Return weights that rise from an edge of a tile over a quarter of it, and fall to the other."""
    from_edge = torch.arange(1.0, length + 1)
    return torch.minimum(from_edge, from_edge.flip(0)).clamp(max=max(1, tile_px // 4))
