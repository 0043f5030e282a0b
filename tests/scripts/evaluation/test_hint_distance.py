"""The color distance between outputs and hints."""

import numpy as np
import pytest

from data.hints import darken, with_lines
from scripts.evaluation.hint_distance import hint_distance, hinted
from util.metrics.edge_fidelity import line_mask

pytest.importorskip("skimage")


def condition(color: tuple[int, int, int]) -> np.ndarray:
    """Return an input, 32 px square: a hint of one color in the middle, with a line around it."""
    hint = np.zeros((32, 32, 3), np.uint8)
    hint[8:24, 8:24] = darken(np.array(color, np.uint8))
    edges = np.zeros((32, 32), np.uint8)
    edges[8:24, 8] = edges[8:24, 23] = 255
    return with_lines(hint, edges)


def test_an_output_in_the_hints_color_is_near_and_the_ground_does_not_count():
    output = np.zeros((32, 32, 3), np.uint8)
    output[8:24, 8:24] = (200, 60, 30)
    assert hint_distance([output], condition((200, 60, 30))) < 1.5


def test_black_and_white_are_100_apart():
    white = np.full((32, 32, 3), 255, np.uint8)
    assert hint_distance([white], condition((0, 0, 0))) == pytest.approx(100, abs=0.5)


def test_lines_alone_have_no_distance():
    lines = with_lines(np.zeros((32, 32, 3), np.uint8), np.eye(32, dtype=np.uint8) * 255)
    assert not hinted(lines).any()
    assert hint_distance([lines], lines) is None


def test_lines_are_found_over_hints():
    lines = line_mask(condition((255, 40, 0)))
    assert lines is not None and lines.sum() == 32 and lines[8:24, 8].all()
