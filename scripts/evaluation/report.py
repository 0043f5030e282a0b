"""The table and the JSON for `evaluate.py`, and differences between runs on the same inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from scripts.evaluation.measure import BETTER, KERNEL, Measurement
from util.errors import one_line
from util.html import number
from util.metrics.kernel_distance import KernelDistance, jackknife_error


class Difference(NamedTuple):
    """A difference of means, and half the width of its 95% interval (normal approximation)."""

    mean: float
    half: float


def compare(result: Measurement, first: Measurement) -> dict[str, Difference]:
    """Compute the differences from the first run in all metrics that both runs have for every input."""
    found = {}
    for metric in dict.fromkeys(metric for row in result.rows.values() for metric in row):
        ours, theirs = ([run.rows[n].get(metric, np.nan) for n in result.rows] for run in (result, first))
        off = np.subtract(ours, theirs)
        if len(off) > 1 and np.isfinite(off).all():
            found[metric] = Difference(float(off.mean()), 1.96 * float(off.std(ddof=1)) / len(off) ** 0.5)
    if result.kernel and first.kernel:
        found[KERNEL] = kernel_difference(result.kernel, first.kernel)
    return found


def kernel_difference(a: KernelDistance, b: KernelDistance) -> Difference:
    """Compute ``a - b`` for two runs with the same inputs and the same reference.

    The jackknife leaves out an input in both runs, so variation that the runs share cancels.
    """
    half = 1.96 * jackknife_error(a.without_x - b.without_x, a.without_y - b.without_y)
    return Difference(a.value - b.value, half)


def format_table(
    results: Sequence[Measurement], own: Mapping[str, float], differences: Sequence[Mapping[str, Difference]]
) -> str:
    """Format a table with a row per metric and a column per run; ``own`` is the photos column."""
    means = [result.mean() for result in results]
    rows = [["", "better", *(one_line(result.run.title) for result in results), "photos" if own else ""]]
    for metric in dict.fromkeys(name for mean in means for name in mean):
        cells = [number(mean[metric]) if metric in mean else "-" for mean in means]
        for index, found in enumerate(differences, 1):
            if metric in found:
                mean, half = found[metric]
                cells[index] += f"  {mean:+.3g} ± {half:.2g}{'*' if abs(mean) > half else ' '}"
        rows.append([metric, BETTER.get(metric, ""), *cells, number(own[metric]) if metric in own else ""])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], ""])


def as_json(
    result: Measurement, own: Mapping[str, float], settings: Mapping[str, Any], not_used: Mapping[str, str]
) -> dict[str, Any]:
    """Return one run's metrics and all runs' unreadable files."""
    return {
        "title": result.run.title,
        "settings": dict(settings),
        "mean": result.mean(),
        "reference_itself": dict(own),
        "rows": [{"name": name, "metrics": row} for name, row in result.rows.items()],
        "notes": result.notes,
        "not_used": dict(not_used),
    }
