"""Timing alternatives in turns, each in its own process, and the table of results."""

from __future__ import annotations

import multiprocessing
import os
import platform
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from util.errors import UserError

LEAST_ROUNDS = 3
COLUMNS = ("way", "images/s", "ms an image", "times the textbook's speed", "spread %")
_steps: list[Callable[[], object]] = []  # of this process, see `Alternative`


class Timing(NamedTuple):
    """Repeated measurements; the spread is the interquartile range as a share of the median."""

    median_s: float
    spread: float
    turns: int

    @classmethod
    def of(cls, seconds: list[float]) -> Timing:
        """Summarize seconds."""
        low, median, high = np.quantile(seconds, [0.25, 0.5, 0.75])
        return cls(float(median), float((high - low) / median), len(seconds))


def interleave(
    steps: Mapping[str, Callable[[], object]], *, rounds: int | None, budget_s: float, warm_up: int = 1
) -> dict[str, Timing]:
    """Time alternatives in turns, so that anything that slows the machine temporarily slows all of them.

    Each round runs every alternative once and starts with a different one.

    Args:
        steps: name -> what to time.
        rounds: number of rounds; None: as many as fit in the budget, at least `LEAST_ROUNDS`.
        budget_s: seconds for all rounds, if ``rounds`` is None.
        warm_up: rounds that are not counted.

    Returns:
        name -> seconds of one call.
    """
    names, taken = list(steps), {name: [0.0] * 0 for name in steps}
    done, until = -warm_up, time.perf_counter() + budget_s
    while done < rounds if rounds else done < LEAST_ROUNDS or time.perf_counter() < until:
        first = max(done, 0) % len(names)
        for name in names[first:] + names[:first]:
            began = time.perf_counter()
            steps[name]()
            if done >= 0:
                taken[name].append(time.perf_counter() - began)
        done += 1
    return {name: Timing.of(seconds) for name, seconds in taken.items()}


class Alternative:
    """A callable in its own process, so that its effect on memory and cuDNN is limited to itself.

    Args:
        make: a function of a module; the process calls it once to get its callable.
        args: its arguments, picklable.
        repeats: calls per turn; an asynchronous device needs several, because waiting after each call would
            hide its advantage.
    """

    def __init__(self, make: Callable[..., Callable[[], object]], *args: Any, repeats: int = 1):
        self._repeats = repeats
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self._do(_make, make, *args)

    def __call__(self) -> None:
        """Let the process take its turn, and wait for it."""
        self._do(_take_turn, self._repeats)

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()

    def _do(self, function: Callable[..., None], *args: Any) -> None:
        try:
            self._pool.submit(function, *args).result()
        except BrokenProcessPool as error:
            raise UserError("a process of the benchmark ended; its output is above") from error


def _make(make: Callable[..., Callable[[], object]], *args: Any) -> None:
    _steps.append(make(*args))


def _take_turn(repeats: int) -> None:
    import torch

    for _ in range(repeats):
        _steps[0]()
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def table(title: str, timings: Mapping[str, Timing], images: int, note: str) -> str:
    """Format timings of turns with a number of images as Markdown; the first timing is the textbook's."""
    base, lines = next(iter(timings.values())), ["| " + " | ".join(COLUMNS) + " |", "| --- |" + " ---: |" * 4]
    for name, timing in timings.items():
        each_s = timing.median_s / images
        cells = (1 / each_s, 1000 * each_s, base.median_s / timing.median_s, 100 * timing.spread)
        lines.append(f"| {name} | " + " | ".join(f"{cell:.3g}" for cell in cells) + " |")
    turns = f"Medians of {base.turns} turns, each way in a process of its own. {note}"
    return "\n".join([f"### {title}", "", *lines, "", turns, ""])


def describe_machine(device: str) -> str:
    """Return a line about machine, versions and day."""
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    parts = [f"{name}", f"{usable_cores()} cores", f"{torch.get_num_threads()} threads"]
    parts += [f"PyTorch {torch.__version__}", f"Python {platform.python_version()}", platform.system()]
    return f"{', '.join(parts)}; {date.today().isoformat()}"


def usable_cores() -> int:
    """Count the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
