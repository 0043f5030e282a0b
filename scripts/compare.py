"""Put galleries side by side: rows are inputs, columns are runs (objectives, epochs, seeds).

    python scripts/compare.py results/lsgan/test_800 results/wgan/test_400 --output results/compare

writes `index.html`, `index.md`, `metrics.json` and one sheet, `comparison.png`, into a folder, with copies of
the images, so that the folder can be moved and published. An image that cannot be read is reported and leaves
a gap; the exit code is then 1.

    python scripts/compare.py results/A/test_latest results/B/test_latest --blind judge/
    python scripts/compare.py --score answers.txt --key keys/judge.json

--blind writes sheets of rows drawing | A | B for a judge who must not know which run is which, and writes the
key to another folder. --seed draws the order and the sides. --score counts the judge's answers.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.blind import score, write_sheets
from scripts.command import parser_of
from scripts.galleries import GalleryRun, find_run, images_by_name, readable
from util.errors import UserError, list_not_used, one_line, run_command, shorten
from util.gallery.rows import Row
from util.gallery.writing import write_gallery
from util.parsing import positive_int

_MAX_NAMES = 5


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("runs", nargs="*", help="two or more gallery folders written by test.py, or folders of images")
    add("--output", type=Path, help="folder of the comparison, created if necessary")
    add("--labels", nargs="+", help="column headings, one per run (default: from the folders' names)")
    add("--title", default="Comparison", help="title of the page and of comparison.png")
    add("--max_rows", type=positive_int, default=24, help="largest number of inputs in comparison.png")
    add = parser.add_argument_group("judging by eye").add_argument
    add("--blind", type=Path, metavar="DIR", help="write sheets of two runs for a judge to this new folder")
    add("--illustrations", metavar="DIR", help="drawings to show on the sheets instead of the edge maps")
    add("--seed", type=int, default=0, help="seed of the order and sides on the sheets")
    add("--score", type=Path, metavar="ANSWERS", help="count a judge's answers; needs --key")
    add("--key", type=Path, metavar="FILE", help="file that says which run is on which side (default: "
    "keys/NAME.json next to the folder of --blind)")  # fmt: skip
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    opt = parse(argv)
    if opt.score:
        if not opt.key:
            raise UserError("--score needs --key FILE, which --blind wrote")
        print("\n".join(map(one_line, score(opt.score, opt.key))))
        return 0
    if not (opt.output or opt.blind):
        raise UserError("choose what to do with the runs: --output DIR or --blind DIR")
    folders = [Path(folder) for folder in opt.runs]
    if len(folders) < 2:
        raise UserError("a single run cannot be compared: name two or more gallery folders")
    labels = opt.labels or labels_from(folders)
    if len(labels) != len(folders):
        raise UserError(f"{len(labels)} --labels for {len(folders)} runs: give one per run")
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
    """Write the sheets of two runs for a judge, and the key; returns the message."""
    if len(runs) != 2:
        raise UserError(f"--blind compares two runs, not {len(runs)}: name two gallery folders")
    first, second = runs
    drawings = (
        first.inputs | first.drawings | (images_by_name(opt.illustrations) if opt.illustrations else {})
    )
    rows = [
        (name, drawings.get(name), files[0], second.outputs[name][0])
        for name, files in first.outputs.items()
        if name in second.outputs
    ]
    if not rows:
        raise UserError(f"{first.folder} and {second.folder} share no input: test both on the same folder")
    key = opt.key or opt.blind.parent / "keys" / f"{opt.blind.name}.json"
    count = write_sheets(rows, (first.title, second.title), opt.blind, key, seed=opt.seed)
    left_out = len({*first.outputs, *second.outputs}) - len(rows)
    return [
        f"{len(rows)} rows on {count} sheets in {opt.blind}; {left_out} inputs left out",
        f"the key: {key}; the answers: compare.py --score ANSWERS --key {key}",
    ]


def labels_from(folders: list[Path]) -> list[str]:
    """Make headings from folder names, without their common prefix and suffix."""
    parts = [folder.resolve().parts for folder in folders]
    shortest = min(map(len, parts))
    start = next((i for i in range(shortest) if len({path[i] for path in parts}) > 1), shortest - 1)
    after = shortest - start
    end = next((i for i in range(after) if len({path[-1 - i] for path in parts}) > 1), after - 1)
    return ["/".join(path[start : len(path) - end]) for path in parts]


def compare(
    runs: Sequence[GalleryRun], output: Path, *, title: str, max_rows: int, not_used: Mapping[str, str]
) -> list[str]:
    """Write the comparison of two or more runs; returns notes on missing outputs and differing inputs."""
    (output / "images").mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for run in runs for name in (run.metrics or run.outputs)))
    rows = [_copy_row(runs, name, output, f"{place:04d}") for place, name in enumerate(names)]
    notes = _notes(runs, rows)
    present = {label for row in rows for label in row.images}
    settings: dict[str, object] = {run.title: str(PurePosixPath(run.folder)) for run in runs}
    write_gallery(
        output,
        title,
        rows,
        settings=settings,
        note=". ".join(notes),
        contact_sheet="comparison.png",
        max_rows=max_rows,
        columns=[x for x in ("real_A", *(run.title for run in runs), "real_B") if x in present],
        not_used=not_used,
    )
    return notes


def _copy_row(runs: Sequence[GalleryRun], name: str, output: Path, prefix: str) -> Row:
    """Copy one input's images: the outputs of all runs, and the first input and target found."""
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
    """Report missing outputs and differing inputs."""
    notes, differing = [], []
    for run in runs:
        missing = [row.name for row in rows if run.title not in row.images]
        if missing:
            listed = shorten(missing, _MAX_NAMES)
            notes.append(f"{run.title} lacks {len(missing)} of {len(rows)} inputs: {listed}")
    for row in rows:
        inputs = [run.inputs[row.name].read_bytes() for run in runs if row.name in run.inputs]
        if len(set(inputs)) > 1:
            differing.append(row.name)
    if differing:
        listed = shorten(differing, _MAX_NAMES)
        notes.append(f"the runs have different inputs for {listed}; those of the first run are shown")
    return notes


if __name__ == "__main__":
    run_command(main)
