"""Edge fidelity on drawings whose scores are counted by hand."""

import numpy as np
import pytest

from util.metrics.edge_fidelity import edge_fidelity, line_mask


def vertical(*columns, side=256):
    mask = np.zeros((side, side), bool)
    mask[:, list(columns)] = True
    return mask


def test_equal_lines_are_perfect_and_far_lines_are_nothing():
    assert edge_fidelity(vertical(100), vertical(100)) == (1, 1, pytest.approx(1))
    assert edge_fidelity(vertical(100), vertical(140)) == (0, 0, 0)


def test_tolerance_is_075_percent_of_the_diagonal():
    # 0.0075 * 256 * sqrt(2) = 2.7 px
    assert edge_fidelity(vertical(102), vertical(100))[2] == pytest.approx(1)
    assert edge_fidelity(vertical(103), vertical(100))[2] == 0


def test_small_images_keep_a_pixel_of_tolerance():
    assert edge_fidelity(vertical(10, side=32), vertical(11, side=32))[2] == pytest.approx(1)
    assert edge_fidelity(vertical(10, side=32), vertical(12, side=32))[2] == 0


def test_precision_and_recall_are_told_apart():
    # Two of four contours lie on the only drawn pair: P 1/2, R 1, F 2/3.
    assert edge_fidelity(vertical(10, 60, 110, 160), vertical(10, 60)) == (0.5, 1, pytest.approx(2 / 3))
    assert edge_fidelity(vertical(10, 60), vertical(10, 60, 110, 160)) == (1, 0.5, pytest.approx(2 / 3))


def test_empty_images():
    assert edge_fidelity(vertical(), vertical()) == (1, 1, 1)
    assert edge_fidelity(vertical(), vertical(5)) == (0, 0, 0)
    assert edge_fidelity(vertical(5), vertical()) == (0, 0, 0)


def test_lines_are_found_in_either_polarity_and_photos_are_no_drawings():
    drawing = np.repeat(vertical(3, side=64)[..., None], 3, axis=2).astype(np.uint8) * 255
    assert np.array_equal(line_mask(drawing), vertical(3, side=64))
    assert np.array_equal(line_mask(255 - drawing), vertical(3, side=64))
    assert line_mask(np.full((8, 8, 3), 128, np.uint8)) is None
    assert line_mask(np.full((8, 8, 3), (200, 20, 20), np.uint8)) is None


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="do not compare"):
        edge_fidelity(vertical(1), vertical(1, side=64))
