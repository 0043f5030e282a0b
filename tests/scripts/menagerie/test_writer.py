import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.edges import classify_input
from scripts.menagerie import (
    OutputExistsError,
    make_menagerie,
    write_contact_sheets,
)
from scripts.menagerie.materials import Material
from scripts.menagerie.scene import generator, render

ROOT = Path(__file__).resolve().parents[3]
GREY = Material((0.5, 0.5, 0.5), hair=0.0, gloss=0.0, mottle=0.0)
RIGHT = np.array([0.0, 0.0, 1.0])


def hashes(root):
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def test_same_bytes_from_one_and_two_workers(tmp_path):
    counts = dict(train=8, val=2, chimeras=3, size=64, seed=4, progress=False)
    make_menagerie(tmp_path / "one", workers=1, **counts)
    make_menagerie(tmp_path / "two", workers=2, **counts)
    one, two = hashes(tmp_path / "one"), hashes(tmp_path / "two")
    assert one == two
    assert len([n for n in one if n.startswith("photos/train/")]) == 8
    assert {
        "photos/train/lion_0001.png",
        "photos/train/lion_0002.png",
        "photos/val/goat_0001.png",
        "chimeras/photos/chimera_0001.png",
        "chimeras/illustrations/griffin_0001.png",
        "contact_sheet.png",
    } <= set(one)
    record = json.loads((tmp_path / "one" / "menagerie.json").read_text())
    assert record["settings"]["seed"] == 4 and len(record["images"]) == 13
    assert len({tuple(p["seed"]) for p in record["images"]}) == 13
    for entry in record["images"]:
        image = cv2.imread(str(tmp_path / "one" / entry["file"]), cv2.IMREAD_COLOR)
        assert image.shape == (64, 64, 3)
        assert entry["parts"] and "pose" in entry
    for sheet in write_contact_sheets(tmp_path / "one", columns=1, tile=32):
        wide = 32 if sheet.parent.name == "one" else 64
        assert cv2.imread(str(sheet), cv2.IMREAD_COLOR).shape[1] == wide


def test_asking_for_more_keeps_the_first_images(tmp_path):
    make_menagerie(tmp_path / "few", train=2, val=0, chimeras=0, size=64, progress=False)
    make_menagerie(tmp_path / "more", train=3, val=1, chimeras=0, size=64, progress=False, extension="png")
    few, more = hashes(tmp_path / "few"), hashes(tmp_path / "more")
    for name in ("photos/train/lion_0001.png", "photos/train/goat_0001.png"):
        assert few[name] == more[name]


def test_animals_of_some_species_alone(tmp_path):
    make_menagerie(
        tmp_path, train=3, val=1, chimeras=1, species=("fish", "snake"), size=64, seed=4, progress=False
    )
    found = [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*_0*.png")]
    assert sorted(found) == [
        "chimeras/illustrations/chimera_0001.png",
        "chimeras/photos/chimera_0001.png",
        "photos/train/fish_0001.png",
        "photos/train/fish_0002.png",
        "photos/train/snake_0001.png",
        "photos/val/fish_0001.png",
    ]
    record = json.loads((tmp_path / "menagerie.json").read_text())
    assert record["settings"]["species"] == ["fish", "snake"]


def test_output_that_is_not_empty_is_left_alone_unless_told(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(OutputExistsError, match="not empty"):
        make_menagerie(tmp_path, train=1, val=0, chimeras=0, size=64, progress=False)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    make_menagerie(
        tmp_path, train=1, val=0, chimeras=0, size=64, progress=False, overwrite=True, extension="jpg"
    )
    assert (tmp_path / "mine.txt").read_text() == "keep"
    assert (tmp_path / "photos/train/lion_0001.jpg").exists()
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(size=8), "size 8"),
        (dict(train=-1), "train -1"),
        (dict(workers=0), "workers 0"),
        (dict(extension="bmp"), "bmp"),
        (dict(train=0), "at least one"),
        (dict(species=("fish", "cat")), "cat is unknown; choose from lion"),
        (dict(species=("fish", "fish")), "twice"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, change, words):
    settings = dict(train=1, val=0, chimeras=0, size=64, progress=False) | change
    with pytest.raises(ValueError, match=words):
        make_menagerie(tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_the_command_refuses_a_full_folder_with_code_2_and_one_line(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "make_menagerie.py"), "--output", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "--overwrite" in done.stderr


def test_the_package_does_not_import_torch():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import pathlib\n"
        "for p in pathlib.Path(sys.argv[1], 'scripts', 'menagerie').glob('*.py'):\n"
        "    assert 'import torch' not in p.read_text(), p\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(ROOT)]).returncode == 0


def test_every_image_can_have_the_same_ground(tmp_path):
    make_menagerie(tmp_path, train=3, val=0, chimeras=0, size=64, ground="white", progress=False)
    entries = json.loads((tmp_path / "menagerie.json").read_text())["images"]
    assert {e["background"] for e in entries} == {"white"}
    for entry in entries:
        corner = cv2.imread(str(tmp_path / entry["file"]), cv2.IMREAD_COLOR)[:3, :3]
        assert corner.min() > 240


def test_drawing_the_animals_leaves_their_renders_as_they_are(tmp_path):
    counts = dict(train=2, val=1, chimeras=0, size=64, seed=3, progress=False)
    make_menagerie(tmp_path / "plain", **counts)
    make_menagerie(tmp_path / "drawn", illustrate=True, line_art=True, **counts)
    plain, drawn = hashes(tmp_path / "plain"), hashes(tmp_path / "drawn")
    photos = {name for name in plain if name.startswith("photos/")}
    assert len(photos) == 3 and all(drawn[name] == plain[name] for name in photos)
    for drawings in ("illustrations/", "line_art/"):
        assert {name.replace("photos/", drawings) for name in photos} <= set(drawn)
    make_menagerie(tmp_path / "drawn", overwrite=True, **counts)
    assert hashes(tmp_path / "drawn") == plain


def test_line_art_is_recognised_as_such_and_shows_the_eye():
    drawing = render("unicorn", generator(5, "chimeras", 0), inked=True, ground="white", size=512).line_art
    assert classify_input(drawing) == "lineart"
    assert (drawing[5:-5, 5:-5] > 250).mean() > 0.85 and drawing.min() < 30
    _, _, stats, centres = cv2.connectedComponentsWithStats((drawing[..., 0] < 100).astype(np.uint8))
    dots = centres[(stats[:, 4] > 40) & (stats[:, 2:4].max(axis=1) <= 12)]
    assert len(dots) == 1 and np.linalg.norm(dots[0] - (97, 165)) < 6
