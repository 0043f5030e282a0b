"""Tests of color hints."""

import numpy as np

from data.hints import color_hint, lighten, shade_flat_areas

SIDE = 64


def animal() -> tuple[np.ndarray, np.ndarray]:
    """Return a two-colored, textured square on white, and its mask."""
    rng = np.random.default_rng(0)
    image = np.full((SIDE, SIDE, 3), 255, np.uint8)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[12:52, 12:52] = True
    image[12:52, 12:32], image[12:52, 32:52] = (200, 60, 40), (40, 90, 180)
    noise = rng.integers(-15, 16, image.shape)
    return np.where(mask[..., None], np.clip(image + noise, 0, 255), image).astype(np.uint8), mask


def test_a_hint_has_flat_colors_and_a_black_background():
    image, mask = animal()
    hint = color_hint(image, mask, colors=2)
    assert (hint[~mask] == 0).all()
    assert len(np.unique(hint[mask], axis=0)) == 2
    for where, color in (((30, 16), (200, 60, 40)), ((30, 48), (40, 90, 180))):
        assert np.abs(lighten(hint[where]).astype(int) - color).max() < 20


def test_flat_colors_are_shaded_and_textured_ones_are_not():
    mask = np.zeros((SIDE, SIDE), bool)
    mask[4:60, 4:60] = True
    flat = np.full((SIDE, SIDE, 3), (150, 110, 70), np.uint8)
    textured = flat.copy()
    textured[::2] = 60
    lines = np.zeros((SIDE, SIDE), np.uint8)
    shaded = shade_flat_areas(flat, mask, lines)
    assert np.ptp(shaded[mask][:, 0].astype(int)) > 40
    hue = shaded[mask].astype(float) / shaded[mask].max(1, keepdims=True)
    assert np.abs(hue - np.array([150, 110, 70]) / 150).max() < 0.25
    assert np.array_equal(shade_flat_areas(textured, mask, lines), textured)
    black = shade_flat_areas(np.zeros_like(flat), mask, lines)[mask]
    assert black.max() > 50 and np.median(black) > 20


def test_tiny_drawings_can_be_shaded():
    tiny = np.full((4, 4, 3), 200, np.uint8)
    assert shade_flat_areas(tiny, np.ones((4, 4), bool), np.zeros((4, 4), np.uint8)).shape == (4, 4, 3)
