"""Tests of color hints."""

import numpy as np

from data.hints import color_hint, lighten

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


def test_a_hint_has_flat_colors_and_a_black_ground():
    image, mask = animal()
    hint = color_hint(image, mask, colors=2)
    assert (hint[~mask] == 0).all()
    assert len(np.unique(hint[mask], axis=0)) == 2
    for where, color in (((30, 16), (200, 60, 40)), ((30, 48), (40, 90, 180))):
        assert np.abs(lighten(hint[where]).astype(int) - color).max() < 20
