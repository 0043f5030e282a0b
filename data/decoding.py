"""Functions that load single samples, all samples, or upcoming batches."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from threading import Lock

import torch
from torch import Tensor
from tqdm import tqdm

from data.base_dataset import BaseDataset
from util.errors import UserError
from util.image import UnreadableImage, image_size

Sample = dict[str, Tensor]  # letter -> (C, H, W) uint8
Load = Callable[[int], Sample | None]

# Images with more pixels are decoded one at a time, because decoding takes about 8 bytes per pixel.
_LARGE_PX, _ONE_AT_A_TIME = 2**24, Lock()
_BATCHES_AHEAD, _BYTES_AHEAD = 3, 2**28  # limits on the number and the size of batches loaded in advance


def load_sample(dataset: BaseDataset, index: int, crop_px: int = 0) -> Sample:
    """Load a sample; raise `UserError` if it cannot be used or is smaller than the crop."""
    path, pixels = dataset.paths[index], 0
    with suppress(UnreadableImage):  # dataset.load below reports the reason
        pixels = math.prod(image_size(path))
    with _ONE_AT_A_TIME if pixels > _LARGE_PX else nullcontext():
        images = dataset.load(index)
    height, width = images["A"].shape[:2]
    if min(height, width) < crop_px:
        raise UserError(
            f"{path} is {width}x{height} pixels after --preprocess, smaller than --crop_size {crop_px}: "
            "lower --crop_size or choose --preprocess resize_and_crop"
        )
    return {letter: torch.from_numpy(x.transpose(2, 0, 1).copy()) for letter, x in images.items()}


def load_batches(load: Load, batches: Sequence[Sequence[int]], threads: int) -> Iterator[list[Sample | None]]:
    """Load batches in threads, a few batches ahead."""
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque = deque()
        rest, most = iter(batches), 1
        try:
            while True:
                while len(ahead) < most and (batch := next(rest, None)) is not None:
                    ahead.append([pool.submit(load, i) for i in batch])
                if not ahead:
                    return
                samples = [future.result() for future in ahead.popleft()]
                size = sum(image.numel() for sample in samples for image in (sample or {}).values())
                most = max(1, min(_BATCHES_AHEAD, _BYTES_AHEAD // max(1, size)))
                yield samples
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def load_all(
    load: Load, indices: Sequence[int], *, threads: int, title: str | None
) -> Iterator[tuple[int, Sample]]:
    """Load samples in threads and yield (index, sample) in order, skipping samples that are None.

    A progress bar is shown if ``title`` is given.
    """
    bar = {"total": len(indices), "desc": title, "unit": "image", "leave": False}
    with ThreadPoolExecutor(max(1, threads)) as pool:
        try:
            samples = tqdm(pool.map(load, indices), **bar, disable=None if title else True)
            yield from ((i, sample) for i, sample in zip(indices, samples, strict=True) if sample is not None)
        finally:
            pool.shutdown(cancel_futures=True)
