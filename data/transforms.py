"""Image transforms: one resize in uint8, then crop, flip and scaling to [-1, 1] on the device."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from util import seeding
from util.errors import UserError


def resized_size(size: tuple[int, int], preprocess: str, load_px: int, crop_px: int) -> tuple[int, int]:
    """Return the (height, width) to which an image of a given (height, width) is resized before any crop.

    With ``resize_and_crop``, the image becomes a square with side load_px. With ``scale_width`` and
    ``scale_width_and_crop``, its width becomes load_px and its height at least crop_px. With ``crop`` and
    ``none``, its size does not change.
    """
    height, width = size
    if preprocess == "resize_and_crop":
        return load_px, load_px
    if preprocess.startswith("scale_width"):
        return max(round(load_px * height / width), crop_px), load_px
    return height, width


def with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """Return an (H, W, 3) uint8 RGB image unchanged for 3 channels, or its ITU-R 601 luma for 1 channel.

    Raises:
        UserError: the number of channels is neither 1 nor 3.
    """
    if channels == 3:
        return image
    if channels == 1:
        return np.asarray(Image.fromarray(image).convert("L"))[..., None]
    raise UserError(f"--input_nc and --output_nc must be 1 (gray) or 3 (RGB), not {channels}")


class Crop(NamedTuple):
    """The crop position and mirroring, drawn once for all images of a sample."""

    top: int
    left: int
    flip: bool


def draw_crop(size: tuple[int, int], crop_px: int, flip: bool, *key: int) -> Crop:
    """Draw the crop and mirroring of a sample, which its key (seed, epoch, sample) determines.

    Args:
        size: (height, width) of the image, both at least crop_px.
        crop_px: side of the square to cut; 0: no crop.
        flip: whether to mirror half of the samples.
    """
    rng = seeding.generator(*key)
    top = int(rng.integers(size[0] - crop_px + 1)) if crop_px else 0
    left = int(rng.integers(size[1] - crop_px + 1)) if crop_px else 0
    return Crop(top, left, flip and bool(rng.random() < 0.5))


def crop_and_normalise(
    images: list[Tensor], crops: list[Crop] | None, crop_px: int, device: torch.device
) -> Tensor:
    """Crop, mirror and scale a batch on the device; return (N, C, h, w) float32 in [-1, 1].

    Args:
        images: images, each (C, H, W) uint8, on the host or on the device.
        crops: one crop per image, or None to use whole images, which must all have the same size.
        crop_px: side of the square to cut; 0: no crop.
    """
    if crops is None:
        return to_unit_range(_stack_on(images, device))
    if crop_px:
        images = [
            x[:, c.top : c.top + crop_px, c.left : c.left + crop_px]
            for x, c in zip(images, crops, strict=True)
        ]
    batch = to_unit_range(_stack_on(images, device))
    flips = [i for i, c in enumerate(crops) if c.flip]
    if len(flips) == len(crops):
        return batch.flip(3)
    for i in flips:
        batch[i] = batch[i].flip(2)
    return batch


def _stack_on(images: list[Tensor], device: torch.device) -> Tensor:
    """Stack images to (N, C, H, W) on the device. Pinned memory makes copies to a GPU asynchronous."""
    if device.type == "cuda" and not images[0].is_cuda:
        shape = (len(images), *images[0].shape)
        pinned = torch.empty(shape, dtype=images[0].dtype, pin_memory=True)
        return torch.stack(images, out=pinned).to(device, non_blocking=True)
    return torch.stack(images).to(device)


def to_unit_range(images: Tensor) -> Tensor:
    """Map uint8 [0, 255] to float32 [-1, 1]."""
    return images.to(torch.float32).mul_(2 / 255).sub_(1)
