import numpy as np
from animal_zoo import beast

from scripts.animal_photos.photos import Photo
from scripts.collages.animals import load_animal
from scripts.collages.compose import Collage
from scripts.collages.eyes import clear_eyes, draw_eyes, find_eyes, mark_eyes, read_with_eyes
from util.image import encode


def drawn(tmp_path):
    """Write a cut-out of 200 px with one eye near its muzzle; return its path, list entry and landmarks."""
    animal = beast()
    pixels = np.clip(animal.pixels * 255, 0, 255).astype(np.uint8)
    path, (height, width) = tmp_path / "beast.png", pixels.shape[:2]
    path.write_bytes(encode(pixels, "png"))
    marks = {name: points.tolist() for name, points in animal.marks.items()}
    x, y = (2 * animal.marks["muzzle"][0] + animal.marks["neck"].mean(0)) / 3
    eyes = ((float(x) / width, float(y) / height, 0.01),)
    photo = Photo("beast", "", "dog", "train", "right", "", "", (width, height), eyes=eyes)
    return path, photo, {**marks, "size": (width, height)}


def test_eyes_get_a_dark_pupil_and_a_highlight(tmp_path):
    path, photo, _ = drawn(tmp_path)
    rgba, [(x, y, radius)] = read_with_eyes(path, photo)
    assert max(rgba.shape) >= 420
    around = rgba[round(y - radius) : round(y + radius) + 1, round(x - radius) : round(x + radius) + 1, :3]
    assert around.min() < 40 and around.max() > 200


def test_the_eyes_of_a_collage_are_found_where_they_are_painted(tmp_path):
    path, photo, marks = drawn(tmp_path)
    clear, marked = (
        Collage(load_animal(path, photo, marks, paint), np.random.default_rng(0)).flatten()
        for paint in (clear_eyes, mark_eyes)
    )
    [(x, y, radius)] = find_eyes(clear, marked)
    assert 1 < radius < 12
    assert marked[round(y), round(x), 1] < 40 < marked[round(y), round(x), 0]
    assert find_eyes(clear, clear) == []


def test_drawn_eyes_replace_the_lines_there():
    lines = np.full((60, 60), 255, np.uint8)
    made = draw_eyes(lines, [(30, 30, 4)], np.random.default_rng(0))
    assert (lines == 255).all() and 0 < (made == 0).sum() < 600 and (made[:20] == 255).all()
