"""Batches from a dataset: the same ones from memory, from the device or from worker processes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from data.base_dataset import BaseDataset
from data.choices import CACHES
from data.edge_augmentation import augment_edges
from data.transforms import crop_and_normalise, draw_crop
from util import seeding
from util.errors import UserError

Sample = dict[str, Tensor]  # letter -> (C, H, W) uint8

# What a cache may take of the memory that is free when training starts.
_SHARE_OF_RAM, _SHARE_OF_DEVICE = 0.5, 0.6


class BatchLoader:
    """Iterates over a dataset in batches of float tensors on the device.

    Which samples make up a batch, and how each is cropped and mirrored, follows from (seed, epoch) and
    (seed, epoch, sample) alone: the cache, the number of workers and an interruption change nothing.

    Args:
        dataset: the source of pictures.
        indices: the samples to serve; None: all.
        batch_size: samples in a batch, for each process.
        device: where batches belong.
        seed: of the order and of the augmentation.
        shuffle: a new order every epoch; else the dataset's.
        crop_px: side of the random crop; 0: no crop.
        flip: mirror every second sample at random.
        edge_aug: letter of the picture whose lines are varied at random (`augment_edges`), or None.
        cache: ``device`` or ``ram``: decode everything once and keep it as uint8; ``none``: decode each
            time in worker processes; ``auto``: the first of them that fits.
        num_threads: decoding threads or worker processes; 0: decode in this process.
        processes: without a cache, decode in worker processes, which start slowly and never hold each
            other up; else in threads, a few batches ahead.
        split_sizes: serve a batch whose pictures differ in size as several, each of one size (testing).
        rank: which share of each batch of ``world_size * batch_size`` samples is this process's.
        world_size: how many processes share the dataset.
        progress: show a bar while the cache fills.
    """

    def __init__(
        self,
        dataset: BaseDataset,
        *,
        indices: Sequence[int] | None = None,
        batch_size: int = 1,
        device: torch.device | str = "cpu",
        seed: int = 0,
        shuffle: bool = False,
        crop_px: int = 0,
        flip: bool = False,
        edge_aug: str | None = None,
        cache: str = "none",
        num_threads: int = 0,
        rank: int = 0,
        world_size: int = 1,
        processes: bool = False,
        split_sizes: bool = False,
        progress: bool = False,
    ):
        self.dataset, self.batch_size, self.device = dataset, batch_size, torch.device(device)
        self.indices = list(range(len(dataset)) if indices is None else indices)
        self.seed, self.shuffle, self.crop_px, self.flip, self.edge_aug = (
            seed,
            shuffle,
            crop_px,
            flip,
            edge_aug,
        )
        self.num_threads, self.rank, self.world_size = num_threads, rank, world_size
        self.processes, self.split_sizes = processes, split_sizes
        self.epoch, self._start = 1, 0
        self.cache = self._choose_cache(cache)
        self._cached: dict[int, Sample] | None = None
        if self.cache in ("ram", "device"):
            self._cached = self._fill(progress)

    def __len__(self) -> int:
        """Number of pictures an epoch serves, to all processes together."""
        return len(self.indices) - self._left_over()

    def set_epoch(self, epoch: int, start_batch: int = 0) -> None:
        """Choose the epoch that the next iteration serves, and with which of its batches to begin."""
        self.epoch, self._start = epoch, start_batch

    def batches(self, epoch: int) -> list[list[int]]:
        """The sample numbers of each of this process's batches in an epoch."""
        order = np.array(self.indices)
        if self.shuffle:
            order = seeding.generator(self.seed, epoch).permutation(order)
        step = self.batch_size * self.world_size
        served = [order[i : i + step] for i in range(0, len(self), step)]
        # The last, shorter batch is dealt out in equal parts; what cannot be, is left out this epoch.
        shares = [b[: len(b) // self.world_size * self.world_size] for b in served]
        return [[int(i) for i in np.array_split(b, self.world_size)[self.rank]] for b in shares]

    def spread(self, count: int) -> BatchLoader:
        """A few of these samples, evenly spread, as they are: one by one, uncropped and unmirrored."""
        chosen = self.indices[:: max(1, len(self.indices) // count)][:count]
        return BatchLoader(self.dataset, indices=chosen, device=self.device, cache="ram")

    def paths(self, samples: Sequence[int]) -> list[str]:
        """Files of the samples."""
        return [str(self.dataset.paths[i]) for i in samples]

    def __iter__(self) -> Iterator[dict]:
        """Serve the chosen epoch's batches, from the chosen start."""
        batches, self._start = self.batches(self.epoch)[self._start :], 0
        for samples, pictures in zip(batches, self._pictures(batches), strict=True):
            if not self.split_sizes:
                yield self.assemble(samples, pictures, self.epoch)
                continue
            for _, run in groupby(zip(samples, pictures, strict=True), key=lambda pair: pair[1]["A"].shape):
                alike = list(run)
                yield self.assemble([i for i, _ in alike], [p for _, p in alike], self.epoch)

    def assemble(self, samples: Sequence[int], pictures: Sequence[Sample], epoch: int) -> dict:
        """Augment and stack decoded samples into one batch on the device."""
        crops = None
        if self.crop_px or self.flip:
            crops = [
                draw_crop(p["A"].shape[1:], self.crop_px, self.flip, self.seed, epoch, i)
                for i, p in zip(samples, pictures, strict=True)
            ]
        if not self.crop_px and len({p["A"].shape for p in pictures}) > 1:
            raise UserError(
                f"{self.paths(samples)[0]} and others of its batch differ in size: use --batch_size 1, or "
                "--preprocess resize_and_crop"
            )
        batch: dict = {}
        for letter in pictures[0]:
            batch[letter] = crop_and_normalise(
                [p[letter] for p in pictures], crops, self.crop_px, self.device
            )
            batch[letter + "_paths"] = self.paths(samples)
        if self.edge_aug:
            generators = [seeding.generator(self.seed, epoch, i, 1) for i in samples]
            batch[self.edge_aug] = augment_edges(batch[self.edge_aug], generators)
        return batch

    def _left_over(self) -> int:
        """Samples that cannot be dealt out to the processes in equal parts."""
        return len(self.indices) % self.world_size

    def _pictures(self, batches: list[list[int]]) -> Iterator[list[Sample]]:
        """Decoded samples of each batch."""
        if self._cached is not None:
            yield from ([self._cached[i] for i in samples] for samples in batches)
        elif self.num_threads == 0 or len(batches) < 2:
            yield from ([self._load(i) for i in samples] for samples in batches)
        elif not self.processes:
            yield from self._in_threads(batches)
        else:
            yield from self._in_processes(batches)

    def _in_processes(self, batches: list[list[int]]) -> Iterator[list[Sample]]:
        """Decode in worker processes."""
        # A generator of its own: workers must not take random numbers from those of the training step.
        try:
            yield from torch.utils.data.DataLoader(
                _Decoder(self.dataset),
                batch_sampler=batches,
                num_workers=self.num_threads,
                collate_fn=list,
                prefetch_factor=4,
                generator=torch.Generator(),
            )
        except UserError as error:  # of a worker, with its traceback: the last line is what was said
            raise UserError(str(error).strip().splitlines()[-1].partition("UserError: ")[2]) from error

    def _in_threads(self, batches: list[list[int]]) -> Iterator[list[Sample]]:
        """Decode in threads, a few batches ahead of the one that is asked for."""
        with ThreadPoolExecutor(self.num_threads) as pool:
            ahead: deque = deque()
            rest = iter(batches)
            try:
                while True:
                    while len(ahead) < 3 and (samples := next(rest, None)) is not None:
                        ahead.append([pool.submit(self._load, i) for i in samples])
                    if not ahead:
                        return
                    yield [future.result() for future in ahead.popleft()]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _load(self, index: int) -> Sample:
        """One sample as uint8 tensors, checked to be large enough for the crop."""
        return as_tensors(self.dataset.load(index), self.crop_px, self.dataset.paths[index])

    def _choose_cache(self, cache: str) -> str:
        """Resolve ``auto`` by what the first sample, times their number, takes of the free memory."""
        if cache != "auto":
            if cache not in CACHES:
                raise UserError(f"--cache {cache!r} is not known: choose from {', '.join(CACHES)}")
            return "ram" if cache == "device" and self.device.type == "cpu" else cache
        need = sum(p.numel() for p in self._load(self.indices[0]).values()) * len(self.indices)
        if self.device.type == "cuda" and need < _SHARE_OF_DEVICE * torch.cuda.mem_get_info(self.device)[0]:
            return "device"
        return "ram" if need * self.world_size < _SHARE_OF_RAM * free_ram_bytes() else "none"

    def _fill(self, progress: bool) -> dict[int, Sample]:
        """Decode all samples in threads, into one tensor a letter where their sizes agree."""
        where = self.device if self.cache == "device" else torch.device("cpu")
        with ThreadPoolExecutor(max(1, self.num_threads)) as pool:
            try:
                loaded = tqdm(
                    pool.map(self._load, self.indices), total=len(self.indices), desc="reading pictures",
                    unit="picture", disable=None if progress else True, leave=False,
                )  # fmt: skip
                return self._keep(loaded, where)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _keep(self, loaded: Iterable[Sample], where: torch.device) -> dict[int, Sample]:
        """Copy samples, as they come, into one block of memory for each letter while their sizes agree."""
        kept: dict[int, Sample] = {}
        block: Sample = {}
        for k, (index, pictures) in enumerate(zip(self.indices, loaded, strict=True)):
            if not block:
                block = {
                    x: torch.empty((len(self.indices), *p.shape), dtype=torch.uint8, device=where)
                    for x, p in pictures.items()
                }
            kept[index] = {}
            for x, picture in pictures.items():
                if block[x].shape[1:] == picture.shape:
                    block[x][k].copy_(picture)
                    kept[index][x] = block[x][k]
                else:
                    kept[index][x] = picture.to(where)
        return kept


class _Decoder(torch.utils.data.Dataset):
    """A dataset's uint8 pictures for worker processes."""

    def __init__(self, dataset: BaseDataset):
        self.dataset = dataset

    def __getitem__(self, index: int) -> Sample:
        return as_tensors(self.dataset.load(index), 0, self.dataset.paths[index])


def as_tensors(pictures: dict[str, np.ndarray], crop_px: int, path: os.PathLike) -> Sample:
    """(H, W, C) arrays as (C, H, W) tensors.

    Raises:
        UserError: the picture is smaller than the crop.
    """
    height, width = pictures["A"].shape[:2]
    if min(height, width) < crop_px:
        raise UserError(
            f"{path} is {width}x{height} pixels after --preprocess, less than --crop_size {crop_px}: "
            "lower --crop_size or choose --preprocess resize_and_crop"
        )
    return {x: torch.from_numpy(p.transpose(2, 0, 1).copy()) for x, p in pictures.items()}


def check_all(loader: BatchLoader, *, progress: bool) -> None:
    """Read every picture once, so that a broken one is named now and not hours later.

    A loader with a cache has done so already.
    """
    if loader.cache != "none":
        return
    with ThreadPoolExecutor(max(1, loader.num_threads)) as pool:
        checked = pool.map(lambda i: loader._load(i) and None, loader.indices)
        for _ in tqdm(
            checked, total=len(loader.indices), desc="checking pictures", disable=None if progress else True
        ):
            pass


def free_ram_bytes() -> int:
    """Memory that programs can still take, by the system's estimate and the container's limit."""
    try:
        with open("/proc/meminfo") as lines:
            free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 4 << 30
    try:
        most, used = (int(Path("/sys/fs/cgroup", f"memory.{x}").read_text()) for x in ("max", "current"))
        counts = dict(line.split() for line in Path("/sys/fs/cgroup/memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
    # Files that were read and are still in memory count as used, but make room when asked.
    return min(free, most - used + int(counts.get("inactive_file", 0)))
