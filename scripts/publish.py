"""Write a small copy of a run that you can share, and that test.py can use like any run.

Example:
    python scripts/publish.py --name animals --output checkpoints/shared --inputs datasets/drawings

The copy contains the generator (its moving average, if there is one) in half precision, and the options that
testing needs. It contains no optimizers, discriminators or local paths.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models.choices import NORM_STATS
from options.base_options import FIXED
from scripts.command import add_run, parser_of
from util import checkpoint
from util.atomic import inside, make_folder, write_bytes
from util.errors import UserError, run_command
from util.image_files import find_images

if TYPE_CHECKING:
    from torch import nn

    from training.generator import Generator

# Options that test.py takes from a run, in addition to the architecture.
TESTING = ["batch_size", "world_size", "crop_size", "load_size", "preprocess", "edge_settings", "value_range"]
WEIGHTS = "latest_net_G.pth"


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = parser_of(__doc__)
    add_run(parser)
    add, folder = parser.add_argument, {"metavar": "DIR"}
    add("--output", required=True, **folder, help="folder for the copy")
    add(
        "--inputs",
        required=True,
        **folder,
        help="drawings or edge maps on which to compare both precisions",
    )
    add("--average", nargs="+", metavar="NAME@EPOCH",
        help="average the weights with other checkpoints; NAME defaults to the same run, "
        "and EPOCH to --epoch")  # fmt: skip
    add("--norm_stats", default="auto", choices=NORM_STATS, help="batch norm statistics that test.py uses; "
        "auto: depends on the batch size in training")  # fmt: skip
    add("--model_suffix", default="", help="copy <epoch>_net_G<suffix>.pth (CycleGAN: _A or _B)")
    add("--most_lost", type=float, default=1.0, metavar="LEVELS",
        help="write nothing if images change by more than this on average (of 255 levels)")  # fmt: skip
    args = parser.parse_args(argv)
    output = Path(args.output)
    folder = Path(args.checkpoints_dir) / args.name
    if output.resolve() == folder.resolve():
        raise UserError(f"--output {output} is the run itself: choose another folder")
    generator = loaded(args.name, args.epoch, args)
    net = generator.net
    files = find_images(Path(args.inputs))
    if not files:
        raise UserError(f"--inputs {args.inputs}: there are no images in this folder")
    if args.average:
        named = [checkpoint_of(other, args) for other in args.average]
        twice = [other for i, other in enumerate(named) if other in [(args.name, args.epoch), *named[:i]]]
        if twice:
            raise UserError(f"--average: epoch {twice[0][1]} of {twice[0][0]} is given twice")
        average(net, [loaded(run, epoch, args).net for run, epoch in named])
    exact = checkpoint.plain_state_dict(net)
    # Store convolution weights in half precision. Other tensors are small.
    smaller = {k: x.half() if x.is_floating_point() and x.dim() > 1 else x for k, x in exact.items()}
    lost = difference(generator, files, exact, smaller)
    if lost > args.most_lost:
        raise UserError(
            f"half precision changes the images by {lost:.2f} of 255 levels on average, more than "
            f"--most_lost {args.most_lost:g}: nothing was written"
        )
    make_folder(output, what="--output")
    checkpoint.save(output / WEIGHTS, smaller)
    write_bytes(output / checkpoint.OPTIONS_JSON, described(folder, args.norm_stats))
    megabytes = (output / WEIGHTS).stat().st_size / 1e6
    print(f"{output / WEIGHTS}: {megabytes:.1f} MB")
    print(f"half precision changes {len(files)} images by {lost:.3f} of 255 levels on average")
    return 0


def checkpoint_of(named: str, args: argparse.Namespace) -> tuple[str, str]:
    """Return the run and the epoch of NAME, @EPOCH or NAME@EPOCH, where NAME may contain an @."""
    if (Path(args.checkpoints_dir) / named).is_dir():
        return named, args.epoch
    run, _, epoch = named.rpartition("@") if "@" in named else (named, "", "")
    return run or args.name, epoch or args.epoch


def loaded(name: str, epoch: str, args: argparse.Namespace) -> Generator:
    """Load a run's generator."""
    from models import load_generator  # imports torch

    folder = inside(args.checkpoints_dir, name, what="--name")
    return load_generator(folder, epoch, amp="fp32", suffix=args.model_suffix)


def average(net: nn.Module, others: Sequence[nn.Module]) -> None:
    """Average generators' weights (model soups, Wortsman et al. 2022) and load them into ``net``."""
    ours = checkpoint.plain_state_dict(net)
    sets = [ours, *map(checkpoint.plain_state_dict, others)]
    if any({k: x.shape for k, x in ours.items()} != {k: x.shape for k, x in s.items()} for s in sets):
        raise UserError("--average needs runs with the same architecture")
    net.load_state_dict(
        {k: sum(s[k] for s in sets) / len(sets) if x.is_floating_point() else x for k, x in ours.items()}
    )


def difference(
    generator: Generator, files: Sequence[Path], exact: dict[str, Any], smaller: dict[str, Any]
) -> float:
    """Measure how much half precision changes the images: the mean absolute difference in 8-bit levels."""
    total = 0.0
    for names, x in generator.batches(files):
        outputs = []
        for weights in (exact, smaller):
            generator.net.load_state_dict(weights)
            outputs.append(generator.generate(x, names))
        total += float((outputs[0] - outputs[1]).abs().mean((1, 2, 3)).sum()) * 127.5
    return total / len(files)


def described(run_dir: Path, norm_stats: str) -> bytes:
    """Return the JSON of the options that testing needs."""
    trained = checkpoint.load_options(run_dir)
    kept = {key: trained[key] for key in (*FIXED, *TESTING, "model") if key in trained}
    if norm_stats != "auto":
        kept["norm_stats"] = norm_stats
    return (json.dumps(kept, indent=1, sort_keys=True) + "\n").encode()


if __name__ == "__main__":
    run_command(main)
