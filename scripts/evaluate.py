"""Measure results: how close to the target, to photos and to the input's lines, and whether they are copies.

    python scripts/evaluate.py --results results/NAME --reference photos/
    python scripts/evaluate.py --results results/A/test_400 results/B/test_400 --reference photos/ --compare

Prints a table and writes evaluation.json into each gallery. An input whose images cannot all be read is left
out (with --compare: of every run) and the files are named; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from util.atomic import write_bytes
from util.errors import UserError, list_not_used, one_line, run_command
from util.gallery.reading import (
    find_runs,
    images_by_name,
    leave_out_unreadable,
    match_folder,
    pair_runs,
    unreadable_images,
)
from util.parsing import OneLineParser, non_negative_int
from util.strict_json import strict_json

if TYPE_CHECKING:
    from scripts.evaluation.measure import Measurement, Reference
    from util.gallery.reading import GalleryRun
    from util.metrics.bootstrap import Difference

# Each one sorts all patches anew, so fewer than for the metrics that are means.
SWD_RESAMPLES = 200


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv`, or the process's own arguments.

    Returns:
        The exit code, 1 if some images could not be read.

    Raises:
        UserError: images that are missing or of different sizes, names that do not pair, or nothing to read.
    """
    args = _parse(argv)
    runs = _find_runs(args)
    runs, not_used = leave_out_unreadable(runs, paired=args.compare)
    photos, broken_photos = _reference_photos(args.reference) if args.reference else ({}, {})
    not_used |= broken_photos

    # torch takes over a second to load: after --help and the first mistakes.
    from scripts.evaluation.measure import Reference, measure, output_size
    from scripts.evaluation.report import as_json, format_table, print_below

    sizes = {run.title: output_size(run) for run in runs}
    size = next(iter(sizes.values()))
    if args.compare or args.reference:
        for title, other in sizes.items():
            if other != size:
                raise UserError(
                    f"{title} is {other[1]}x{other[0]} px, {runs[0].title} {size[1]}x{size[0]}: give one size"
                )
    reference = None
    options: dict[str, Any] = {
        "directions": args.swd_directions, "normalise": args.swd_normalise, "seed": args.seed,
    }  # fmt: skip
    if args.reference:
        patches = max(args.swd_patches, *(sum(map(len, run.outputs.values())) for run in runs))
        reference = Reference(photos, size=size, patches=patches, seed=args.seed, resize=args.resize)
    results = [measure(run, reference, **options) for run in runs]
    own = {}
    if reference:
        few = min(sum(map(len, run.outputs.values())) for run in runs)
        own = {f"SWD {level}": v for level, v in reference.own_distance(few, **options).items()}
        own |= reference.own_kernel_distance(few, seed=args.seed)
    differences = _compare(results, reference, args) if args.compare else []

    print(format_table(results, own, differences))
    print_below(results, compared=args.compare)
    settings = {name: str(value) if isinstance(value, Path) else value for name, value in vars(args).items()}
    reports = [as_json(result, own, settings, not_used) for result in results]
    _write(args, results, reports, differences)
    for line in list_not_used(not_used):
        print(line)
    return 1 if not_used else 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = parser.add_argument
    folder: dict[str, Any] = {"type": Path, "metavar": "DIR"}
    number: dict[str, Any] = {"type": int, "metavar": "N"}
    add("--results", nargs="+", required=True, metavar="DIR", help="galleries, such as "
        "results/NAME/<phase>_<epoch>, folders of galleries, or folders of images")  # fmt: skip
    add("--reference", **folder, help="photos of the training set, for sliced Wasserstein and kernel "
        "distance, FID, KID and the nearest photo")  # fmt: skip
    add("--resize", action="store_true", help="resize reference photos to the size of the outputs")
    add("--inputs", **folder, help="input edge maps, by name, where the results do not hold them")
    add("--targets", "--truths", **folder, help="targets, by name, where the results do not hold them")
    add("--compare", action="store_true", help="show differences from the first run, with 95%% bootstrap "
        "intervals over the inputs")  # fmt: skip
    add("--common", action="store_true", help="compare the inputs that all runs have, and ignore others")
    add("--output", type=Path, metavar="FILE.json", help="also write all numbers to this file")
    add("--swd_patches", default=32768, **number, help="patches of each pyramid level and set [%(default)s]")
    add("--swd_directions", default=512, **number, help="random directions [%(default)s]")
    add("--swd_normalise", choices=("reference", "own"), default="reference", help="scale of the patches' "
        "channels: the reference's, or each set's own as in the paper's program [%(default)s]")  # fmt: skip
    add("--seed", type=non_negative_int, default=0, help="seed of every random choice [%(default)s]")
    args = parser.parse_args(argv)
    for name in ("swd_patches", "swd_directions"):
        if getattr(args, name) < 1:
            raise UserError(f"--{name} must be at least 1, got {getattr(args, name)}")
    return args


def _find_runs(args: argparse.Namespace) -> list[GalleryRun]:
    """Find the runs with their inputs and targets; raises `UserError` if there is nothing to measure."""
    runs = [run for path in args.results for run in find_runs(path)]
    if args.compare and len(runs) < 2:
        raise UserError(f"--compare needs two runs or more, {args.results[0]} is one: give more --results")
    if args.compare:
        runs = pair_runs(runs, common=args.common)
    for run in runs:
        if args.inputs:
            run.inputs.update(match_folder(run, args.inputs))
        if args.targets:
            run.targets.update(match_folder(run, args.targets))
    if not args.reference and not any(run.inputs or run.targets for run in runs):
        raise UserError(
            f"{args.results[0]} holds outputs alone, of which nothing can be measured: give photos to "
            "compare with (--reference), or inputs or targets of the same names (--inputs, --targets)"
        )
    return runs


def _reference_photos(folder: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """Find the photos by their names, and those that cannot be read with the reason.

    Raises:
        UserError: there are none, or none can be read.
    """
    photos = images_by_name(folder)
    broken = unreadable_images(photos.values())
    if len(broken) == len(photos):
        file, reason = next(iter(broken.items()))
        raise UserError(f"--reference {folder}: no photo can be read; the first, {file}: {reason}")
    usable = {name: file for name, file in photos.items() if file not in broken}
    return usable, {str(file): reason for file, reason in broken.items()}


def _compare(
    results: Sequence[Measurement], reference: Reference | None, args: argparse.Namespace
) -> list[dict[str, Difference]]:
    """For each run after the first, its differences from the first with their intervals."""
    import numpy as np
    import torch

    from scripts.evaluation import kernel
    from util.metrics import kernel_distance
    from util.metrics.bootstrap import centred_difference, draw_inputs, paired_difference
    from util.metrics.sliced_wasserstein import resampled_means

    first, names = results[0], list(results[0].rows)
    draws = draw_inputs(len(names), seed=args.seed)
    some = draws[:SWD_RESAMPLES]
    means = []
    for result in results:
        counts = {len(samples) for samples in result.run.outputs.values()}
        if reference and result.patches and len(counts) == 1:
            # Every input's samples lie together: draw them together.
            samples = counts.pop()
            spread = (some[:, :, None] * samples + np.arange(samples)).reshape(len(some), -1)
            means.append(
                resampled_means(
                    result.patches,
                    reference.described,
                    torch.from_numpy(spread),
                    normalise=args.swd_normalise,
                    seed=args.seed,
                ).numpy()
            )
    compared = []
    for index, result in enumerate(results[1:], 1):
        found = {}
        for metric in result.mean():
            pairs = np.array([[r.rows[name].get(metric, np.nan) for name in names] for r in (result, first)])
            if np.isfinite(pairs).all():
                found[metric] = paired_difference(pairs[0], pairs[1], draws)
        if len(means) == len(results):
            estimate = result.whole["SWD mean"] - first.whole["SWD mean"]
            found["SWD mean"] = centred_difference(estimate, means[index] - means[0])
        if result.kernel and first.kernel:
            found[kernel.NAME] = kernel_distance.difference(result.kernel, first.kernel)
        compared.append(found)
    return compared


def _write(
    args: argparse.Namespace,
    results: Sequence[Measurement],
    reports: Sequence[dict[str, Any]],
    differences: Sequence[Mapping[str, Difference]],
) -> None:
    """evaluation.json beside each gallery's pages, and everything to --output."""
    written: list[Path] = []
    contents: list[Any] = []
    for result, report in zip(results, reports, strict=True):
        if result.run.is_gallery:
            written.append(result.run.folder / "evaluation.json")
            contents.append(report)
    if args.output:
        compared = [
            {metric: {"mean": d.mean, "low": d.low, "high": d.high} for metric, d in found.items()}
            for found in differences
        ]
        args.output.parent.mkdir(parents=True, exist_ok=True)
        written.append(args.output)
        contents.append({"runs": list(reports), "differences_from_first": compared})
    for path, content in zip(written, contents, strict=True):
        try:
            write_bytes(path, strict_json(content, indent=1).encode() + b"\n")
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}") from error
        print(one_line(f"wrote {path}"))


if __name__ == "__main__":
    run_command(main)
