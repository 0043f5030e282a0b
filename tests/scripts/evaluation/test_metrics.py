"""The metrics of evaluate.py have the expected values on simple images."""

import numpy as np
import pytest

from data.hints import darken, with_lines
from scripts.evaluation.fidelity import edge_fidelity, hint_distance, line_mask
from scripts.evaluation.measure import Measurement
from scripts.evaluation.report import compare


def vertical(*columns, side=256):
    mask = np.zeros((side, side), bool)
    mask[:, list(columns)] = True
    return mask


@pytest.mark.parametrize(
    ("contours", "lines", "precision", "recall", "f"),
    [
        ((100,), (100,), 1, 1, 1),
        ((100,), (140,), 0, 0, 0),
        ((102,), (100,), 1, 1, 1),  # the tolerance is 0.0075 * 256 * sqrt(2) = 2.7 px
        ((103,), (100,), 0, 0, 0),
        ((10, 60, 110, 160), (10, 60), 0.5, 1, 2 / 3),
        ((10, 60), (10, 60, 110, 160), 1, 0.5, 2 / 3),
        ((), (), 1, 1, 1),
        ((), (5,), 0, 0, 0),
        ((5,), (), 0, 0, 0),
    ],
)
def test_edge_fidelity_has_a_tolerance(contours, lines, precision, recall, f):
    assert edge_fidelity(vertical(*contours), vertical(*lines)) == pytest.approx((precision, recall, f))


def condition(color: tuple[int, int, int]) -> np.ndarray:
    """Return a 32 x 32 px input with a hint of one color between two lines."""
    hint = np.zeros((32, 32, 3), np.uint8)
    hint[8:24, 8:24] = darken(np.array(color, np.uint8))
    edges = np.zeros((32, 32), np.uint8)
    edges[8:24, 8] = edges[8:24, 23] = 255
    return with_lines(hint, edges)


def test_lines_are_found_in_edge_maps_but_not_in_photos():
    drawing = np.repeat(vertical(3, side=64)[..., None], 3, axis=2).astype(np.uint8) * 255
    assert np.array_equal(line_mask(drawing), vertical(3, side=64))
    assert np.array_equal(line_mask(255 - drawing), vertical(3, side=64))
    over_hint = line_mask(condition((255, 40, 0)))
    assert over_hint.sum() == 32 and over_hint[8:24, 8].all()
    assert line_mask(np.full((8, 8, 3), 128, np.uint8)) is None
    assert line_mask(np.full((8, 8, 3), (200, 20, 20), np.uint8)) is None


def test_the_distance_to_a_hint_ignores_the_background_and_lines():
    pytest.importorskip("skimage")
    output = np.zeros((32, 32, 3), np.uint8)
    output[8:24, 8:24] = (200, 60, 30)
    assert hint_distance([output], condition((200, 60, 30))) < 1.5
    assert hint_distance([np.full_like(output, 255)], condition((0, 0, 0))) == pytest.approx(100, abs=0.5)
    lines = with_lines(np.zeros((32, 32, 3), np.uint8), np.eye(32, dtype=np.uint8) * 255)
    assert hint_distance([lines], lines) is None


def test_a_paired_comparison_detects_a_small_difference():
    rng = np.random.default_rng(0)
    difficulty = rng.normal(0, 10, 40)
    runs = [
        Measurement(None, {str(i): {"L1": value} for i, value in enumerate(values)})
        for values in (difficulty + 0.5 + rng.normal(0, 0.1, 40), difficulty)
    ]
    assert compare(*runs)["L1"].mean == pytest.approx(0.5, abs=0.05)
    assert compare(*runs)["L1"].half == pytest.approx(1.96 * 0.1 / 40**0.5, rel=0.3)
