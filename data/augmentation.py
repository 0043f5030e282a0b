"""Random variation of edge maps and color hints.

Hand-drawn lines vary more than those from an edge detector, so we vary the edge maps. A single generator
should handle lines alone, lines with dabs of color, and fully colored drawings, so we vary the hints too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from data.hints import GRAIN, LINE_FROM, LINE_FULL, OFFSET, SCALE
from util import seeding

# Two thirds of the edge maps are changed. Each kind of change is applied to half of the changed maps.
_CHANGED, _EACH = 2 / 3, 0.5
_WOBBLE_PX, _WOBBLE_CELL_PX = 1.5, 24
_GAP_SHARE, _GAP_CELL_PX = 0.06, 6
# Fractions of the hints that are left unchanged, blurred, reduced to two colors, and reduced to one color.
# Fewer colors are needed because people fill an area with one color where a photo has shading.
_LEVELS = (0.5, 0.1, 0.2, 0.2)
_BLUR_CELLS = (8, 32)  # minimum and maximum number of cells across the image
# Fraction of hints that get holes, the fraction of such a hint that remains, and the size of the noise cells.
_HOLES, _LEFT, _HOLE_CELL_PX = 0.2, (0.2, 0.8), 24
# Fraction of the hints that are shifted relative to the lines, and the maximum shift.
_MOVED, _MOVE_PX = 0.3, 4
# Color jitter: hue in radians, saturation and value as factors. Drawings are more saturated than animals.
_HUE, _SATURATION, _VALUE = 0.08, (0.8, 1.7), (0.8, 1.2)
_LUMA = (0.299, 0.587, 0.114)


def vary_condition(
    condition: Tensor, keys: Sequence[tuple[int, int, int]], edge_aug: bool, hint_dropout: float | None
) -> Tensor:
    """Randomly vary a batch's lines and hints, (N, C, H, W) in [-1, 1].

    Args:
        keys: (seed, epoch, sample) for each sample. This key determines all random changes to the sample.
        edge_aug: whether to vary the lines.
        hint_dropout: fraction of the hints to leave out, or None if the batch has no hints.
    """
    for_lines = [seeding.generator(*key, 1) for key in keys]
    if hint_dropout is None:
        return augment_edges(condition, for_lines) if edge_aug else condition
    lines, colors, where = split_condition(condition)
    if edge_aug:
        lines = (augment_edges(lines * 2 - 1, for_lines) + 1) / 2
    for_hints = [seeding.generator(*key, 4) for key in keys]
    colors, where = augment_hints(colors, where, hint_dropout, for_hints)
    levels = [rng.uniform(-GRAIN, GRAIN, (1, *colors.shape[2:])) for rng in for_hints]
    fresh = torch.from_numpy(np.stack(levels) / (255 * SCALE)).to(colors)
    return join_condition(lines, colors + fresh, where)


def augment_edges(edge_maps: Tensor, generators: Sequence[np.random.Generator]) -> Tensor:
    """Randomly wobble, break, thicken or thin the light lines in edge maps, (N, C, H, W) in [-1, 1].

    The changes to an edge map depend only on the edge map and its own random generator.
    """
    return torch.stack([_augment_edge_map(x, rng) for x, rng in zip(edge_maps, generators, strict=True)])


def _augment_edge_map(edge_map: Tensor, rng: np.random.Generator) -> Tensor:
    """Change one edge map, (C, H, W) in [-1, 1]."""
    if rng.random() >= _CHANGED:
        return edge_map
    x = (edge_map[None] + 1) / 2
    if rng.random() < _EACH:
        x = _wobbled(x, rng)
    if rng.random() < _EACH:
        noise = _smooth_noise(rng, 1, x.shape[2:], _GAP_CELL_PX)
        gaps = torch.from_numpy(noise > np.quantile(noise, 1 - _GAP_SHARE)).to(x)[None]
        gaps = F.interpolate(gaps, size=x.shape[2:], mode="bilinear", align_corners=False) > 0.5
        x = x * ~gaps
    pen = rng.random()
    if pen < _EACH / 2:
        x = F.max_pool2d(x, 3, stride=1, padding=1)
    elif pen < _EACH:
        # A line thinner than a pixel appears fainter, so average the map with its erosion. The erosion keeps
        # the cores of thick lines.
        x = (x - F.max_pool2d(-x, 3, stride=1, padding=1)) / 2
    return x[0] * 2 - 1


def _smooth_noise(rng: np.random.Generator, channels: int, size: Sequence[int], cell_px: int) -> np.ndarray:
    """Draw (channels, H / cell, W / cell) standard normal values, which the caller upsamples smoothly."""
    cells = [max(2, side // cell_px) for side in size]
    return rng.standard_normal((channels, *cells)).astype(np.float32)


def _wobbled(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Displace every pixel by about `_WOBBLE_PX` along a smooth random field."""
    height, width = x.shape[2:]
    noise = torch.from_numpy(_smooth_noise(rng, 2, (height, width), _WOBBLE_CELL_PX)).to(x.device)[None]
    shift = F.interpolate(noise, size=(height, width), mode="bicubic", align_corners=True) * _WOBBLE_PX
    shift = shift * x.new_tensor([2 / width, 2 / height])[None, :, None, None]
    identity = torch.eye(2, 3, device=x.device)[None]
    grid = F.affine_grid(identity, [1, 1, height, width], align_corners=False)
    return F.grid_sample(x, grid + shift.permute(0, 2, 3, 1), padding_mode="border", align_corners=False)


def split_condition(condition: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Separate lines and hints.

    Args:
        condition: (N, 3, H, W) in [-1, 1].

    Returns:
        The lines, (N, 1, H, W) in [0, 1]; the colors, filled in under the lines, (N, 3, H, W) in [0, 1]; and
        the hint mask, (N, 1, H, W) in {0, 1}.
    """
    level = (condition + 1) * 127.5
    lines = ((level.amin(1, keepdim=True) - LINE_FROM) / (LINE_FULL - LINE_FROM)).clamp(0, 1)
    hinted = (level.amax(1, keepdim=True) > OFFSET / 2).float()
    # Next to a resized line, pixels are a mixture of the line and the hint.
    pure = hinted * (level.amax(1, keepdim=True) < LINE_FROM).float()
    colors = ((level - OFFSET) / (255 * SCALE)).clamp(0, 1) * pure
    for _ in range(2):
        weight = F.avg_pool2d(pure, 3, 1, 1)
        around = F.avg_pool2d(colors, 3, 1, 1) / weight.clamp(min=1e-3)
        near = (weight > 1e-3).float()
        colors = torch.where(pure > 0, colors, around * near)
        pure = torch.maximum(pure, near * hinted)
    return lines, colors * pure, pure


def join_condition(lines: Tensor, colors: Tensor, where: Tensor) -> Tensor:
    """Invert `split_condition`: draw the lines over the colors and return (N, 3, H, W) in [-1, 1]."""
    hint = (OFFSET / 255 + SCALE * colors) * where
    return torch.maximum(hint, lines) * 2 - 1


def augment_hints(
    colors: Tensor, where: Tensor, dropout: float, generators: Sequence[np.random.Generator]
) -> tuple[Tensor, Tensor]:
    """Randomly simplify, recolor, shift, perforate or drop a batch's hints.

    Args:
        colors: (N, 3, H, W) in [0, 1].
        where: (N, 1, H, W) in {0, 1}, 1 where there is a hint.
        dropout: fraction of the hints to leave out.
        generators: one random generator per sample, which fully determines its changes.
    """
    samples = zip(colors, where, generators, strict=True)
    changed = [_augment_hint(color, hinted, dropout, rng) for color, hinted, rng in samples]
    new_colors, new_where = zip(*changed, strict=True)
    return torch.stack(new_colors), torch.stack(new_where)


def _augment_hint(
    color: Tensor, hinted: Tensor, dropout: float, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Change one hint, given by its colors (3, H, W) and its mask (1, H, W)."""
    color = _recolored(_simplified(color, hinted, rng), rng)
    both = torch.cat([color, hinted])
    if rng.random() < _MOVED:
        down, right = (int(v) for v in rng.integers(0, 2 * _MOVE_PX + 1, 2))
        padded = F.pad(both[None], (_MOVE_PX,) * 4, mode="replicate")[0]
        both = padded[:, down : down + both.shape[1], right : right + both.shape[2]]
    color, hinted = both[:3], both[3:]
    if rng.random() < dropout:
        hinted = torch.zeros_like(hinted)
    elif rng.random() < _HOLES:
        noise = _smooth_noise(rng, 1, hinted.shape[1:], _HOLE_CELL_PX)
        enlarged = torch.from_numpy(noise).to(hinted)[None]
        enlarged = F.interpolate(enlarged, size=hinted.shape[1:], mode="bilinear", align_corners=False)
        hinted = hinted * (enlarged[0] > float(np.quantile(noise, 1 - rng.uniform(*_LEFT))))
    return color, hinted


def _simplified(color: Tensor, hinted: Tensor, rng: np.random.Generator) -> Tensor:
    """Leave a hint unchanged, blur it on a grid of cells, or reduce it to one or two colors."""
    level = rng.choice(len(_LEVELS), p=_LEVELS)
    if level == 0:
        return color
    if level == 1:
        cells = int(rng.integers(_BLUR_CELLS[0], _BLUR_CELLS[1] + 1))
        grid = F.adaptive_avg_pool2d(torch.cat([color * hinted, hinted])[None], cells)
        grid = F.interpolate(grid, size=color.shape[1:], mode="bilinear", align_corners=False)[0]
        return grid[:3] / grid[3:].clamp(min=1e-3)
    luma = _luma(color)
    light = (luma > _mean(luma, hinted)).float() * float(level == 2)
    return light * _mean(color, hinted * light) + (1 - light) * _mean(color, hinted * (1 - light))


def _luma(color: Tensor) -> Tensor:
    return (color * color.new_tensor(_LUMA)[:, None, None]).sum(0, keepdim=True)


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    """Average values, (C, H, W), with weights, (1, H, W); return (C, 1, 1)."""
    return (values * weight).sum((1, 2), keepdim=True) / weight.sum().clamp(min=1e-3)


def _recolored(color: Tensor, rng: np.random.Generator) -> Tensor:
    """Rotate the hue and scale the saturation and value of a color image, (3, H, W) in [0, 1]."""
    hue, value = rng.normal(0, _HUE), rng.uniform(*_VALUE)
    saturation = float(np.exp(rng.uniform(*np.log(_SATURATION))))
    luma = _luma(color)
    chroma = color - luma
    # Rotate about the gray axis with Rodrigues' formula.
    across = (chroma.roll(-1, 0) - chroma.roll(1, 0)) / 3**0.5
    turned = chroma * np.cos(hue) + across * np.sin(hue) + chroma.mean(0, keepdim=True) * (1 - np.cos(hue))
    return (value * (luma + saturation * turned)).clamp(0, 1)
