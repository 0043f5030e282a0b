"""Figures: images where images belong, and gaps where there are none."""

import json

import numpy as np
import pytest
from PIL import Image

from scripts.make_figures import main
from util.errors import UserError

RED, BLUE = (200, 30, 30), (30, 30, 200)


def save(path, color, side=32):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), color).save(path)


def gallery(folder, color, names=("n1", "n2", "n3")):
    rows = []
    for name in names:
        images = {"real_A": f"images/{name}_A.png", "fake_B": f"images/{name}_B.png"}
        save(folder / images["fake_B"], color)
        lines = np.zeros((32, 32, 3), np.uint8)
        lines[: 2 * len(rows) + 1 : 2] = 255
        Image.fromarray(lines).save(folder / images["real_A"])
        rows.append({"name": name, "images": images, "metrics": {}})
    (folder / "metrics.json").write_text(json.dumps({"title": "t", "rows": rows}))
    return folder


def part_of(path, color):
    """Which part of the figure has this color."""
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    return float((np.abs(pixels - color).max(axis=2) < 12).mean())


def test_results_and_comparisons_become_tables(tmp_path):
    one, two = gallery(tmp_path / "one/test_1", RED), gallery(tmp_path / "two/test_1", BLUE)
    out = tmp_path / "static"
    for index in range(5):
        save(tmp_path / f"photos/{index}.png", (30, 160, 30))
    main(["--output", str(out), "--results", str(one), "--compare", str(one), str(two),
          "--photos", str(tmp_path / "photos"), "--fail", str(two)])  # fmt: skip
    assert {p.stem for p in out.iterdir()} == {"results", "summary", "fail", "overview"}
    assert part_of(out / "fail.png", BLUE) > 0.1
    photos, image = part_of(out / "overview.png", (30, 160, 30)), part_of(out / "overview.png", RED)
    assert photos == pytest.approx(3 * image, rel=0.1) and image > 0.05
    assert part_of(out / "results.png", RED) > 0.2 and part_of(out / "results.png", BLUE) == 0
    assert part_of(out / "summary.png", RED) == pytest.approx(part_of(out / "summary.png", BLUE), rel=0.05)


def test_mistakes_are_named(tmp_path):
    one = gallery(tmp_path / "one/test_1", RED)
    out = ["--output", str(tmp_path / "static")]
    with pytest.raises(UserError, match="--results DIR, --fail DIR or --compare"):
        main(out)
    with pytest.raises(UserError, match="has no input nobody: choose from n1, n2, n3"):
        main([*out, "--results", str(one), "--names", "nobody"])
    gallery(tmp_path / "one/test_2", RED)
    with pytest.raises(UserError, match="name one of them"):
        main([*out, "--results", str(tmp_path / "one")])
    save(tmp_path / "plain/1.png", RED)
    with pytest.raises(UserError, match=r"no input \(real_A\)"):
        main([*out, "--results", str(tmp_path / "plain")])
