"""Random variation of edge maps: hand-drawn lines differ from each other, an edge detector's do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

# Two thirds of the edge maps are changed at all, and each change happens to half of those.
_CHANGED, _EACH = 2 / 3, 0.5
_WOBBLE_PX, _WOBBLE_CELL_PX = 1.5, 24
_GAP_SHARE, _GAP_CELL_PX = 0.06, 6


def augment_edges(edge_maps: Tensor, generators: Sequence[np.random.Generator]) -> Tensor:
    """Wobble, break, thicken or thin the lines of edge maps at random.

    Args:
        edge_maps: (N, C, H, W) in [-1, 1], light lines on -1.
        generators: one per edge map: its changes depend on nothing else.

    Returns:
        (N, C, H, W) in [-1, 1].
    """
    return torch.stack([_augment_one(x, rng) for x, rng in zip(edge_maps, generators, strict=True)])


def _augment_one(edge_map: Tensor, rng: np.random.Generator) -> Tensor:
    """Change one edge map, (C, H, W) in [-1, 1]."""
    if rng.random() >= _CHANGED:
        return edge_map
    x = (edge_map[None] + 1) / 2
    if rng.random() < _EACH:
        x = _wobble(x, rng)
    if rng.random() < _EACH:
        x = x * (1 - _blobs(x, rng))
    pen = rng.random()
    if pen < _EACH / 2:
        x = F.max_pool2d(x, 3, stride=1, padding=1)
    elif pen < _EACH:
        # A line thinner than a pixel is fainter: average with the eroded map, which keeps the core of thick
        # lines.
        x = (x - F.max_pool2d(-x, 3, stride=1, padding=1)) / 2
    return x[0] * 2 - 1


def _smooth_noise(rng: np.random.Generator, channels: int, size: tuple[int, int], cell_px: int) -> np.ndarray:
    """Draw (channels, H / cell, W / cell) standard normal values, to be enlarged smoothly."""
    cells = [max(2, side // cell_px) for side in size]
    return rng.standard_normal((channels, *cells)).astype(np.float32)


def _wobble(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Shift every pixel by a smooth random field of about `_WOBBLE_PX`."""
    height, width = x.shape[2:]
    noise = torch.from_numpy(_smooth_noise(rng, 2, (height, width), _WOBBLE_CELL_PX)).to(x.device)[None]
    shift = F.interpolate(noise, size=(height, width), mode="bicubic", align_corners=True) * _WOBBLE_PX
    shift = shift * x.new_tensor([2 / width, 2 / height])[None, :, None, None]
    identity = torch.eye(2, 3, device=x.device)[None]
    grid = F.affine_grid(identity, [1, 1, height, width], align_corners=False)
    return F.grid_sample(x, grid + shift.permute(0, 2, 3, 1), padding_mode="border", align_corners=False)


def _blobs(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Draw small random blobs, (1, 1, H, W) of 0 and 1: 1 in about `_GAP_SHARE` of the area."""
    noise = _smooth_noise(rng, 1, tuple(x.shape[2:]), _GAP_CELL_PX)
    blobs = (noise > np.quantile(noise, 1 - _GAP_SHARE)).astype(np.float32)
    gaps = torch.from_numpy(blobs).to(x.device)[None]
    return (F.interpolate(gaps, size=x.shape[2:], mode="bilinear", align_corners=False) > 0.5).float()
