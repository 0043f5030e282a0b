"""Tests of removing checkerboards that imitate transparency."""

import cv2
import numpy as np
import pytest

from data.edges import remove_checkerboard
from tests.data.edges.shapes import checkerboard, disc, jpeg, plain


@pytest.mark.parametrize("cell", [4.7, 6.1, 16.0, 25.3])
@pytest.mark.parametrize("quality", [None, 60])
def test_a_checkerboard_becomes_white_and_the_animal_is_unchanged(cell, quality):
    image = checkerboard(256, cell)
    animal = disc(0, 255, radius=70, size=256)[..., 0] > 128
    image[animal] = (40, 90, 160)
    image = image if quality is None else jpeg(image, quality)
    before = image.copy()
    cleaned, fraction = remove_checkerboard(image)
    np.testing.assert_array_equal(image, before)
    far = cv2.erode((~animal).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert (cleaned[far] == 255).all(axis=1).mean() > 0.995
    near = cv2.erode(animal.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    np.testing.assert_array_equal(cleaned[near], image[near])
    assert abs(fraction - (~animal).mean()) < 0.05


def test_images_without_a_checkerboard_are_unchanged():
    rng = np.random.default_rng(4)
    stripes = plain(255, 96)
    stripes[:, ::12] = stripes[:, 1::12] = 220
    clouds = cv2.GaussianBlur(rng.integers(0, 256, (96, 96), dtype=np.uint8), (0, 0), 4)
    clouds = np.repeat(cv2.normalize(clouds, None, 160, 255, cv2.NORM_MINMAX)[..., None], 3, axis=2)
    noise = rng.integers(200, 256, (96, 96, 3), dtype=np.uint8)
    chessboard = checkerboard(96, 8.0, low=20, high=235)
    for image in (stripes, clouds, noise, chessboard, disc(255, 200), plain(255), plain(0), plain(255, 1)):
        before = image.copy()
        cleaned, fraction = remove_checkerboard(image)
        assert fraction == 0.0
        assert cleaned.tobytes() == before.tobytes()
