"""Image generation with a trained network, and checks of image sizes."""

import math
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks import set_inference
from models.precision import Precision
from util import checkpoint, seeding
from util.errors import UserError
from util.memory import free_ram_bytes


def sample_seeds(paths: Sequence[str], seed: int, sample: int) -> list[int]:
    """Return a seed for each file. The seed depends on the file's name, but not on its batch or folder."""
    names = [Path(path).stem.encode("utf-8", "replace") for path in paths]
    return [seeding.derive(seed, zlib.crc32(name), sample) for name in names]


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
    """Generate images, by default as pix2pix does in testing.

    In pix2pix, dropout is active, and batch norm uses the statistics of each image. After training
    with batches of several images, ``running`` statistics give much better images (see docs/training.md).

    Args:
        net: the generator, whose train or eval mode is restored afterwards.
        x: (N, C, H, W) inputs in [-1, 1], of any size. They are padded to a size that the network accepts.
        seeds: one seed per input, for its dropout masks and noise.
        precision: the network's precision.
        nz: length of the noise vector; 0: no noise.
        statistics: the statistics that batch norm uses, ``image`` or ``running``.
        dropout: whether dropout is active.

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


def generate_in_tiles(generate: Callable[[Tensor], Tensor], x: Tensor, tile_px: int) -> Tensor:
    """Generate images tile by tile to save memory, and cross-fade neighboring tiles.

    Neighboring tiles overlap by a quarter of their side. The generator sees no context beyond a tile.

    Args:
        generate: a function from (N, C, h, w) to (N, C', h, w) that accepts any size up to the tile size.
        x: (N, C, H, W) inputs.
        tile_px: tile side in pixels.

    Returns:
        (N, C', H, W) generated images.
    """
    overlap = max(1, tile_px // 4)
    total, weights = torch.zeros(()), torch.zeros(x.shape[2:], device=x.device)
    lasts = [max(0, side - tile_px) for side in x.shape[2:]]
    rows, columns = ([*range(0, last, max(1, tile_px - overlap)), last] for last in lasts)
    for top in rows:
        for left in columns:
            part = generate(x[:, :, top : top + tile_px, left : left + tile_px])
            if not total.ndim:
                total = part.new_zeros(*part.shape[:2], *x.shape[2:])
            weight = _ramp(part.shape[2], overlap).outer(_ramp(part.shape[3], overlap)).to(x.device)
            place = (..., slice(top, top + part.shape[2]), slice(left, left + part.shape[3]))
            total[place] += part * weight
            weights[place] += weight
    return total.div_(weights)


def _ramp(length: int, overlap: int) -> Tensor:
    """Return weights along one side of a tile: 1 at both ends, rising to ``overlap`` toward the middle."""
    from_edge = torch.arange(1.0, length + 1)
    return torch.minimum(from_edge, from_edge.flip(0)).clamp(max=overlap)


def check_memory(net: nn.Module, images: Tensor) -> None:
    """Raise `UserError` if the host has too little free memory to process images (N, C, H, W) at once.

    Without this check, Linux would kill the process without a message. A pixel needs at least
    ``net.px_bytes`` bytes (measured in bfloat16).
    """
    needed, free = images[:, 0].numel() * checkpoint.unwrap(net).px_bytes, free_ram_bytes()
    if images.device.type == "cpu" and sys.platform == "linux" and needed > free:
        raise UserError(
            f"generating {images.shape[3]}x{images.shape[2]} pixels at once needs more than "
            f"{needed / 1e9:.1f} GB of memory, but only {free / 1e9:.1f} GB is free: use --tile 512"
        )


def size_multiple(nets: Iterable[nn.Module]) -> int:
    """Return the smallest number by which image sides must be divisible for all of these networks."""
    return math.lcm(*(getattr(checkpoint.unwrap(net), "multiple", 1) for net in nets))
