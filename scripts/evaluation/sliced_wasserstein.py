"""Sliced Wasserstein distance of a set of images to a reference set, level by level of a Laplacian pyramid.

Karras et al. 2018, "Progressive Growing of GANs", section 5: fine levels compare texture, sharpness and
noise, coarse ones the large structures. From each level come 7x7x3 patches, normalized per color channel;
their distributions are compared along random directions, where the Wasserstein distance is the mean
difference of the sorted values, here times 1000; smaller is nearer. Unlike the paper's program, both sets are
divided by the reference's deviation, so that the strength of a level counts, and a set yields the same number
of patches however many images it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

PATCHES, DIRECTIONS = 32768, 512
PATCH_SIDE_PX, MIN_SIDE_PX = 7, 16
_DIRECTIONS_AT_ONCE = 64  # bounds memory


@dataclass(frozen=True)
class PatchSet:
    """The patches of a set of images: shorter side of each pyramid level in px, finest first -> (P, 147)."""

    levels: dict[int, Tensor]


def describe(images: Iterable[Tensor], count: int, *, patches: int | None = None, seed: int = 0) -> PatchSet:
    """Collect random patches of a set of images, which are read one at a time.

    Args:
        images: ``count`` images of one size, (3, H, W) each, at least 16 px.
        count: number of images.
        patches: patches of each level, spread evenly over the images; at least one of each. None: 32768.
        seed: of their places.

    Raises:
        ValueError: images are too small.
    """
    patches = max(patches or PATCHES, count)
    generator = torch.Generator().manual_seed(seed)
    collected: dict[int, list[Tensor]] = {}
    for index, image in enumerate(images):
        share = (index + 1) * patches // count - index * patches // count
        for level in laplacian_pyramid(image[None].float()):
            found = _random_patches(level[0], share, generator)
            collected.setdefault(min(level.shape[-2:]), []).append(found)
    return PatchSet({side: torch.cat(parts) for side, parts in collected.items()})


def distance(images: PatchSet, reference: PatchSet, *, seed: int = 0) -> dict[str, float]:
    """Compute the sliced Wasserstein distance x 1000 of each level, and their mean.

    Args:
        images, reference: patches of images of one size, the same number from both sets.
        seed: of the directions.

    Returns:
        ``{"256": ..., "128": ..., ..., "16": ..., "mean": ...}``, finest level first.
    """
    generator = torch.Generator().manual_seed(seed)
    values = {}
    for side, theirs in reference.levels.items():
        ours, theirs = _normalized(images.levels[side], theirs), _normalized(theirs, theirs)
        directions = F.normalize(torch.randn(DIRECTIONS, theirs.shape[1], generator=generator), dim=1)
        total = 0.0
        for unit in directions.split(_DIRECTIONS_AT_ONCE):
            # Sorting along the last, contiguous dimension is several times faster than along the first.
            gap = (unit @ ours.T).sort().values - (unit @ theirs.T).sort().values
            total += gap.abs().mean(dim=1).sum().item()
        values[str(side)] = 1000 * total / DIRECTIONS
    values["mean"] = sum(values.values()) / len(values)
    return values


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Return band-pass levels of halving size, finest first; the last, 16 to 31 px, is what remains.

    Args:
        images: (N, C, H, W) float.

    Raises:
        ValueError: smaller than 16 px.
    """
    height, width = images.shape[-2:]
    if min(height, width) < MIN_SIDE_PX:
        raise ValueError(f"images of {width}x{height} px are too small: {MIN_SIDE_PX} px are the least")
    levels = []
    while (min(images.shape[-2:]) + 1) // 2 >= MIN_SIDE_PX:
        coarser = _binomial_blur(images)[..., ::2, ::2]
        spread = torch.zeros_like(images)
        spread[..., ::2, ::2] = 4 * coarser
        levels.append(images - _binomial_blur(spread))
        images = coarser
    return [*levels, images]


def _binomial_blur(images: Tensor) -> Tensor:
    """Blur by Burt and Adelson's 5x5 kernel, mirrored at the borders."""
    row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    planes = F.pad(images, (2, 2, 2, 2), mode="reflect").flatten(0, 1).unsqueeze(1)
    return F.conv2d(F.conv2d(planes, row.view(1, 1, 5, 1)), row.view(1, 1, 1, 5)).view(images.shape)


def _random_patches(image: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Cut patches of (3, H, W) at random places: (count, 147)."""
    windows = image.unfold(1, PATCH_SIDE_PX, 1).unfold(2, PATCH_SIDE_PX, 1)  # (3, H', W', 7, 7)
    top = torch.randint(windows.shape[1], (count,), generator=generator)
    left = torch.randint(windows.shape[2], (count,), generator=generator)
    return windows[:, top, left].transpose(0, 1).flatten(1)


def _normalized(patches: Tensor, scale: Tensor) -> Tensor:
    """Center each color channel of patches, (P, 147), and divide it by its deviation in scale."""
    channels = patches.view(len(patches), 3, -1)
    deviation = scale.view(len(scale), 3, -1).std(dim=(0, 2), correction=0)
    # A channel without any contrast has no unit; then values stay as they are.
    deviation = torch.where(deviation < 1e-6, torch.ones_like(deviation), deviation)
    return ((channels - channels.mean(dim=(0, 2), keepdim=True)) / deviation[:, None]).flatten(1)
