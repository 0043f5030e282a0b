"""Train recipes for the same CPU time each, and measure what they generate.

    python scripts/search_recipes.py --dataroot datasets/animals --recipes recipes.txt --seeds 0 1 2

Each line of the recipes' file is a name and the options of train.py that make the recipe; empty lines and
lines that start with # are skipped. Every recipe trains in one thread until its CPU time is used up, its
learning rate falling linearly to zero in the second half, and then generates from the folder test/. A run
that has begun is not repeated, so a search continues where it stopped, and several processes can share one.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from torch import Tensor

from data import create_dataset
from data.edges import contour
from models import create_model
from models.base_model import BaseModel
from models.judge import Judge
from options.train_options import TrainOptions
from util.atomic import write_bytes
from util.errors import UserError, run_command
from util.image import encode, to_uint8
from util.memory import keep_freed_memory
from util.metrics import kernel_distance, sliced_wasserstein
from util.metrics.edge_fidelity import edge_fidelity, line_mask

SMALL = "--netG unet_128 --load_size 143 --crop_size 128 --ngf 32 --ndf 32 --direction BtoA --gpu_ids -1"
PATCHES = 16384
SHEET_COLUMNS, SHEET_ROWS = 6, 6


def main() -> None:
    """Run the command; raises `UserError` for folders and recipes that do not exist."""
    args = parse_arguments()
    torch.set_num_threads(1)
    keep_freed_memory()
    recipes = read_recipes(args.recipes)
    unknown = set(args.only) - set(recipes)
    if unknown:
        raise UserError(f"--only {', '.join(sorted(unknown))}: {args.recipes} has {', '.join(recipes)}")
    args.output.mkdir(parents=True, exist_ok=True)
    comparison = Comparison(args)
    for seed in args.seeds:
        for name in args.only or recipes:
            tag = f"{Path(args.dataroot).name}_{name}_{args.minutes:g}min_seed{seed}"
            claim = args.output / f"{tag}.claim"
            try:
                claim.touch(exist_ok=False)
            except FileExistsError:
                continue  # done, or another process is at it
            try:
                result = {"run": tag, "recipe": name, "seed": seed, "minutes": args.minutes}
                result |= search_one(args, recipes[name], seed, tag, comparison)
            except BaseException:
                claim.unlink()
                raise
            with open(args.output / "results.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")
            print(json.dumps(result), flush=True)


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--dataroot", required=True, help="folder that holds train/ and test/ with preprocess.py's pairs")
    add("--reference", choices=("train", "test"), default="train", help="phase whose targets the images "
        "should resemble: train, or test if it has real targets (rendered chimeras)")  # fmt: skip
    add("--recipes", required=True, type=Path, help="file with a name and train.py's options per line")
    add("--only", nargs="*", default=[], metavar="NAME", help="names of the recipes to try; default: all")
    add("--common", default=SMALL, help="options of train.py shared by all recipes [%(default)s]")
    add("--minutes", type=float, default=6, help="CPU minutes of each training [%(default)s]")
    add("--seeds", type=int, nargs="+", default=[0], help="seeds to train each recipe with [0]")
    add("--output", type=Path, default=Path("logs/search"), help="folder for results.jsonl, contact sheets "
        "and checkpoints [%(default)s]")  # fmt: skip
    return parser.parse_args()


def read_recipes(path: Path) -> dict[str, list[str]]:
    """Read names and options of recipes; raises `UserError` if the file cannot be read."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except OSError as error:
        raise UserError(f"--recipes {path} cannot be read: {error.strerror}") from error
    parts = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return {name: shlex.split(options) for name, _, options in parts}


class Comparison:
    """The inputs to generate from, and what the generated images are compared with.

    Args:
        args: the command's arguments.
    """

    def __init__(self, args: argparse.Namespace):
        self.judge = Judge()
        targets = torch.cat([batch["A"] for batch in self.batches(args, args.reference)])
        self.described = self.judge.features(targets.split(16))
        self.patches = sliced_wasserstein.describe(as_bytes(targets), len(targets), patches=PATCHES)
        self.test = list(self.batches(args, "test"))

    @staticmethod
    def batches(args: argparse.Namespace, phase: str) -> Iterable[dict[str, Any]]:
        """Read the pairs of a phase: A the target, B the edge map, as preprocess.py lays them out."""
        common = [*shlex.split(args.common), "--dataroot", args.dataroot, "--phase", phase]
        side = str(TrainOptions().parse(common).crop_size)
        whole = ["--load_size", side, "--no_flip", "--serial_batches", "--batch_size", "16"]
        return create_dataset(TrainOptions().parse([*common, *whole]))

    def measure(self, model: BaseModel, sheet: Path) -> dict[str, Any]:
        """Generate from every test input and measure; write a contact sheet."""
        rows, fakes, fidelity, l1 = [], [], [], []
        for batch in self.test:
            model.set_input(batch)
            model.test()
            fakes.append(model.fake_B.clone())
            l1.append((model.fake_B - model.real_B).abs().mean((1, 2, 3)) / 2)
            for image, edges in zip(to_uint8(model.fake_B), to_uint8(model.real_A), strict=True):
                mask = line_mask(edges)
                if mask is not None:
                    fidelity.append(edge_fidelity(contour(image[..., ::-1].copy()) > 0, mask)[2])
                rows.append(np.concatenate([edges, image], axis=1))
        generated = torch.cat(fakes)
        distance = kernel_distance.measure(self.judge.features(generated.split(16)), self.described)
        patches = sliced_wasserstein.describe(as_bytes(generated), len(generated), patches=PATCHES)
        levels = sliced_wasserstein.distance(patches, self.patches)
        write_bytes(sheet, encode(contact_sheet(rows), ".jpg"))
        return {
            "kernel distance": distance.value,
            "its standard error": distance.standard_error,
            "SWD": levels,
            "edge F": float(np.mean(fidelity)) if fidelity else None,
            "L1": torch.cat(l1).mean().item(),
        }


def search_one(
    args: argparse.Namespace, recipe: list[str], seed: int, tag: str, comparison: Comparison
) -> dict[str, Any]:
    """Train one recipe with one seed for its CPU time, and measure its generator, or the moving average."""
    where = [
        "--dataroot",
        args.dataroot,
        "--checkpoints_dir",
        str(args.output / "checkpoints"),
        "--name",
        tag,
    ]
    opt = TrainOptions().parse([*shlex.split(args.common), *recipe, *where, "--seed", str(seed)])
    torch.manual_seed(seed)
    loader, model = create_dataset(opt), create_model(opt)
    model.setup(opt)
    train(model, loader, 60 * args.minutes)
    model.save_dir.mkdir(parents=True, exist_ok=True)
    model.save_networks("latest")
    found = comparison.measure(model, args.output / f"{tag}.jpg")
    return {"options": shlex.join(recipe), "updates": model.n_updates} | found


def train(model: BaseModel, loader: Any, budget_s: float) -> None:
    """Update until the CPU time is used up; the learning rate falls to zero in the second half of it."""
    began, epoch = time.process_time(), 0
    while True:
        epoch += 1
        loader.set_epoch(epoch)
        for batch in loader:
            share = (time.process_time() - began) / budget_s
            if share >= 1:
                return
            model.scale_learning_rates(min(1.0, 2 * (1 - share)))
            model.set_input(batch)
            model.optimize_parameters()


def as_bytes(images: Tensor) -> list[Tensor]:
    """(N, 3, H, W) in [-1, 1] -> N images (3, H, W) uint8."""
    return [torch.from_numpy(image).permute(2, 0, 1) for image in to_uint8(images)]


def contact_sheet(rows: list[np.ndarray]) -> np.ndarray:
    """Put a few evenly spaced images, (H, W, 3) uint8 each, into a grid."""
    columns = min(SHEET_COLUMNS, len(rows))
    count = min(len(rows) // columns, SHEET_ROWS) * columns
    chosen = [rows[int(i)] for i in np.linspace(0, len(rows) - 1, count)]
    lines = [np.concatenate(chosen[i : i + columns], axis=1) for i in range(0, count, columns)]
    return np.concatenate(lines)


if __name__ == "__main__":
    run_command(main)
