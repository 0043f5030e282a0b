"""Options for test.py."""

import argparse
from argparse import Namespace
from pathlib import Path
from typing import Any

from data import value_range_of
from data.choices import IMAGE_FORMATS
from models.choices import NORM_STATS, choose_statistics
from options.base_options import FIXED, BaseOptions, check_architecture, resolve_device, take_up
from util import checkpoint
from util.errors import UserError
from util.parsing import OptionGroup, check_recorded, max_size, n_samples, non_negative_int, stretch

# Options that testing takes from the run, in addition to the architecture.
_OF_INPUTS = ("pairs", "value_range")
_TAKEN_UP = ("batch_size", "crop_size", "load_size", "norm_stats", "preprocess", *_OF_INPUTS)


class TestOptions(BaseOptions):
    """Testing options, named as in pix2pix. The tested run determines the architecture and the image size."""

    __test__ = False  # this class is not a test case
    description = "Generate images with a trained generator; writes results/<name>/<phase>_<epoch>/."

    def initialize(self, parser: argparse.ArgumentParser) -> None:
        """Add the testing options."""
        super().initialize(parser)
        # Larger batches are faster and give the same images as pix2pix's batch size of 1.
        parser.set_defaults(load_size=None, crop_size=None, batch_size=8)
        test = OptionGroup(parser, "testing")
        test.add("--phase", "test", str, "test image folder in --dataroot; part of the gallery's name")
        test.add("--epoch", "latest", str, "checkpoint to test: an epoch number, latest or best")
        test.add("--load_iter", 0, non_negative_int, "iteration of the checkpoint to test; 0: use --epoch")
        test.add("--model_suffix", "", str, "load <epoch>_net_G<suffix>.pth (CycleGAN: _A or _B)")
        test.flag("--no_ema", "use the generator itself instead of the moving average of its weights")
        test.add("--norm_stats", "auto", NORM_STATS, "batch norm statistics; image: those of each image, as "
        "in pix2pix; running: those collected in training; auto: the choice recorded by publish.py, else "
        "running if training batches had several images, else image")  # fmt: skip
        test.flag("--eval", "test without dropout and with --norm_stats running")
        test.add("--num_test", 0, max_size, "maximum number of inputs; 0 or inf: all (pix2pix: 50)")
        test.add("--n_samples", 1, n_samples, "number of images per input, each with new noise and dropout")
        test.flag("--same_noise", "use the same dropout and noise for all inputs, so that identical video "
        "frames give identical images; default: noise depends on the file name")  # fmt: skip
        test.add("--tile", 0, non_negative_int, "tile side in pixels for generating full-size images in "
        "overlapping tiles, which saves memory; 0: no tiles")  # fmt: skip
        test.add("--results_dir", "./results/", str, "folder for galleries: <name>/<phase>_<epoch>/")
        test.add("--format", "png", IMAGE_FORMATS, "gallery image format; edge maps are always png")
        test.add("--aspect_ratio", 1.0, stretch, "factor that multiplies the width of written images")
        for unused in ("ndf", "netD", "n_layers_D", "init_type", "init_gain", "display_winsize"):
            test.add(f"--{unused}", None, str, argparse.SUPPRESS)  # accepted by pix2pix's test.py

    def finish(self, opt: Namespace) -> None:
        """Complete the options with values from the tested run."""
        if not opt.dataroot:
            raise UserError("--dataroot is required: give the image folder")
        if not opt.run_dir.is_dir():
            root = Path(opt.checkpoints_dir)
            runs = root.is_dir() and ", ".join(sorted(p.name for p in root.iterdir() if p.is_dir())[:8])
            raise UserError(
                f"--name {opt.name}: folder {opt.run_dir} does not exist; available runs: {runs or 'none'}"
            )
        trained = checkpoint.load_options(opt.run_dir)
        check_recorded(self.parser, trained, (*FIXED, *_TAKEN_UP))
        if not isinstance(trained.get("world_size", 1), int):
            raise UserError(f"{opt.run_dir}: the recorded world_size is not a number")
        opt.edge_settings = trained.get("edge_settings")
        check_architecture(opt, trained, FIXED, opt.run_dir)
        take_up(opt, self.parser, trained, (*FIXED, *_OF_INPUTS))
        if opt.n_samples > 1 and not opt.nz and (opt.eval or opt.no_dropout):
            why = "--eval switches dropout off" if opt.eval else "the run has no dropout"
            raise UserError(
                f"--n_samples {opt.n_samples}: {why}, and the generator has no noise vector: "
                "all samples would be the same; leave out --n_samples, or train with --nz 8"
            )
        opt.norm_stats = "running" if opt.eval else choose_statistics(opt.norm_stats, trained)
        take_up_sizes(opt, trained)
        if opt.tile:
            opt.batch_size = 1
            opt.preprocess = opt.preprocess if "preprocess" in opt.explicit else "none"
            if opt.edge_settings and opt.preprocess == "none":
                print(
                    f"--tile {opt.tile}: drawings that are much larger than the training images "
                    f"({opt.crop_size} px) are filled only near lines; for whole animals, use "
                    f"--preprocess resize_and_crop --load_size {2 * opt.crop_size}"
                )
        opt.no_flip, opt.serial_batches = True, True
        if opt.value_range == "folder":
            opt.value_range = value_range_of(opt.dataroot, opt.phase, opt.value_range)
        opt.max_dataset_size = opt.num_test or opt.max_dataset_size
        opt.device = resolve_device(opt.gpu_ids)
        opt.rank, opt.world_size = 0, 1


def take_up_sizes(opt: Namespace, trained: dict[str, Any]) -> None:
    """Set the image sizes to those used in training, unless they are on the command line."""
    size = opt.crop_size or trained.get("crop_size", 256)
    if "preprocess" not in opt.explicit:
        opt.preprocess = trained.get("preprocess", opt.preprocess)
        if opt.preprocess.startswith("scale_width"):
            opt.load_size = opt.load_size or trained.get("load_size")
    opt.crop_size, opt.load_size = size, opt.load_size or size
