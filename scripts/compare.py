"""Puts galleries side by side: rows are inputs, columns are runs (objectives, epochs, seeds).

    python scripts/compare.py results/lsgan/test_800 results/wgan/test_400 --output results/compare

writes `index.html`, `index.md`, `metrics.json` and one picture, `comparison.png`, into a folder, with
copies of the pictures, so that it can be moved and published as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from util.errors import UserError, one_line, run_command
from util.gallery.contact_sheet import write_contact_sheet
from util.gallery.writing import HEADINGS, Row, write_gallery
from util.html import check_inside

_MAX_NAMES = 5


@dataclass(frozen=True)
class Run:
    """A gallery: its column's heading, its folder, its rows by name."""

    label: str
    folder: Path
    rows: dict[str, Row]


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description="Put several runs' galleries side by side: rows are inputs, columns are runs.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("runs", nargs="+", help="gallery folders written by test.py, two or more")
    parser.add_argument("--output", required=True, help="folder of the comparison; made when it is missing")
    parser.add_argument(
        "--labels", nargs="+", help="column headings, one per run (default: from the folders' names)"
    )
    parser.add_argument("--title", default="Comparison", help="title of page and picture")
    parser.add_argument("--max_rows", type=int, default=24, help="most inputs in comparison.png, 1 or more")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Runs the command."""
    opt = parse(argv)
    folders = [Path(folder) for folder in opt.runs]
    if len(folders) < 2:
        raise UserError("one run alone can't be compared: name two or more gallery folders")
    if opt.max_rows < 1:
        raise UserError(f"--max_rows {opt.max_rows}: it must be 1 or more")
    labels = opt.labels or labels_from(folders)
    if len(labels) != len(folders):
        raise UserError(f"{len(labels)} --labels for {len(folders)} runs: give one per run")
    if len(set(labels)) < len(labels) or set(labels) & {"real_A", "real_B"}:
        raise UserError(f"--labels {' '.join(labels)}: they must differ, and none may be real_A or real_B")
    runs = [read_run(folder, label) for folder, label in zip(folders, labels, strict=True)]
    output = Path(opt.output)
    if output.resolve() in [folder.resolve() for folder in folders]:
        raise UserError(f"--output {output} is one of the runs: give a folder of its own")
    for note in compare(runs, output, title=opt.title, max_rows=opt.max_rows):
        print(one_line(note))
    print(f"see {output / 'index.html'}")
    return 0


def labels_from(folders: list[Path]) -> list[str]:
    """Headings from folder names: what they have in common at the beginning and at the end is left out."""
    parts = [folder.resolve().parts for folder in folders]
    shortest = min(map(len, parts))
    start = next((i for i in range(shortest) if len({path[i] for path in parts}) > 1), shortest - 1)
    after = shortest - start
    end = next((i for i in range(after) if len({path[-1 - i] for path in parts}) > 1), after - 1)
    return ["/".join(path[start : len(path) - end]) for path in parts]


def read_run(folder: Path, label: str) -> Run:
    """Reads a gallery's `metrics.json`.

    Raises:
        UserError: there is none, or it isn't a gallery's.
    """
    path = folder / "metrics.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        rows = {}
        for row in kept["rows"]:
            metrics = {
                name: math.nan if value is None else float(value) for name, value in row["metrics"].items()
            }
            for picture in row["images"].values():
                check_inside(picture)
            rows[str(row["name"])] = Row(str(row["name"]), dict(row["images"]), metrics)
    except (FileNotFoundError, NotADirectoryError):
        inside = (
            sorted(found.parent.name for found in folder.glob("*/metrics.json")) if folder.is_dir() else []
        )
        hint = f"; did you mean {folder / inside[-1]}?" if inside else ": give a folder that test.py wrote"
        raise UserError(f"{folder} holds no gallery (no metrics.json){hint}") from None
    except UserError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} can't be read as a gallery's numbers: {error}") from error
    if not rows:
        raise UserError(f"{folder}: its gallery has no pictures")
    return Run(label, folder, rows)


def compare(runs: list[Run], output: Path, *, title: str, max_rows: int) -> list[str]:
    """Writes the comparison.

    Args:
        runs: two or more, with labels that differ.
        output: the folder to write.
        title: the page's title.
        max_rows: most inputs in the picture; the page shows all.

    Returns:
        What is to be said: gaps, and inputs that differ between runs.
    """
    (output / "images").mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for run in runs for name in run.rows))
    rows, differing = [], []
    absent: dict[str, list[str]] = {run.label: [] for run in runs}
    for place, name in enumerate(names):
        here = [run for run in runs if name in run.rows]
        # Column -> the candidates for its picture; the first that is really there is shown.
        wanted = {column: [_picture(run, name, column) for run in here] for column in ("real_A", "real_B")}
        wanted |= {run.label: [_output(run, name)] for run in here}
        images = {}
        for column, candidates in wanted.items():
            source = next((path for path in candidates if path is not None and path.is_file()), None)
            if source is not None:
                number = {"real_A": "input", "real_B": "truth"}.get(
                    column
                ) or f"run{_run_number(runs, column)}"
                images[column] = f"images/{place:04d}_{number}{source.suffix.lower()}"
                shutil.copyfile(source, output / images[column])
        for run in runs:
            if run.label not in images:
                absent[run.label].append(name)
        inputs = [path for path in wanted["real_A"] if path is not None and path.is_file()]
        if len({hashlib.sha256(path.read_bytes()).digest() for path in inputs}) > 1:
            differing.append(name)
        metrics = {f"{run.label} {key}": v for run in here for key, v in run.rows[name].metrics.items()}
        rows.append(Row(name, images, metrics))

    notes = [
        f"{label} lacks {len(missing)} of {len(names)} inputs: {_listed(missing)}"
        for label, missing in absent.items()
        if missing
    ]
    if differing:
        notes.append(
            f"the runs were given different pictures as {_listed(differing)}; the first run's are shown"
        )
    present = {column for row in rows for column in row.images}
    columns = [column for column in ("real_A", *(run.label for run in runs), "real_B") if column in present]
    settings: dict[str, object] = {run.label: str(PurePosixPath(run.folder)) for run in runs}
    write_gallery(
        output, title, rows, settings=settings, note=". ".join(notes), contact_sheet=False, columns=columns
    )
    write_contact_sheet(
        output / "comparison.png",
        folder=output,
        rows=[(row.name, row.images) for row in rows],
        columns={column: HEADINGS.get(column, column) for column in columns},
        title=title,
        max_rows=max_rows,
    )
    return notes


def _run_number(runs: list[Run], label: str) -> int:
    """The run's number, from 1."""
    return [run.label for run in runs].index(label) + 1


def _picture(run: Run, name: str, label: str) -> Path | None:
    """Where a run keeps a picture."""
    path = run.rows[name].images.get(label)
    return run.folder / path if path else None


def _output(run: Run, name: str) -> Path | None:
    """What the run made of the input: `fake_B`, or else its first sample."""
    made = [label for label in run.rows[name].images if not label.startswith("real_")]
    return _picture(run, name, "fake_B" if "fake_B" in made else made[0]) if made else None


def _listed(names: list[str]) -> str:
    """A few of the names."""
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


if __name__ == "__main__":
    run_command(main)
