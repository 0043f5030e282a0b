"""Differences between two runs on the same inputs, with 95% intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from util.metrics.kernel_distance import KernelDistance, jackknife_error

_RESAMPLES = 2000


class Difference(NamedTuple):
    """A difference of means and its confidence interval."""

    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Tell whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def paired_difference(values: np.ndarray, baseline: np.ndarray) -> Difference:
    """Compute the mean of ``values - baseline`` and its percentile bootstrap interval (Efron 1979).

    Args:
        values, baseline: (N,), one value for each input, in the same order.
    """
    differences = values - baseline
    draws = np.random.default_rng(0).integers(0, len(differences), (_RESAMPLES, len(differences)))
    low, high = np.quantile(differences[draws].mean(axis=1), [0.025, 0.975])
    return Difference(float(differences.mean()), float(low), float(high))


def kernel_difference(a: KernelDistance, b: KernelDistance) -> Difference:
    """Compute ``a - b`` with a normal-theory interval, for two sets measured against one reference.

    Shared variation cancels: the jackknife leaves out images of the same input, or of the reference,
        together.
    """
    half = 1.96 * jackknife_error(a.without_x - b.without_x, a.without_y - b.without_y)
    return Difference(a.value - b.value, a.value - b.value - half, a.value - b.value + half)


def row_differences(
    rows: Mapping[str, Mapping[str, float]], baseline: Mapping[str, Mapping[str, float]]
) -> dict[str, Difference]:
    """Compare each metric that both runs have for all inputs: input -> metric -> value."""
    found = {}
    for metric in dict.fromkeys(metric for row in rows.values() for metric in row):
        values, others = (np.array([run[n].get(metric, np.nan) for n in rows]) for run in (rows, baseline))
        if np.isfinite(values).all() and np.isfinite(others).all():
            found[metric] = paired_difference(values, others)
    return found
