"""Write a run's generator as an ONNX file for other programs.

Example:
    python scripts/export_onnx.py --name animals --output animals.onnx

The model's output is first compared with test.py's. docs/export.md shows how to use it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.command import add_run, parser_of, run_folder
from util.atomic import make_folder, write_bytes
from util.errors import UserError, run_command
from util.parsing import non_negative_int


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = parser_of(__doc__)
    add_run(parser)
    add = parser.add_argument
    flag: dict[str, Any] = {"action": "store_true"}
    add("--output", required=True, type=Path, metavar="FILE", help="ONNX file to write")
    add("--model_suffix", default="", help="export <epoch>_net_G<suffix>.pth (CycleGAN: _A or _B)")
    add(
        "--fp16", **flag, help="store weights in 16 bits, which halves the file; computation stays in 32 bits"
    )
    add(
        "--uint8",
        **flag,
        help="use 8-bit images (N, H, W, C) as input and output instead of floats in [-1, 1]",
    )
    add("--eval", **flag, help="use the running statistics of batch norm, like test.py --eval")
    add("--dropout_for", default="", metavar="NAME", help="keep dropout, with the masks that test.py draws "
        "for an input with this file name; this fixes the image size (default: no dropout)")  # fmt: skip
    add(
        "--size",
        type=non_negative_int,
        default=0,
        help="side of the image for --dropout_for; 0: as in training",
    )
    add("--seed", type=int, default=0, help="seed for --dropout_for, as for test.py")
    args = parser.parse_args(argv)
    if args.output.suffix != ".onnx" or args.output.is_dir():
        raise UserError(f"--output {args.output} must be a file with the extension .onnx")
    if args.size and not args.dropout_for:
        raise UserError(
            f"--size {args.size} needs --dropout_for: without dropout, the model accepts any size"
        )
    if args.eval and args.dropout_for:
        raise UserError("--eval turns dropout off: leave out --dropout_for")
    from scripts.exporting.onnx_file import describe, require_packages

    require_packages()
    from scripts.exporting.export import export_run
    from scripts.exporting.weights import shrink

    print("exporting (about ten seconds) ...", flush=True)
    found = export_run(
        run_folder(args), args.epoch, suffix=args.model_suffix, seed=args.seed, dropout=args.dropout_for,
        eval_mode=args.eval, uint8=args.uint8, side=args.size,
    )  # fmt: skip
    exported = found.onnx
    if args.fp16:
        exported = shrink(exported, 16)
        describe(exported, {"weights": "float16"})
        print(f"largest difference with 16-bit weights: {found.distance(exported):.2g}")
    make_folder(args.output.parent, what="--output")
    write_bytes(args.output, exported.SerializeToString())
    for prop in exported.metadata_props:
        print(f"{prop.key:>12}: {prop.value}")
    print(f"{args.output}: {args.output.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    run_command(main)
