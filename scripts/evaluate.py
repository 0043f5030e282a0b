"""Measure how close outputs are to the targets, to the lines and colors of the inputs, and to photos.

    python scripts/evaluate.py --results results/NAME --reference photos/
    python scripts/evaluate.py --results results/A/test_400 results/B/test_400 --reference photos/ --compare

Prints a table and writes evaluation.json into each gallery. An input with an unreadable image is left out
(with --compare, in every run) and the files are reported; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.command import parser_of
from scripts.galleries import (
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

if TYPE_CHECKING:
    from scripts.evaluation.measure import Measurement
    from scripts.evaluation.report import Difference
    from scripts.galleries import GalleryRun


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code, 1 if some images could not be read.

    Raises:
        UserError: images differ in size, names do not match, or there is nothing to measure.
    """
    args = _parse(argv)
    runs, said = _find_runs(args)
    runs, not_used = leave_out_incomplete(runs, paired=args.compare)
    photos = list(images_by_name(args.reference).values()) if args.reference else []
    broken = unreadable_images(photos, of=f"--reference {args.reference}") if photos else {}
    not_used |= {str(file): reason for file, reason in broken.items()}

    # torch takes over a second to load, so --help and the first checks come before it.
    from scripts.evaluation.measure import Reference, measure, output_size
    from scripts.evaluation.report import as_json, compare, format_table

    sizes = {run.title: output_size(run) for run in runs}
    size = sizes[runs[0].title]
    for title, other in sizes.items():
        if other != size and (args.compare or args.reference):
            raise UserError(
                f"{title} is {other[1]}x{other[0]} px, {runs[0].title} {size[1]}x{size[0]}: give one size"
            )
    reference = Reference([f for f in photos if f not in broken], size=size) if photos else None
    results = [measure(run, reference) for run in runs]
    own = reference.itself(min(sum(map(len, run.outputs.values())) for run in runs)) if reference else {}
    differences = [compare(result, results[0]) for result in results[1:]] if args.compare else []

    print(format_table(results, own, differences))
    if args.compare:
        print(f"Differences are from {runs[0].title}, with 95% intervals; * marks intervals without 0.")
    if own:
        print('The column "photos" compares as many photos with the others: the effect of sampling.')
    for line in filter(None, dict.fromkeys([said, *(note for result in results for note in result.notes)])):
        print(one_line(line))
    settings = {name: str(value) if isinstance(value, Path) else value for name, value in vars(args).items()}
    _write(args, results, [as_json(result, own, settings, not_used) for result in results], differences)
    for line in list_not_used(not_used):
        print(line)
    return 1 if not_used else 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = parser_of(__doc__)
    add = parser.add_argument
    folder: dict[str, Any] = {"type": Path, "metavar": "DIR"}
    add("--results", nargs="+", required=True, metavar="DIR", help="galleries, such as "
        "results/NAME/<phase>_<epoch>, folders of galleries, or folders of images")  # fmt: skip
    add("--reference", **folder, help="photos of the training set, for the kernel distance; they are scaled "
        "to the size of the outputs")  # fmt: skip
    add("--inputs", **folder, help="input edge maps, matched by name, if the results do not include them")
    add("--targets", "--truths", **folder, help="targets, matched by name, if the results do not have them")
    add("--compare", action="store_true", help="show differences from the first run, with 95%% intervals, on "
        "the inputs that all runs have")  # fmt: skip
    add("--output", type=Path, metavar="FILE.json", help="also write all numbers to this file")
    for old in ("--resize", "--common"):  # accepted for compatibility; always on
        add(old, action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _find_runs(args: argparse.Namespace) -> tuple[list[GalleryRun], str]:
    """Find the runs with their inputs and targets, and a line about inputs that some runs lack, or ""."""
    runs, said = [run for path in args.results for run in find_runs(path)], ""
    if args.compare:
        if len(runs) < 2:
            raise UserError(
                f"--compare needs two runs or more, {args.results[0]} is one: give more --results"
            )
        runs, said = pair_runs(runs)
    for run in runs:
        if args.inputs:
            run.inputs.update(match_folder(run, args.inputs))
        if args.targets:
            run.targets.update(match_folder(run, args.targets))
    if not args.reference and not any(run.inputs or run.targets for run in runs):
        raise UserError(
            f"{args.results[0]} holds only outputs, so nothing can be measured: give photos to "
            "compare with (--reference), or inputs or targets with the same names (--inputs, --targets)"
        )
    return runs, said


def _write(
    args: argparse.Namespace,
    results: Sequence[Measurement],
    reports: Sequence[dict[str, Any]],
    differences: Sequence[Mapping[str, Difference]],
) -> None:
    """evaluation.json beside each gallery's pages, and everything to --output."""
    written: dict[Path, Any] = {
        result.run.folder / "evaluation.json": report
        for result, report in zip(results, reports, strict=True)
        if result.run.is_gallery
    }
    if args.output:
        compared = [{metric: d._asdict() for metric, d in found.items()} for found in differences]
        args.output.parent.mkdir(parents=True, exist_ok=True)
        written[args.output] = {"runs": list(reports), "differences_from_first": compared}
    for path, content in written.items():
        try:
            write_bytes(path, strict_json(content, indent=1).encode() + b"\n")
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}") from error
        print(one_line(f"wrote {path}"))


if __name__ == "__main__":
    run_command(main)
