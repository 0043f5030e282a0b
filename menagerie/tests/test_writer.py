import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from menagerie.writer import make_menagerie, write_contact_sheets
from util.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


def hashes(root):
    files = (p for p in sorted(root.rglob("*")) if p.is_file())
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_one_and_two_workers_write_the_same_files(tmp_path):
    counts = dict(train=8, val=2, chimeras=3, size=64, seed=4)
    make_menagerie(tmp_path / "one", workers=1, **counts)
    make_menagerie(tmp_path / "two", workers=2, **counts)
    one = hashes(tmp_path / "one")
    assert one == hashes(tmp_path / "two")
    assert len([n for n in one if n.startswith("photos/train/")]) == 8
    assert {
        "photos/train/lion_0002.png",
        "photos/val/goat_0001.png",
        "chimeras/photos/chimera_0001.png",
        "chimeras/illustrations/griffin_0001.png",
        "contact_sheet.png",
    } <= set(one)
    record = json.loads((tmp_path / "one" / "menagerie.json").read_text())
    assert record["settings"]["seed"] == 4 and len(record["images"]) == 13
    for entry in record["images"]:
        image = cv2.imread(str(tmp_path / "one" / entry["file"]), cv2.IMREAD_COLOR)
        assert image.shape == (64, 64, 3) and entry["parts"] and "pose" in entry
    for sheet in write_contact_sheets(tmp_path / "one", columns=1, tile=32):
        wide = 32 if sheet.parent.name == "one" else 64
        assert cv2.imread(str(sheet), cv2.IMREAD_COLOR).shape[1] == wide


def test_further_images_do_not_change_the_first_renders(tmp_path):
    make_menagerie(tmp_path / "few", train=2, val=0, chimeras=0, size=64)
    make_menagerie(tmp_path / "more", train=3, val=1, chimeras=0, size=64, illustrate=True)
    few, more = hashes(tmp_path / "few"), hashes(tmp_path / "more")
    for name in ("photos/train/lion_0001.png", "photos/train/goat_0001.png"):
        assert few[name] == more[name]
        assert name.replace("photos", "illustrations") in set(more) - set(few)


def test_the_species_option_selects_the_animals(tmp_path):
    make_menagerie(tmp_path, train=3, val=1, chimeras=1, species=("fish", "snake"), size=64)
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*_0*.png")) == [
        "chimeras/illustrations/chimera_0001.png",
        "chimeras/photos/chimera_0001.png",
        "photos/train/fish_0001.png",
        "photos/train/fish_0002.png",
        "photos/train/snake_0001.png",
        "photos/val/fish_0001.png",
    ]


def test_existing_files_are_kept_unless_overwrite_is_given(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    small = dict(train=1, val=0, chimeras=0, size=64)
    with pytest.raises(UserError, match="not empty"):
        make_menagerie(tmp_path, **small)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    for _ in range(2):
        make_menagerie(tmp_path, overwrite=True, **small)
        assert (tmp_path / "mine.txt").read_text() == "keep"
    assert [p.name for p in (tmp_path / "photos").rglob("*.*")] == ["lion_0001.png"]


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(size=8), "size 8"),
        (dict(train=-1), "train -1"),
        (dict(workers=0), "workers 0"),
        (dict(train=0), "at least one"),
        (dict(species=("fish", "cat")), "cat is unknown; choose from lion"),
    ],
)
def test_invalid_arguments_are_refused(tmp_path, change, words):
    with pytest.raises(UserError, match=words):
        make_menagerie(tmp_path / "out", **(dict(train=1, val=0, chimeras=0, size=64) | change))
    assert not (tmp_path / "out").exists()


def test_the_command_refuses_nonempty_folders_in_one_line(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    line = [sys.executable, "-m", "menagerie", "--output", str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("menagerie: error:") and "--overwrite" in done.stderr


def test_the_background_is_white_up_to_the_borders(tmp_path):
    make_menagerie(tmp_path, train=7, val=0, chimeras=3, size=64)
    for entry in json.loads((tmp_path / "menagerie.json").read_text())["images"]:
        if entry["view"] == "body":
            image = cv2.imread(str(tmp_path / entry["file"]), cv2.IMREAD_COLOR)
            assert image[:1].min() == 255 and image[-1:].min() == 255
