"""Write a run's generator as an ONNX file, for programs in any language.

Example:
    python scripts/export_onnx.py --name animals --output animals.onnx

Its output is compared with test.py's before the file is written. docs/export.md shows how to use it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from options.base_options import HelpFormatter, OneLineParser, non_negative_int
from util.errors import UserError, run_command


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = OneLineParser(
        description="Write a run's generator as an ONNX file, compared with test.py's images.",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--name", required=True, help="name of the run: its folder in --checkpoints_dir")
    add("--output", required=True, help="ONNX file to write, *.onnx")
    add("--epoch", default="latest", help="checkpoint to export: the number of an epoch, latest or best")
    add("--model_suffix", default="", help="export <epoch>_net_G<suffix>.pth (CycleGAN: _A or _B)")
    add("--checkpoints_dir", default="./checkpoints", help="folder that holds all runs")
    add(
        "--fp16", action="store_true", help="store the weights in 16 bits: half the file; computes in 32 bits"
    )
    add(
        "--uint8",
        action="store_true",
        help="use 8-bit images (N, H, W, C) as input and output instead of floats in [-1, 1]",
    )
    add(
        "--eval",
        action="store_true",
        help="no dropout, and batch norm with the statistics of training, like test.py --eval; default: "
        "like test.py without it",
    )
    add(
        "--dropout_for",
        default="",
        metavar="FILE",
        help="keep dropout, with the masks that test.py draws for an input of this file name; fixes the "
        "image size (default: no dropout, any size)",
    )
    add("--size", type=non_negative_int, default=0, help="side of --dropout_for's image; 0: as in training")
    add("--seed", type=int, default=0, help="seed of --dropout_for, as for test.py")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = parse(argv)
    output = Path(args.output)
    if output.suffix != ".onnx" or output.is_dir():
        raise UserError(f"--output {output} must be a file that ends in .onnx")
    if args.size and not args.dropout_for:
        raise UserError(f"--size {args.size} needs --dropout_for: without dropout, the model takes any size")
    if args.eval and args.dropout_for:
        raise UserError("--eval has no dropout: leave out --dropout_for")
    from scripts.exporting.onnx_file import check, describe, require_packages, write

    require_packages("onnx", "onnxscript", "onnxruntime", extra="requirements-export.txt")
    from scripts.drawing.generation import run_folder
    from scripts.exporting.export import distance, export_run
    from scripts.exporting.weights import shrink

    print("exporting (about ten seconds) ...", flush=True)
    found = export_run(
        run_folder(args.checkpoints_dir, args.name), args.epoch, suffix=args.model_suffix, seed=args.seed,
        dropout=args.dropout_for or None, eval_mode=args.eval, uint8=args.uint8, side=args.size,
    )  # fmt: skip
    unit = "levels of 255" if args.uint8 else "in [-1, 1]"
    print(f"largest difference from test.py: {found.distance:.2g} {unit}")
    exported = found.onnx
    if args.fp16:
        exported = shrink(exported, 16)
        describe(exported, {p.key: p.value for p in exported.metadata_props} | {"weights": "float16"})
        check(exported)
        lost = distance(found, exported, args.dropout_for or "drawing.png", args.uint8)
        print(f"with weights in 16 bits: {lost:.2g} {unit}")
    write(exported, output)
    for prop in exported.metadata_props:
        print(f"{prop.key:>12}: {prop.value}")
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    run_command(main)
