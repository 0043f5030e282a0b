"""Tests of the kernel distance, and of the metrics that compare images with their targets."""

import itertools

import numpy as np
import pytest
import torch

from util.metrics.kernel_distance import measure
from util.metrics.paired import l1, ssim


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


def test_l1_is_computed_per_image():
    x = torch.zeros(2, 3, 16, 16)
    y = torch.stack([torch.full((3, 16, 16), 0.2), torch.full((3, 16, 16), 0.4)])
    assert l1(x, y).tolist() == pytest.approx([0.1, 0.2])
    assert l1(x - 1, x + 1).tolist() == [1, 1]


def test_ssim_of_two_flat_images_is_the_luminance_term():
    # Without variance, the contrast term is 1. The luminance term is (2ab + c1) / (a^2 + b^2 + c1).
    x = torch.zeros(1, 1, 12, 12)
    expected = (2 * 0.5 * 0.6 + 1e-4) / (0.25 + 0.36 + 1e-4)
    assert ssim(x, x + 0.2).item() == pytest.approx(expected, abs=1e-4)


def test_ssim_is_symmetric_and_lower_for_blurred_images():
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    blurred = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
    assert ssim(x, blurred).item() < 0.8
    torch.testing.assert_close(ssim(x, blurred), ssim(blurred, x))
    assert ssim(x, x).item() == pytest.approx(1, abs=1e-5)
    assert ssim(x.bfloat16(), x.bfloat16()).dtype == torch.float32
