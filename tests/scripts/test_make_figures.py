"""make_figures.py draws the expected images."""

import numpy as np
import pytest
from PIL import Image
from small_galleries import flat_gallery, save

from scripts.make_figures import main

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 160, 30)


def gallery(folder, color):
    """Write a gallery of three inputs with different numbers of lines, and outputs of one color."""
    flat_gallery(folder, dict.fromkeys(("n1", "n2", "n3"), color), target=None)
    for place in range(3):
        lines = np.zeros((16, 16, 3), np.uint8)
        lines[: 2 * place + 1 : 2] = 255
        save(folder / f"images/{place} real_A.png", lines)
    return folder


def part_of(path, color):
    """Return the fraction of a figure's pixels with this color."""
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    return float((np.abs(pixels - color).max(axis=2) < 12).mean())


def test_figures_contain_the_images_of_the_galleries(tmp_path):
    one, two = gallery(tmp_path / "one/test_1", RED), gallery(tmp_path / "two/test_1", BLUE)
    out = tmp_path / "static"
    for index in range(5):
        save(tmp_path / f"photos/{index}.png", np.full((32, 32, 3), GREEN, np.uint8))
    main(["--output", str(out), "--results", str(one), "--compare", str(one), str(two),
          "--photos", str(tmp_path / "photos"), "--fail", str(two)])  # fmt: skip
    assert {p.stem for p in out.iterdir()} == {"results", "summary", "fail", "overview"}
    assert part_of(out / "fail.png", BLUE) > 0.1
    photos, image = part_of(out / "overview.png", GREEN), part_of(out / "overview.png", RED)
    assert photos == pytest.approx(3 * image, rel=0.1) and image > 0.05
    assert part_of(out / "results.png", RED) > 0.2 and part_of(out / "results.png", BLUE) == 0
    assert part_of(out / "summary.png", RED) == pytest.approx(part_of(out / "summary.png", BLUE), rel=0.05)
