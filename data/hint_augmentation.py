"""Random variation of color hints, so that one generator serves lines alone, a few dabs, and full color."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from data.edge_augmentation import augment_edges
from data.hints import LINE_FROM, LINE_FULL, OFFSET, SCALE
from util import seeding

# Shares of the hints that are left flat, are blurred, and are reduced to two colors or to one.
_LEVELS = (0.4, 0.25, 0.2, 0.15)
# The side of a blur's grid, in cells across the image.
_BLUR_CELLS = (8, 32)
# Shares of the hints with holes, and moved over the lines; how much remains, and how far it moves.
_HOLES, _LEFT, _HOLE_CELL_PX = 0.2, (0.2, 0.8), 24
_MOVED, _MOVE_PX = 0.3, 6
# Jitter: hue in radians, saturation and value as factors. Drawings are more saturated than animals.
_HUE, _SATURATION, _VALUE = 0.08, (0.8, 1.7), (0.8, 1.2)
_LUMA = (0.299, 0.587, 0.114)


def vary_condition(
    condition: Tensor, keys: Sequence[tuple[int, int, int]], edge_aug: bool, hint_dropout: float | None
) -> Tensor:
    """Vary the lines and the hints of a batch at random.

    Args:
        condition: (N, C, H, W) in [-1, 1].
        keys: (seed, epoch, sample) of each, from which all that happens to it follows.
        edge_aug: whether lines are varied (`augment_edges`).
        hint_dropout: share of the hints to leave out; None: there are none.

    Returns:
        (N, C, H, W) in [-1, 1].
    """
    for_lines = [seeding.generator(*key, 1) for key in keys]
    if hint_dropout is None:
        return augment_edges(condition, for_lines) if edge_aug else condition
    lines, colors, where = split_condition(condition)
    if edge_aug:
        lines = (augment_edges(lines * 2 - 1, for_lines) + 1) / 2
    for_hints = [seeding.generator(*key, 4) for key in keys]
    return join_condition(lines, *augment_hints(colors, where, hint_dropout, for_hints))


def split_condition(condition: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Take lines and hints apart.

    Args:
        condition: (N, 3, H, W) in [-1, 1].

    Returns:
        Lines (N, 1, H, W) in [0, 1]; colors (N, 3, H, W) in [0, 1], filled in under the lines; and where
        there is a hint, (N, 1, H, W) in {0, 1}.
    """
    level = (condition + 1) * 127.5
    lines = ((level.amin(1, keepdim=True) - LINE_FROM) / (LINE_FULL - LINE_FROM)).clamp(0, 1)
    hinted = (level.amax(1, keepdim=True) > OFFSET / 2).float()
    # Beside a line that was resized levels are a mixture.
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
    """Undo `split_condition`: lines over colors, (N, 3, H, W) in [-1, 1]."""
    hint = (OFFSET / 255 + SCALE * colors) * where
    return torch.maximum(hint, lines) * 2 - 1


def augment_hints(
    colors: Tensor, where: Tensor, dropout: float, generators: Sequence[np.random.Generator]
) -> tuple[Tensor, Tensor]:
    """Simplify, recolor, move, perforate or leave out the hints of a batch, at random.

    Args:
        colors: (N, 3, H, W) in [0, 1].
        where: (N, 1, H, W) in {0, 1}, where there is a hint.
        dropout: share of the hints to leave out.
        generators: one per sample: its changes depend on nothing else.

    Returns:
        The changed colors and where.
    """
    draws = [_draw(rng, dropout, colors.shape[2:]) for rng in generators]
    colors = _recolored(_simplified(colors, where, [d["level"] for d in draws]), draws)
    kept = torch.from_numpy(np.stack([d["kept"] for d in draws])).to(colors.device)
    kept = F.interpolate(kept, size=colors.shape[2:], mode="bilinear", align_corners=False)
    thresholds = colors.new_tensor([d["threshold"] for d in draws])[:, None, None, None]
    moves = [d["move"] for d in draws]
    colors, where = (
        torch.stack([_moved(x, move) for x, move in zip(images, moves, strict=True)])
        for images in (colors, where)
    )
    return colors, where * (kept > thresholds).float()


def _draw(rng: np.random.Generator, dropout: float, size: tuple[int, ...]) -> dict:
    """Draw all that happens to one hint."""
    level = int(rng.choice(len(_LEVELS), p=_LEVELS))
    cells = int(rng.integers(_BLUR_CELLS[0], _BLUR_CELLS[1] + 1))
    noise = rng.standard_normal((1, *(max(2, side // _HOLE_CELL_PX) for side in size))).astype(np.float32)
    left = rng.uniform(*_LEFT) if rng.random() < _HOLES else 1.0
    threshold = float(np.quantile(noise, 1 - left)) if left < 1 else -np.inf
    if rng.random() < dropout:
        threshold = np.inf
    reach = _MOVE_PX if rng.random() < _MOVED else 0
    low, high = np.log(_SATURATION)
    return {
        "level": (level, cells),
        "kept": noise,
        "threshold": threshold,
        "move": tuple(int(v) for v in rng.integers(-reach, reach + 1, 2)),
        "hue": rng.normal(0, _HUE),
        "saturation": float(np.exp(rng.uniform(low, high))),
        "value": float(rng.uniform(*_VALUE)),
    }


def _simplified(colors: Tensor, where: Tensor, levels: Sequence[tuple[int, int]]) -> Tensor:
    """Leave each hint flat (0), blur it on a grid of cells (1), or reduce it to two colors (2) or one (3)."""
    simplified = []
    for color, hinted, (level, cells) in zip(colors, where, levels, strict=True):
        if level == 0:
            simplified.append(color)
        elif level == 1:
            grid = F.adaptive_avg_pool2d(torch.cat([color * hinted, hinted])[None], cells)
            grid = F.interpolate(grid, size=color.shape[1:], mode="bilinear", align_corners=False)[0]
            simplified.append(grid[:3] / grid[3:].clamp(min=1e-3))
        else:
            luma = (color * color.new_tensor(_LUMA)[:, None, None]).sum(0, keepdim=True)
            light = (luma > _mean(luma, hinted)).float() * float(level == 2)
            means = [_mean(color, hinted * part) for part in (light, 1 - light)]
            simplified.append(light * means[0] + (1 - light) * means[1])
    return torch.stack(simplified)


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    """Average (C, H, W) by a weight (1, H, W): (C, 1, 1)."""
    total = weight.sum().clamp(min=1e-3)
    return (values * weight).sum((1, 2), keepdim=True) / total


def _recolored(colors: Tensor, draws: Sequence[dict]) -> Tensor:
    """Turn the hue, and scale saturation and value, of each hint: (N, 3, H, W) in [0, 1]."""
    hue, saturation, value = (
        colors.new_tensor([d[name] for d in draws])[:, None, None, None]
        for name in ("hue", "saturation", "value")
    )
    luma = (colors * colors.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
    chroma = colors - luma
    # A rotation about the grey axis (Rodrigues).
    across = (chroma.roll(-1, 1) - chroma.roll(1, 1)) / 3**0.5
    turned = chroma * hue.cos() + across * hue.sin() + chroma.mean(1, keepdim=True) * (1 - hue.cos())
    return (value * (luma + saturation * turned)).clamp(0, 1)


def _moved(image: Tensor, move: tuple[int, int]) -> Tensor:
    """Shift (C, H, W) by (down, right) pixels; the border repeats."""
    down, right = move
    if not down and not right:
        return image
    height, width = image.shape[1:]
    rows = (torch.arange(height, device=image.device) - down).clamp(0, height - 1)
    columns = (torch.arange(width, device=image.device) - right).clamp(0, width - 1)
    return image[:, rows][:, :, columns]
