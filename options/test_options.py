"""Options of test.py: what is not said is taken from the run that is tested."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path

from options.base_options import (
    ARCHITECTURE,
    BaseOptions,
    max_size,
    non_negative_int,
    positive,
    positive_int,
    resolve_device,
)
from util.errors import UserError


class TestOptions(BaseOptions):
    """The family's testing options; the architecture comes from the run's train_opt."""

    __test__ = False  # not a test case, for all its name
    description = "Paint pictures with a trained generator; writes results/<name>/<phase>_<epoch>/."

    def initialize(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of testing."""
        super().initialize(parser)
        # Batches are faster and give the same pictures, so there is no reason for the family's 1.
        parser.set_defaults(load_size=None, crop_size=None, batch_size=8)
        add = parser.add_argument_group("testing").add_argument
        add("--phase", default="test", help="folder in --dataroot, and part of the gallery's name")
        add("--epoch", default="latest", help="which checkpoint: a number, latest or best")
        add(
            "--load_iter",
            type=non_negative_int,
            default=0,
            help="which checkpoint by its iteration; 0: by --epoch",
        )
        add("--results_dir", default="./results/", help="folder of all galleries")
        add(
            "--num_test",
            "--how_many",
            type=max_size,
            default=0,
            help="pictures to test; 0 or inf: all (the family stops at 50)",
        )
        add(
            "--eval",
            action="store_true",
            help="batch norm by the statistics of training, and no dropout; by default each picture is "
            "normalised by itself and dropout acts, as in training",
        )
        add(
            "--n_samples",
            type=positive_int,
            default=1,
            help="pictures for each input, by other noise or dropout",
        )
        add("--no_ema", action="store_true", help="the generator itself, not its moving average")
        add(
            "--aspect_ratio",
            type=positive,
            default=1.0,
            help="width of the gallery's pictures is multiplied by it",
        )
        add("--display_winsize", type=positive_int, default=256, help=argparse.SUPPRESS)
        add("--model_suffix", default="", help="paint with <epoch>_net_G<suffix>.pth, as CycleGAN names them")

    def finish(self, opt: Namespace) -> None:
        """Complete the options from the run that is tested.

        Raises:
            UserError: there is no such run, or a flag contradicts it.
        """
        from util import checkpoint

        if not opt.dataroot:
            raise UserError("--dataroot is required: the folder of pictures")
        folder = Path(opt.checkpoints_dir) / opt.name
        if not folder.is_dir():
            root = Path(opt.checkpoints_dir)
            there = sorted(p.name for p in root.iterdir() if p.is_dir()) if root.is_dir() else []
            raise UserError(
                f"--name {opt.name}: no folder {folder}; runs there: {', '.join(there[:8]) or 'none'}"
            )
        trained = checkpoint.load_options(folder)
        for key in ARCHITECTURE:
            if key not in trained:
                continue
            if key in opt.explicit and getattr(opt, key) != trained[key]:
                raise UserError(
                    f"--{key} {getattr(opt, key)} contradicts {folder}, which was trained with "
                    f"{trained[key]}: leave the flag out"
                )
            setattr(opt, key, trained[key])
        if opt.eval and opt.n_samples > 1 and not opt.nz:
            raise UserError(
                "--n_samples with --eval: without dropout and without --nz all samples are the same"
            )
        # The generator knows pictures of the size it was trained on.
        size = opt.crop_size or trained.get("crop_size", 256)
        if "preprocess" not in opt.explicit:
            opt.preprocess = trained.get("preprocess", opt.preprocess)
            if opt.preprocess.startswith("scale_width"):
                opt.load_size = opt.load_size or trained.get("load_size")
        opt.crop_size, opt.load_size = size, opt.load_size or size
        opt.edge_settings = trained.get("edge_settings")
        opt.no_flip, opt.serial_batches = True, True
        opt.max_dataset_size = opt.num_test or opt.max_dataset_size
        opt.device = resolve_device(opt.gpu_ids)
        opt.rank, opt.world_size = 0, 1
