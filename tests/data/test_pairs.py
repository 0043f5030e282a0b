"""Tests of pairs that were not made by preprocess.py, including pairs in two folders."""

import json

import cv2
import numpy as np
import pytest
from conftest import drawing
from loaders import epoch_of, loader_of
from PIL import Image

from data import edge_settings, value_range_of
from util.errors import UserError
from util.pixels import DIM


def photo(height, width, seed=0):
    """Return discs on a smoothly shaded background, (height, width, 3) uint8."""
    rng = np.random.default_rng(seed)
    discs = cv2.resize(drawing(rng, max(height, width)), (width, height))
    shades = cv2.resize(rng.normal(0, 25, (6, 6, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(discs + shades, 0, 255).astype(np.uint8)


def lines_of(image):
    return np.repeat(cv2.Canny(image, 60, 120)[..., None], 3, 2)


def write(folder, images):
    folder.mkdir(parents=True)
    for name, image in images.items():
        Image.fromarray(image).save(folder / f"{name}.png")


@pytest.mark.parametrize(("height", "width"), [(128, 64), (160, 90), (60, 80)])
@pytest.mark.parametrize("target", [lines_of, lambda a: 255 - a, lambda a: cv2.GaussianBlur(a, (0, 0), 2)])
def test_pairs_of_any_shape_are_detected_by_their_content(tmp_path, height, width, target):
    halves = {f"{i}": photo(height, width, i) for i in range(4)}
    write(tmp_path / "train", {k: np.concatenate([a, target(a)], 1) for k, a in halves.items()})
    loader = loader_of(tmp_path, load_size=32, shuffle=False)
    assert len(loader) == 4 and "treated as pairs because of their content" in loader.dataset.notes()[0]
    sample = loader.dataset.load(0)
    assert sample["A"].shape == sample["B"].shape == (32, 32, 3)


@pytest.mark.parametrize(("height", "width"), [(240, 320), (300, 300), (90, 160)])
def test_single_photos_are_pairs_only_if_the_user_says_so(tmp_path, height, width):
    write(tmp_path / "train", {f"{i}": photo(height, width, i) for i in range(6)})
    advice = r"halves look like one image .*--pairs halves.*trainA.*dataset_mode single"
    with pytest.raises(UserError, match=advice):
        loader_of(tmp_path)
    assert len(loader_of(tmp_path, pairs="halves")) == 6


LAYOUTS = ["A/train B/train", "trainA trainB", "train/input train/target", "A B", "input target"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_images_in_two_folders_are_paired_by_name(tmp_path, layout):
    first, second = layout.split()
    images = {f"{i}": photo(40, 40, i) for i in (1, 2, 10)}
    write(tmp_path / first, images | {"only_here": photo(40, 40)})
    write(tmp_path / second, {k: 255 - a for k, a in images.items()})
    how = {"direction": "AtoB", "load_size": 32, "batch_size": 3, "serial_batches": True, "no_flip": True}
    loader = loader_of(tmp_path, **how)
    (batch,) = epoch_of(loader, 1)
    assert [p.rpartition("/")[2] for p in batch["A_paths"]] == ["1.png", "2.png", "10.png"]
    assert (batch["A"] + batch["B"]).abs().mean() < 0.02 and (batch["A"] - batch["B"]).abs().mean() > 0.2
    said = "; ".join(loader.dataset.notes())
    assert "paired by name" in said and "1 images without a partner: only_here" in said
    assert edge_settings(str(tmp_path), "train") is None


def test_two_folders_need_matching_names_unless_there_is_a_train_folder(tmp_path):
    write(tmp_path / "trainA", {"horse1": photo(40, 40)})
    write(tmp_path / "trainB", {"zebra1": photo(40, 40)})
    with pytest.raises(UserError, match="horse1.*zebra1.*give both images of a pair the same name"):
        loader_of(tmp_path)
    for name in ("train", "A", "B"):
        write(tmp_path / "more" / name, {"0": np.concatenate([photo(40, 40)] * 2, 1)})
    assert loader_of(tmp_path / "more").dataset.folder == tmp_path / "more" / "train"


def test_edge_maps_with_few_lines_are_not_reported_as_near_black(tmp_path):
    lines = np.zeros((40, 40, 3), np.uint8)
    lines[9, 9] = 255
    write(tmp_path / "train", {"0": np.concatenate([photo(40, 40), lines], 1)})
    assert loader_of(tmp_path).dataset.notes() == [f"1 image {DIM}: 0.png"]
    record = {"settings": {"edges": "contour"}, "files": []}
    (tmp_path / "train" / "preprocess.json").write_text(json.dumps(record))
    assert loader_of(tmp_path).dataset.notes() == []


def test_images_in_folders_a_and_b_use_the_same_value_range(tmp_path):
    for name, most in (("trainA", 4000), ("trainB", 900)):
        (tmp_path / name).mkdir()
        ramp = np.linspace(10, most, 1600).reshape(40, 40).astype(np.uint16)
        cv2.imwrite(str(tmp_path / name / "0.png"), ramp)
    found = value_range_of(str(tmp_path), "train", "folder")
    assert found == "10,4000" and value_range_of(str(tmp_path), "train", "type") == "type"
    loader = loader_of(tmp_path, value_range=found, load_size=32, preprocess="none", crop_size=0)
    sample = loader.dataset.load(0)
    assert sample["A"].max() == 255 and sample["B"].max() == pytest.approx(255 * 890 / 3990, abs=1)


@pytest.mark.parametrize("level", [0, 255])
def test_uniform_images_are_not_pairs(tmp_path, level):
    write(tmp_path / "train", {str(i): np.full((90, 90, 3), level, np.uint8) for i in range(3)})
    with pytest.raises(UserError, match="not a pair"):
        loader_of(tmp_path)
