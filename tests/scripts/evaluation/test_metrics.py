"""The metrics of evaluate.py on images whose values are known."""

import cv2
import numpy as np
import pytest
import torch

from data.hints import darken, with_lines
from scripts.evaluation.differences import paired_difference
from scripts.evaluation.edge_fidelity import edge_fidelity, line_mask
from scripts.evaluation.hint_distance import hint_distance
from scripts.evaluation.measure import pointwise
from scripts.evaluation.nearest_photo import PhotoIndex


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
def test_edge_fidelity_counts_what_is_within_the_tolerance(contours, lines, precision, recall, f):
    assert edge_fidelity(vertical(*contours), vertical(*lines)) == pytest.approx((precision, recall, f))


def test_small_images_keep_a_pixel_of_tolerance():
    assert edge_fidelity(vertical(10, side=32), vertical(11, side=32))[2] == pytest.approx(1)
    assert edge_fidelity(vertical(10, side=32), vertical(12, side=32))[2] == 0


def condition(color: tuple[int, int, int]) -> np.ndarray:
    """Return an input, 32 px square: a hint of one color in the middle, with a line at both sides."""
    hint = np.zeros((32, 32, 3), np.uint8)
    hint[8:24, 8:24] = darken(np.array(color, np.uint8))
    edges = np.zeros((32, 32), np.uint8)
    edges[8:24, 8] = edges[8:24, 23] = 255
    return with_lines(hint, edges)


def test_lines_are_found_in_either_polarity_and_over_hints_and_photos_are_no_drawings():
    drawing = np.repeat(vertical(3, side=64)[..., None], 3, axis=2).astype(np.uint8) * 255
    assert np.array_equal(line_mask(drawing), vertical(3, side=64))
    assert np.array_equal(line_mask(255 - drawing), vertical(3, side=64))
    over_hint = line_mask(condition((255, 40, 0)))
    assert over_hint.sum() == 32 and over_hint[8:24, 8].all()
    assert line_mask(np.full((8, 8, 3), 128, np.uint8)) is None
    assert line_mask(np.full((8, 8, 3), (200, 20, 20), np.uint8)) is None


def test_an_output_in_the_hints_color_is_near_and_ground_and_lines_do_not_count():
    pytest.importorskip("skimage")
    output = np.zeros((32, 32, 3), np.uint8)
    output[8:24, 8:24] = (200, 60, 30)
    assert hint_distance([output], condition((200, 60, 30))) < 1.5
    assert hint_distance([np.full_like(output, 255)], condition((0, 0, 0))) == pytest.approx(100, abs=0.5)
    lines = with_lines(np.zeros((32, 32, 3), np.uint8), np.eye(32, dtype=np.uint8) * 255)
    assert hint_distance([lines], lines) is None


def photos(n=6, seed=0):
    rng = np.random.default_rng(seed)
    return [
        cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (96, 96), interpolation=cv2.INTER_CUBIC)
        for _ in range(n)
    ]


def test_copies_of_photos_are_found_also_mirrored_and_with_noise_and_strangers_are_far():
    known = photos()
    index = PhotoIndex(known)
    assert index.find(known[3]) == (3, pytest.approx(0, abs=1e-3), False)
    assert index.find(known[2][:, ::-1]) == (2, pytest.approx(0, abs=1e-3), True)
    noisy = np.clip(known[4] + np.random.default_rng(1).normal(0, 20, (96, 96, 3)), 0, 255).astype(np.uint8)
    near, far = index.find(noisy), index.find(photos(1, seed=9)[0])
    assert near.photo == 4 and near.ratio < 0.3 < 0.7 < far.ratio


def test_the_unit_is_the_photos_own_nearest_distance():
    # Gray images differ in L alone: among 0, 100 and 200 the nearest other one is a step away for each.
    gray = [np.full((32, 32, 3), value, np.uint8) for value in (0, 100, 150, 200)]
    dark, middle, level, light = (cv2.cvtColor(np.float32(g) / 255, cv2.COLOR_RGB2LAB)[0, 0, 0] for g in gray)
    typical = np.median([middle - dark, min(middle - dark, light - middle), light - middle])
    expected = min(level - middle, light - level) / typical
    assert PhotoIndex([gray[0], gray[1], gray[3]]).find(gray[2]).ratio == pytest.approx(expected, rel=1e-3)


def test_pairing_sees_what_the_spread_of_inputs_hides():
    rng = np.random.default_rng(0)
    difficulty = rng.normal(0, 10, 40)
    found = paired_difference(difficulty + 0.5 + rng.normal(0, 0.1, 40), difficulty)
    assert 0.4 < found.low < found.mean < found.high < 0.6 and found.is_clear


def test_pixelwise_metrics_of_a_known_offset_as_far_as_the_size_allows():
    # 0.2 in [-1, 1] is 0.1 on the 0..1 scale: MSE 0.01, 20 dB. Flat images have similar structure, so that
    # MS-SSIM is the luminance term (2ab + c1) / (a^2 + b^2 + c1) of its coarsest scale.
    x = torch.zeros(2, 3, 176, 176)
    values = pointwise(x, x + 0.2)
    assert values["L1"].tolist() == pytest.approx([0.1, 0.1])
    assert values["PSNR"].tolist() == pytest.approx([20, 20], abs=1e-4)
    assert values["MS-SSIM"][0].item() == pytest.approx(((0.6 + 1e-4) / (0.61 + 1e-4)) ** 0.1333, abs=1e-4)
    assert list(pointwise(x[..., :175], x[..., :175])) == ["L1", "PSNR", "SSIM"]
    assert list(pointwise(x[..., :8], x[..., :8])) == ["L1", "PSNR"]
    large = torch.zeros(1, 1, 2048, 2052)
    assert list(pointwise(large, large)) == ["L1", "PSNR", "SSIM"]
