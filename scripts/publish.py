"""Copy a run's generator, small and ready to share, to a folder that test.py reads like any run.

Example:
    python scripts/publish.py --name animals --output checkpoints/shared --inputs datasets/drawings

Writes the moving average of the generator, if the run has one, in half precision, and the options that
testing needs. Optimizers, discriminators and local paths are left out.
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

# Options other than the architecture that test.py takes from a run.
TESTING = (
    *("batch_size", "world_size", "crop_size", "load_size", "preprocess"),
    *("edge_settings", "value_range", "model"),
)
WEIGHTS = "latest_net_G.pth"


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = parse(argv)
    output = Path(args.output)
    if output.resolve() == (Path(args.checkpoints_dir) / args.name).resolve():
        raise UserError(f"--output {output} is the run itself: name another folder")
    generator = loaded(args.name, args.epoch, args)
    net = generator.net
    files = find_images(Path(args.inputs))
    if not files:
        raise UserError(f"--inputs {args.inputs}: no images in that folder")
    if args.average:
        named = [checkpoint_of(other, args) for other in args.average]
        twice = [other for i, other in enumerate(named) if other in [(args.name, args.epoch), *named[:i]]]
        if twice:
            raise UserError(f"--average: epoch {twice[0][1]} of {twice[0][0]} is given twice")
        average(net, [loaded(run, epoch, args).net for run, epoch in named])
    run_dir = Path(args.checkpoints_dir) / args.name
    exact = checkpoint.plain_state_dict(net)
    smaller = {key: halved(weights) for key, weights in exact.items()}
    lost = difference(generator, files, exact, smaller)
    if lost > args.most_lost:
        raise UserError(
            f"half precision changes the images by {lost:.2f} of 255 levels on average, more than "
            f"--most_lost {args.most_lost:g}: nothing was written"
        )
    make_folder(output, what="--output")
    checkpoint.save(output / WEIGHTS, smaller)
    write_bytes(output / checkpoint.OPTIONS_JSON, described(run_dir, args.norm_stats))
    megabytes = (output / WEIGHTS).stat().st_size / 1e6
    print(f"{output / WEIGHTS}: {megabytes:.1f} MB")
    print(f"half precision changes {len(files)} images by {lost:.3f} of 255 levels on average")
    return 0


def checkpoint_of(named: str, args: argparse.Namespace) -> tuple[str, str]:
    """Return the run and epoch of NAME, @EPOCH or NAME@EPOCH; a name may contain an @."""
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
    """Average a generator's weights with those of others (model soups: Wortsman et al. 2022)."""
    ours = checkpoint.plain_state_dict(net)
    sets = [ours, *map(checkpoint.plain_state_dict, others)]
    if any({k: x.shape for k, x in ours.items()} != {k: x.shape for k, x in s.items()} for s in sets):
        raise UserError("--average needs runs with the same architecture")
    net.load_state_dict(
        {k: sum(s[k] for s in sets) / len(sets) if x.is_floating_point() else x for k, x in ours.items()}
    )


def halved(weights: Any) -> Any:
    """Return the weights with convolutions in half precision; the other tensors are small and stay exact."""
    return weights.half() if weights.is_floating_point() and weights.dim() > 1 else weights


def difference(
    generator: Generator, files: Sequence[Path], exact: dict[str, Any], smaller: dict[str, Any]
) -> float:
    """Measure the effect of the smaller weights: mean absolute difference of images, in levels of 255."""
    total = 0.0
    for names, x in generator.batches(files):
        outputs = []
        for weights in (exact, smaller):
            generator.net.load_state_dict(weights)
            outputs.append(generator.generate(x, names))
        total += float((outputs[0] - outputs[1]).abs().mean((1, 2, 3)).sum()) * 127.5
    return total / len(files)


def described(run_dir: Path, norm_stats: str) -> bytes:
    """Return the options that testing needs, as JSON."""
    trained = checkpoint.load_options(run_dir)
    kept = {key: trained[key] for key in (*FIXED, *TESTING) if key in trained}
    if norm_stats != "auto":
        kept["norm_stats"] = norm_stats
    return (json.dumps(kept, indent=1, sort_keys=True) + "\n").encode()


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = parser_of(__doc__)
    add_run(parser)
    add, folder = parser.add_argument, {"metavar": "DIR"}
    add("--output", required=True, **folder, help="folder to write")
    add("--inputs", required=True, **folder, help="drawings or edge maps for comparing both precisions")
    add("--average", nargs="+", metavar="NAME@EPOCH",
        help="average the weights with those of these checkpoints; without NAME: of the same run, "
        "without @EPOCH: of --epoch")  # fmt: skip
    add("--norm_stats", default="auto", choices=NORM_STATS, help="batch norm statistics for test.py to "
        "use; auto: those that fit the training batch size")  # fmt: skip
    add("--model_suffix", default="", help="copy <epoch>_net_G<suffix>.pth (CycleGAN: _A or _B)")
    add("--most_lost", type=float, default=1.0, metavar="LEVELS",
        help="mean difference of the images, of 255 levels, above which nothing is written")  # fmt: skip
    return parser.parse_args(argv)


if __name__ == "__main__":
    run_command(main)
