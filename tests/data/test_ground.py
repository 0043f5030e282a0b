"""Tests of separating animals from their backgrounds."""

import cv2
import numpy as np
import pytest

from data.ground import animal_mask, without_gaps
from tests.data.edges.shapes import checkerboard

SIDE = 128
SHADES = np.random.default_rng(1).integers(0, 255, (4, 4, 3), np.uint8).repeat(16, 0).repeat(16, 1)


def disc(radius: int = 30) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return (rows - 64) ** 2 + (columns - 64) ** 2 <= radius**2


def gradient() -> np.ndarray:
    levels = np.linspace(90, 220, SIDE)[:, None].repeat(SIDE, 1)
    return np.stack([levels, levels, np.full_like(levels, 230)], axis=2).astype(np.uint8)


def streaked() -> np.ndarray:
    image = np.full((SIDE, SIDE, 3), 255, np.uint8)
    image[:, ::6] = 120
    image[20:108] = 255
    return image


GROUNDS = {
    "white": np.full((SIDE, SIDE, 3), 255, np.uint8),
    "black": np.zeros((SIDE, SIDE, 3), np.uint8),
    "tint": np.full((SIDE, SIDE, 3), (200, 220, 180), np.uint8),
    "checkerboard": checkerboard(SIDE, 8, low=238),
    "gradient": gradient(),
    "streaks of padding": streaked(),
    "blocks": np.pad(SHADES, ((32, 32), (32, 32), (0, 0)), constant_values=255),
}


@pytest.mark.parametrize("name", GROUNDS)
def test_the_animal_is_found_on_each_kind_of_background(name):
    image, animal = GROUNDS[name].copy(), disc()
    image[animal] = np.random.default_rng(0).normal((140, 80, 40), 9, (animal.sum(), 3))
    mask = animal_mask(image)
    assert mask is not None
    overlap = (mask & animal).sum() / (mask | animal).sum()
    assert overlap > 0.9, f"{name}: {overlap:.2f}"


def test_a_very_dark_animal_is_found_on_a_black_background():
    image, animal = np.zeros((SIDE, SIDE, 3), np.uint8), disc()
    image[animal] = (25, 18, 20)
    image[disc(10)] = (200, 60, 20)
    mask = animal_mask(image)
    assert mask is not None and (mask & animal).sum() > 0.95 * animal.sum()


def test_a_black_gap_in_a_black_background_is_background():
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    image[disc(50)] = (150, 90, 40)
    image[disc(10)] = 0
    mask = animal_mask(image)
    assert mask is not None and mask[64, 64] and not without_gaps(image, mask)[64, 64]


def test_enclosed_gaps_are_background_but_a_white_body_is_not():
    drawing = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(drawing, (64, 64), 40, (150, 90, 40), 40)
    cv2.circle(drawing, (64, 64), 6, (150, 90, 40), -1)
    whole = animal_mask(drawing)
    assert whole[64, 78]
    gap = without_gaps(drawing, whole)
    assert not gap[64, 78] and gap[64, 64] and gap[64, 109]
    body = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(body, (64, 64), 50, (150, 90, 40), 6)
    whole = animal_mask(body)
    assert whole[64, 64] and without_gaps(body, whole)[64, 64]
