"""Photographed drawings: sheet, lines and colors, and images that are not such photographs."""

import cv2
import numpy as np
import paper
import pytest
from paper import DRAWINGS
from paper_score import score

from data.paper import from_paper, is_paper
from data.paper.flatten import ink_strength
from data.paper.ruling import ruling
from data.paper.sheet import find_sheet, rectify
from util.image import read_rgb


@pytest.mark.parametrize("number, kind", list(enumerate(paper.KINDS)))
def test_lines_of_a_photographed_drawing_are_its_own(number, kind):
    made = paper.photograph(read_rgb(DRAWINGS[number % len(DRAWINGS)]), kind, seed=2)
    assert is_paper(made.rgb)
    drawing = from_paper(made.rgb)
    assert drawing.is_board == (kind == "chalk on a board")
    assert drawing.ink.shape == drawing.colors.shape[:2] and set(np.unique(drawing.ink)) == {0, 255}
    found = score(drawing.ink, drawing.to_photo, made)
    assert found.f > 0.75, found
    # Paper or board is white in the colors, regardless of the light.
    blank = cv2.dilate(drawing.ink, np.ones((25, 25), np.uint8)) == 0
    assert np.median(drawing.colors[blank]) > 235


@pytest.mark.parametrize("kind", ["pencil on white", "ballpoint on squared", "crayon, coloured"])
def test_a_sheets_corners_are_found(kind):
    made = paper.photograph(read_rgb(DRAWINGS[1]), kind, seed=5)
    height, width = made.rgb.shape[:2]
    seen = np.clip(made.corners, 0, (width - 1, height - 1))
    assert np.abs(find_sheet(made.rgb) - seen).max() < 0.012 * width


def test_a_large_sheet_is_rectified_within_bounds_and_maps_back():
    rgb = np.zeros((3000, 4000, 3), np.uint8)
    rgb[500:2500, 600:3400] = 230
    rgb[1200:1240, 2000:2040] = 20
    corners = np.array([[600, 500], [3399, 500], [3399, 2499], [600, 2499]], np.float32)
    sheet, to_photo = rectify(rgb, corners)
    assert max(sheet.shape) == 2048
    rows, columns = np.nonzero(sheet[..., 0] < 100)
    x, y, scale = to_photo @ (columns.mean(), rows.mean(), 1)
    assert abs(x / scale - 2019.5) < 2 and abs(y / scale - 1219.5) < 2


def test_a_shadow_has_no_strength_and_filled_ink_keeps_it():
    sheet = np.full((400, 600, 3), 230, np.uint8)
    sheet[:, 300:] = 130
    sheet[100:200, 60:160] = 20
    strength = ink_strength(sheet)
    assert strength[250:350, 200:].max() < 0.15
    assert strength[120:180, 80:140].min() > 0.5


@pytest.mark.parametrize("angle", [0.0, 4.0])
def test_a_ruling_is_measured_and_a_few_straight_strokes_are_not_one(angle):
    strength = np.zeros((700, 1000), np.float32)
    for y in range(-200, 900, 40):
        drop = int(np.tan(np.radians(angle)) * 1000)
        cv2.line(strength, (0, y), (1000, y + drop), 0.25, 2)
    strokes = np.zeros_like(strength)
    cv2.line(strokes, (300, 200), (420, 200), 0.9, 3)
    cv2.line(strokes, (300, 330), (420, 330), 0.9, 3)
    assert ruling(strokes).max() == 0
    measured = ruling(np.maximum(strength, strokes))
    assert measured[strength > 0.2].mean() > 0.15
    assert measured.max() < 0.6 and (measured[strokes > 0.5] < 0.6).all()


def test_drawn_images_and_photos_are_not_paper(photos):
    for path in DRAWINGS:
        assert not is_paper(read_rgb(path))
    ramp = np.linspace(0, 255, 256).astype(np.uint8)
    assert not is_paper(np.stack(np.broadcast_arrays(ramp, ramp[:, None], ramp[::-1]), axis=-1))
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    assert not is_paper(noise)
    blank = np.random.default_rng(0).normal(215, 3, (300, 400, 3)).astype(np.uint8)
    assert not is_paper(blank)
    assert not from_paper(blank).ink.any()


@pytest.mark.parametrize(("level", "expected"), [(215, True), (100, False), (246, False)])
def test_ground_without_a_rim_is_paper_if_it_is_as_light_as_photographed_paper(level, expected):
    image = np.random.default_rng(0).normal(level, 2, (480, 640, 3))
    strokes = np.zeros((480, 640), np.uint8)
    for radius in (60, 110, 160):
        cv2.circle(strokes, (320, 240), radius, 1, 4)
    assert is_paper(np.where(strokes[..., None], image * 0.4, image).astype(np.uint8)) == expected
