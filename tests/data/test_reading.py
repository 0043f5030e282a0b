"""Tests of making the generator's input from images of different kinds."""

from dataclasses import asdict

import cv2
import numpy as np
import paper
import pytest
from paper import DRAWINGS

from data.preprocess.pair import EdgeSettings, prepare
from data.single_input import InputMaker, read_single
from util.image import read_rgb
from util.parsing import hints_option

SETTINGS = EdgeSettings(edges="detail", resize="area", ground="white", hints="color")


def test_a_photographed_drawing_keeps_its_lines():
    drawing = read_rgb(DRAWINGS[4])
    made = paper.photograph(drawing, "felt pen on ruled", seed=3)
    read = read_single(made.rgb, 256, SETTINGS)
    assert read.kind == "paper" and read.drawing is not None
    prepared = read.prepared
    # The lines must match those of the drawing after they are mapped to the photo and then to the drawing.
    matrix = np.linalg.inv(made.to_photo) @ read.to_image
    lines = cv2.warpPerspective(prepared.edges, matrix, (512, 512), flags=cv2.INTER_LINEAR) > 60
    near = cv2.dilate(made.lines, np.ones((11, 11), np.uint8)) > 0
    assert lines.sum() > 2000 and near[lines].mean() > 0.95
    rows, columns = np.nonzero(prepared.edges)
    assert 0.85 < max(np.ptp(rows), np.ptp(columns)) / 256 < 0.93


def test_only_colored_drawings_get_hints():
    drawing = read_rgb(DRAWINGS[5])
    colored = read_single(paper.photograph(drawing, "crayon, coloured", seed=1).rgb, 256, SETTINGS).prepared
    between = (colored.edges == 0) & (colored.condition.max(axis=2) > 0)
    assert between.mean() > 0.05
    plain = read_single(paper.photograph(drawing, "pencil on white", seed=1).rgb, 256, SETTINGS).prepared
    assert (plain.condition.max(axis=2) == plain.edges).all()


def test_a_small_drawing_is_enlarged_unless_frame_is_none():
    small = np.full((900, 900, 3), 255, np.uint8)
    cv2.ellipse(small, (200, 700), (90, 60), 0, 0, 360, (0, 0, 0), 5)
    framed = read_single(small, 256, SETTINGS, input_kind="lineart")
    rows, columns = np.nonzero(framed.prepared.edges)
    assert np.ptp(columns) > 210
    x, y, scale = framed.to_image @ (columns.mean(), rows.mean(), 1)
    assert abs(x / scale - 200) < 3 and abs(y / scale - 700) < 3
    left = read_single(small, 256, SETTINGS, input_kind="lineart", frame="none")
    np.testing.assert_array_equal(left.prepared.edges, prepare(small, 256, SETTINGS, kind="lineart").edges)


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_the_example_drawings_are_not_framed(path):
    rgb = read_rgb(path)
    made = read_single(rgb, 256, EdgeSettings("detail"))
    assert made.kind == "lineart"
    expected = prepare(rgb, 256, EdgeSettings("detail"), kind="lineart").condition
    np.testing.assert_array_equal(made.prepared.condition, expected)


def test_a_drawing_without_colors_gets_a_shaded_coat():
    drawing = np.full((256, 256, 3), 255, np.uint8)
    cv2.circle(drawing, (128, 128), 100, (0, 0, 0), 3)

    def condition(hints):
        return InputMaker(asdict(SETTINGS), direction="BtoA", size_px=256, hints=hints_option(hints))(drawing)

    assert set(np.unique(condition("none"))) == {0, 255}
    for hints, color in (("auto", (158, 112, 72)), ("#4080ff", (64, 128, 255))):
        made = condition(hints).astype(int)
        inside = made[np.hypot(*(np.mgrid[:256, :256] - 128.0)) < 90].mean(0)
        assert np.abs(inside - (14 + 0.32 * np.array(color))).max() < 18
        assert made[32:50, 110:146].mean() > made[206:224, 110:146].mean() + 5  # lit from above
        assert (made[10, 10] == 0).all()
