"""Curves of bounded size: a run of any length in about two hundred points each."""

from __future__ import annotations

import math
from statistics import fmean

MAX_POINTS = 256


class Curve:
    """A series of values in at most `MAX_POINTS` points, each the mean of equally many neighbors.

    Attributes:
        points: `[x, step, mean, count]` of each point: x is where it is drawn, step its last observation's.
        stride: how many values a point is the mean of.
    """

    def __init__(self, points: list[list[float]] | None = None, stride: int = 1):
        self.points, self.stride = points or [], stride

    def add(self, x: float, step: int, value: float) -> None:
        """Add a value at a horizontal place; one that isn't finite is left out.

        ``step`` is a counter that rises. If it does not, values from that step on are forgotten first: a
        resumed run repeats what it had done after its last checkpoint.
        """
        if self.points and step <= self.points[-1][1]:
            self.points = [point for point in self.points if point[1] < step]
        if not math.isfinite(value):
            return
        if self.points and self.points[-1][3] < self.stride:
            _, _, mean, count = self.points[-1]
            self.points[-1] = [x, step, mean + (value - mean) / (count + 1), count + 1]
        else:
            self.points.append([x, step, value, 1])
        if len(self.points) > MAX_POINTS:
            self._join_pairs()

    def smoothed(self) -> list[tuple[float, float]]:
        """Return (x, mean over a twentieth of the curve) of each point."""
        half = len(self.points) // 40
        windows = (self.points[max(0, i - half) : i + half + 1] for i in range(len(self.points)))
        return [(p[0], fmean(q[2] for q in near)) for p, near in zip(self.points, windows, strict=True)]

    def _join_pairs(self) -> None:
        """Halve the number of points; an odd last one stays as it is."""
        joined = self.points[-1:] if len(self.points) % 2 else []
        pairs = zip(self.points[::2], self.points[1::2], strict=False)
        self.points = [[b[0], b[1], (a[2] + b[2]) / 2, a[3] + b[3]] for a, b in pairs] + joined
        self.stride *= 2


def keep_telling_epochs(epochs: list[int], limit: int) -> list[int]:
    """Choose at most that many epochs to keep: the first, the last, and more early ones than late ones.

    A generator changes most at the beginning, so the epochs kept are spread evenly by square root.
    """
    kept = sorted(set(epochs))
    while len(kept) > max(2, limit):
        gaps = [math.sqrt(after) - math.sqrt(before) for before, after in zip(kept, kept[2:], strict=False)]
        del kept[1 + gaps.index(min(gaps))]
    return kept
