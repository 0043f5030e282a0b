"""Time alternatives that take turns, each in its own process, and tabulate the results."""

from __future__ import annotations

import multiprocessing
import os
import platform
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import ExitStack
from datetime import date
from functools import partial
from typing import TypeAlias

import numpy as np

from util.errors import UserError

LEAST_ROUNDS = 3
COLUMNS = ("variant", "images/s", "ms/image", "times the textbook's speed", "spread %")
Step: TypeAlias = Callable[[], object]
# Separate processes keep the memory and cuDNN settings of one alternative from affecting another.
Worker: Callable[..., Executor] = partial(ProcessPoolExecutor, 1, multiprocessing.get_context("spawn"))
_own = threading.local()


def race(
    ways: Mapping[str, Callable[[], Step]],
    *,
    rounds: int | None,
    budget_s: float,
    warm_up: int = 1,
    repeats: int = 1,
) -> dict[str, list[float]]:
    """Time alternatives that take turns, so that any slowdown affects all of them equally.

    In each round, every alternative takes one turn. Each round starts with a different alternative.

    Args:
        ways: a dict from name to a picklable callable. The alternative's process calls it once to get the
            step to be timed.
        rounds: number of rounds, or None for as many as fit into the budget, but at least `LEAST_ROUNDS`.
        budget_s: time for all rounds in seconds, used if ``rounds`` is None.
        warm_up: number of additional rounds that are not counted.
        repeats: number of steps in each turn. A GPU needs several, because it works asynchronously.

    Returns:
        A dict from name to each turn's time in seconds.

    Raises:
        UserError: a process died.
    """
    names = list(ways)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    done, until = -warm_up, time.perf_counter() + budget_s
    with ExitStack() as stack:
        start = {name: Worker(initializer=_start, initargs=(make,)) for name, make in ways.items()}
        workers = {name: stack.enter_context(worker) for name, worker in start.items()}
        while done < rounds if rounds else done < LEAST_ROUNDS or time.perf_counter() < until:
            first = max(done, 0) % len(names)
            for name in names[first:] + names[:first]:
                began = time.perf_counter()
                try:
                    workers[name].submit(_take_turn, repeats).result()
                except BrokenExecutor as error:
                    raise UserError("a benchmark process died: see its output above") from error
                if done >= 0:
                    taken[name].append(time.perf_counter() - began)
            done += 1
    return taken


def _start(make: Callable[[], Step]) -> None:
    _own.step = make()


def _take_turn(repeats: int) -> None:
    import torch

    for _ in range(repeats):
        _own.step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def table(title: str, taken: Mapping[str, Sequence[float]], images: int, note: str) -> str:
    """Format the seconds per turn of ``images`` images as a Markdown table, with the textbook first.

    The spread is the interquartile range in percent of the median.
    """
    turns, base_s = next((len(s), np.median(s)) for s in taken.values())
    lines = ["| " + " | ".join(COLUMNS) + " |", "| --- |" + " ---: |" * 4]
    for name, seconds in taken.items():
        low, median, high = np.quantile(seconds, [0.25, 0.5, 0.75])
        cells = (images / median, 1000 * median / images, base_s / median, 100 * (high - low) / median)
        lines.append(f"| {name} | " + " | ".join(f"{cell:.3g}" for cell in cells) + " |")
    said = f"Medians of {turns} turns, each alternative in its own process. {note}"
    return "\n".join([f"### {title}", "", *lines, "", said, ""])


def describe_machine(device: str) -> str:
    """Return a line that names the machine, the versions and the date."""
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    parts = [name, f"{usable_cores()} cores", f"{torch.get_num_threads()} threads"]
    parts += [f"PyTorch {torch.__version__}", f"Python {platform.python_version()}", platform.system()]
    return f"{', '.join(parts)}; {date.today().isoformat()}"


def usable_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
