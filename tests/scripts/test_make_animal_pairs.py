import numpy as np
import pytest

from data.preprocess.records import edge_settings_of
from scripts import make_animal_pairs
from util.errors import UserError
from util.image import encode, read_rgb


def test_photos_become_pairs_with_a_record_of_the_settings(tmp_path):
    folder = tmp_path / "photos" / "train"
    folder.mkdir(parents=True)
    cut_out = np.zeros((100, 200, 4), np.uint8)
    cut_out[20:-20, 20:-20] = (170, 120, 80, 255)
    for name in ("horse", "donkey_eating", "rosella"):
        (folder / f"{name}.png").write_bytes(encode(cut_out, "png"))
    where = ["--photos", str(tmp_path / "photos"), "--output", str(tmp_path / "out")]
    assert make_animal_pairs.main([*where, "--collages", "0", "--size", "128"]) == 0
    made = sorted(path.stem for path in (tmp_path / "out").glob("*.png"))
    assert len([name for name in made if name.startswith("horse")]) >= 6
    assert [name for name in made if name.startswith("rosella")] == ["rosella_0"]
    pair = read_rgb(tmp_path / "out" / "horse_0.png")
    assert pair.shape == (128, 256, 3) and (pair[0, :128] == 255).all() and (pair[0, 128:] == 0).all()
    settings = edge_settings_of(tmp_path / "out")
    assert settings["hints"] == "color" and settings["ground"] == "white"


def test_missing_photos_are_reported_with_the_download_command(tmp_path):
    with pytest.raises(UserError, match=r"run bash datasets/download_animals\.sh"):
        make_animal_pairs.main(["--photos", str(tmp_path), "--output", str(tmp_path / "out")])


def test_spots_are_on_the_animal_and_far_from_its_eyes():
    mask = np.zeros((100, 100), bool)
    mask[20:80, 20:80] = True
    eyes, rng = [(30.0, 30.0, 3.0)], np.random.default_rng(0)
    found = [spot for _ in range(50) for spot in make_animal_pairs.spots(mask, eyes, rng)]
    assert len(found) > 50
    assert all(mask[int(y), int(x)] and np.hypot(x - 30, y - 30) > 18 for x, y, _ in found)
