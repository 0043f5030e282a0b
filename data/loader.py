"""Loading a dataset in batches, which do not depend on the cache or the number of workers."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import torch

from data.augmentation import vary_condition
from data.base_dataset import BaseDataset
from data.decoding import Sample, load_all, load_batches, load_sample
from data.left_out import LeftOut
from data.splice import splice
from data.transforms import crop_and_normalise, draw_crop
from util import distributed, seeding
from util.errors import UserError
from util.memory import free_ram_bytes

# A test batch has at most this many pixels, unless a single image has more.
_GENERATED_PX = 2**23
_SHARE_OF_RAM = 0.5  # of the free memory, that a cache takes at most


@dataclass(eq=False)
class BatchLoader:
    """Iterates over a dataset in batches of float tensors on the device.

    (seed, epoch) determines which samples make up a batch, and (seed, epoch, sample) how each is cropped and
    mirrored. The cache, the number of workers and interruptions change nothing.
    """

    dataset: BaseDataset
    _: KW_ONLY
    indices: list[int] = None  # type: ignore[assignment]  # the samples to serve; None: all
    batch_size: int = 1  # samples in a batch, per process
    device: Any = "cpu"  # where batches go
    seed: int = 0  # of the order and of the augmentation
    shuffle: bool = False  # a new order every epoch; else the dataset's
    crop_px: int = 0  # side of the random crop; 0: no crop
    flip: bool = False  # mirror every second sample at random
    drawn: str = "A"  # letter of the image that is an edge map, for the next three
    edge_aug: bool = False  # vary its lines at random
    hint_dropout: float | None = None  # vary its color hints, and leave out this share; None: it has none
    splice: float = 0.0  # join each of this share of the samples with a part of another sample
    cache: str = "none"  # ram: keep decoded samples; auto: if they fit; else none
    num_threads: int = 0  # decoding threads; 0: decode in the calling thread
    rank: int = 0  # selects this process's part of each batch of world_size * batch_size samples
    world_size: int = 1  # how many processes share the dataset
    split_sizes: bool = False  # serve a batch whose images differ in size as several (for testing)
    progress: bool = False  # show a bar while the cache fills
    left_out: LeftOut | None = None  # collects unusable samples, which are skipped; None: they are errors

    def __post_init__(self) -> None:
        """Fill the cache, if there is room for all samples."""
        self.device = torch.device(self.device)
        self.indices = list(range(len(self.dataset)) if self.indices is None else self.indices)
        self.epoch, self._start = 1, 0
        self._cached: dict[int, Sample] | None = None
        if self.cache == "auto":
            needed = self._needed_bytes() * min(self.world_size, distributed.processes_here())
            self.cache = "ram" if needed < _SHARE_OF_RAM * free_ram_bytes() else "none"
        if self.cache != "none":
            title = "reading images" if self.progress else None
            self._cached = dict(load_all(self._try_load, self.indices, threads=self.num_threads, title=title))

    def __len__(self) -> int:
        """Return the number of images that an epoch serves, summed over all processes."""
        return len(self.indices) // self.world_size * self.world_size

    def set_epoch(self, epoch: int, start_batch: int = 0) -> None:
        """Choose the epoch that the next iteration serves, and its first batch."""
        self.epoch, self._start = epoch, start_batch

    def batches(self, epoch: int) -> list[list[int]]:
        """Return the sample numbers of each of this process's batches in an epoch."""
        order = np.array(self.indices)
        if self.shuffle:
            order = seeding.generator(self.seed, epoch).permutation(order)
        step = self.batch_size * self.world_size
        served = [order[i : i + step] for i in range(0, len(self), step)]
        # Processes get equal parts of the last, shorter batch; its remainder is left out of this epoch.
        shares = [b[: len(b) // self.world_size * self.world_size] for b in served]
        return [[int(i) for i in np.array_split(b, self.world_size)[self.rank]] for b in shares]

    def evenly_spaced_subset(self, count: int) -> BatchLoader:
        """Return a loader of a few evenly spaced samples, in batches of one, not mirrored."""
        chosen = self.indices[:: max(1, len(self.indices) // count)][:count]
        how: Any = {"crop_px": self.crop_px, "device": self.device, "cache": "ram"}
        return BatchLoader(self.dataset, indices=chosen, **how)

    def random_subset(self, count: int) -> BatchLoader:
        """Return a loader of some samples, augmented and batched as in this loader, the same in every epoch.

        It shares the cache. Samples that have become unusable since are left out.
        """
        subset = copy.copy(self)
        subset.shuffle, subset.left_out = False, LeftOut(self.dataset)
        order = seeding.generator(self.seed, 0).permutation(self.indices)
        whole = max(self.batch_size, min(count, len(order)) // self.batch_size * self.batch_size)
        subset.indices = [int(i) for i in order[:whole]]
        subset.set_epoch(0)
        return subset

    def batch_at(self, epoch: int, batch: int) -> tuple[int, int, list[str]]:
        """Return the epoch, number and files of a batch; a negative number means the previous epoch."""
        while batch < 0 and epoch > 1:
            epoch -= 1
            batch += len(self.batches(epoch))
        return epoch, batch, self.paths(self.batches(epoch)[batch])

    def paths(self, samples: Sequence[int]) -> list[str]:
        """Return the files of the samples."""
        return [str(self.dataset.paths[i]) for i in samples]

    def __iter__(self) -> Iterator[dict]:
        """Serve the batches of the chosen epoch, from the chosen start."""
        batches, self._start = self.batches(self.epoch)[self._start :], 0
        partners = self._partners(self.epoch)
        with_partners = [batch + [partners[i] for i in batch if i in partners] for batch in batches]
        for indices, decoded in zip(batches, self._samples(with_partners), strict=True):
            samples = self._spliced(indices, decoded, partners)
            usable = [(i, sample) for i, sample in zip(indices, samples, strict=True) if sample is not None]
            for alike in _split_by_size(usable) if self.split_sizes else filter(None, [usable]):
                yield self.assemble([i for i, _ in alike], [sample for _, sample in alike], self.epoch)

    def assemble(self, indices: Sequence[int], samples: Sequence[Sample], epoch: int) -> dict:
        """Augment and stack decoded samples into one batch on the device."""
        sizes = [tuple(sample["A"].shape[1:]) for sample in samples]
        if not self.crop_px and len(set(sizes)) > 1:
            raise UserError(
                f"{self.paths(indices)[0]} and other images of its batch differ in size: "
                "use --batch_size 1, or --preprocess resize_and_crop"
            )
        crops, keys = None, [(self.seed, epoch, i) for i in indices]
        if self.crop_px or self.flip:
            crops = [draw_crop(s, self.crop_px, self.flip, *k) for s, k in zip(sizes, keys, strict=True)]
        batch: dict = {}
        for letter in samples[0]:
            images = [sample[letter] for sample in samples]
            batch[letter] = crop_and_normalise(images, crops, self.crop_px, self.device)
            batch[letter + "_paths"] = self.paths(indices)
        batch[self.drawn] = vary_condition(batch[self.drawn], keys, self.edge_aug, self.hint_dropout)
        return batch

    def _partners(self, epoch: int) -> dict[int, int]:
        """Draw the samples that are spliced in an epoch, and each one's partner."""
        if not self.splice:
            return {}
        rng = seeding.generator(self.seed, epoch, 0, 2)
        chosen, others = rng.random(len(self.indices)) < self.splice, rng.permutation(self.indices)
        return {i: int(others[k]) for k, i in enumerate(self.indices) if chosen[k]}

    def _spliced(
        self, indices: Sequence[int], decoded: Sequence[Sample | None], partners: dict[int, int]
    ) -> list[Sample | None]:
        """Splice a batch's samples with their partners, which follow them in the same order."""
        samples, others = list(decoded[: len(indices)]), iter(decoded[len(indices) :])
        for k, i in enumerate(indices):
            first, second = samples[k], next(others) if i in partners else None
            if first is None or second is None or first["A"].shape != second["A"].shape:
                continue
            samples[k] = splice(first, second, self.drawn, seeding.generator(self.seed, self.epoch, i, 3))
        return samples

    def _samples(self, batches: list[list[int]]) -> Iterator[Sequence[Sample | None]]:
        """Serve the decoded samples of each batch; None for samples that are left out."""
        if self._cached is not None:
            yield from ([self._cached[i] for i in batch] for batch in batches)
        elif self.num_threads == 0 or len(batches) < 2:
            yield from ([self._try_load(i) for i in batch] for batch in batches)
        else:
            yield from load_batches(self._try_load, batches, self.num_threads)

    def _try_load(self, index: int) -> Sample | None:
        """Load one sample as uint8 tensors; None if it cannot be used and may be left out."""
        load = partial(load_sample, self.dataset, crop_px=self.crop_px)
        return load(index) if self.left_out is None else self.left_out.load(load, index)

    def _needed_bytes(self) -> int:
        """Estimate the size of all samples from the first one that can be used."""
        sample = next(filter(None, map(self._try_load, self.indices)), {})
        return sum(image.numel() for image in sample.values()) * len(self.indices)


def _split_by_size(samples: list[tuple[int, Sample]]) -> Iterator[list[tuple[int, Sample]]]:
    """Split a batch into runs of images of one size; larger images make shorter runs."""
    for (_, height, width), run in groupby(samples, key=lambda pair: pair[1]["A"].shape):
        alike, most = list(run), max(1, _GENERATED_PX // (height * width))
        yield from (alike[k : k + most] for k in range(0, len(alike), most))


def check_all(loader: BatchLoader) -> None:
    """Read every image once, so that broken ones are reported and left out now, not hours later.

    The processes that share a loader share the work and leave out images that any of them cannot use, so all
    of them must call this. A loader with a cache has already read its images.

    Raises:
        UserError: too many images cannot be used.
    """
    if loader.cache == "none":
        title = "checking images" if loader.progress else None
        share = loader.indices[loader.rank :: loader.world_size]
        for _ in load_all(loader._try_load, share, threads=loader.num_threads, title=title):
            pass
    if loader.left_out is not None:
        loader.left_out.settle(together=loader.world_size > 1)
        loader.indices = [i for i in loader.indices if i not in loader.left_out.errors]
