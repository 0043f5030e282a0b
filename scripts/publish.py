"""Copy a run's generator, small and ready to share, into a folder that test.py reads like any run.

Example:
    python scripts/publish.py --name animals --output checkpoints/shared --inputs datasets/drawings

Writes the moving average of the generator, if the run has one, in half precision, and the options that
testing needs. Optimizers, discriminators and paths of this machine stay behind.
"""

from __future__ import annotations

import argparse
import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models.choices import NORM_STATS
from options.base_options import FIXED
from options.test_options import TestOptions
from util import checkpoint
from util.atomic import make_folder, write_bytes
from util.errors import UserError, run_command
from util.parsing import HelpFormatter, OneLineParser

# What test.py takes from a run besides the architecture.
TESTING = ("batch_size", "world_size", "crop_size", "load_size", "preprocess", "edge_settings", "model")
WEIGHTS = "latest_net_G.pth"
# Training images that batch norm statistics are measured on.
IMAGES = 256


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = parse(argv)
    output = Path(args.output)
    if output.resolve() == (Path(args.checkpoints_dir) / args.name).resolve():
        raise UserError(f"--output {output} is the run itself: name another folder")
    opt, model = loaded(args.name, args.epoch, args)
    from data import create_dataset

    loader = create_dataset(opt)
    if args.average:
        named = [checkpoint_of(other, args) for other in args.average]
        twice = [other for i, other in enumerate(named) if other in [(args.name, args.epoch), *named[:i]]]
        if twice:
            raise UserError(f"--average: epoch {twice[0][1]} of {twice[0][0]} is there twice")
        average(model, [loaded(run, epoch, args)[1] for run, epoch in named])
    if args.calibrate:
        calibrate(model, opt, args.calibrate)
    exact = checkpoint.plain_state_dict(model.netG)
    smaller = {key: halved(weights) for key, weights in exact.items()}
    lost = difference(model, loader, exact, smaller)
    if lost > args.most_lost:
        raise UserError(
            f"half precision changes the images by {lost:.2f} of 255 levels on average, more than "
            f"--most_lost {args.most_lost:g}: nothing was written"
        )
    make_folder(output, what="--output")
    checkpoint.save(output / WEIGHTS, smaller)
    write_bytes(output / checkpoint.OPTIONS_JSON, described(opt, args.norm_stats))
    megabytes = (output / WEIGHTS).stat().st_size / 1e6
    print(f"{output / WEIGHTS}: {megabytes:.1f} MB")
    print(f"half precision changes {len(loader)} images by {lost:.3f} of 255 levels on average")
    return 0


def checkpoint_of(named: str, args: argparse.Namespace) -> tuple[str, str]:
    """Return the run and the epoch that NAME, @EPOCH or NAME@EPOCH stands for; a name may hold an @."""
    if (Path(args.checkpoints_dir) / named).is_dir():
        return named, args.epoch
    run, _, epoch = named.rpartition("@") if "@" in named else (named, "", "")
    return run or args.name, epoch or args.epoch


def loaded(name: str, epoch: str, args: argparse.Namespace) -> tuple[Namespace, Any]:
    """Load a run's generator; returns the options and the model."""
    opt = TestOptions().parse(
        ["--dataroot", args.inputs, "--name", name, "--checkpoints_dir", args.checkpoints_dir]
        + ["--epoch", epoch, "--model", "test", "--dataset_mode", "single", "--amp", "fp32"]
    )
    from models import create_model

    model = create_model(opt)
    model.setup(opt)
    return opt, model


def average(model: Any, others: Sequence[Any]) -> None:
    """Let the generator have the mean of its weights and others' (model soups: Wortsman et al., 2022)."""
    ours = checkpoint.plain_state_dict(model.netG)
    sets = [ours, *(checkpoint.plain_state_dict(other.netG) for other in others)]
    if any({k: x.shape for k, x in ours.items()} != {k: x.shape for k, x in s.items()} for s in sets):
        raise UserError("--average needs runs with the same architecture")
    model.netG.load_state_dict(
        {k: sum(s[k] for s in sets) / len(sets) if x.is_floating_point() else x for k, x in ours.items()}
    )


def calibrate(model: Any, opt: Namespace, pairs: str) -> None:
    """Measure the batch norm statistics of the generator anew on some of the pairs that it was trained on."""
    import torch

    from data import create_dataset
    from models.calibration import measure_statistics

    size = checkpoint.load_options(opt.run_dir).get("batch_size", 1)
    loader = create_dataset(
        TestOptions().parse(
            ["--dataroot", pairs, "--name", opt.name, "--checkpoints_dir", opt.checkpoints_dir]
            + ["--phase", "train", "--batch_size", str(size), "--amp", "fp32"]
        )
    ).random_subset(IMAGES)
    letter = "A" if opt.direction == "AtoB" else "B"
    torch.manual_seed(opt.seed)  # dropout is on, as in training
    count = measure_statistics([model.netG], ((batch[letter],) for batch in loader))
    print(f"batch norm statistics measured on {count} batches of {size}")


def halved(weights: Any) -> Any:
    """Return convolution weights in half precision; norms, biases and statistics are small and stay exact."""
    return weights.half() if weights.is_floating_point() and weights.dim() > 1 else weights


def difference(model: Any, loader: Any, exact: dict[str, Any], smaller: dict[str, Any]) -> float:
    """Measure what the smaller weights change: mean absolute difference of images, in levels of 255."""
    total = 0.0
    for batch in loader:
        outputs = []
        for weights in (exact, smaller):
            model.netG.load_state_dict(weights)
            model.set_input(batch)
            model.test()
            outputs.append(model.fake_B.float())
        total += float((outputs[0] - outputs[1]).abs().mean((1, 2, 3)).sum()) * 127.5
    return total / len(loader)


def described(opt: Namespace, norm_stats: str) -> bytes:
    """Return the options that testing needs, as JSON."""
    trained = checkpoint.load_options(opt.run_dir)
    kept = {key: trained[key] for key in (*FIXED, *TESTING) if key in trained}
    if norm_stats != "auto":
        kept["norm_stats"] = norm_stats
    return (json.dumps(kept, indent=1, sort_keys=True) + "\n").encode()


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    lines = (__doc__ or "").split("\n\n", 1)
    parser = OneLineParser(description=lines[0], formatter_class=HelpFormatter, allow_abbrev=False)
    add = parser.add_argument
    add("--name", required=True, help="name of the run: its folder in --checkpoints_dir")
    add("--output", required=True, metavar="DIR", help="folder to write")
    add(
        "--inputs",
        required=True,
        metavar="DIR",
        help="images to compare both precisions on, drawings or edge maps",
    )
    add(
        "--calibrate",
        default="",
        metavar="DATAROOT",
        help="measure batch norm statistics anew on these training pairs as they are, without --edge_aug",
    )
    add("--average", default=[], nargs="+", metavar="NAME@EPOCH",
        help="take the mean of the weights and those of these checkpoints; without NAME: of the same run, "
        "without @EPOCH: of --epoch. After runs that began from one another: --calibrate, too")  # fmt: skip
    add(
        "--norm_stats",
        default="auto",
        choices=NORM_STATS,
        help="statistics of batch norm that test.py is to use; auto: those that fit the batches of training",
    )
    add("--epoch", default="latest", help="checkpoint to copy: the number of an epoch, latest or best")
    add("--checkpoints_dir", default="./checkpoints", help="folder that holds all runs")
    add("--most_lost", type=float, default=1.0, metavar="LEVELS",
        help="mean difference of the images, of 255 levels, at which nothing is written")  # fmt: skip
    return parser.parse_args(argv)


if __name__ == "__main__":
    run_command(main)
