"""This repository's commands, as the benchmarks time them: built from command lines, as users run them."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from data import create_dataset
from models import create_model
from options.test_options import TestOptions
from options.train_options import TrainOptions
from util import checkpoint
from util.memory import keep_freed_memory

ROOT = Path(__file__).resolve().parents[2]


def train_options(dataroot: Path, args: Namespace, *flags: str) -> Namespace:
    """Parse a train.py command line made from these benchmark options."""
    load_px = args.size * 286 // 256
    with contextlib.redirect_stdout(io.StringIO()):
        return TrainOptions().parse(
            [
                "--dataroot", str(dataroot), "--name", "benchmark", "--direction", "BtoA",
                "--checkpoints_dir", str(dataroot), "--netG", args.netG, "--ngf", str(args.ngf),
                "--ndf", str(args.ndf), "--load_size", str(load_px), "--crop_size", str(args.size),
                "--num_threads", str(args.workers), "--gpu_ids", gpu_ids(args.device), *flags,
            ]
        )  # fmt: skip


def gpu_ids(device: str) -> str:
    """Return the value of --gpu_ids for a device."""
    return "0" if device == "cuda" else "-1"


def make_model(opt: Namespace) -> Any:
    """Create and set up the model of the options, printing nothing."""
    with contextlib.redirect_stdout(io.StringIO()):
        model = create_model(opt)
        model.setup(opt)
    return model


def make_loader(opt: Namespace) -> Any:
    """Create the loader of the options, without a progress bar."""
    with contextlib.redirect_stderr(io.StringIO()):
        return create_dataset(opt)


def endless_batches(loader: Any) -> Iterator[dict[str, Any]]:
    """Yield batches, one epoch after the other."""
    for epoch in count(1):
        loader.set_epoch(epoch)
        yield from loader


def train_step(model: Any, batches: Iterator[dict[str, Any]]) -> None:
    """Do one update as train.py's loop does where it neither prints nor saves."""
    model.set_input(next(batches))
    model.optimize_parameters()
    if model.device.type == "cpu":
        model.first_bad_update()


def training_steps(
    dataroot: Path, args: Namespace, lines: Mapping[str, Sequence[str]]
) -> dict[str, Callable[[], None]]:
    """Return one train.py update for each of several command lines, by name."""
    if args.device == "cpu":
        keep_freed_memory()
    steps: dict[str, Callable[[], None]] = {}
    for name, flags in lines.items():
        opt = train_options(dataroot, args, *flags)
        steps[name] = partial(train_step, make_model(opt), endless_batches(make_loader(opt)))
    return steps


def save_untrained(root: Path, args: Namespace) -> str:
    """Save a run with fresh weights for test.py in ``root``; returns its name."""
    options = TrainOptions()
    opt = options.parse(
        [
            "--dataroot", str(root), "--name", "untrained", "--checkpoints_dir", str(root),
            "--direction", "BtoA", "--netG", args.netG, "--ngf", str(args.ngf), "--ndf", "8",
            "--load_size", str(args.size), "--crop_size", str(args.size), "--gpu_ids", "-1", "--amp", "fp32",
        ]
    )  # fmt: skip
    folder = root / opt.name
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    make_model(opt).save_networks("latest")
    checkpoint.save_options(folder, opt, options.defaults)
    return opt.name


def test_options(dataroot: Path, root: Path, args: Namespace, *flags: str) -> Namespace:
    """Parse a test.py command line made from these benchmark options."""
    with contextlib.redirect_stdout(io.StringIO()):
        return TestOptions().parse(
            [
                "--dataroot", str(dataroot), "--name", "untrained", "--checkpoints_dir", str(root),
                "--num_threads", str(args.workers), "--gpu_ids", gpu_ids(args.device), *flags,
            ]
        )  # fmt: skip


def load_test_command() -> ModuleType:
    """Import test.py as a module (``import test`` would give the standard library's)."""
    spec = importlib.util.spec_from_file_location("test_command", ROOT / "test.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
