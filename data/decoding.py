"""Samples as worker processes decode them and hand them over."""

from __future__ import annotations

import math
from contextlib import suppress

import torch

from data.base_dataset import BaseDataset
from data.cache import Sample
from util.errors import UserError
from util.image import UnreadableImage, image_size
from util.memory import Budget
from util.workers import end_with_parent

# Decoding, converting and resizing take about 8 bytes a pixel.
_DECODED_PX = Budget(2**27)


class Decoder(torch.utils.data.Dataset):
    """A dataset's uint8 images for worker processes."""

    def __init__(self, dataset: BaseDataset):
        self.dataset = dataset

    def __getitem__(self, index: int) -> Sample:
        """Decode one sample."""
        return load_sample(self.dataset, index)


def begin_worker(_number: int) -> None:
    """Let a worker process of a DataLoader end with its parent."""
    end_with_parent()


def stack_batch(samples: list[Sample]) -> Sample | list[Sample]:
    """Stack a batch's images where they are of one size: a tensor between processes holds an open file."""
    if any(image.shape != samples[0][k].shape for sample in samples for k, image in sample.items()):
        return samples
    return {letter: torch.stack([sample[letter] for sample in samples]) for letter in samples[0]}


def unstack_batch(batch: Sample | list[Sample]) -> list[Sample]:
    """Undo `stack_batch`, copying nothing."""
    if isinstance(batch, list):
        return batch
    rows = zip(*(images.unbind() for images in batch.values()), strict=True)
    return [dict(zip(batch, row, strict=True)) for row in rows]


def load_sample(dataset: BaseDataset, index: int, crop_px: int = 0) -> Sample:
    """Load a sample as (C, H, W) uint8 tensors; threads do not decode many large images at the same time.

    Raises:
        UserError: it cannot be used, or is smaller than the crop.
    """
    path, pixels = dataset.paths[index], 0
    with suppress(UnreadableImage):  # whoever decodes it names the reason
        pixels = math.prod(image_size(path))
    with _DECODED_PX.take(pixels):
        images = dataset.load(index)
    height, width = images["A"].shape[:2]
    if min(height, width) < crop_px:
        raise UserError(
            f"{path} is {width}x{height} pixels after --preprocess, less than --crop_size {crop_px}: "
            "lower --crop_size or choose --preprocess resize_and_crop"
        )
    return {letter: torch.from_numpy(x.transpose(2, 0, 1).copy()) for letter, x in images.items()}
