"""Curves of bounded size: a run of any length in about two hundred points each."""

from __future__ import annotations

import math
from typing import Any

MAX_POINTS = 256


class Curve:
    """A series of values in at most `MAX_POINTS` points, each the mean of equally many neighbours.

    When it is full, neighbours are joined in pairs, so that adding a value costs the same for ever.

    Attributes:
        points: `[x, step, mean, count]` of each point: x is where it is drawn, step its last observation's.
    """

    def __init__(self, points: list[list[float]] | None = None, stride: int = 1) -> None:
        """Start empty, or from what `state` gave."""
        self.points = points or []
        self._stride = stride

    def add(self, x: float, step: int, value: float) -> None:
        """Add a value; one that isn't finite is left out.

        Args:
            x: the horizontal place.
            step: a counter that rises. Values at or beyond a step that is given again are forgotten first:
                a resumed run repeats what it had done after its last checkpoint.
            value: the value.
        """
        if self.points and step <= self.points[-1][1]:
            self.points = [point for point in self.points if point[1] < step]
        if not math.isfinite(value):
            return
        if self.points and self.points[-1][3] < self._stride:
            last = self.points[-1]
            count = last[3] + 1
            self.points[-1] = [x, step, last[2] + (value - last[2]) / count, count]
        else:
            self.points.append([x, step, value, 1])
        if len(self.points) > MAX_POINTS:
            self._join_pairs()

    def smoothed(self) -> list[tuple[float, float]]:
        """(x, mean over a window of a 20th of the curve) of each point: what the eye is to follow."""
        half = len(self.points) // 40
        sums = [0.0]
        for point in self.points:
            sums.append(sums[-1] + point[2])
        result = []
        for place, point in enumerate(self.points):
            low, high = max(0, place - half), min(len(self.points), place + half + 1)
            result.append((point[0], (sums[high] - sums[low]) / (high - low)))
        return result

    def state(self) -> dict[str, Any]:
        """Return the arguments of `Curve` that restore this one, numbers rounded to six digits."""
        points = [[float(f"{x:.7g}"), step, float(f"{mean:.6g}"), n] for x, step, mean, n in self.points]
        return {"points": points, "stride": self._stride}

    def _join_pairs(self) -> None:
        """Halve the number of points."""
        joined = []
        for first, second in zip(self.points[::2], self.points[1::2], strict=False):
            count = first[3] + second[3]
            mean = (first[2] * first[3] + second[2] * second[3]) / count
            joined.append([second[0], second[1], mean, count])
        if len(self.points) % 2:
            joined.append(self.points[-1])
        self.points = joined
        self._stride *= 2


def keep_telling_epochs(epochs: list[int], limit: int) -> list[int]:
    """Choose at most that many epochs to keep: the first, the last, and more early ones than late ones.

    A generator changes most at the beginning, so the epochs kept are spread evenly by square root.
    """
    kept = sorted(set(epochs))
    while len(kept) > max(2, limit):
        gaps = [math.sqrt(after) - math.sqrt(before) for before, after in zip(kept, kept[2:], strict=False)]
        del kept[1 + gaps.index(min(gaps))]
    return kept
