"""Show galleries side by side, with a row for each input and a column for each run.

    python scripts/compare.py results/lsgan/test_800 results/wgan/test_400 --output results/compare

This writes `index.html`, `index.md`, `metrics.json`, the sheet `comparison.png`, and copies of the images to
the folder. An unreadable image is reported and leaves a gap, and the exit code is then 1.

    python scripts/compare.py results/A/test_latest results/B/test_latest --blind judge/
    python scripts/compare.py --score answers.txt --key keys/judge.json

--blind writes sheets with rows of drawing | A | B for a judge who does not know which run is which. It writes
the key to another folder. --score counts the judge's answers.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.blind import score, write_sheets
from scripts.command import parser_of
from scripts.galleries import GalleryRun, find_run, images_by_name, readable
from util.errors import UserError, list_not_used, one_line, run_command, shorten
from util.gallery.rows import Row
from util.gallery.writing import write_gallery
from util.parsing import positive_int


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("runs", nargs="*", help="two or more galleries written by test.py, or folders of images")
    add("--output", type=Path, metavar="DIR", help="folder for the comparison")
    add("--labels", nargs="+", help="column headings, one for each run (default: from the folders' names)")
    add("--title", default="Comparison", help="title for the page and comparison.png")
    add("--max_rows", type=positive_int, default=24, help="maximum number of rows in comparison.png")
    add = parser.add_argument_group("judging by eye").add_argument
    add("--blind", type=Path, metavar="DIR", help="new folder for the sheets of a blind comparison")
    add("--illustrations", metavar="DIR", help="drawings to show on the sheets instead of the edge maps")
    add("--seed", type=int, default=0, help="random seed for the order of the rows and for the sides")
    add("--score", type=Path, metavar="FILE", help="count the judge's answers in this file; needs --key")
    add("--key", type=Path, metavar="FILE", help="file that says which run is on which side (default: "
    "keys/NAME.json next to the --blind folder)")  # fmt: skip
    opt = parser.parse_args(argv)
    if opt.score:
        if not opt.key:
            raise UserError("--score needs --key FILE, the key that --blind wrote")
        print("\n".join(map(one_line, score(opt.score, opt.key))))
        return 0
    if not (opt.output or opt.blind):
        raise UserError("give --output DIR for a comparison, or --blind DIR for sheets")
    folders = [Path(folder) for folder in opt.runs]
    if len(folders) < 2:
        raise UserError("only one run is given: name two or more gallery folders")
    labels = opt.labels or labels_from(folders)
    if len(labels) != len(folders):
        raise UserError(f"{len(labels)} --labels for {len(folders)} runs: give one label for each run")
    if len(set(labels)) < len(labels) or set(labels) & {"real_A", "real_B"}:
        raise UserError(f"--labels {' '.join(labels)}: they must differ, and none may be real_A or real_B")
    runs: list[GalleryRun] = []
    not_used: dict[str, str] = {}
    for folder, label in zip(folders, labels, strict=True):
        run, broken = readable(find_run(folder))
        runs.append(replace(run, title=label))
        not_used |= broken
    lines = blind(runs, opt) if opt.blind else []
    if opt.output:
        if opt.output.resolve() in [folder.resolve() for folder in folders]:
            raise UserError(f"--output {opt.output} is one of the runs: choose another folder")
        lines += compare(runs, opt.output, title=opt.title, max_rows=opt.max_rows, not_used=not_used)
        lines.append(f"see {opt.output / 'index.html'}")
    print("\n".join(map(one_line, [*lines, *list_not_used(not_used)])))
    return 1 if not_used else 0


def blind(runs: Sequence[GalleryRun], opt: argparse.Namespace) -> list[str]:
    """Write the sheets and the key; return lines to print."""
    if len(runs) != 2:
        raise UserError(f"--blind compares two runs, not {len(runs)}: name two gallery folders")
    first, second = runs
    drawings = first.inputs | first.drawings
    if opt.illustrations:
        drawings |= images_by_name(opt.illustrations)
    shared = [name for name in first.outputs if name in second.outputs]
    rows = [(name, drawings.get(name), first.outputs[name][0], second.outputs[name][0]) for name in shared]
    if not rows:
        raise UserError(
            f"{first.folder} and {second.folder} have no input in common: test both on the same folder"
        )
    key = opt.key or opt.blind.parent / "keys" / f"{opt.blind.name}.json"
    count = write_sheets(rows, (first.title, second.title), opt.blind, key, seed=opt.seed)
    left_out = len({*first.outputs, *second.outputs}) - len(rows)
    return [
        f"{len(rows)} rows on {count} sheets in {opt.blind}; {left_out} inputs left out",
        f"the key is {key}; to count the answers: compare.py --score ANSWERS --key {key}",
    ]


def labels_from(folders: list[Path]) -> list[str]:
    """Make headings from the parts in which the folders' paths differ."""
    parts = [folder.resolve().parts for folder in folders]
    shortest = min(map(len, parts))
    start = next((i for i in range(shortest) if len({path[i] for path in parts}) > 1), shortest - 1)
    after = shortest - start
    end = next((i for i in range(after) if len({path[-1 - i] for path in parts}) > 1), after - 1)
    return ["/".join(path[start : len(path) - end]) for path in parts]


def compare(
    runs: Sequence[GalleryRun], output: Path, *, title: str, max_rows: int, not_used: Mapping[str, str]
) -> list[str]:
    """Write the comparison; return notes about missing outputs and differing inputs."""
    (output / "images").mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for run in runs for name in (run.metrics or run.outputs)))
    rows = [_copy_row(runs, name, output, f"{place:04d}") for place, name in enumerate(names)]
    notes = _notes(runs, rows)
    present = {label for row in rows for label in row.images}
    columns = [x for x in ("real_A", *(run.title for run in runs), "real_B") if x in present]
    settings: dict[str, object] = {run.title: run.folder.as_posix() for run in runs}
    write_gallery(
        output, title, rows, settings=settings, note=". ".join(notes), contact_sheet="comparison.png",
        max_rows=max_rows, columns=columns, not_used=not_used,
    )  # fmt: skip
    return notes


def _copy_row(runs: Sequence[GalleryRun], name: str, output: Path, prefix: str) -> Row:
    """Copy all runs' outputs for one input, and the first input and target that are found."""
    sources = [("input", "real_A", [run.inputs[name] for run in runs if name in run.inputs])]
    sources += [(f"run{n}", run.title, run.outputs.get(name, [])) for n, run in enumerate(runs, 1)]
    sources += [("target", "real_B", [run.targets[name] for run in runs if name in run.targets])]
    images = {}
    for suffix, label, files in sources:
        if files:
            images[label] = f"images/{prefix}_{suffix}{files[0].suffix.lower()}"
            shutil.copyfile(files[0], output / images[label])
    metrics = {f"{run.title} {key}": v for run in runs for key, v in run.metrics.get(name, {}).items()}
    return Row(name, images, metrics)


def _notes(runs: Sequence[GalleryRun], rows: list[Row]) -> list[str]:
    """Describe missing outputs and differing inputs."""
    notes = []
    for run in runs:
        missing = [row.name for row in rows if run.title not in row.images]
        if missing:
            listed = shorten(missing, 5)
            notes.append(f"{run.title} lacks {len(missing)} of {len(rows)} inputs: {listed}")

    def contents(name: str) -> set[bytes]:
        return {run.inputs[name].read_bytes() for run in runs if name in run.inputs}

    if differing := [row.name for row in rows if len(contents(row.name)) > 1]:
        listed = shorten(differing, 5)
        notes.append(f"the runs have different inputs for {listed}; the page shows the first run's")
    return notes


if __name__ == "__main__":
    run_command(main)
