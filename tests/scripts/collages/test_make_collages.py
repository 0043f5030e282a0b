import json

import cv2
import numpy as np
import pytest
from animal_zoo import beast, bird

from scripts import make_collages, show_landmarks
from scripts.animal_photos.photos import read_list
from scripts.collages.animals import CUTS, Animal, read_landmarks
from scripts.collages.kinds import KINDS
from util.errors import UserError
from util.image import encode, read_rgb

LISTED = {photo.name: photo for photo in read_list()[1]}


def zoo():
    """Return animals from which every kind of collage can be made."""
    flyer = bird()
    bat, reptile = (Animal(n, n, flyer.pixels, flyer.marks, flyer.wings) for n in ("bat", "reptile"))
    groups = "equine", "bovid", "deer", "cat", "dog", "bear"
    goat = beast("goat", "bovid")
    return [*(beast(g, g) for g in groups), beast("cat two", "cat"), goat, flyer, bat, reptile]


@pytest.fixture
def photos(tmp_path):
    """Write drawn animals that have the names and sizes of the photos with landmarks."""
    source = beast().pixels
    for name, marks in read_landmarks().items():
        path = tmp_path / "photos" / LISTED[name].split / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = cv2.resize(source, marks["size"], interpolation=cv2.INTER_AREA)
        rgb = np.where(drawn[..., 3:] > 0, drawn[..., :3] / np.maximum(drawn[..., 3:], 1e-3), 0)
        path.write_bytes(encode((np.dstack([rgb, drawn[..., 3]]) * 255).astype(np.uint8), "png"))
    return tmp_path / "photos"


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_collage_is_connected(name):
    rgba = KINDS[name].make(KINDS[name].combinations(zoo())[0], np.random.default_rng(1))
    assert rgba.dtype == np.uint8 and rgba.shape[2] == 4 and 100 < max(rgba.shape) < 720
    _, _, sizes, _ = cv2.connectedComponentsWithStats((rgba[..., 3] > 128).astype(np.uint8))
    assert max(sizes[1:, cv2.CC_STAT_AREA]) > 0.9 * (rgba[..., 3] > 128).sum()


def test_collages_depend_on_the_split_and_the_seed(photos, tmp_path, capsys):
    def make(folder, split, seed):
        to = tmp_path / folder
        arguments = ["--photos", photos, "--split", split, "--count", 3, "--output", to, "--seed", seed]
        assert make_collages.main([str(a) for a in arguments]) == 0
        record = json.loads((to / "collages.json").read_text())
        assert sorted(record) == sorted(path.name for path in to.glob("*.png")) and len(record) == 3
        used = {name for names in record.values() for name in names}
        assert all(LISTED[name].split == split for name in used)
        return [path.read_bytes() for path in sorted(to.iterdir())]

    one = make("one", "train", 0)
    assert one == make("two", "train", 0) != make("three", "train", 1)
    make("four", "held_out", 0)


def test_missing_photos_are_reported_with_the_download_command(tmp_path):
    with pytest.raises(UserError, match=r"no animals for pegasus.*download_animals\.sh"):
        make_collages.main(["--photos", str(tmp_path), "--kinds", "pegasus", "--output", str(tmp_path / "o")])
    with pytest.raises(SystemExit):
        make_collages.main(["--count", "0", "--output", str(tmp_path)])


def test_the_landmarks_in_the_repository_are_valid():
    for name, marks in read_landmarks().items():
        width, height = marks["size"]
        listed = LISTED[name]
        assert listed.outline or [width, height] == list(listed.size), name
        for mark, values in marks.items():
            if mark in ("size", "facing", "wing"):
                continue
            placed = np.atleast_2d(values)
            assert np.all(placed >= -10) and np.all(placed <= [width + 10, height + 10]), (name, mark)
        for mark in CUTS & marks.keys():
            assert len(marks[mark]) == 3 or "muzzle" in marks, (name, mark)
        for wing in marks.get("wing", ()):
            assert len(wing["outline"]) >= 3 and len(wing["root"]) == 2, name


def test_show_landmarks_draws_the_named_animals(photos, tmp_path):
    sheet = tmp_path / "sheet.png"
    show = show_landmarks.main
    assert show(["lion", "harrier", "coraltrout", "--photos", str(photos), "--output", str(sheet)]) == 0
    rgb = read_rgb(sheet)
    assert rgb.shape == (500, 3 * 500, 3) and len(np.unique(rgb.reshape(-1, 3), axis=0)) > 50
    with pytest.raises(UserError, match="unicorn has no landmarks"):
        show(["unicorn", "--photos", str(photos), "--output", str(sheet)])
    with pytest.raises(UserError, match=r"no lion\.png in"):
        show(["lion", "--photos", str(tmp_path), "--output", str(sheet)])
