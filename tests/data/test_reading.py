"""Tests of making generator inputs from different kinds of images, and of the single dataset."""

from dataclasses import asdict

import cv2
import numpy as np
import paper
import pytest
from conftest import drawing
from loaders import DEFAULTS, Namespace
from paper import DRAWINGS
from PIL import Image

from data.hints import lighten, without_grain
from data.preprocess.pair import EdgeSettings, prepare
from data.single_dataset import SingleDataset
from data.single_input import InputMaker, read_single
from util.image import read_rgb
from util.parsing import hints_option

SETTINGS = EdgeSettings(edges="detail", resize="area", ground="white", hints="color")


def test_a_photographed_drawing_keeps_its_lines():
    made = paper.photograph(read_rgb(DRAWINGS[4]), "felt pen on ruled", seed=3)
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
    lines = read_rgb(DRAWINGS[5])
    colored = read_single(paper.photograph(lines, "crayon, coloured", seed=1).rgb, 256, SETTINGS).prepared
    between = (colored.edges == 0) & (colored.condition.max(axis=2) > 0)
    assert between.mean() > 0.05
    plain = read_single(paper.photograph(lines, "pencil on white", seed=1).rgb, 256, SETTINGS).prepared
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
    circle = np.full((256, 256, 3), 255, np.uint8)
    cv2.circle(circle, (128, 128), 100, (0, 0, 0), 3)
    cv2.line(circle, (108, 128), (148, 128), (0, 0, 0), 3)

    def condition(hints):
        return InputMaker(asdict(SETTINGS), direction="BtoA", size_px=256, hints=hints_option(hints))(circle)

    assert set(np.unique(condition("none"))) == {0, 255}
    for hints, color in (("auto", (158, 112, 72)), ("#4080ff", (64, 128, 255))):
        made = condition(hints).astype(int)
        inside = made[np.hypot(*(np.mgrid[:256, :256] - 128.0)) < 90].mean(0)
        assert np.abs(inside - (14 + 0.32 * np.array(color))).max() < 18
        assert made[32:50, 110:146].mean() > made[206:224, 110:146].mean() + 5  # lit from above
        assert made[130:132, 120:136].mean() < made[144:148, 120:136].mean() - 5  # darker at a line
        assert (made[10, 10] == 0).all()


SINGLE = {"phase": "test", "load_size": 128, "input_kind": "auto", "frame": "auto", "hints": "auto"}


def single(folder, **changes):
    return SingleDataset(Namespace(**{**DEFAULTS, **SINGLE, "dataroot": str(folder), **changes}))


def test_images_are_unchanged_if_the_run_has_no_edge_settings(tmp_path):
    photo, edges = drawing(np.random.default_rng(0), 200)[:120], np.zeros((100, 128), np.uint8)
    edges[20:80, 30] = edges[20:80, 90] = edges[20, 30:90] = edges[80, 30:91] = 255
    (tmp_path / "sub").mkdir()
    for name, image in {"photo & <b>": photo, "edges": edges, "sub/edges": edges}.items():
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    dataset = single(tmp_path)
    found = [dataset.load(index)["A"] for index in range(3)]
    assert [path.name for path in dataset.paths] == ["edges.png", "photo & <b>.png", "edges.png"]
    assert np.array_equal(found[0][..., 0], edges) and np.array_equal(found[0], found[2])
    assert found[1].shape == (77, 128, 3) and found[1].mean() > 60  # no lines on black
    assert "images used unchanged: the run does not record how edge maps were made" in dataset.describe()
    dataset = single(tmp_path, input_kind="photo")
    assert {dataset.load(index)["A"].shape for index in range(3)} == {(128, 128, 3)}
    assert "edges extracted by auto_canny from 3 photo" in dataset.describe()


@pytest.mark.parametrize(
    ("direction", "said"), [("BtoA", "edges extracted by contour"), ("AtoB", "used unchanged")]
)
def test_inputs_are_made_in_the_same_way_as_in_training(tmp_path, direction, said):
    photo = drawing(np.random.default_rng(0), 128)
    Image.fromarray(photo).save(tmp_path / "a.png")
    settings = {"edges": "contour", "resize": "area", "pad": "auto"}
    dataset = single(tmp_path, direction=direction, edge_settings=settings)
    assert np.array_equal(dataset.load(0)["A"], photo) == (direction == "AtoB")
    assert said in dataset.describe()


def hatched(step_px: int) -> np.ndarray:
    """Return a disc with an outline and vertical strokes in its lower half."""
    image = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(image, (64, 64), 50, (0, 0, 0), 2)
    for x in range(20, 109, step_px):
        cv2.line(image, (x, 64), (x, 64 + int(max(0, 2500 - (x - 64) ** 2) ** 0.5)), (0, 0, 0), 1)
    return image


def test_line_art_gets_a_brown_coat_unless_it_is_shaded_by_hatching():
    settings = {"edges": "detail", "ground": "white", "hints": "color"}
    make = InputMaker(settings, direction="BtoA", size_px=128, input_kind="lineart")
    plain, shaded = (lighten(without_grain(make(hatched(step_px)))).astype(int) for step_px in (200, 4))
    top, bottom = np.s_[30:50, 54:74], np.s_[74:94, 54:74]
    assert (plain[top][..., 0] > plain[top][..., 2]).mean() > 0.8
    assert np.abs(shaded[top][..., 0] - shaded[top][..., 2]).max() < 60
    assert shaded[top].mean() > 1.2 * np.median(shaded[bottom])
