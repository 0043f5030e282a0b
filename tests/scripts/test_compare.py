"""compare.py shows runs side by side, writes sheets for a blind judge, and counts the answers."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_galleries import flat_gallery

from scripts.compare import main
from util.errors import UserError

HOSTILE = "<img src=x onerror=alert(1)>"
RED, GREEN = (255, 0, 0), (0, 255, 0)


def compare(*arguments):
    return main([str(argument) for argument in arguments])


def result(folder: Path) -> dict[str, dict]:
    kept = json.loads((folder / "metrics.json").read_text())
    return {row["name"]: row for row in kept["rows"]}


def color(folder: Path, path: str) -> tuple:
    with Image.open(folder / path) as image:
        return image.convert("RGB").getpixel((0, 0))


def test_rows_are_inputs_and_columns_are_runs(tmp_path, capsys):
    a = flat_gallery(tmp_path / "A" / "test_latest", {"lion": RED, HOSTILE: (250, 0, 0)}, source=(8, 8, 8))
    b = flat_gallery(tmp_path / "B" / "test_latest", {"lion": GREEN, "goat": RED}, label="random_sample01")
    output = tmp_path / "compare"
    assert compare(a, b, "--output", output) == 0
    rows = result(output)
    assert list(rows) == ["lion", HOSTILE, "goat"]
    assert list(rows["lion"]["images"]) == ["real_A", "A", "B", "real_B"]
    shown = [color(output, path) for path in rows["lion"]["images"].values()]
    assert shown == [(8, 8, 8), RED, GREEN, (0, 0, 255)]
    assert "B" not in rows[HOSTILE]["images"] and "A" not in rows["goat"]["images"]
    assert rows["lion"]["metrics"] == {"A L1": 0.0, "B L1": 0.0}
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page and page.count(">missing<") == 2
    lines = (output / "index.md").read_text(encoding="utf-8").splitlines()
    assert "|  | input | A | B | target | A L1 | B L1 |" in lines
    said = capsys.readouterr().out
    assert "A lacks 1 of 3 inputs: goat" in said and f"B lacks 1 of 3 inputs: {HOSTILE}" in said
    assert "different inputs for lion" in said
    with Image.open(output / "comparison.png") as sheet:
        colors = {value for _, value in sheet.convert("RGB").getcolors(1 << 20)}
    assert {RED, GREEN, (0, 0, 255), (9, 9, 9)} <= colors


@pytest.mark.parametrize("kept", [40, None])
def test_an_unreadable_image_is_reported_and_leaves_a_gap(tmp_path, capsys, kept):
    a, b = (flat_gallery(tmp_path / name, {"lion": (1, 2, 3), "goat": (4, 5, 6)}) for name in "AB")
    broken = b / "images" / "0 fake_B.png"
    content = broken.read_bytes()
    broken.unlink()
    if kept:
        broken.write_bytes(content[:kept])
    output = tmp_path / "c"
    assert compare(a, b, "--output", output) == 1
    said = capsys.readouterr().out
    assert "B lacks 1 of 2 inputs: lion" in said and f"not used: {broken}: " in said
    assert "B" not in result(output)["lion"]["images"] and "B" in result(output)["goat"]["images"]
    assert str(broken) in (output / "index.html").read_text()
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    for file in (b / "images").iterdir():
        file.write_bytes(b"")
    with pytest.raises(UserError, match="none of the images can be read; the first is .*: "):
        compare(a, b, "--output", output)
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before


@pytest.fixture
def judged(tmp_path, capsys):
    """Write sheets that compare a red and a green run in twelve rows; return the folder and the key."""
    names = [f"creature{i}" for i in range(12)]
    ours = flat_gallery(tmp_path / "ours/test", dict.fromkeys(names, RED), target=None)
    theirs = flat_gallery(tmp_path / "theirs/test", dict.fromkeys([*names, "more"], GREEN), target=None)
    compare(ours, theirs, "--blind", tmp_path / "judge", "--seed", "3")
    assert "12 rows on 2 sheets" in (said := capsys.readouterr().out) and "1 inputs left out" in said
    return tmp_path / "judge", tmp_path / "keys/judge.json"


def colors(sheets):
    """Read the left and the right color of each row from the sheets."""
    for sheet in sheets:
        pixels = np.asarray(Image.open(sheet).convert("RGB"))
        for top in range(94, pixels.shape[0] - 282, 282):
            yield tuple(tuple(map(int, pixels[top + 100, 24 + i * 262 + 100])) for i in (1, 2))


def test_the_key_gives_the_side_of_each_run(judged):
    folder, key = judged
    assert sorted(p.name for p in folder.iterdir()) == ["sheet_01.png", "sheet_02.png", "task.txt"]
    rows = json.loads(key.read_text())["rows"]
    for sides, row in zip(colors(sorted(folder.glob("*.png"))), rows.values(), strict=True):
        assert sides == tuple(RED if row[side] == "ours" else GREEN for side in "AB")
    assert 2 <= [row["A"] for row in rows.values()].count("ours") <= 10
    assert [row["name"] for row in rows.values()] != sorted(row["name"] for row in rows.values())


def answers(path, key, choose):
    """Write answers; `choose` returns the preferred run (or 'tie') and both runs' marks for a row."""
    lines = ["# my answers", ""]
    for number, row in json.loads(key.read_text())["rows"].items():
        run, marks = choose(int(number))
        choice = "tie" if run == "tie" else next(side for side in "AB" if row[side] == run)
        lines.append(f"{number}: {choice}, {marks[row['A']]}, {marks[row['B']]}, its legs, and its head")
    path.write_text("\n".join(lines).replace("\n5:", "\nrow 5:"))
    return path


def test_scores_are_counted_by_run(judged, tmp_path, capsys):
    def choose(number):
        run = "tie" if number > 10 else "ours" if number > 2 else "theirs"
        return run, {"ours": 10, "theirs": 2.5}

    assert compare("--score", answers(tmp_path / "answers.txt", judged[1], choose), "--key", judged[1]) == 0
    said = capsys.readouterr().out.splitlines()[-5:]
    assert said[0] == "12 rows: ours preferred in 8, theirs in 2, ties 2"
    assert said[1] == "ours preferred in 80% of 10 rows, without ties; 95% interval 49% to 94%"
    assert said[2].startswith("ours preferred in 75% of 12 rows, ties half; 95% interval 47% to 91%")
    assert said[3] == "mean mark of ours: 10.00 ± 0.00" and said[4] == "mean mark of theirs: 2.50 ± 0.00"


def test_missing_or_invalid_answers_are_refused(judged, tmp_path):
    file = answers(tmp_path / "answers.txt", judged[1], lambda number: ("tie", {"ours": 1, "theirs": 1}))
    whole = file.read_text()
    for line, words in (
        ("", "has no answer for rows 3"),
        ("13: A, 1, 2, x", "row 13 does not exist: rows are 1 to 12"),
        ("4: A, 1, 2, x", "judged twice"),
        ("3: C, 1, 2, x", "is not 'row: A|B|tie"),
        ("3: A, 1, 12, x", "0 to 10"),
    ):
        file.write_text(re.sub(r"^3: .*$", line, whole, flags=re.MULTILINE))
        with pytest.raises(UserError, match=re.escape(words)):
            compare("--score", file, "--key", judged[1])


def test_invalid_arguments_are_reported_in_one_line(judged, tmp_path):
    good, other, new = tmp_path / "ours/test", tmp_path / "theirs/test", tmp_path / "new"
    broken, climbing = tmp_path / "broken", tmp_path / "climbing"
    row = {"name": "a", "images": {"fake_B": "../good/images/0 fake_B.png"}, "metrics": {}}
    for folder, content in ((broken, {"rows": [{"name": 1}]}), (climbing, {"rows": [row]})):
        folder.mkdir()
        (folder / "metrics.json").write_text(json.dumps(content))
    flat_gallery(tmp_path / "ours/more", {"lion": RED})
    output, blind = ["--output", new], ["--blind", new]
    for words, *arguments in (
        ("nothing does not exist", good, tmp_path / "nothing", *output),
        ("name one of them", good, tmp_path / "ours", *output),
        ("does not belong to a gallery", good, broken, *output),
        ("must be a relative path inside", good, climbing, *output),
        ("two or more", good, *output),
        ("one label for each run", good, other, "--labels", "a", *output),
        ("must differ", good, other, *output, "--labels", "a", "a"),
        ("choose another folder", good, other, "--output", good),
        ("which the judge sees", good, other, *blind, "--key", new / "key.json"),
        ("is not empty", good, other, "--blind", judged[0]),
        ("--blind compares two runs, not 3", good, other, tmp_path / "ours/more", *blind),
        ("or --blind DIR", good, other),
        ("--score needs --key", "--score", judged[1]),
        ("is not a key", "--score", judged[1], "--key", judged[0] / "task.txt"),
    ):
        with pytest.raises(UserError) as error:
            compare(*arguments)
        assert words in str(error.value) and "\n" not in str(error.value)
    assert not new.exists()
