"""The speed of a long job, and the time it will still take."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


class Pace:
    """Measures images a second and where the time goes.

    Args:
        total: images in the whole job.
        done: images done before this process began.
    """

    def __init__(self, total: int, done: int = 0):
        self.total, self.done = total, done
        self._began, self._done_before = time.perf_counter(), done
        self._mark, self._mark_done = self._began, done
        self._data_s = 0.0
        self._last: dict[str, float] | None = None

    def timed(self, batches: Iterable[Item]) -> Iterator[Item]:
        """Yield the batches, measuring the time spent waiting for each."""
        remaining = iter(batches)
        while True:
            began = time.perf_counter()
            try:
                batch = next(remaining)
            except StopIteration:
                return
            self._data_s += time.perf_counter() - began
            yield batch

    def advance(self, images: int) -> None:
        """Count images."""
        self.done += images
        self._last = None

    def report(self) -> dict[str, float]:
        """Rates since the last report, and the seconds that the rest will take at the average rate so far.

        Called again before another image is done, it returns the same.

        Returns:
            ``images_per_s``, ``eta_s``, and per image ``data_s`` and ``step_s``.
        """
        if self._last is not None:
            return self._last
        now = time.perf_counter()
        images, elapsed = self.done - self._mark_done, max(now - self._mark, 1e-9)
        average = max(now - self._began, 1e-9) / max(1, self.done - self._done_before)
        self._last = {
            "images_per_s": images / elapsed,
            "eta_s": (self.total - self.done) * average,
            "data_s": self._data_s / max(1, images),
            "step_s": max(0.0, elapsed - self._data_s) / max(1, images),
        }
        self._mark, self._mark_done, self._data_s = now, self.done, 0.0
        return self._last
