"""Pairs photo | edges: the original's pixels, squares, padding and shrinking."""

import numpy as np
import pytest

from data.preprocess.pair import EdgeSettings, make_square, pair, prepare


@pytest.mark.parametrize("name", ["astronaut", "coins"])
@pytest.mark.parametrize("size", [256, 150])
def test_pairs_are_the_originals_pixel_for_pixel(shared, name, size):
    data = pytest.importorskip("skimage.data")
    image = getattr(data, name)()
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    wanted = np.load(shared / "parity" / "preprocess.npz")[f"{name}_{size}"]
    made = prepare(image, size, EdgeSettings())
    assert np.array_equal(pair(made.square, made.condition), wanted)


def test_a_square_is_scaled_by_its_longest_side_and_padded_by_its_border():
    image = np.zeros((20, 40, 3), np.uint8)
    image[0], image[-1] = 10, 200
    square = make_square(image, 40)
    assert square.shape == (40, 40, 3)
    assert (square[:11] == 10).all() and (square[29:] == 200).all()
    assert (make_square(image, 40, pad="white")[:10] == 255).all()


def test_padding_avoids_streaks_when_told_to():
    rng = np.random.default_rng(0)
    image = np.full((20, 40, 3), 120, np.uint8)
    image[0] = rng.integers(0, 256, (40, 3))
    square = make_square(image, 40, pad="auto")
    assert (square[:10] == 255).all() and (square[30:] == 120).all()


def test_anti_aliased_shrinking_does_not_invent_edges():
    stripes = np.zeros((640, 640, 3), np.uint8)
    stripes[:, ::3] = 255
    densities = [
        (prepare(stripes, 64, EdgeSettings(resize=how)).edges > 0).mean() for how in ("seed", "area")
    ]
    assert densities[1] < 0.05 < densities[0]
