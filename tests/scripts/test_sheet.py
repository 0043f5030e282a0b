"""sheet.py writes an image of each animal, and an image of the sheet with all of them in place."""

import cv2
import numpy as np
from conftest import command

from tests.drawing_runs import make_run


def test_both_animals_of_a_sheet_are_generated(tmp_path):
    sheet = np.full((600, 1000, 3), 255, np.uint8)
    cv2.ellipse(sheet, (250, 300), (150, 90), 0, 0, 360, (0, 0, 0), 4, cv2.LINE_AA)
    cv2.ellipse(sheet, (760, 280), (120, 120), 0, 0, 360, (0, 0, 0), 4, cv2.LINE_AA)
    cv2.imwrite(str(tmp_path / "class.png"), sheet)
    runs = make_run(tmp_path / "runs", "plain")
    run = ["scripts/sheet.py", "--name", "plain", "--checkpoints_dir", runs, "--output", tmp_path / "out"]
    done = command(*run, tmp_path / "class.png")
    assert done.returncode == 0 and "2 animals" in done.stdout, done.stderr
    names = ["class_1.png", "class_2.png", "class_in_place.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    first, second, placed = (cv2.imread(str(tmp_path / "out" / name)).astype(int) for name in names)
    assert first.shape == second.shape == (128, 128, 3) and placed.shape == sheet.shape
    for image, (x, y), side in ((first, (250, 300), 304), (second, (760, 280), 244)):
        side = round(side / 0.9)
        left, top = x - side // 2, y - side // 2
        there = placed[top : top + side, left : left + side].astype(np.uint8)
        small = cv2.resize(there, (16, 16), interpolation=cv2.INTER_AREA).astype(int)
        own = cv2.resize(image.astype(np.uint8), (16, 16), interpolation=cv2.INTER_AREA)
        assert np.abs(small - own).mean() < 6
    # The rest of the sheet is unchanged.
    assert (placed[:40] == 255).all() and (placed[:, 480:560] == 255).all()
