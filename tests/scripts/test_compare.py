import json
from pathlib import Path

import pytest
from PIL import Image

from scripts.compare import labels_from, main
from util.errors import UserError
from util.gallery.rows import Row
from util.gallery.writing import write_gallery

HOSTILE = "<img src=x onerror=alert(1)>"


def gallery(folder, outputs: dict[str, tuple], *, label="fake_B", source=(9, 9, 9), target=True) -> Path:
    """A gallery whose outputs have these colours."""
    (folder / "images").mkdir(parents=True)
    rows = []
    for place, (name, colour) in enumerate(outputs.items()):
        images = {"real_A": source, label: colour, **({"real_B": (0, 0, 255)} if target else {})}
        for kind, fill in images.items():
            Image.new("RGB", (8, 8), fill).save(folder / "images" / f"{place} {kind}.png")
        rows.append(Row(name, {kind: f"images/{place} {kind}.png" for kind in images}, {"L1": float(place)}))
    write_gallery(folder, folder.name, rows)
    return folder


def result(folder: Path) -> dict[str, dict]:
    kept = json.loads((folder / "metrics.json").read_text())
    return {row["name"]: row for row in kept["rows"]}


def colour(folder: Path, path: str) -> tuple:
    with Image.open(folder / path) as image:
        return image.convert("RGB").getpixel((0, 0))


def test_rows_are_inputs_and_columns_are_runs(tmp_path, capsys):
    a = gallery(tmp_path / "A" / "test_latest", {"lion": (255, 0, 0), HOSTILE: (250, 0, 0)})
    b = gallery(
        tmp_path / "B" / "test_latest", {"lion": (0, 255, 0), "goat": (0, 250, 0)}, label="random_sample01"
    )
    output = tmp_path / "compare"
    assert main([str(a), str(b), "--output", str(output)]) == 0
    rows = result(output)
    assert list(rows) == ["lion", HOSTILE, "goat"]
    assert list(rows["lion"]["images"]) == ["real_A", "A", "B", "real_B"]
    assert colour(output, rows["lion"]["images"]["A"]) == (255, 0, 0)
    assert colour(output, rows["lion"]["images"]["B"]) == (0, 255, 0)
    assert "B" not in rows[HOSTILE]["images"] and "A" not in rows["goat"]["images"]
    assert rows["lion"]["metrics"] == {"A L1": 0.0, "B L1": 0.0}
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page and page.count(">missing<") == 2
    lines = (output / "index.md").read_text(encoding="utf-8").splitlines()
    assert "|  | input | A | B | target | A L1 | B L1 |" in lines
    said = capsys.readouterr().out
    assert "A lacks 1 of 3 inputs: goat" in said and f"B lacks 1 of 3 inputs: {HOSTILE}" in said
    with Image.open(output / "comparison.png") as sheet:
        colours = {value for _, value in sheet.convert("RGB").getcolors(1 << 20)}
    assert {(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)} <= colours


def test_inputs_that_differ_are_said(tmp_path, capsys):
    a = gallery(tmp_path / "A", {"lion": (1, 2, 3)}, source=(5, 5, 5))
    b = gallery(tmp_path / "B", {"lion": (1, 2, 3)}, source=(6, 6, 6))
    main([str(a), str(b), "--output", str(tmp_path / "c")])
    assert "different images as lion" in capsys.readouterr().out
    assert colour(tmp_path / "c", result(tmp_path / "c")["lion"]["images"]["real_A"]) == (5, 5, 5)


def test_an_image_that_cannot_be_read_is_a_gap_and_named(tmp_path, capsys):
    a, b = (gallery(tmp_path / name, {"lion": (1, 2, 3), "goat": (4, 5, 6)}) for name in "AB")
    broken = b / "images" / "0 fake_B.png"
    broken.write_bytes(broken.read_bytes()[:40])
    output = tmp_path / "c"
    assert main([str(a), str(b), "--output", str(output)]) == 1
    said = capsys.readouterr().out
    assert "B lacks 1 of 2 inputs: lion" in said and f"not used: {broken}: " in said
    assert "B" not in result(output)["lion"]["images"] and "B" in result(output)["goat"]["images"]
    assert (
        str(broken) in (output / "index.html").read_text()
        and "1 file could" in (output / "index.md").read_text()
    )
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    for file in (b / "images").iterdir():
        file.write_bytes(b"")
    with pytest.raises(UserError, match="none of its images can be read; the first, .*: the file is empty"):
        main([str(a), str(b), "--output", str(output)])
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "folders, labels",
    [
        (["r/A/test_latest", "r/B/test_latest"], ["A", "B"]),
        (["r/A/test_400", "r/A/test_800"], ["test_400", "test_800"]),
        (["r/A/test_400", "r/B/test_800"], ["A/test_400", "B/test_800"]),
        (["r/A", "r/A/B"], ["A", "A/B"]),
        (["r/A", "r/B"], ["A", "B"]),
    ],
)
def test_labels_leave_out_what_is_common(folders, labels):
    assert labels_from([Path(folder) for folder in folders]) == labels


def test_mistakes_cost_one_line_and_exit_code_2(tmp_path):
    good = gallery(tmp_path / "good", {"lion": (1, 2, 3)})
    other = gallery(tmp_path / "other", {"lion": (1, 2, 3)})
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "metrics.json").write_text('{"rows": [{"name": 1}]}')
    climbing = tmp_path / "climbing"
    climbing.mkdir()
    row = {"name": "a", "images": {"fake_B": "../good/images/0 fake_B.png"}, "metrics": {}}
    (climbing / "metrics.json").write_text(json.dumps({"rows": [row]}))
    output = ["--output", str(tmp_path / "c")]
    wrong = {
        "no metrics.json": [good, tmp_path / "nothing"],
        f"did you mean {tmp_path / 'other'}": [good, tmp_path],
        "is not a gallery's": [good, broken],
        "must be a name inside": [good, climbing],
        "two or more": [good],
        "one per run": [good, other, "--labels", "a"],
        "must differ": [good, other, "--labels", "a", "a"],
    }
    for words, arguments in wrong.items():
        with pytest.raises(UserError) as error:
            main([*map(str, arguments), *output])
        assert words in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(UserError, match="a folder of its own"):
        main([str(good), str(other), "--output", str(good)])
    assert not (tmp_path / "c").exists()
