"""Timing of alternatives in turn, the device's peak FLOP/s, and an update's FLOPs."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

LEAST_ROUNDS = 3


@dataclass(frozen=True)
class Timing:
    """Repeated measurements of one thing.

    Attributes:
        median_s: seconds.
        spread: distance between the quartiles, as a share of the median.
        count: how many measurements.
    """

    median_s: float
    spread: float
    count: int

    @classmethod
    def of(cls, seconds: list[float]) -> Timing:
        """Summarise seconds."""
        low, median, high = np.quantile(seconds, [0.25, 0.5, 0.75])
        return cls(float(median), float((high - low) / median), len(seconds))


def interleave(
    steps: Mapping[str, Callable[[], object]],
    *,
    rounds: int | None = None,
    budget_s: float = 60.0,
    warm_up: int = 1,
    repeats: int = 1,
    device: torch.device | None = None,
) -> dict[str, Timing]:
    """Time alternatives in turn, so that what slows the machine for a while slows all of them.

    Each round runs every alternative once, starting with another one each time.

    Args:
        steps: name -> what to time.
        rounds: how many; None: as many as fit in the budget, at least `LEAST_ROUNDS`.
        budget_s: seconds for all rounds, if ``rounds`` is None.
        warm_up: rounds that do not count.
        repeats: calls in a turn; their mean is one measurement. A device that computes asynchronously
            needs several, or waiting for it at the end of each would hide that advantage.
        device: waited for at the end of each turn.

    Returns:
        name -> seconds of one call.
    """
    names = list(steps)
    taken: dict[str, list[float]] = {name: [] for name in names}

    def turn(name: str) -> float:
        began = time.perf_counter()
        for _ in range(repeats):
            steps[name]()
        synchronise(device)
        return (time.perf_counter() - began) / repeats

    for _ in range(warm_up):
        for name in names:
            turn(name)
    gc.collect()
    began, done = time.perf_counter(), 0
    while done < (rounds or LEAST_ROUNDS) or (rounds is None and time.perf_counter() - began < budget_s):
        first = done % len(names)
        for name in names[first:] + names[:first]:
            taken[name].append(turn(name))
        done += 1
    return {name: Timing.of(seconds) for name, seconds in taken.items()}


def synchronise(device: torch.device | None) -> None:
    """Wait until a GPU has done all its work."""
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)


def matmul_peak(device: torch.device, kind: str, *, seconds: float = 0.7) -> float:
    """Measure the most FLOP/s that a product of two large square matrices reaches.

    Args:
        device: where.
        kind: ``fp32``, ``tf32`` (CUDA: fp32 whose products are rounded to 10 bits) or ``bf16``.
        seconds: how long to try.
    """
    side = 8192 if device.type == "cuda" else 2048
    dtype = torch.bfloat16 if kind == "bf16" else torch.float32
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    out = torch.empty_like(a)
    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = kind == "tf32"
    try:
        best, until, tries = float("inf"), time.perf_counter() + seconds, 0
        while tries < 3 or time.perf_counter() < until:
            synchronise(device)
            began = time.perf_counter()
            torch.mm(a, b, out=out)
            synchronise(device)
            best, tries = min(best, time.perf_counter() - began), tries + 1
    finally:
        torch.backends.cuda.matmul.allow_tf32 = allowed
    return 2 * side**3 / best


def count_flops(call: Callable[[], object]) -> int:
    """Count a call's floating-point operations in convolutions and matrix products, backward included."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()


def resident_bytes(*, peak: bool = False) -> int:
    """Return this process's memory now, or its peak; 0 where the system does not tell."""
    field = "VmHWM:" if peak else "VmRSS:"
    try:
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
    except (OSError, StopIteration):
        return 0
