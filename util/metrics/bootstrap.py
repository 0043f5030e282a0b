"""Bootstrap intervals for the difference of two runs on the same inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Difference:
    """A difference of means and the interval it is believed to lie in."""

    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Tell whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def draw_inputs(count: int, *, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """Draw the inputs of each resample, with replacement: (resamples, count) int64, the same for all runs."""
    return np.random.default_rng(seed).integers(0, count, (resamples, count))


def paired_difference(
    values: np.ndarray, baseline: np.ndarray, draws: np.ndarray, *, level: float = LEVEL
) -> Difference:
    """Compute the mean of ``values - baseline`` and its percentile interval (Efron 1979), inputs paired.

    Args:
        values: (N,) one value for each input.
        baseline: (N,) the other run's values for the same inputs.
        draws: (R, N) from `draw_inputs`.
        level: part of the resamples inside the interval.

    Raises:
        ValueError: the shapes differ.
    """
    if values.shape != baseline.shape or values.ndim != 1:
        raise ValueError(
            f"values of {values.shape} and {baseline.shape} do not pair: give one for each input"
        )
    differences = values - baseline
    low, high = np.quantile(differences[draws].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return Difference(float(differences.mean()), float(low), float(high))


def centred_difference(estimate: float, resampled: np.ndarray, *, level: float = LEVEL) -> Difference:
    """Return an estimate with the spread of its resamples around their own mean.

    For distances between sets: repeated images make every resample a poorer set, which shifts the resamples
    but hardly their spread.

    Args:
        estimate: the difference on all inputs.
        resampled: (R,) the difference on each resample.
        level: part of the resamples inside the interval.
    """
    low, high = np.quantile(resampled - resampled.mean(), [(1 - level) / 2, (1 + level) / 2])
    return Difference(estimate, estimate + float(low), estimate + float(high))
