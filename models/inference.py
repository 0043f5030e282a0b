"""Generating images with a trained network, and checks of image sizes."""

from __future__ import annotations

import math
import sys
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks import set_inference
from models.precision import Precision
from util import checkpoint, seeding
from util.errors import UserError
from util.memory import OutOfMemory, free_ram_bytes


def sample_seeds(paths: Sequence[str], seed: int, sample: int) -> list[int]:
    """Return a seed for each file: the same one whatever batch and folder the file is in."""
    names = [Path(path).stem.encode("utf-8", "replace") for path in paths]
    return [seeding.derive(seed, zlib.crc32(name), sample) for name in names]


def training_statistics(batch_size: int) -> str:
    """Return the statistics that suit a generator trained on batches of so many images; see `generate`."""
    return "running" if batch_size > 1 else "image"


def generate(
    net: nn.Module,
    x: Tensor,
    seeds: Sequence[int],
    *,
    precision: Precision,
    nz: int = 0,
    statistics: str = "image",
    dropout: bool = True,
) -> Tensor:
    """Generate images, by default as pix2pix tests.

    pix2pix keeps dropout active and normalises each image by its own statistics. That is how a generator
    saw images in training if its batches held one image. After larger batches, an image's own statistics are
    foreign to it, most of all in the deepest levels, where an image has only a few values to take them from:
    ``running`` ones then give much better images (see docs/training.md).

    Args:
        net: the generator; left in the mode it was in.
        x: (N, C, H, W) inputs in [-1, 1], of any size: they are padded to the network's multiple.
        seeds: one for each input, for its dropout masks and its noise.
        precision: how the network computes.
        nz: length of the noise vector; 0: none.
        statistics: ``image`` or ``running``, what batch norm normalises by.
        dropout: whether it is active.

    Returns:
        (N, C', H, W) float32 in [-1, 1].
    """
    was_training = net.training
    net.train(dropout)
    set_inference(net, statistics=statistics, seeds=seeds if dropout else None)
    try:
        with torch.inference_mode(), precision.autocast():
            height, width = x.shape[2:]
            multiple = checkpoint.unwrap(net).multiple
            padding = (0, -width % multiple, 0, -height % multiple)
            padded = F.pad(x, padding, mode="replicate") if any(padding) else x
            z = None
            if nz:
                draws = [torch.randn(nz, generator=torch.Generator().manual_seed(s)) for s in seeds]
                z = torch.stack(draws).to(x.device)
            return net(padded, z)[:, :, :height, :width].float()
    finally:
        net.train(was_training)
        set_inference(net, statistics="mode", seeds=None)


def check_memory(net: nn.Module, images: Tensor) -> None:
    """Raise `OutOfMemory` if the host has no room to generate from (N, C, H, W) images at once.

    Linux would let the process begin and then end it without a word. A pixel takes at least ``net.px_bytes``
    (measured, in bfloat16).
    """
    needed, free = images[:, 0].numel() * checkpoint.unwrap(net).px_bytes, free_ram_bytes()
    if images.device.type == "cpu" and sys.platform == "linux" and needed > free:
        raise OutOfMemory(
            f"generating {images.shape[3]}x{images.shape[2]} pixels at once takes more than "
            f"{needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free: generate in tiles, --tile 512"
        )


def size_multiple(nets: Iterable[nn.Module]) -> int:
    """Return what the sides of images must be a multiple of for all of these networks to take them."""
    return math.lcm(*(getattr(checkpoint.unwrap(net), "multiple", 1) for net in nets))


def check_size(images: Tensor, multiple: int, path: str) -> None:
    """Raise `UserError` if a side of (N, C, H, W) images, the first from ``path``, is no such multiple."""
    height, width = images.shape[2:]
    if height % multiple or width % multiple:
        raise UserError(
            f"{path} is {width}x{height} pixels after --preprocess; training needs multiples of {multiple}: "
            "choose --preprocess resize_and_crop"
        )
