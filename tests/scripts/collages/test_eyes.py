import numpy as np
from animal_zoo import beast

from scripts.animal_photos.photos import Photo
from scripts.collages.animals import load_animal
from scripts.collages.compose import Collage
from scripts.collages.eyes import clear_eyes, draw_eyes, find_eyes, mark_eyes
from util.image import encode


def test_the_eyes_of_a_collage_are_clear_and_found_where_they_are_painted(tmp_path):
    animal, path = beast(), tmp_path / "beast.png"
    path.write_bytes(encode((animal.pixels * 255).astype(np.uint8), "png"))
    x, y = (2 * animal.marks["muzzle"][0] + animal.marks["neck"].mean(0)) / 3
    photo = Photo("beast", "", "dog", "train", "right", "", "", (200, 150), eyes=((x / 200, y / 150, 0.01),))
    marks = {**{name: points.tolist() for name, points in animal.marks.items()}, "size": (200, 150)}
    clear, marked = (
        Collage(load_animal(path, photo, marks, paint), np.random.default_rng(0)).flatten()
        for paint in (clear_eyes, mark_eyes)
    )
    [(x, y, radius)] = find_eyes(clear, marked)
    assert 1 < radius < 12 and find_eyes(clear, clear) == []
    assert marked[round(y), round(x), 1] < 40 < marked[round(y), round(x), 0]
    around = clear[round(y - radius) : round(y + radius) + 1, round(x - radius) : round(x + radius) + 1, :3]
    assert around.min() < 60 and around.max() > 190


def test_drawn_eyes_replace_the_lines_there():
    lines = np.full((60, 60), 255, np.uint8)
    made = draw_eyes(lines, [(30, 30, 4)], np.random.default_rng(0))
    assert (lines == 255).all() and 0 < (made == 0).sum() < 600 and (made[:20] == 255).all()
