"""Compare speed and memory with a plain textbook implementation: both take turns in one run; prints medians.

    python scripts/benchmark.py train        one update: the textbook's loop, and train.py
    python scripts/benchmark.py test         50 images: one by one, and test.py
    python scripts/benchmark.py preprocess   10-megapixel JPEGs: one by one, and preprocess.py

Prints Markdown. All images are made on the fly, in a temporary folder (TMPDIR chooses where).
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.choices import GENERATORS, UNET_DOWNS
from util.errors import UserError, run_command
from util.parsing import OneLineParser, positive, positive_int

HEADINGS = {"train": "Training", "test": "Testing", "preprocess": "Preprocessing"}
_BATCH_SIZES = {"train": [1, 4, 16], "test": [1, 16]}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = _parse(argv)
    _complete(args)

    from scripts.benchmarks import ways
    from scripts.benchmarks.measuring import describe_machine

    print(f"## {HEADINGS[args.what]}\n\n{describe_machine(args.device)}\n")
    folder = tempfile.TemporaryDirectory(prefix="benchmark_")
    with folder as scratch, contextlib.redirect_stdout(sys.stderr):
        tables = list(getattr(ways, args.what)(args, Path(scratch)))
    print("\n".join(tables))
    return 0


def _parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = OneLineParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = parser.add_argument
    add("what", choices=tuple(HEADINGS), help="what to measure")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="device; auto: a GPU if present")
    ints: dict[str, Any] = {"type": positive_ints, "metavar": "N,N,..."}
    count: dict[str, Any] = {"type": positive_int, "metavar": "N"}
    add("--batch_sizes", **ints, help="batch sizes to measure (default: depends on the benchmark)")
    add("--updates", **count, help="timed runs of each alternative (default: as many as fit in --budget_s)")
    add(
        "--budget_s", type=positive, default=45.0, metavar="S", help="seconds per table (default %(default)s)"
    )
    add("--size", type=positive_int, default=256, metavar="PX", help="side of images (default %(default)s)")
    add("--netG", default="unet_256", help="generator (default %(default)s)")
    add("--ngf", type=positive_int, default=64, help="generator's first-level channels (default %(default)s)")
    add("--ndf", type=positive_int, help="discriminator's first-layer channels (default: --ngf)")
    add("--images", **count, help="images in the set (default: train 64, test 50, preprocess 16)")
    add("--workers", **count, help="threads or processes that load images (default: cores, 4 at most)")
    add("--megapixels", type=positive, default=10.0, help="preprocess: size of JPEGs (default %(default)s)")
    return parser.parse_args(argv)


def _complete(args: Namespace) -> None:
    """Fill in defaults that depend on the command and the machine; raises `UserError`."""
    import torch

    from scripts.benchmarks.measuring import usable_cores

    if args.netG not in GENERATORS:
        raise UserError(f"--netG {args.netG!r} is not known: choose from {', '.join(GENERATORS)}")
    multiple = 2 ** UNET_DOWNS.get(args.netG, 2)
    if args.what != "preprocess" and args.size % multiple:
        raise UserError(f"--size {args.size}: {args.netG} needs multiples of {multiple}")
    if args.device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: there is no CUDA GPU here; choose cpu or auto")
    if args.device == "auto":
        args.device = "cuda" if torch.cuda.is_available() else "cpu"
    args.ndf = args.ndf or args.ngf
    args.workers = args.workers or min(4, usable_cores())
    if not args.batch_sizes:
        more = [64] if args.device == "cuda" else []
        args.batch_sizes = _BATCH_SIZES.get(args.what, []) + more


def positive_ints(text: str) -> list[int]:
    """Parse comma-separated whole numbers of at least 1, for argparse."""
    return [int(positive_int(part.strip())) for part in text.split(",")]


if __name__ == "__main__":
    run_command(main)
