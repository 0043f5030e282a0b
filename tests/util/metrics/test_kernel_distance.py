"""Tests of the kernel distance."""

import itertools

import numpy as np
import pytest

from util.metrics.kernel_distance import measure


def sample(n, d=16, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return np.maximum(rng.normal(0.5 + shift, 1, (n, d)), 0)


def by_definition(x, y, groups=None):
    """Compute the kernel distance pair by pair."""
    groups = range(len(x)) if groups is None else groups

    def k(a, b):
        return (float(np.dot(a, b)) / len(a) + 1) ** 3

    within_x = np.mean(
        [k(x[i], x[j]) for i, j in itertools.permutations(range(len(x)), 2) if groups[i] != groups[j]]
    )
    within_y = np.mean([k(a, b) for a, b in itertools.permutations(y, 2)])
    return 1000 * (within_x + within_y - 2 * np.mean([k(a, b) for a in x for b in y]))


def test_the_kernel_distance_agrees_with_its_definition(monkeypatch):
    monkeypatch.setattr("util.metrics.kernel_distance._ROWS_AT_ONCE", 3)  # makes several blocks
    x, y, groups = sample(7), sample(5, shift=0.2, seed=1), np.array([0, 0, 1, 2, 2, 2, 3])
    found = measure(x, y, groups)
    assert found.value == pytest.approx(by_definition(x, y, groups))
    for group in range(4):
        kept = groups != group
        assert found.without_x[group] == pytest.approx(by_definition(x[kept], y, groups[kept]))
    without_y = [by_definition(x, np.delete(y, i, 0), groups) for i in range(5)]
    assert found.without_y == pytest.approx(without_y)
    assert measure(x, y).value == pytest.approx(by_definition(x, y))


@pytest.mark.parametrize(("shift", "low", "high"), [(0.5, 0.85, 1.15), (0.0, 0.9, 1.5)])
def test_the_standard_error_agrees_with_the_spread_of_independent_samples(shift, low, high):
    # If both sets have the same distribution, the error may be too large by a factor of up to sqrt(2).
    draws = [measure(sample(40, shift=shift, seed=2 * s), sample(60, seed=2 * s + 1)) for s in range(200)]
    spread = np.std([d.value for d in draws], ddof=1)
    claimed = np.sqrt(np.mean([d.standard_error**2 for d in draws]))
    assert low < claimed / spread < high
