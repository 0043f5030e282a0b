"""Functions that compute image sizes and channels, and functions that crop and mirror batches."""

from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from util import seeding
from util.errors import UserError


def resized_size(size: tuple[int, int], preprocess: str, load_px: int, crop_px: int) -> tuple[int, int]:
    """Return the (height, width) to which ``--preprocess`` resizes an image before cropping it.

    ``resize_and_crop`` makes the image a square with side ``load_px``. ``scale_width`` and
    ``scale_width_and_crop`` scale it to the width ``load_px``, but at least to the height ``crop_px``.
    ``crop`` and ``none`` do not resize it.
    """
    height, width = size
    if preprocess == "resize_and_crop":
        return load_px, load_px
    if preprocess.startswith("scale_width"):
        return max(round(load_px * height / width), crop_px), load_px
    return height, width


def with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """Convert an image, (H, W, 3) uint8 RGB, to 3 channels (no change) or to 1 channel (ITU-R 601 luma).

    Raises:
        UserError: the number of channels is neither 1 nor 3.
    """
    if channels == 3:
        return image
    if channels == 1:
        return np.asarray(Image.fromarray(image).convert("L"))[..., None]
    raise UserError(f"--input_nc and --output_nc must be 1 (gray) or 3 (RGB), not {channels}")


class Crop(NamedTuple):
    """The position and mirroring of a crop, the same for all images of a sample."""

    top: int
    left: int
    flip: bool


def draw_crop(size: tuple[int, int], crop_px: int, flip: bool, *key: int) -> Crop:
    """Draw a sample's crop and mirroring.

    Args:
        size: (height, width) of the image, both at least ``crop_px``.
        crop_px: side of the square to cut out; 0: no crop.
        flip: whether to mirror the sample with probability 1/2.
        key: seed, epoch and sample, which determine the result.
    """
    rng = seeding.generator(*key)
    top = int(rng.integers(size[0] - crop_px + 1)) if crop_px else 0
    left = int(rng.integers(size[1] - crop_px + 1)) if crop_px else 0
    return Crop(top, left, flip and bool(rng.random() < 0.5))


def crop_and_normalize(
    images: list[Tensor], crops: list[Crop] | None, crop_px: int, device: torch.device
) -> Tensor:
    """Crop, mirror and scale a batch on the device; return (N, C, h, w) float32 in [-1, 1].

    Args:
        images: images, each (C, H, W) uint8.
        crops: each image's crop; None: use whole images, which must have the same size.
        crop_px: side of the square to cut out; 0: no crop.
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
    """Stack images to (N, C, H, W) on the device."""
    if device.type == "cuda" and not images[0].is_cuda:  # pinned memory makes the copy asynchronous
        shape = (len(images), *images[0].shape)
        pinned = torch.empty(shape, dtype=images[0].dtype, pin_memory=True)
        return torch.stack(images, out=pinned).to(device, non_blocking=True)
    return torch.stack(images).to(device)


def to_unit_range(images: Tensor) -> Tensor:
    """Map uint8 [0, 255] to float32 [-1, 1]."""
    return images.to(torch.float32).mul_(2 / 255).sub_(1)
