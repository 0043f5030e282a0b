"""Tests of the single dataset."""

import cv2
import numpy as np
import pytest
from conftest import drawing
from loaders import DEFAULTS, Namespace
from PIL import Image

from data.hints import lighten, without_grain
from data.single_dataset import SingleDataset
from data.single_input import InputMaker

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
