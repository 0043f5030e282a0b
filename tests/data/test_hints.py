"""Color hints: which colors they keep, their place under the lines, and their variation in training."""

import numpy as np
import torch

from data.augmentation import augment_hints, join_condition, split_condition
from data.hints import color_hint, lighten, with_lines, without_grain

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


def condition(n: int = 1) -> torch.Tensor:
    """Return conditions (n, 3, H, W) in [-1, 1] with a vertical line in the middle."""
    image, mask = animal()
    edges = np.zeros((SIDE, SIDE), np.uint8)
    edges[12:52, 32] = 255
    made = with_lines(color_hint(image, mask), edges)
    return torch.from_numpy(made.transpose(2, 0, 1).copy())[None].float().repeat(n, 1, 1, 1) / 127.5 - 1


def generators(n: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng((seed, i)) for i in range(n)]


def test_a_hint_is_flat_keeps_the_colors_and_leaves_the_ground_black():
    image, mask = animal()
    hint = color_hint(image, mask, colors=2)
    assert (hint[~mask] == 0).all()
    assert len(np.unique(hint[mask], axis=0)) == 2
    for where, color in (((30, 16), (200, 60, 40)), ((30, 48), (40, 90, 180))):
        assert np.abs(lighten(hint[where]).astype(int) - color).max() < 20


def test_hint_dropout_1_keeps_only_lines_and_0_never_drops_a_whole_hint():
    lines, colors, where = split_condition(condition(40))
    gone = augment_hints(colors, where, 1.0, generators(40))[1]
    assert gone.sum() == 0
    assert torch.allclose(join_condition(lines, colors, gone), lines.repeat(1, 3, 1, 1) * 2 - 1)
    kept = augment_hints(colors, where, 0.0, generators(40))[1]
    assert (kept.sum((1, 2, 3)) > 0).all()


def test_a_samples_hint_depends_only_on_its_random_generator():
    _, colors, where = split_condition(condition(6))
    whole = augment_hints(colors, where, 0.3, generators(6))
    alone = augment_hints(colors[4:5], where[4:5], 0.3, generators(6)[4:5])
    assert all(torch.equal(a[4:5], b) for a, b in zip(whole, alone, strict=True))


def test_hints_have_the_same_grain_for_all_images_and_lines_have_none():
    hint, edges = np.full((64, 64, 3), 50, np.uint8), np.zeros((64, 64), np.uint8)
    hint[:, :32], edges[10] = 0, 255
    made = with_lines(hint, edges)
    assert (made[:, :32] == edges[:, :32, None]).all() and (made[10] == 255).all()
    levels = made[20:, 32:].astype(int) - 50
    assert (
        (levels == levels[..., :1]).all()
        and abs(levels.mean()) < 0.3
        and set(np.unique(levels)) == set(range(-6, 7))
    )
    assert np.corrcoef(levels[:-1, :, 0].ravel(), levels[1:, :, 0].ravel())[0, 1] < 0.1
    np.testing.assert_array_equal(without_grain(made), np.maximum(hint, edges[..., None]))
