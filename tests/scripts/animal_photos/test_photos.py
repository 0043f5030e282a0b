import json
import os

import numpy as np
import pytest
from animal_packages import ROUGH, deb, photo_of_an_ellipse, rcc
from conftest import ROOT
from PIL import Image

from scripts import download_animals
from scripts.animal_photos import photos
from scripts.animal_photos.cutout import cut_out
from util.errors import UserError
from util.image import encode


def stamp(size=(12, 8), color=(200, 100, 50)):
    rgba = np.zeros((size[1], size[0], 4), np.uint8)
    rgba[2:-2, 2:-2] = (*color, 255)
    return encode(rgba, "png")


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """List two stamps and a photo with a background; return its folder and the files in the packages."""
    rgb, _ = photo_of_an_ellipse()
    common = {"species": "crow", "group": "bird", "facing": "left"}
    keys = ("name", "split", "package", "file", "size")
    rows = [
        ("crow", "train", "stamps", "birds/crow.png", [12, 8]),
        ("pelican", "held_out", "stamps", "a/b/pelican.png", [9, 9]),
        ("bison", "train", "games", "world.rcc/bison.png", [120, 90]),
    ]
    entries = [dict(zip(keys, row, strict=True)) for row in rows]
    entries[2] |= {"outline": ROUGH, "credit": "K. Kaiser", "licence": "CC0-1.0", "source": "commons"}
    packages = dict.fromkeys(("stamps", "games"), {"credit": "B. K.", "licence": "GPL-2", "source": "web"})
    path = tmp_path / "animals.json"
    path.write_text(json.dumps({"packages": packages, "photos": [common | entry for entry in entries]}))
    monkeypatch.setattr(photos.read_list, "__defaults__", (path,))
    files = {
        "birds/crow.png": stamp(),
        "birds/cartoon/crow.png": stamp(color=(0, 0, 0)),
        "a/b/pelican.png": stamp((9, 9)),
        "rcc/world.rcc": rcc({"other.png": b"x", "bison.png": encode(rgb, "png")}),
    }
    return tmp_path, files


def run(*arguments):
    return download_animals.main([str(a) for a in arguments])


def written(output):
    return sorted(p.relative_to(output / "photos").as_posix() for p in (output / "photos").rglob("*.png"))


ALL = ["held_out/pelican.png", "train/bison.png", "train/crow.png"]


def test_a_package_and_an_unpacked_folder_give_the_same_photos(listed, capsys):
    place, files = listed
    for name, content in files.items():
        (place / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "folder" / name).write_bytes(content)
    assert run(deb(place / "a.deb", files), "--output", place / "one") == 0
    assert run(place / "folder", "--output", place / "two") == 0
    assert written(place / "one") == ALL
    for name in [*ALL, "LICENSE"]:
        assert (place / "one/photos" / name).read_bytes() == (place / "two/photos" / name).read_bytes()
    assert np.asarray(Image.open(place / "one/photos/train/crow.png"))[4, 6].tolist() == [200, 100, 50, 255]
    text = (place / "one/photos/LICENSE").read_text()
    assert "GPL-2" in text
    assert "bison.png: world.rcc/bison.png: K. Kaiser, CC0-1.0, commons; cut out from its background" in text
    assert sorted(p.name for p in (place / "one").iterdir()) == ["photos"]


def test_existing_photos_are_kept_and_missing_photos_are_reported(listed, capsys):
    place, files = listed
    games = {"rcc/world.rcc": files.pop("rcc/world.rcc")}
    stamps = deb(place / "stamps.deb", files | {"a/b/pelican.png": b"GIF89a"})
    assert run(stamps, "--output", place) == 0
    told = capsys.readouterr().out
    assert "1 photos are missing; they are in other packages or package versions: games" in told
    assert "not used: a/b/pelican.png: cannot be read" in told
    kept = place / "photos/train/crow.png"
    os.utime(kept, (1, 1))
    stamps, games = deb(place / "stamps.deb", files), deb(place / "games.deb", games)
    assert run(stamps, games, "--output", place) == 0
    assert written(place) == ALL and kept.stat().st_mtime == 1
    deb(stamps, files | {"birds/crow.png": stamp((12, 9))})
    assert run(stamps, "--output", place, "--overwrite") == 0
    assert "not used: birds/crow.png: is 12x9 px, but the list says 12x8 px" in capsys.readouterr().out


@pytest.mark.parametrize("keep", [3, 40, 200, 0.5, 0.99])
def test_a_damaged_package_is_reported_and_photos_are_kept(listed, keep):
    place, files = listed
    whole = deb(place / "whole.deb", files)
    assert run(whole, "--output", place) == 0
    torn = place / "torn.deb"
    content = whole.read_bytes()
    torn.write_bytes(content[: round(keep * len(content)) if keep < 1 else keep])
    with pytest.raises(UserError, match="torn.deb is damaged or not a Debian package"):
        run(torn, "--output", place, "--overwrite")
    assert written(place) == ALL


def test_apt_fetches_only_the_packages_that_are_needed(listed, monkeypatch, capsys):
    place, files = listed
    games = {"rcc/world.rcc": files.pop("rcc/world.rcc")}
    deb(place / "stamps_1_all.deb", files)
    deb(place / "games_1_all.deb", games)
    tools = place / "bin"
    tools.mkdir()
    apt = tools / "apt-get"
    apt.write_text(f"""#!/bin/sh
for name; do :; done
[ -f {place}/${{name}}_1_all.deb ] || {{ echo "E: No network" >&2; exit 100; }}
cp {place}/${{name}}_1_all.deb .
""")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)
    (place / "games_1_all.deb").rename(place / "away")
    with pytest.raises(UserError, match="download games failed: No network; run apt-get update, or"):
        run("--output", place / "out")
    assert written(place / "out") == ["held_out/pelican.png", "train/crow.png"]
    (place / "away").rename(place / "games_1_all.deb")
    (place / "stamps_1_all.deb").unlink()  # all photos of this package exist
    assert run("--output", place / "out") == 0 and written(place / "out") == ALL
    assert not (place / "out/packages").exists()
    monkeypatch.setenv("PATH", str(place))
    assert run("--output", place / "out") == 0
    with pytest.raises(UserError, match="no apt-get to download the Debian package stamps: download"):
        run("--output", place / "new")


def test_the_list_of_photos_in_the_repository_is_valid():
    packages, listed = photos.read_list(ROOT / "datasets/animals.json")
    assert len(listed) == len({p.name for p in listed}) == len({p.file for p in listed}) >= 100
    for photo in listed:
        assert photo.package in packages and photo.split in photos.SPLITS, photo
        assert photo.facing in ("left", "right", "front") and photo.species and photo.group, photo
        assert bool(photo.outline) == (".rcc/" in photo.file), photo
        if photo.outline:
            assert photo.licence and photo.credit and photo.source, photo
            outline = np.array(photo.outline)
            assert np.all(outline >= 0) and np.all(outline <= photo.size), photo
    held_out = [p for p in listed if p.split == "held_out"]
    assert 10 <= len(held_out) <= 30
    assert {"bird", "fish", "cat", "equine", "bovid", "dog", "deer"} <= {p.group for p in held_out}


def test_an_animal_is_cut_out_from_a_rough_outline():
    rgb, mask = photo_of_an_ellipse()
    cut = cut_out(rgb, ROUGH)
    frame = np.ptp(np.array(ROUGH), axis=0)[::-1]
    assert np.all(np.array(cut.shape[:2]) - frame <= 6)
    inside = cut[..., 3] > 127
    assert abs(int(inside.sum()) - int(mask.sum())) < 0.04 * mask.sum()
    # No green from the background is left, not even in the half-transparent border.
    green = cut[..., 1].astype(int) > cut[..., 0] + 20
    assert not green[cut[..., 3] > 0].any()
    assert np.array_equal(cut, cut_out(rgb, ROUGH))
