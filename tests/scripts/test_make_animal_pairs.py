import cv2
import numpy as np
import pytest

from data.preprocess.records import edge_settings_of
from scripts import make_animal_pairs
from scripts.animal_photos.photos import Photo
from util.errors import UserError
from util.image import encode, read_rgb

EYED = Photo("horse", "horse", "equine", "train", "right", "", "", (200, 100), eyes=((0.25, 0.5, 0.012),))


def cut_out(height=100, width=200):
    rgba = np.zeros((height, width, 4), np.uint8)
    rgba[height // 5 : -height // 5, width // 10 : -width // 10] = (170, 120, 80, 255)
    return rgba


def test_eyes_of_small_photos_become_dark_with_a_highlight():
    rgba, ((x, y, radius),) = make_animal_pairs.with_clear_eyes(EYED, cut_out())
    assert max(rgba.shape) == 420 and (x, y) == (105, 105) and 4 < radius < 7
    eye = rgba[int(y - radius) : int(y + radius) + 1, int(x - radius) : int(x + radius) + 1, :3]
    assert eye.min() < 40 and eye.max() > 200
    untouched = rgba[100:110, 250:350, :3].astype(int)
    assert np.abs(untouched - (170, 120, 80)).max() <= 1


def test_an_animal_is_placed_with_its_eyes_and_drawn_eyes_lie_inside_it():
    rng = np.random.default_rng(3)
    rgba, eyes = make_animal_pairs.with_clear_eyes(EYED, cut_out())
    square, mask, matrix = make_animal_pairs.place(rgba, 256, 0.6, rng)
    assert np.ptp(np.flatnonzero(mask.any(0))) + 1 == pytest.approx(0.6 * 256, abs=2)
    x, y = np.rint(matrix @ (*eyes[0][:2], 1)).astype(int)
    assert square[y, x].max() < 60
    lines = make_animal_pairs.draw_eyes(np.zeros((256, 256), np.uint8), [(x, y, 3.0)], rng)
    rows, columns = np.nonzero(lines)
    assert lines.any() and np.hypot(rows - y, columns - x).max() < 12


def test_recolored_animals_keep_their_shading():
    shades = np.repeat(np.linspace(40, 200, 64)[None, :, None], 64, 0) * np.array([1, 0.75, 0.5])
    image = shades.astype(np.uint8)
    made = make_animal_pairs.recolored(image, np.random.default_rng(1))
    lightness = [cv2.cvtColor(x, cv2.COLOR_RGB2LAB)[..., 0].astype(int) for x in (image, made)]
    assert np.abs(lightness[0] - lightness[1]).mean() < 12
    assert np.abs(image.astype(int) - made).mean() > 15


def test_photos_become_pairs_and_the_record_holds_the_settings(tmp_path):
    folder = tmp_path / "photos" / "train"
    folder.mkdir(parents=True)
    for name in ("horse", "donkey_eating", "rosella"):
        (folder / f"{name}.png").write_bytes(encode(cut_out(), "png"))
    where = ["--photos", str(tmp_path / "photos"), "--output", str(tmp_path / "out")]
    assert make_animal_pairs.main([*where, "--collages", "0", "--size", "128"]) == 0
    made = sorted(path.stem for path in (tmp_path / "out").glob("*.png"))
    assert len([name for name in made if name.startswith("horse")]) >= 6
    assert [name for name in made if name.startswith("rosella")] == ["rosella_0"]
    pair = read_rgb(tmp_path / "out" / "horse_0.png")
    assert pair.shape == (128, 256, 3) and (pair[0, :128] == 255).all() and (pair[0, 128:] == 0).all()
    settings = edge_settings_of(tmp_path / "out")
    assert settings["hints"] == "color" and settings["ground"] == "white"


def test_a_folder_without_the_photos_says_where_they_come_from(tmp_path):
    with pytest.raises(UserError, match=r"run bash datasets/download_animals\.sh"):
        make_animal_pairs.main(["--photos", str(tmp_path), "--output", str(tmp_path / "out")])
