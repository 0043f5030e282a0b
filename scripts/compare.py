"""Put galleries side by side: rows are inputs, columns are runs (objectives, epochs, seeds).

    python scripts/compare.py results/lsgan/test_800 results/wgan/test_400 --output results/compare

writes `index.html`, `index.md`, `metrics.json` and one sheet, `comparison.png`, into a folder, with copies of
the images, so that the folder can be moved and published as it is. An image that cannot be read is named and
leaves a gap; the exit code is then 1.

    python scripts/compare.py results/A/test_latest results/B/test_latest --blind judge/
    python scripts/compare.py --score answers.txt --key keys/judge.json

--blind writes sheets of rows drawing | A | B for a judge who must not know which run is which, in an order
and on sides drawn by --seed, and the key into another folder. --score counts the judge's answers.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.blind import score, write_sheets
from scripts.galleries import images_by_name, unreadable_images
from util.errors import UserError, list_not_used, one_line, run_command, shorten
from util.gallery.rows import Row, read_rows
from util.gallery.writing import write_gallery
from util.parsing import OneLineParser, positive_int

_MAX_NAMES = 5


@dataclass(frozen=True)
class Column:
    """One compared run: the heading of its column, its folder, its rows by name, and its unreadable files."""

    label: str
    folder: Path
    rows: dict[str, Row]
    broken: dict[Path, str] = field(default_factory=dict)

    def image(self, name: str, label: str) -> Path | None:
        """Find an input's image by its label; None if there is none that can be read."""
        path = self.rows[name].images.get(label) if name in self.rows else None
        file = self.folder / path if path else None
        return file if file and file.is_file() and file not in self.broken else None

    def output(self, name: str) -> Path | None:
        """Find what the run generated from the input: `fake_B`, or else its first sample."""
        images = self.rows[name].images if name in self.rows else {}
        labels = [label for label in images if not label.startswith("real_")]
        return self.image(name, "fake_B" if "fake_B" in labels else labels[0]) if labels else None


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = OneLineParser(
        description="Put several runs' galleries side by side: rows are inputs, columns are runs.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("runs", nargs="*", help="gallery folders written by test.py, two or more")
    parser.add_argument("--output", help="folder of the comparison, created if need be")
    parser.add_argument(
        "--labels", nargs="+", help="column headings, one per run (default: from the folders' names)"
    )
    parser.add_argument("--title", default="Comparison", help="title of the page and of comparison.png")
    parser.add_argument("--max_rows", type=positive_int, default=24, help="most inputs in comparison.png")
    add = parser.add_argument_group("judging by eye").add_argument
    add("--blind", type=Path, metavar="DIR", help="write sheets of two runs for a judge into this new folder")
    add("--illustrations", metavar="DIR", help="drawings to show on the sheets instead of the edge maps")
    add("--seed", type=int, default=0, help="of the sheets' order and sides")
    add("--score", type=Path, metavar="ANSWERS", help="count a judge's answers; needs --key")
    add("--key", type=Path, metavar="FILE", help="which side is whose (default: keys/NAME.json beside the "
        "folder of --blind)")  # fmt: skip
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    opt = parse(argv)
    if opt.score:
        if not opt.key:
            raise UserError("--score needs --key FILE, which --blind wrote")
        print("\n".join(map(one_line, score(opt.score, opt.key))))
        return 0
    folders = [Path(folder) for folder in opt.runs]
    if opt.blind:
        return blind(folders, opt)
    if not opt.output:
        raise UserError("name what to do with the runs: --output DIR or --blind DIR")
    if len(folders) < 2:
        raise UserError("a single run cannot be compared: name two or more gallery folders")
    labels = opt.labels or labels_from(folders)
    if len(labels) != len(folders):
        raise UserError(f"{len(labels)} --labels for {len(folders)} runs: give one per run")
    if len(set(labels)) < len(labels) or set(labels) & {"real_A", "real_B"}:
        raise UserError(f"--labels {' '.join(labels)}: they must differ, and none may be real_A or real_B")
    columns = [read_column(folder, label) for folder, label in zip(folders, labels, strict=True)]
    output = Path(opt.output)
    if output.resolve() in [folder.resolve() for folder in folders]:
        raise UserError(f"--output {output} is one of the runs: give a folder of its own")
    not_used = {str(file): reason for column in columns for file, reason in column.broken.items()}
    notes = compare(columns, output, title=opt.title, max_rows=opt.max_rows, not_used=not_used)
    print("\n".join(map(one_line, [*notes, f"see {output / 'index.html'}", *list_not_used(not_used)])))
    return 1 if not_used else 0


def blind(folders: list[Path], opt: argparse.Namespace) -> int:
    """Write the sheets of two runs for a judge, and the key; returns the exit code."""
    if len(folders) != 2:
        raise UserError(f"--blind compares two runs, not {len(folders)}: name two gallery folders")
    names = labels_from(folders)
    first, second = (read_column(folder, label) for folder, label in zip(folders, names, strict=True))
    drawings = images_by_name(opt.illustrations) if opt.illustrations else {}
    rows = []
    for name in first.rows:
        a, b = first.output(name), second.output(name)
        if a and b:
            rows.append((name, drawings.get(name) or first.image(name, "real_A"), a, b))
    if not rows:
        raise UserError(f"{folders[0]} and {folders[1]} share no input: test both runs on the same folder")
    key = opt.key or opt.blind.parent / "keys" / f"{opt.blind.name}.json"
    sheets = write_sheets(rows, (first.label, second.label), opt.blind, key, seed=opt.seed)
    left_out = len({*first.rows, *second.rows}) - len(rows)
    print(one_line(f"{len(rows)} rows on {len(sheets)} sheets in {opt.blind}; {left_out} inputs left out"))
    print(one_line(f"the key: {key}; the answers: compare.py --score ANSWERS --key {key}"))
    return 0


def labels_from(folders: list[Path]) -> list[str]:
    """Make headings from folder names, without what they share at the beginning and at the end."""
    parts = [folder.resolve().parts for folder in folders]
    shortest = min(map(len, parts))
    start = next((i for i in range(shortest) if len({path[i] for path in parts}) > 1), shortest - 1)
    after = shortest - start
    end = next((i for i in range(after) if len({path[-1 - i] for path in parts}) > 1), after - 1)
    return ["/".join(path[start : len(path) - end]) for path in parts]


def read_column(folder: Path, label: str) -> Column:
    """Read the gallery of a run.

    Raises:
        UserError: there is no gallery, it is empty, or none of its images can be read.
    """
    rows = {row.name: row for row in read_rows(folder)}
    if not rows:
        raise UserError(f"{folder}: its gallery has no images")
    files = [folder / path for row in rows.values() for path in row.images.values()]
    # An image that is not there is a gap, too, but nothing that is broken.
    there = [file for file in files if file.is_file()]
    broken = unreadable_images(there)
    if there and len(broken) == len(set(there)):
        file, reason = next(iter(broken.items()))
        raise UserError(f"{folder}: none of its images can be read; the first, {file}: {reason}")
    return Column(label, folder, rows, broken)


def compare(
    columns: list[Column], output: Path, *, title: str, max_rows: int, not_used: Mapping[str, str]
) -> list[str]:
    """Write the comparison of two or more columns; returns notes on missing outputs and differing inputs."""
    (output / "images").mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for column in columns for name in column.rows))
    rows = [_copy_row(columns, name, output, f"{place:04d}") for place, name in enumerate(names)]
    notes = _notes(columns, rows)
    present = {label for row in rows for label in row.images}
    labels = [x for x in ("real_A", *(column.label for column in columns), "real_B") if x in present]
    settings: dict[str, object] = {column.label: str(PurePosixPath(column.folder)) for column in columns}
    write_gallery(
        output,
        title,
        rows,
        settings=settings,
        note=". ".join(notes),
        contact_sheet="comparison.png",
        max_rows=max_rows,
        columns=labels,
        not_used=not_used,
    )
    return notes


def _copy_row(columns: list[Column], name: str, output: Path, prefix: str) -> Row:
    """Copy the images of one input: the outputs of all runs, input and target of the first that has them."""
    images: dict[str, str] = {}
    sources = {"input": ("real_A", _first(columns, name, "real_A"))}
    sources |= {f"run{number}": (c.label, c.output(name)) for number, c in enumerate(columns, 1)}
    sources["target"] = ("real_B", _first(columns, name, "real_B"))
    for suffix, (label, source) in sources.items():
        if source is not None:
            images[label] = f"images/{prefix}_{suffix}{source.suffix.lower()}"
            shutil.copyfile(source, output / images[label])
    here = [column for column in columns if name in column.rows]
    metrics = {f"{column.label} {key}": v for column in here for key, v in column.rows[name].metrics.items()}
    return Row(name, images, metrics)


def _first(columns: list[Column], name: str, label: str) -> Path | None:
    """Find an image of an input in the first run that has it."""
    return next(filter(None, (column.image(name, label) for column in columns)), None)


def _notes(columns: list[Column], rows: list[Row]) -> list[str]:
    """Say which outputs are missing and whose inputs differ."""
    notes, differing = [], []
    for column in columns:
        missing = [row.name for row in rows if column.label not in row.images]
        if missing:
            listed = shorten(missing, _MAX_NAMES)
            notes.append(f"{column.label} lacks {len(missing)} of {len(rows)} inputs: {listed}")
    for row in rows:
        inputs = filter(None, (column.image(row.name, "real_A") for column in columns))
        if len({hashlib.sha256(path.read_bytes()).digest() for path in inputs}) > 1:
            differing.append(row.name)
    if differing:
        listed = shorten(differing, _MAX_NAMES)
        notes.append(f"the runs were given different images as {listed}; the first run's are shown")
    return notes


if __name__ == "__main__":
    run_command(main)
