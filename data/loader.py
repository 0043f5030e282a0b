"""The batch loader."""

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
from data.transforms import crop_and_normalize, draw_crop
from util import distributed, seeding
from util.errors import UserError
from util.memory import free_ram_bytes

_GENERATED_PX = 2**23  # maximum number of pixels in a test batch with more than one image
_SHARE_OF_RAM = 0.5  # maximum fraction of the free memory that the cache may use


@dataclass(eq=False)
class BatchLoader:
    """Serves a dataset in batches of float tensors on the device.

    A batch's samples depend only on the seed and the epoch. A sample's augmentation depends only on
    the seed, the epoch and the sample. The cache, the threads and interruptions do not change any batch.
    """

    dataset: BaseDataset
    _: KW_ONLY
    indices: list[int] = None  # type: ignore[assignment]  # the samples to serve; None: all
    batch_size: int = 1  # number of samples per batch and process
    device: Any = "cpu"  # the device of the batches
    seed: int = 0  # random seed for the sample order and the augmentation
    shuffle: bool = False  # whether each epoch has a new random order
    crop_px: int = 0  # side of the random crop; 0: no crop
    flip: bool = False  # whether to mirror each sample with probability 1/2
    drawn: str = "A"  # letter of the edge map
    edge_aug: bool = False  # whether to vary the lines in the edge map at random
    hint_dropout: float | None = None  # fraction of color hints to leave out; None: there are no hints
    splice: float = 0.0  # fraction of the samples that are joined with part of another sample
    cache: str = "none"  # ram: keep all samples in memory; auto: do so if they fit; none: do not
    num_threads: int = 0  # number of threads that load samples; 0: use the calling thread
    rank: int = 0  # number of this process, which selects its part of each batch
    world_size: int = 1  # number of processes, each of which gets batch_size samples of a batch
    split_sizes: bool = False  # whether to split batches of images of different sizes (for testing)
    progress: bool = False  # whether to show a progress bar while images are read
    left_out: LeftOut | None = None  # stores unusable samples, which are skipped; None: raise their errors

    def __post_init__(self) -> None:
        """Fill the cache, if there is one."""
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
        """Return the number of images per epoch, summed over all processes."""
        return len(self.indices) // self.world_size * self.world_size

    def set_epoch(self, epoch: int, start_batch: int = 0) -> None:
        """Set the epoch and the first batch of the next iteration."""
        self.epoch, self._start = epoch, start_batch

    def batches(self, epoch: int) -> list[list[int]]:
        """Return the sample numbers of each batch that this process serves in an epoch."""
        order = np.array(self.indices)
        if self.shuffle:
            order = seeding.generator(self.seed, epoch).permutation(order)
        step = self.batch_size * self.world_size
        served = [order[i : i + step] for i in range(0, len(self), step)]
        # The last batch may be smaller. Each process gets an equal part of it, and the remainder is left out.
        shares = [b[: len(b) // self.world_size * self.world_size] for b in served]
        return [[int(i) for i in np.array_split(b, self.world_size)[self.rank]] for b in shares]

    def random_subset(self, count: int) -> "BatchLoader":
        """Return a loader that serves a fixed random subset of the samples with the same augmentation.

        The new loader shares the cache, and skips unusable samples.
        """
        subset = copy.copy(self)
        subset.shuffle, subset.left_out = False, LeftOut(self.dataset)
        order = seeding.generator(self.seed, 0).permutation(self.indices)
        whole = max(self.batch_size, min(count, len(order)) // self.batch_size * self.batch_size)
        subset.indices = [int(i) for i in order[:whole]]
        subset.set_epoch(0)
        return subset

    def batch_at(self, epoch: int, batch: int) -> tuple[int, int, list[str]]:
        """Return the epoch, number and files of a batch; batch -1 is the last one of the previous epoch."""
        while batch < 0 and epoch > 1:
            epoch -= 1
            batch += len(self.batches(epoch))
        return epoch, batch, self.paths(self.batches(epoch)[batch])

    def paths(self, samples: Sequence[int]) -> list[str]:
        """Return the paths of samples."""
        return [str(self.dataset.paths[i]) for i in samples]

    def __iter__(self) -> Iterator[dict]:
        """Serve the epoch's batches, starting with the batch that `set_epoch` selected."""
        batches, self._start = self.batches(self.epoch)[self._start :], 0
        partners = self._partners(self.epoch)
        with_partners = [batch + [partners[i] for i in batch if i in partners] for batch in batches]
        for indices, decoded in zip(batches, self._samples(with_partners), strict=True):
            samples = self._spliced(indices, decoded, partners)
            usable = [(i, sample) for i, sample in zip(indices, samples, strict=True) if sample is not None]
            for alike in _split_by_size(usable) if self.split_sizes else filter(None, [usable]):
                yield self.assemble([i for i, _ in alike], [sample for _, sample in alike], self.epoch)

    def assemble(self, indices: Sequence[int], samples: Sequence[Sample], epoch: int) -> dict:
        """Augment samples and stack them into one batch on the device."""
        sizes = [tuple(sample["A"].shape[1:]) for sample in samples]
        if not self.crop_px and len(set(sizes)) > 1:
            raise UserError(
                f"{self.paths(indices)[0]} and other images in its batch differ in size: "
                "use --batch_size 1, or --preprocess resize_and_crop"
            )
        crops, keys = None, [(self.seed, epoch, i) for i in indices]
        if self.crop_px or self.flip:
            crops = [draw_crop(s, self.crop_px, self.flip, *k) for s, k in zip(sizes, keys, strict=True)]
        batch: dict = {}
        for letter in samples[0]:
            images = [sample[letter] for sample in samples]
            batch[letter] = crop_and_normalize(images, crops, self.crop_px, self.device)
            batch[letter + "_paths"] = self.paths(indices)
        batch[self.drawn] = vary_condition(batch[self.drawn], keys, self.edge_aug, self.hint_dropout)
        return batch

    def _partners(self, epoch: int) -> dict[int, int]:
        """Choose random samples to splice in an epoch; return a dict from each sample to its partner."""
        if not self.splice:
            return {}
        rng = seeding.generator(self.seed, epoch, 0, 2)
        chosen, others = rng.random(len(self.indices)) < self.splice, rng.permutation(self.indices)
        return {i: int(others[k]) for k, i in enumerate(self.indices) if chosen[k]}

    def _spliced(
        self, indices: Sequence[int], decoded: Sequence[Sample | None], partners: dict[int, int]
    ) -> list[Sample | None]:
        """Splice samples in a batch with their partners, which are at the end of ``decoded``."""
        samples, others = list(decoded[: len(indices)]), iter(decoded[len(indices) :])
        for k, i in enumerate(indices):
            first, second = samples[k], next(others) if i in partners else None
            if first is None or second is None or first["A"].shape != second["A"].shape:
                continue
            samples[k] = splice(first, second, self.drawn, seeding.generator(self.seed, self.epoch, i, 3))
        return samples

    def _samples(self, batches: list[list[int]]) -> Iterator[Sequence[Sample | None]]:
        """Load each batch's samples, with None in place of samples that are left out."""
        if self._cached is not None:
            yield from ([self._cached[i] for i in batch] for batch in batches)
        elif self.num_threads == 0 or len(batches) < 2:
            yield from ([self._try_load(i) for i in batch] for batch in batches)
        else:
            yield from load_batches(self._try_load, batches, self.num_threads)

    def _try_load(self, index: int) -> Sample | None:
        """Load one sample, or return None if the sample is left out."""
        load = partial(load_sample, self.dataset, crop_px=self.crop_px)
        return load(index) if self.left_out is None else self.left_out.load(load, index)

    def _needed_bytes(self) -> int:
        """Estimate the total size of all samples from the first usable one."""
        sample = next(filter(None, map(self._try_load, self.indices)), {})
        return sum(image.numel() for image in sample.values()) * len(self.indices)


def _split_by_size(samples: list[tuple[int, Sample]]) -> Iterator[list[tuple[int, Sample]]]:
    """Split a batch into smaller ones, each with images of one size and a limited number of pixels."""
    for (_, height, width), run in groupby(samples, key=lambda pair: pair[1]["A"].shape):
        alike, most = list(run), max(1, _GENERATED_PX // (height * width))
        yield from (alike[k : k + most] for k in range(0, len(alike), most))


def check_all(loader: BatchLoader) -> None:
    """Read all images once, if there is no cache, so that unusable images are reported before training.

    All processes must call this function. They divide the work, and leave out the same images.

    Raises:
        UserError: too many images are unusable.
    """
    if loader.cache == "none":
        title = "checking images" if loader.progress else None
        share = loader.indices[loader.rank :: loader.world_size]
        for _ in load_all(loader._try_load, share, threads=loader.num_threads, title=title):
            pass
    if loader.left_out is not None:
        loader.left_out.settle(together=loader.world_size > 1)
        loader.indices = [i for i in loader.indices if i not in loader.left_out.errors]
