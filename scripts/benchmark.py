"""Compare speed and memory with the plain textbook way: both in turn in one run, medians reported.

    python scripts/benchmark.py train        an update: the textbook's loop, each optimization, train.py
    python scripts/benchmark.py test         50 images: one by one, and test.py
    python scripts/benchmark.py preprocess   10-megapixel JPEGs: one by one, and preprocess.py
    python scripts/benchmark.py scale        growth with batch, image size, number of images
    python scripts/benchmark.py start        test.py's first image against importing torch
    python scripts/benchmark.py train --markdown scripts/BENCHMARKS.md

All images are made on the fly, in a temporary folder.
"""

from __future__ import annotations

import argparse
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

HEADINGS = {
    "train": "Training",
    "test": "Testing",
    "preprocess": "Preprocessing",
    "scale": "Scale",
    "start": "Start",
}
_BATCH_SIZES = {"train": [1, 4, 16], "test": [1, 16], "scale": [1, 2, 4, 8, 16]}
_BUDGET_S = {"train": 150.0, "test": 60.0, "preprocess": 45.0, "scale": 300.0}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv`, or the process's own arguments.

    Raises:
        UserError: a device that is not there, or sizes that the network cannot take.
    """
    args = _parse(argv)
    _complete(args)

    from importlib import import_module

    from scripts.benchmarks.report import describe_machine, write_section

    with tempfile.TemporaryDirectory(prefix="benchmark_", dir=args.scratch) as scratch:
        tables = import_module(f"scripts.benchmarks.{args.what}").run(args, Path(scratch))
    device, machine = describe_machine(args.device)
    text = "\n".join([f"{machine}\n", *(table.markdown() for table in tables)])
    print(text)
    if args.markdown:
        write_section(args.markdown, f"{HEADINGS[args.what]}: {device}", text)
        print(f"wrote {args.markdown}")
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
    add("--budget_s", type=positive, metavar="S", help="measuring time in seconds (default: 45 to 300)")
    add("--size", type=positive_int, default=256, metavar="PX", help="side of images (default %(default)s)")
    add("--netG", default="unet_256", help="generator (default %(default)s)")
    add("--ngf", type=positive_int, default=64, help="generator's first-level channels (default %(default)s)")
    add("--ndf", type=positive_int, help="discriminator's first-layer channels (default: --ngf)")
    set_sizes = "images in the set (default: train 64, test 50, preprocess 16, start 8)"
    add("--images", "--pictures", **count, help=set_sizes)
    add("--workers", **count, help="threads or processes that load images (default: cores, 4 at most)")
    add("--megapixels", type=positive, default=10.0, help="preprocess: size of JPEGs (default %(default)s)")
    add("--sizes", **ints, default=[128, 256, 512, 1024], help="scale: sides of the images in pixels")
    add("--counts", **ints, default=[100, 1000, 10_000, 100_000], help="scale: data set sizes, in images")
    add("--compile", action="store_true", help="train: measure torch.compile too (it takes minutes to start)")
    add("--scratch", type=Path, metavar="DIR", help="parent of the temporary folder (default: the system's)")
    add(
        "--markdown",
        type=Path,
        metavar="FILE",
        help="also write the tables into this Markdown file, one section per device",
    )
    return parser.parse_args(argv)


def _complete(args: Namespace) -> None:
    """Fill in what depends on the command and on the machine; raises `UserError`."""
    if args.scratch and not args.scratch.is_dir():
        raise UserError(f"--scratch {args.scratch} is not a folder: create it, or leave the option out")
    import torch

    from scripts.benchmarks.report import usable_cores

    if args.netG not in GENERATORS:
        raise UserError(f"--netG {args.netG!r} is not known: choose from {', '.join(GENERATORS)}")
    multiple = 2 ** UNET_DOWNS.get(args.netG, 2)
    if args.what != "preprocess" and args.size % multiple:
        raise UserError(f"--size {args.size}: {args.netG} needs multiples of {multiple}")
    # Where sizes vary, the U-Net with one level less may stand in.
    wrong = [n for n in args.sizes if n % min(multiple, 128)]
    if args.what == "scale" and wrong:
        raise UserError(f"--sizes {wrong[0]}: {args.netG} needs multiples of {min(multiple, 128)}")
    if args.device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: there is no CUDA GPU here; choose cpu or auto")
    if args.device == "auto":
        args.device = "cuda" if torch.cuda.is_available() else "cpu"
    args.ndf = args.ndf or args.ngf
    args.workers = args.workers or min(4, usable_cores())
    args.budget_s = args.budget_s or _BUDGET_S.get(args.what, 60.0)
    if not args.batch_sizes:
        more = [64] if args.device == "cuda" else []
        args.batch_sizes = _BATCH_SIZES.get(args.what, []) + more


def positive_ints(text: str) -> list[int]:
    """Parse whole numbers of at least 1 between commas, for argparse."""
    return [int(positive_int(part.strip())) for part in text.split(",")]


if __name__ == "__main__":
    run_command(main)
