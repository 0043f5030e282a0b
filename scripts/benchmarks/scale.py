"""Growth of time and memory with the batch size, the image size and the number of images."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context, get_start_method, set_start_method
from pathlib import Path
from typing import Any

import torch

from models.networks.generators import UNET_DOWNS
from scripts.benchmarks import commands, sample_images
from scripts.benchmarks.measuring import resident_bytes, synchronise
from scripts.benchmarks.report import Table
from util.memory import keep_freed_memory

# Small enough that a hundred thousand of them fit into anything; what a full-sized one takes follows.
_SMALL_PX, _LOADER_BATCH = 32, 16
# An update of a scale's point is repeated for so long, and so often at most.
_UPDATES_S, _MOST_UPDATES = 4.0, 50
# Before the first timed update: a CUDA graph is recorded in the fourth.
_WARM_UP = {"cpu": 1, "cuda": 5}


class Budget:
    """Time for a series of measurements, each longer than the one before.

    Args:
        ends: when it is spent, by `time.monotonic`.
    """

    def __init__(self, ends: float):
        self.ends, self.first_s, self.last_s = ends, 0.0, 0.0

    def allows(self, growth: float) -> bool:
        """Tell whether a measurement ``growth`` times as long as the last one would end in time."""
        # What the first one took is mostly the start of a process.
        return time.monotonic() + self.first_s + growth * (self.last_s - self.first_s) < self.ends

    def measure(self, call: Callable[[Namespace], list[float] | None], point: Namespace) -> list[float] | str:
        """Run the call in a process of its own, for its memory; returns its result, or why there is none."""
        began = time.monotonic()
        try:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                return pool.submit(_as_here, get_start_method(), call, point).result() or "out of memory"
        except BrokenProcessPool:  # the system has killed it
            return "out of memory"
        finally:
            self.last_s = time.monotonic() - began
            self.first_s = min(self.first_s or self.last_s, self.last_s)


def _as_here(
    start_method: str, call: Callable[[Namespace], list[float] | None], point: Namespace
) -> list[float] | None:
    """Run the call in a process whose own workers start by the given method."""
    set_start_method(start_method, force=True)
    return call(point)


def run(args: Namespace, scratch: Path) -> list[Table]:
    """Measure, larger ones later, until the budget is spent; ``args`` are the benchmark's options."""
    began, third_s = time.monotonic(), args.budget_s / 3
    tables = [
        _batches(args, Budget(began + third_s)),
        _sizes(args, Budget(began + 2 * third_s)),
        _counts(args, scratch / "many", Budget(began + 3 * third_s)),
    ]
    memory = "what PyTorch reserved" if args.device == "cuda" else "what the process grew by at its peak"
    for table in tables[:2]:
        table.notes.append(f"train.py's update at its default precision (--amp auto); memory: {memory}.")
    return tables


def _batches(args: Namespace, budget: Budget) -> Table:
    """Measure updates of growing batches."""
    table = Table(
        f"Scale: batch, {args.netG}, ngf {args.ngf}, {args.size} px",
        ("batch", "ms an update", "ms an image", "peak memory MB"),
    )
    for n in sorted(args.batch_sizes):
        _add(table, [n], training_point, Namespace(**{**vars(args), "batch_size": n}), budget, growth=3)
    return table


def _sizes(args: Namespace, budget: Budget) -> Table:
    """Measure updates on growing images."""
    table = Table(
        f"Scale: image size, ngf {args.ngf}, batch 1",
        ("size px", "network", "ms an update", "ms an image", "peak memory MB"),
    )
    for size in args.sizes:
        # A U-Net of eight levels needs multiples of 256 pixels, one of seven multiples of 128.
        netG = "unet_128" if size % 2 ** UNET_DOWNS.get(args.netG, 0) else args.netG
        point = Namespace(**{**vars(args), "size": size, "netG": netG, "batch_size": 1})
        _add(table, [size, netG], training_point, point, budget, growth=4)
    return table


def _counts(args: Namespace, dataroot: Path, budget: Budget) -> Table:
    """Measure loaders of growing folders."""
    table = Table(
        f"Scale: number of images, pairs of {_SMALL_PX} px, batches of {_LOADER_BATCH}",
        ("images", "cache", "set-up s", "MB more", "KB an image", "s to the first batch", "ms a batch"),
    )
    for count in sorted(args.counts):
        for cache in ("ram", "none"):
            point = Namespace(**{**vars(args), "dataroot": dataroot, "cache": cache, "count": count})
            _add(table, [count, cache], loader_point, point, budget, growth=10 if cache == "ram" else 2)
    load_px = args.size * 286 // 256
    full_kb = 2 * 3 * load_px**2 / 1000
    table.notes.append(
        f"At {args.size} px (read at {load_px}) a cached pair takes {full_kb:,.0f} KB, 100,000 of them "
        f"{full_kb / 10:,.0f} GB; where that does not fit, --cache auto reads from disk. Without a cache, "
        "set-up reads every image once to find broken ones, and the first batch waits for worker processes."
    )
    return table


def _add(
    table: Table,
    labels: list[Any],
    call: Callable[[Namespace], list[float] | None],
    point: Namespace,
    budget: Budget,
    *,
    growth: float,
) -> None:
    """Add the row of one point: numbers, or why there are none."""
    result = budget.measure(call, point) if budget.allows(growth) else "over budget"
    missing = len(table.columns) - len(labels)
    table.rows.append([*labels, *([result] * missing if isinstance(result, str) else result)])


def training_point(point: Namespace) -> list[float] | None:
    """Measure train.py's update: ms an update and an image, peak MB; None if memory does not suffice.

    Args:
        point: the benchmark's options, and ``batch_size``.
    """
    device = torch.device(point.device)
    if device.type == "cpu":
        keep_freed_memory()
    before = resident_bytes()
    try:
        model = commands.make_model(
            commands.train_options(Path("made/on/the/fly"), point, "--batch_size", str(point.batch_size))
        )
        real = torch.rand(2, point.batch_size, 3, point.size, point.size, device=device) * 2 - 1
        batch = {"A": real[0], "B": real[1], "A_paths": [""], "B_paths": [""]}
        batches = iter(lambda: batch, None)
        for _ in range(_WARM_UP[device.type]):
            commands.train_step(model, batches)
        synchronise(device)
        began, done = time.perf_counter(), 0
        while done < _MOST_UPDATES and (done == 0 or time.perf_counter() - began < _UPDATES_S):
            commands.train_step(model, batches)
            done += 1
        synchronise(device)
        each_s = (time.perf_counter() - began) / done
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
            raise
        return None
    used = torch.cuda.max_memory_reserved() if device.type == "cuda" else resident_bytes(peak=True) - before
    return [1000 * each_s, 1000 * each_s / point.batch_size, used / 1e6]


def loader_point(point: Namespace) -> list[float] | None:
    """Measure train.py's loader: set-up s, MB, KB an image, s to the first batch, ms a further batch.

    Args:
        point: the benchmark's options, and ``dataroot``, ``cache``, ``count``.
    """
    sample_images.grow_folder(point.dataroot / "train", point.count, _SMALL_PX)
    small = Namespace(**{**vars(point), "size": _SMALL_PX, "device": "cpu"})
    flags = ("--cache", point.cache, "--batch_size", str(_LOADER_BATCH))
    opt = commands.train_options(point.dataroot, small, *flags)
    before, began = resident_bytes(), time.perf_counter()
    loader = commands.make_loader(opt)
    set_up_s = time.perf_counter() - began
    grown = max(0, resident_bytes() - before)
    loader.set_epoch(1)
    began = time.perf_counter()
    batches = iter(loader)
    next(batches)
    first_s = time.perf_counter() - began
    began = time.perf_counter()
    served = sum(1 for _ in islice(batches, 100))
    each_s = (time.perf_counter() - began) / max(1, served)
    return [set_up_s, grown / 1e6, grown / 1e3 / point.count, first_s, 1000 * each_s]
