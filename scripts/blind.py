"""Blind comparison of two galleries by eye: write sheets for a judge, and count the answers."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple, TypeAlias

from util.atomic import make_folder, write_bytes
from util.errors import UserError, shorten
from util.gallery.contact_sheet import write_contact_sheet

TASK = """For each row, decide whether A or B looks more like a photo of this creature.
Answer with one line for each row. Give each side a mark from 0 to 10
(0: a smear, 5: recognizable but clearly fake, 10: a photo):

    row: A|B|tie, mark of A, mark of B, why
"""
SIDES = ("A", "B")
# An input's name, its drawing or edge map, and both runs' images.
Compared: TypeAlias = tuple[str, Path | None, Path, Path]
_CELL_PX, _ROWS_A_SHEET = 256, 8
_MARK = r"(10(?:\.0*)?|\d(?:\.\d*)?)"
_LINE = re.compile(
    rf"\s*(?:row\s+)?(\d+)\s*:\s*(A|B|tie)\s*,\s*{_MARK}\s*,\s*{_MARK}\s*(?:,.*)?", re.IGNORECASE
)


class Judged(NamedTuple):
    """The answer for one row: the preferred side (A, B or TIE), and marks from 0 to 10 for A and B."""

    choice: str
    marks: tuple[float, float]


def write_sheets(
    rows: Sequence[Compared], runs: tuple[str, str], output: Path, key: Path, *, seed: int
) -> int:
    """Write sheets of rows, drawing | A | B, with rows and sides in random order. Also write the key.

    The key is a JSON file that says which run is on which side.

    Returns:
        The number of sheets.

    Raises:
        UserError: the sheets folder is not empty or would contain the key.
    """
    if output.resolve() in key.resolve().parents:
        raise UserError(f"--key {key} is in {output}, which the judge sees: put the key in another folder")
    if output.is_dir() and any(output.iterdir()):
        raise UserError(f"--blind {output} is not empty: choose another folder")
    make_folder(output, what="the sheets folder")
    make_folder(key.parent, what="the key folder")
    rng, told, shown = random.Random(seed), {}, []
    for number, (name, drawing, *images) in enumerate(rng.sample(rows, len(rows)), 1):
        first = rng.randrange(2)  # the run on side A
        told[str(number)] = {"name": name, "A": runs[first], "B": runs[1 - first]}
        cells = {"drawing": drawing, "A": images[first], "B": images[1 - first]}
        shown.append((f"row {number}", {label: path for label, path in cells.items() if path}))
    sheets = [shown[i : i + _ROWS_A_SHEET] for i in range(0, len(shown), _ROWS_A_SHEET)]
    for number, sheet in enumerate(sheets, 1):
        write_contact_sheet(
            output / f"sheet_{number:02d}.png", rows=sheet, cell_px=_CELL_PX, blocks=1,
            columns={label: label for label in ("drawing", *SIDES)}, title=f"{sheet[0][0]} to {sheet[-1][0]}",
        )  # fmt: skip
    write_bytes(output / "task.txt", TASK.encode())
    content = {"runs": list(runs), "seed": seed, "rows": told}
    write_bytes(key, (json.dumps(content, indent=1) + "\n").encode())
    return len(sheets)


def read_answers(path: Path, rows: int) -> dict[int, Judged]:
    """Read a judge's answers, one line ``row: A|B|tie, mark of A, mark of B, why`` for each row.

    Empty lines and lines that start with # are skipped.

    Raises:
        UserError: a line is not in this form, a row number is invalid or repeated, or a row has no answer.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--score {path} cannot be read: {error}") from error
    found: dict[int, Judged] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if not match:
            wanted = "'row: A|B|tie, 0 to 10, 0 to 10, why'"
            raise UserError(f"{path}, line {number}: {line.strip()!r} is not {wanted}")
        row = int(match[1])
        if not 1 <= row <= rows or row in found:
            why = "is judged twice" if row in found else f"does not exist: rows are 1 to {rows}"
            raise UserError(f"{path}, line {number}: row {row} {why}")
        found[row] = Judged(match[2].upper(), (float(match[3]), float(match[4])))
    missing = [str(row) for row in range(1, rows + 1) if row not in found]
    if missing:
        raise UserError(f"{path} has no answer for rows {shorten(missing, 8)}: judge every row")
    return found


def read_key(path: Path) -> tuple[tuple[str, str], dict[int, dict[str, str]]]:
    """Read the names of both runs, and which run is on which side of each row.

    Raises:
        UserError: the file is not a key from `write_sheets`.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        first, second = content["runs"]
        rows = {int(number): {side: row[side] for side in SIDES} for number, row in content["rows"].items()}
        if not rows or any({*sides.values()} != {first, second} for sides in rows.values()):
            raise ValueError("its rows do not name both runs")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"--key {path} is not a key from --blind: {error}") from error
    return (first, second), rows


def wilson(successes: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the score interval for a proportion (Wilson 1927), by default with 95% confidence."""
    share, spread = successes / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def score(answers: Path, key: Path) -> list[str]:
    """Summarize a judge's answers in a few lines."""
    (first, second), sides = read_key(key)
    judged = read_answers(answers, len(sides))
    preferred = [sides[row][a.choice] for row, a in judged.items() if a.choice != "TIE"]
    wins, rows = preferred.count(first), len(judged)
    ties = rows - len(preferred)
    lines = [f"{rows} rows: {first} preferred in {wins}, {second} in {len(preferred) - wins}, ties {ties}"]
    for won, of, how in ((wins, len(preferred), "without ties"), (wins + ties / 2, rows, "ties half")):
        if of:
            low, high = wilson(won, of)
            interval = f"95% interval {low:.0%} to {high:.0%}"
            lines.append(f"{first} preferred in {won / of:.0%} of {of} rows, {how}; {interval}")
    for run in (first, second):
        marks = [answer.marks[sides[row]["B"] == run] for row, answer in judged.items()]
        error = stdev(marks) / math.sqrt(rows) if rows > 1 else math.nan
        lines.append(f"mean mark of {run}: {mean(marks):.2f} ± {error:.2f}")
    return lines
