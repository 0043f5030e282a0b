"""Benchmark the commands against a plain textbook implementation.

    python scripts/benchmark.py train        train.py: time per update
    python scripts/benchmark.py test         test.py: time for 50 images
    python scripts/benchmark.py preprocess   preprocess.py: time for 10-megapixel JPEGs

The textbook and the command take turns. The output is a Markdown table of median times. The images are
generated in a temporary folder in TMPDIR.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.choices import GENERATORS, UNET_DOWNS
from scripts.command import parser_of
from util.errors import UserError, run_command
from util.parsing import positive, positive_int

# Each benchmark's default batch sizes and number of images.
_DEFAULTS: dict[str, tuple[list[int], int]] = {
    "train": ([1, 4, 16], 64),
    "test": ([1, 16], 50),
    "preprocess": ([], 16),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("what", choices=tuple(_DEFAULTS), help="what to measure")
    add(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="device to use; auto uses a GPU if there is one",
    )
    count: dict[str, Any] = {"type": positive_int, "metavar": "N"}
    add("--batch_sizes", type=positive_ints, metavar="N,N,...", help="batch sizes to measure (the "
        "default depends on the benchmark)")  # fmt: skip
    add("--updates", **count, help="number of timed turns (default: as many as fit into --budget_s)")
    add("--budget_s", type=positive, default=45.0, metavar="S", help="seconds to spend on each table")
    add("--size", type=positive_int, default=256, metavar="PX", help="side of the images")
    add("--netG", default="unet_256", choices=GENERATORS, help="generator")
    add("--ngf", default=64, **count, help="number of channels in the first layer of both networks")
    add("--images", **count, help="number of images (default: train 64, test 50, preprocess 16)")
    add(
        "--workers",
        **count,
        help="number of threads or processes that load images (default: number of cores, at most 4)",
    )
    add("--megapixels", type=positive, default=10.0, help="size of the JPEGs for preprocess")
    args = parser.parse_args(argv)
    multiple = 2 ** UNET_DOWNS.get(args.netG, 2)
    if args.what != "preprocess" and args.size % multiple:
        raise UserError(f"--size {args.size} must be a multiple of {multiple} for --netG {args.netG}")

    import torch

    from scripts.benchmarks import ways
    from scripts.benchmarks.measuring import describe_machine, usable_cores

    if args.device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: this machine has no CUDA GPU; choose cpu or auto")
    if args.device == "auto":
        args.device = "cuda" if torch.cuda.is_available() else "cpu"
    batch_sizes, images = _DEFAULTS[args.what]
    args.batch_sizes = args.batch_sizes or batch_sizes + ([64] if args.device == "cuda" else [])
    args.images = args.images or images
    args.workers = args.workers or min(4, usable_cores())
    print(f"## {args.what.capitalize()}\n\n{describe_machine(args.device)}\n")
    os.environ["TQDM_DISABLE"] = "1"
    folder = tempfile.TemporaryDirectory(prefix="benchmark_")
    with folder as scratch, contextlib.redirect_stdout(sys.stderr):
        tables = list(getattr(ways, args.what)(args, Path(scratch)))
    print("\n".join(tables))
    return 0


def positive_ints(text: str) -> list[int]:
    """Parse comma-separated whole numbers of at least 1. This is an argparse type."""
    return [int(positive_int(part.strip())) for part in text.split(",")]


if __name__ == "__main__":
    run_command(main)
