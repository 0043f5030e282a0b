"""Sliced Wasserstein distance of a set of images to a reference set, level by level of a Laplacian pyramid.

Karras et al. 2018, "Progressive Growing of GANs", section 5: fine levels compare texture, sharpness and
noise, coarse ones the large structures, and no trained network is needed. From each level of each set come
7x7x3 patches, normalised per colour channel; their distributions are compared along random directions, where
the Wasserstein distance is the mean difference of the sorted values. As in the paper values are multiplied
by 1000; smaller is nearer.

Two things differ from the paper's program:

* It divides each set by that set's own deviation, which ``normalise="own"`` restores. The strength of a level
  is divided away with it: noise of twice the right amplitude, or detail of half of it, goes unseen. Here both
  sets are divided by the reference's deviation, one unit for all runs; each is still centred on its own mean.
* It takes 128 patches from each of 16,384 images. Here a set yields ``PATCHES`` patches of each level
  however many images it has (128 an image when there are 256), so that sets of unequal size compare.

A small set differs from its own source by sampling alone: read a value beside the distance between two parts
of the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

PATCHES = 32768
DIRECTIONS = 512
PATCH_SIDE_PX = 7
MIN_SIDE_PX = 16
NORMALISATIONS = ("reference", "own")
# How many directions are sorted at once: bounds memory, not the result.
_DIRECTIONS_AT_ONCE = 64


@dataclass(frozen=True)
class PatchSet:
    """The patches of one set of images.

    Attributes:
        levels: shorter side in px of each level of the pyramid, finest first -> (P, 147) float32, image by
            image.
        size: (height, width) of the images.
        count: number of images.
    """

    levels: dict[int, Tensor]
    size: tuple[int, int]
    count: int


def describe(images: Iterable[Tensor], count: int, *, patches: int = PATCHES, seed: int = 0) -> PatchSet:
    """Collect the patches of a set of images, which are read one at a time.

    Args:
        images: ``count`` images of one size, each (3, H, W): uint8, or float of a range that is the same
            for all.
        count: number of images.
        patches: patches of each level in total, spread evenly over the images.
        seed: of the patches' places; two sets of one count, size and seed take the same places.

    Raises:
        ValueError: no image, not (3, H, W), sizes that differ, smaller than 16 px, or fewer patches than
            images.
    """
    if count < 1:
        raise ValueError("a set of no images has no distribution: give at least one image")
    if patches < count:
        raise ValueError(f"{patches} patches for {count} images: take at least one patch from each")
    generator = torch.Generator().manual_seed(seed)
    collected: dict[int, list[Tensor]] = {}
    size: tuple[int, int] | None = None
    for index, image in enumerate(images):
        if image.ndim != 3 or image.shape[0] != 3:
            raise ValueError(f"image {index} has shape {tuple(image.shape)}: give (3, H, W)")
        size = size or (image.shape[1], image.shape[2])
        if image.shape[1:] != size:
            here = tuple(image.shape[1:])
            raise ValueError(f"image {index} is {here}, the first {size} (height, width): give one size")
        # Even shares that add up to `patches` exactly.
        share = _start(index + 1, count, patches) - _start(index, count, patches)
        for level in laplacian_pyramid(image[None].float()):
            collected.setdefault(min(level.shape[-2:]), []).append(
                _random_patches(level[0], share, generator)
            )
    if size is None:
        raise ValueError(f"{count} images were announced, none came")
    return PatchSet({side: torch.cat(parts) for side, parts in collected.items()}, size, count)


def distance(
    images: PatchSet,
    reference: PatchSet,
    *,
    directions: int = DIRECTIONS,
    normalise: str = "reference",
    seed: int = 0,
    progress: Callable[[list[int]], Iterable[int]] = iter,
) -> dict[str, float]:
    """Compute the sliced Wasserstein distance x 1000 of each level, and their mean.

    Args:
        images: patches of the set that is judged.
        reference: patches of the set it should resemble, of the same size of images and number of patches.
        directions: random unit directions for each level.
        normalise: by whose deviation the colour channels are divided: the ``reference``'s for both sets, or
            each set's ``own`` as in the paper's program.
        seed: of the directions.
        progress: wraps the list of levels, say in a progress bar.

    Returns:
        ``{"256": ..., "128": ..., ..., "16": ..., "mean": ...}``, finest level first.

    Raises:
        ValueError: images of different sizes, a different number of patches, or an unknown normalisation.
    """
    _require_comparable(images, reference)
    if normalise not in NORMALISATIONS:
        raise ValueError(f"no normalisation is called {normalise!r}: choose from {', '.join(NORMALISATIONS)}")
    generator = torch.Generator().manual_seed(seed)
    values = {}
    for side in progress(list(reference.levels)):
        theirs = reference.levels[side]
        ours = _normalised(images.levels[side], theirs if normalise == "reference" else images.levels[side])
        theirs = _normalised(theirs, theirs)
        total = 0.0
        for unit in _unit_directions(theirs.shape[1], directions, generator).split(_DIRECTIONS_AT_ONCE):
            # Sorting along the last, contiguous dimension is several times faster than along the first.
            gap = (unit @ ours.T).sort().values - (unit @ theirs.T).sort().values
            total += gap.abs().mean(dim=1).sum().item()
        values[str(side)] = 1000 * total / directions
    values["mean"] = sum(values.values()) / len(values)
    return values


def resampled_means(
    images: PatchSet,
    reference: PatchSet,
    draws: Tensor,
    *,
    patches: int = 4096,
    directions: int = 32,
    normalise: str = "reference",
    seed: int = 0,
) -> Tensor:
    """Compute the mean distance for resampled images, for a bootstrap; coarser than `distance`.

    Args:
        images: patches of the set that is judged.
        reference: patches of the set it should resemble; it is not resampled.
        draws: (R, images.count) int64, the images of each resample; runs that are compared share them.
        patches: about how many patches a resample has.
        directions: random unit directions for each level, the same in every resample.
        normalise: as in `distance`.
        seed: of the directions.

    Returns:
        (R,) distances x 1000, each the mean over the levels.
    """
    _require_comparable(images, reference)
    generator = torch.Generator().manual_seed(seed)
    total_patches = len(next(iter(images.levels.values())))
    each = max(1, min(patches, total_patches) // images.count)
    rows = torch.tensor([_start(i, images.count, total_patches) for i in range(images.count)])
    rows = rows[:, None] + torch.arange(each)
    result = torch.zeros(len(draws))
    for side, theirs in reference.levels.items():
        ours = _normalised(images.levels[side], theirs if normalise == "reference" else images.levels[side])
        unit = _unit_directions(theirs.shape[1], directions, generator)
        # The reference's quantiles at as many places as a resample has patches.
        line = (unit @ _normalised(theirs, theirs).T).sort().values
        places = ((torch.arange(rows.numel()) + 0.5) / rows.numel() * line.shape[1]).long()
        line = line[:, places]
        projected = (unit @ ours[rows.flatten()].T).view(directions, images.count, each)
        for index, draw in enumerate(draws):
            gap = projected[:, draw].flatten(1).sort().values - line
            result[index] += 1000 * gap.abs().mean()
    return result / len(reference.levels)


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Band-pass levels of halving size, finest first; the last, 16 to 31 px, is what remains.

    Args:
        images: (N, C, H, W) float, at least 16 px high and wide.

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
    """Burt and Adelson's 5x5 kernel, mirrored at the borders."""
    row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=images.device) / 16
    planes = F.pad(images, (2, 2, 2, 2), mode="reflect").flatten(0, 1).unsqueeze(1)
    return F.conv2d(F.conv2d(planes, row.view(1, 1, 5, 1)), row.view(1, 1, 1, 5)).view(images.shape)


def _start(index: int, count: int, patches: int) -> int:
    """Row of the first patch of an image."""
    return index * patches // count


def _random_patches(image: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Cut `count` patches of (3, H, W) at random places: (count, 147)."""
    windows = image.unfold(1, PATCH_SIDE_PX, 1).unfold(2, PATCH_SIDE_PX, 1)  # (3, H', W', 7, 7)
    top = torch.randint(windows.shape[1], (count,), generator=generator)
    left = torch.randint(windows.shape[2], (count,), generator=generator)
    return windows[:, top, left].transpose(0, 1).flatten(1)


def _unit_directions(dimensions: int, directions: int, generator: torch.Generator) -> Tensor:
    """Directions spread evenly over the sphere: (directions, dimensions)."""
    return F.normalize(torch.randn(directions, dimensions, generator=generator), dim=1)


def _normalised(patches: Tensor, scale: Tensor) -> Tensor:
    """(P, 147) patches, each colour channel centred and in units of its deviation in `scale`."""
    channels = patches.view(len(patches), 3, -1)
    deviation = scale.view(len(scale), 3, -1).std(dim=(0, 2), correction=0)
    # A channel without any contrast has no unit; then values stay as they are.
    deviation = torch.where(deviation < 1e-6, torch.ones_like(deviation), deviation)
    return ((channels - channels.mean(dim=(0, 2), keepdim=True)) / deviation[:, None]).flatten(1)


def _require_comparable(a: PatchSet, b: PatchSet) -> None:
    """Refuse sets of different sizes or numbers of patches."""
    if a.size != b.size:
        raise ValueError(f"images of {a.size} and {b.size} (height, width) do not compare: give one size")
    counts = [len(next(iter(s.levels.values()))) for s in (a, b)]
    if counts[0] != counts[1]:
        raise ValueError(f"{counts[0]} and {counts[1]} patches do not compare: take as many of each set")
