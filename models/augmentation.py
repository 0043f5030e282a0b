"""DiffAugment: differentiable augmentation for discriminators (Zhao et al. 2020, arXiv:2006.10738).

A discriminator trained on a few hundred images soon memorises them, but not if every image, real or
generated, is changed at random before it; the gradient flows through the changes to the generator.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.choices import DIFFAUG
from util.errors import UserError

_TRANSLATION, _CUTOUT = 0.125, 0.5  # of the image's side


def parse_policy(text: str) -> tuple[str, ...]:
    """Split ``color,translation,cutout``, or a part of it, into names; empty for none.

    Raises:
        UserError: an unknown name.
    """
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in names:
        if name not in DIFFAUG:
            raise UserError(f"--diffaug {name!r} is not known: choose from {', '.join(DIFFAUG)}")
    return names


def diff_augment(images: list[Tensor], policy: tuple[str, ...]) -> list[Tensor]:
    """Apply the same random changes to a condition and to its images.

    Args:
        images: (N, C_i, H, W) in [-1, 1] each: the n-th of all get the same draw.
        policy: names in the order in which they act.

    Returns:
        The changed images; differentiable in them. Values may leave [-1, 1].
    """
    for name in policy:
        change = _AUGMENTATIONS[name](images[0])
        images = [change(x) for x in images]
    return images


def _uniform(like: Tensor) -> Tensor:
    """(N, 1, 1, 1) uniform in [0, 1)."""
    return torch.rand(like.shape[0], 1, 1, 1, device=like.device)


def _color(like: Tensor) -> Callable[[Tensor], Tensor]:
    """Brightness +-0.5, saturation 0 to 2, contrast 0.5 to 1.5."""
    brightness, saturation, contrast = _uniform(like) - 0.5, _uniform(like) * 2, _uniform(like) + 0.5

    def change(x: Tensor) -> Tensor:
        x = x + brightness
        grey = x.mean(1, keepdim=True)
        x = (x - grey) * saturation + grey
        mean = x.mean((1, 2, 3), keepdim=True)
        return (x - mean) * contrast + mean

    return change


def _translation(like: Tensor) -> Callable[[Tensor], Tensor]:
    """Shift by up to an eighth of the side each way; zeros come in."""
    height, width = like.shape[2:]
    reach_y, reach_x = round(height * _TRANSLATION), round(width * _TRANSLATION)
    dy = (_uniform(like) * (2 * reach_y + 1)).floor().long() - reach_y
    dx = (_uniform(like) * (2 * reach_x + 1)).floor().long() - reach_x
    rows = torch.arange(height, device=like.device).view(1, 1, -1, 1) + dy
    columns = torch.arange(width, device=like.device).view(1, 1, 1, -1) + dx
    seen = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)

    def change(x: Tensor) -> Tensor:
        n, c = x.shape[:2]
        x = x.gather(2, rows.expand(n, c, height, width))
        return x.gather(3, columns.expand(n, c, height, width)) * seen

    return change


def _cutout(like: Tensor) -> Callable[[Tensor], Tensor]:
    """Blank a square of half the side around a random place."""
    height, width = like.shape[2:]
    half_y, half_x = round(height * _CUTOUT) // 2, round(width * _CUTOUT) // 2
    centre_y, centre_x = (_uniform(like) * height).floor(), (_uniform(like) * width).floor()
    far_y = (torch.arange(height, device=like.device).view(1, 1, -1, 1) - centre_y).abs() > half_y
    far_x = (torch.arange(width, device=like.device).view(1, 1, 1, -1) - centre_x).abs() > half_x
    keep = far_y | far_x
    return lambda x: x * keep


_AUGMENTATIONS: dict[str, Callable[[Tensor], Callable[[Tensor], Tensor]]] = {
    "color": _color,
    "translation": _translation,
    "cutout": _cutout,
}
