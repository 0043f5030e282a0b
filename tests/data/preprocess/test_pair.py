"""Tests for building a single pair."""

import cv2
import numpy as np
import pytest

from data.hints import without_grain
from data.preprocess.pair import EdgeSettings, make_square, pair, prepare


@pytest.mark.parametrize("name", ["astronaut", "coins"])
@pytest.mark.parametrize("size", [256, 150])
def test_pairs_are_identical_to_those_of_the_original_project(shared, name, size):
    data = pytest.importorskip("skimage.data")
    image = getattr(data, name)()
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    wanted = np.load(shared / "parity" / "preprocess.npz")[f"{name}_{size}"]
    made = prepare(image, size, EdgeSettings())
    assert np.array_equal(pair(made.square, made.condition), wanted)


def test_make_square_repeats_the_border_or_pads_with_white():
    image = np.zeros((20, 40, 3), np.uint8)
    image[0], image[-1] = 10, 200
    square = make_square(image, 40)
    assert square.shape == (40, 40, 3)
    assert (square[:11] == 10).all() and (square[29:] == 200).all()
    assert (make_square(image, 40, pad="white")[:10] == 255).all()


def cut_out(height: int = 40, width: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return a striped ellipse that touches all borders of the image, and its alpha channel."""
    rgb = np.full((height, width, 3), 255, np.uint8)
    rows, columns = np.mgrid[:height, :width]
    alpha = ((rows / height - 0.5) ** 2 + (columns / width - 0.5) ** 2 <= 0.25).astype(np.uint8) * 255
    rgb[alpha > 0] = np.where(columns[alpha > 0][:, None] // 5 % 2, (180, 90, 20), (60, 40, 30))
    return rgb, alpha


@pytest.mark.parametrize("settings", [EdgeSettings(), EdgeSettings(edges="contour", hints="color")])
def test_a_cut_out_has_a_white_margin_and_no_lines_outside(settings):
    made = prepare(*cut_out()[:1], 64, settings, alpha=cut_out()[1])
    assert made.mask is not None and 0.3 < made.mask.mean() < 0.6
    assert (made.square[~made.mask] == 255).all()
    rim = np.ones((64, 64), bool)
    rim[2:-2, 2:-2] = False
    assert (made.square[rim] == 255).all() and (made.condition[rim] == 0).all()
    assert (made.edges[~made.mask] == 0).all()


def test_hints_do_not_change_lines_and_cover_only_the_animal():
    rgb, alpha = cut_out()
    plain, hinted = (
        prepare(rgb, 64, EdgeSettings(edges="contour", hints=hints), alpha=alpha)
        for hints in ("none", "color")
    )
    assert np.array_equal(plain.edges, hinted.edges)
    assert np.array_equal(plain.condition, np.repeat(plain.edges[..., None], 3, axis=2))
    colored = (hinted.condition.max(2) > 0) & (hinted.edges == 0)
    assert colored.any() and (hinted.mask[colored]).all() and hinted.condition[colored].max() <= 96


def test_photos_and_silhouettes_get_hints_but_line_art_does_not():
    image = np.full((64, 64, 3), (210, 230, 210), np.uint8)
    cv2.circle(image, (32, 32), 20, (150, 70, 30), -1)
    settings = EdgeSettings(edges="contour", ground="white", hints="color")
    made = prepare(image, 64, settings)
    assert (made.square[0] == 255).all()
    assert made.condition[32, 32].max() > 14 and made.condition[3, 3].max() == 0
    drawing = np.full((64, 64, 3), 255, np.uint8)
    cv2.circle(drawing, (32, 32), 20, (0, 0, 0), 2)
    lines = prepare(drawing, 64, settings, kind="lineart")
    assert set(np.unique(lines.condition)) == {0, 255}
    cv2.circle(drawing, (32, 32), 20, (0, 0, 0), -1)
    silhouette = prepare(drawing, 64, settings, kind="lineart")
    assert (without_grain(silhouette.condition)[28:36, 28:36] == 14).all()


def test_white_areas_inside_a_silhouette_are_background():
    silhouette = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(silhouette, (64, 64), 40, (0, 0, 0), -1)
    cv2.circle(silhouette, (64, 64), 12, (255, 255, 255), -1)
    settings = EdgeSettings(ground="white", hints="color")
    mask = prepare(silhouette, 128, settings, kind="lineart").mask
    assert mask[64, 94] and not mask[64, 64]
