"""Measure how close outputs are to their targets, to the lines and colors of their inputs, and to photos.

    python scripts/evaluate.py --results results/NAME --reference photos/
    python scripts/evaluate.py --results results/A/test_400 results/B/test_400 --reference photos/ --compare

The command prints a table and writes evaluation.json to each gallery. Unreadable images are reported, and
their inputs are left out (with --compare, in every run); the exit code is then 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.command import parser_of
from scripts.galleries import (
    GalleryRun,
    find_runs,
    images_by_name,
    leave_out_incomplete,
    match_folder,
    pair_runs,
    unreadable_images,
)
from util.atomic import write_bytes
from util.errors import UserError, list_not_used, one_line, run_command
from util.strict_json import strict_json


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, which is 1 if some images could not be read."""
    args = _parse(argv)
    runs, said = _find_runs(args)
    runs, not_used = leave_out_incomplete(runs, paired=args.compare)
    photos = list(images_by_name(args.reference).values()) if args.reference else []
    broken = unreadable_images(photos, of=f"--reference {args.reference}") if photos else {}
    not_used |= {str(file): reason for file, reason in broken.items()}

    # Loading torch takes more than a second, so --help and the first checks do not wait for it.
    from scripts.evaluation.measure import Reference, measure, output_size
    from scripts.evaluation.report import as_json, compare, format_table

    sizes = {run.title: output_size(run) for run in runs}
    size = sizes[runs[0].title]
    for title, other in sizes.items():
        if other != size and (args.compare or args.reference):
            here, first = f"{other[1]}x{other[0]}", f"{size[1]}x{size[0]}"
            raise UserError(f"{title} is {here} px, but {runs[0].title} is {first} px: sizes must match")
    reference = Reference([f for f in photos if f not in broken], size=size) if photos else None
    results = [measure(run, reference) for run in runs]
    own = reference.itself(min(sum(map(len, run.outputs.values())) for run in runs)) if reference else {}
    differences = [compare(result, results[0]) for result in results[1:]] if args.compare else []

    print(format_table(results, own, differences))
    if args.compare:
        print(f"Differences from {runs[0].title} have 95% intervals; * marks intervals that exclude 0.")
    if own:
        print('The column "photos" compares some of the photos with the others.')
    for line in filter(None, dict.fromkeys([said, *(note for result in results for note in result.notes)])):
        print(one_line(line))
    settings = {name: str(value) if isinstance(value, Path) else value for name, value in vars(args).items()}
    reports = [as_json(result, own, settings, not_used) for result in results]
    compared = [{metric: d._asdict() for metric, d in found.items()} for found in differences]
    _write(runs, reports, args.output, {"runs": reports, "differences_from_first": compared})
    for line in list_not_used(not_used):
        print(line)
    return 1 if not_used else 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = parser_of(__doc__)
    add = parser.add_argument
    folder: dict[str, Any] = {"type": Path, "metavar": "DIR"}
    add("--results", nargs="+", required=True, metavar="DIR", help="galleries (such as "
        "results/NAME/<phase>_<epoch>), folders of galleries, or folders of images")  # fmt: skip
    add("--reference", **folder, help="training photos for the kernel distance, scaled to the outputs' size")
    add("--inputs", **folder, help="input edge maps with the same names, if the results do not include them")
    add("--targets", "--truths", **folder, help="targets with the same names, if the results have none")
    add("--compare", action="store_true", help="show differences from the first run, with 95%% intervals, on "
        "the inputs that all runs have")  # fmt: skip
    add("--output", type=Path, metavar="FILE.json", help="also write all numbers to this file")
    for old in ("--resize", "--common"):  # accepted for compatibility, but without effect
        add(old, action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _find_runs(args: argparse.Namespace) -> tuple[list[GalleryRun], str]:
    """Find the runs with their inputs and targets; also return a line about omitted inputs, or ""."""
    runs, said = [run for path in args.results for run in find_runs(path)], ""
    if args.compare:
        if len(runs) < 2:
            raise UserError(f"--compare needs two runs or more, but {args.results[0]} is only one run")
        runs, said = pair_runs(runs)
    for run in runs:
        if args.inputs:
            run.inputs.update(match_folder(run, args.inputs))
        if args.targets:
            run.targets.update(match_folder(run, args.targets))
    if not args.reference and not any(run.inputs or run.targets for run in runs):
        raise UserError(
            f"{args.results[0]} contains only outputs, so nothing can be measured: give photos to "
            "compare with (--reference), or inputs or targets with the same names (--inputs, --targets)"
        )
    return runs, said


def _write(runs: Sequence[GalleryRun], reports: Sequence[Any], output: Path | None, whole: Any) -> None:
    """Write the reports to their galleries, and all numbers to --output."""
    pairs = zip(runs, reports, strict=True)
    written = {run.folder / "evaluation.json": report for run, report in pairs if run.is_gallery}
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        written[output] = whole
    for path, content in written.items():
        try:
            write_bytes(path, strict_json(content, indent=1).encode() + b"\n")
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}") from error
        print(one_line(f"wrote {path}"))


if __name__ == "__main__":
    run_command(main)
