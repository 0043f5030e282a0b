"""Decoded samples kept in memory: where they fit, and how they are laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor
from tqdm import tqdm

from data.choices import CACHES
from util.errors import UserError
from util.memory import free_ram_bytes

Sample = dict[str, Tensor]  # letter -> (C, H, W) uint8

# The share of the free memory that a cache may take.
_SHARE_OF_RAM, _SHARE_OF_DEVICE = 0.5, 0.6
# The networks need the rest even if someone asks for the cache.
_SHARE_ASKED_FOR = 0.9


def choose_cache(cache: str, device: torch.device, needed_bytes: Callable[[], int], processes: int) -> str:
    """Resolve ``auto`` to the first of ``device``, ``ram`` and ``none`` that has room for the samples.

    Args:
        cache: one of `CACHES`; ``device`` means ``ram`` where the device is the CPU; on a GPU without
            room it means ``auto``, and a line says so.
        needed_bytes: size of all samples; called only for ``auto`` and a GPU's ``device``.
        processes: how many processes of this machine keep a cache each.

    Raises:
        UserError: an unknown cache.
    """
    if cache not in CACHES:
        raise UserError(f"--cache {cache!r} is not known: choose from {', '.join(CACHES)}")
    if cache == "device" and device.type == "cpu":
        return "ram"
    if cache in ("ram", "none"):
        return cache
    needed = needed_bytes()
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0
    if needed < (_SHARE_ASKED_FOR if cache == "device" else _SHARE_OF_DEVICE) * free:
        return "device"
    instead = "ram" if needed * processes < _SHARE_OF_RAM * free_ram_bytes() else "none"
    if cache == "device":
        print(
            f"--cache device: the images take {needed / 1e9:.2f} GB, the GPU has {free / 1e9:.2f} GB left: "
            f"using --cache {instead}"
        )
    return instead


def load_all(
    load: Callable[[int], Sample | None],
    indices: Sequence[int],
    *,
    threads: int,
    device: torch.device,
    progress: bool,
) -> dict[int, Sample]:
    """Decode samples in threads and keep them on a device: index -> sample; without those that are None."""
    with ThreadPoolExecutor(max(1, threads)) as pool:
        try:
            samples = tqdm(
                pool.map(load, indices), total=len(indices), desc="reading images",
                unit="image", disable=None if progress else True, leave=False,
            )  # fmt: skip
            return _pack(samples, indices, device)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _pack(
    samples: Iterable[Sample | None], indices: Sequence[int], device: torch.device
) -> dict[int, Sample]:
    """Copy samples, as they come, into one block of memory per letter while their sizes agree."""
    kept: dict[int, Sample] = {}
    block: Sample = {}
    for k, (index, sample) in enumerate(zip(indices, samples, strict=True)):
        for letter, image in (sample or {}).items():
            if letter not in block:
                block[letter] = torch.empty((len(indices), *image.shape), dtype=torch.uint8, device=device)
            fits = block[letter].shape[1:] == image.shape
            place = block[letter][k].copy_(image) if fits else image.to(device)
            kept.setdefault(index, {})[letter] = place
    return kept
