"""Tests of the single dataset."""

import numpy as np
import pytest
from conftest import drawing
from loaders import DEFAULTS, Namespace
from PIL import Image

from data.single_dataset import SingleDataset

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
