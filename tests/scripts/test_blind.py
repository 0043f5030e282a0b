"""compare.py --blind and --score: what a judge sees, and what the answers say."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from scripts.compare import main
from util.errors import UserError
from util.gallery.rows import Row
from util.gallery.writing import write_gallery

RED, GREEN, GREY = (255, 0, 0), (0, 255, 0), (90, 90, 90)


def gallery(folder, colour, names):
    (folder / "images").mkdir(parents=True)
    rows = []
    for name in names:
        for kind, fill in (("real_A", GREY), ("fake_B", colour)):
            Image.new("RGB", (16, 16), fill).save(folder / "images" / f"{name}_{kind}.png")
        rows.append(Row(name, {k: f"images/{name}_{k}.png" for k in ("real_A", "fake_B")}, {}))
    write_gallery(folder, "t", rows)
    return folder


@pytest.fixture
def judged(tmp_path):
    """Twelve rows of a red and a green run for a judge: (folder of the sheets, key)."""
    names = [f"creature{i}" for i in range(12)]
    ours = gallery(tmp_path / "ours/test", RED, names)
    theirs = gallery(tmp_path / "theirs/test", GREEN, [*names, "more"])
    main([str(ours), str(theirs), "--blind", str(tmp_path / "judge"), "--seed", "3"])
    return tmp_path / "judge", tmp_path / "keys/judge.json"


def colours(sheets):
    """The colours left and right of every row, from the sheets themselves."""
    found = []
    for sheet in sheets:
        pixels = np.asarray(Image.open(sheet).convert("RGB"))
        for top in range(94, pixels.shape[0] - 282, 282):
            found.append(tuple(tuple(map(int, pixels[top + 100, 24 + i * 262 + 100])) for i in (1, 2)))
    return found


def test_sides_are_shuffled_and_the_key_tells_them_and_is_elsewhere(judged):
    folder, key = judged
    assert sorted(p.name for p in folder.iterdir()) == ["sheet_01.png", "sheet_02.png", "task.txt"]
    rows = json.loads(key.read_text())["rows"]
    seen = colours(sorted(folder.glob("*.png")))
    assert len(rows) == len(seen) == 12
    for sides, row in zip(seen, rows.values(), strict=True):
        assert sides == tuple(RED if row[side] == "ours" else GREEN for side in "AB")
    first = [row["A"] for row in rows.values()]
    assert 2 <= first.count("ours") <= 10
    assert [row["name"] for row in rows.values()] != sorted(row["name"] for row in rows.values())


def answers(path, key, choose):
    """Write a judge's answers: `choose` gives, for a row, the run preferred or 'tie', and marks by run."""
    lines = ["# my answers", ""]
    for number, row in json.loads(key.read_text())["rows"].items():
        run, marks = choose(int(number))
        choice = "tie" if run == "tie" else next(side for side in "AB" if row[side] == run)
        lines.append(f"{number}: {choice}, {marks[row['A']]}, {marks[row['B']]}, its legs, and its head")
    path.write_text("\n".join(lines))
    return path


def test_a_score_counts_runs_not_sides(judged, tmp_path, capsys):
    def choose(number):
        run = "tie" if number > 10 else "ours" if number > 2 else "theirs"
        return run, {"ours": 4, "theirs": 2.5}

    file = answers(tmp_path / "answers.txt", judged[1], choose)
    assert main(["--score", str(file), "--key", str(judged[1])]) == 0
    said = capsys.readouterr().out.splitlines()[-5:]
    assert said[0] == "12 rows: ours preferred in 8, theirs in 2, ties 2"
    assert said[1] == "ours preferred in 80% of 10 rows, without ties; 95% interval 49% to 94%"
    assert said[2].startswith("ours preferred in 75% of 12 rows, ties half; 95% interval 47% to 91%")
    assert said[3] == "mean mark of ours: 4.00 ± 0.00" and said[4] == "mean mark of theirs: 2.50 ± 0.00"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((r"^3: .*$", ""), "lacks rows 3"),
        ((r"^3: .*$", "13: A, 1, 2, x"), "row 13 is not one of 1 to 12"),
        ((r"^3: .*$", "4: A, 1, 2, x"), "judged twice"),
        ((r"^3: .*$", "3: C, 1, 2, x"), "is not 'row: A|B|tie"),
        ((r"^3: .*$", "3: A, 1, 12, x"), "0 to 10"),
    ],
)
def test_answers_that_are_not_whole_are_refused(judged, tmp_path, change, words):
    file = answers(tmp_path / "answers.txt", judged[1], lambda number: ("tie", {"ours": 1, "theirs": 1}))
    file.write_text(re.sub(*change, file.read_text(), flags=re.MULTILINE))
    with pytest.raises(UserError, match=re.escape(words)):
        main(["--score", str(file), "--key", str(judged[1])])


def test_mistakes_name_the_way_out(judged, tmp_path):
    runs = [str(tmp_path / "ours/test"), str(tmp_path / "theirs/test")]
    blind = ["--blind", str(tmp_path / "new")]
    for line, words in (
        ([*runs, *blind, "--key", str(tmp_path / "new/key.json")], "which the judge sees"),
        ([*runs, "--blind", str(judged[0])], "is not empty"),
        ([runs[0], *blind], "--blind compares two runs, not 1"),
        (runs, "--output DIR or --blind DIR"),
        (["--score", str(judged[1])], "--score needs --key"),
        (["--score", str(judged[1]), "--key", str(judged[0] / "task.txt")], "is not a key"),
    ):
        with pytest.raises(UserError, match=words):
            main(line)
    assert not (tmp_path / "new").exists()
