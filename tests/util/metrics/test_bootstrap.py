"""Bootstrap intervals on data whose answer is known."""

import numpy as np
import pytest

from util.metrics.bootstrap import centred_difference, draw_inputs, paired_difference


def test_a_constant_gain_has_no_spread():
    baseline = np.random.default_rng(0).normal(size=30)
    found = paired_difference(baseline + 0.5, baseline, draw_inputs(30))
    assert (found.mean, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert found.is_clear


def test_pairing_sees_what_the_spread_of_inputs_hides():
    rng = np.random.default_rng(0)
    difficulty = rng.normal(0, 10, 40)
    found = paired_difference(difficulty + 0.5 + rng.normal(0, 0.1, 40), difficulty, draw_inputs(40))
    assert 0.4 < found.low < found.mean < found.high < 0.6


def test_the_interval_is_that_of_the_normal_theory():
    differences = np.random.default_rng(1).normal(0, 1, 400)
    found = paired_difference(differences, np.zeros(400), draw_inputs(400))
    half = 1.96 * differences.std() / 20
    assert found.high - found.mean == pytest.approx(half, rel=0.1)
    assert found.mean - found.low == pytest.approx(half, rel=0.1)
    assert not paired_difference(differences - differences.mean(), np.zeros(400), draw_inputs(400)).is_clear


def test_draws_are_seeded_and_in_range():
    assert np.array_equal(draw_inputs(7, seed=1), draw_inputs(7, seed=1))
    assert not np.array_equal(draw_inputs(7, seed=1), draw_inputs(7, seed=2))
    assert draw_inputs(7).min() == 0
    assert draw_inputs(7).max() == 6


def test_centring_takes_the_spread_but_not_the_shift_of_the_resamples():
    found = centred_difference(3.0, np.linspace(9, 11, 1001))
    assert (found.mean, found.low, found.high) == pytest.approx((3, 2.05, 3.95))


def test_what_does_not_pair_is_refused():
    with pytest.raises(ValueError, match="do not pair"):
        paired_difference(np.zeros(3), np.zeros(4), draw_inputs(3))
