"""Options for train.py."""

import argparse
from argparse import Namespace
from pathlib import Path

from data import edge_settings, value_range_of
from data.choices import CACHES
from models.choices import BEST_BY, DISCRIMINATORS, GAN_MODES, INIT_TYPES, NORMS_D
from models.schedules import LR_POLICIES
from options.base_options import FIXED, BaseOptions, check_architecture, resolve_device, take_up
from options.presets import PRESETS, describe_presets
from util import checkpoint, distributed
from util.errors import UserError
from util.parsing import OptionGroup, fraction, non_negative_int, positive, positive_int

_DISCRIMINATOR = ("netD", "ndf", "n_layers_D", "norm_D")
# Options that no longer exist but that older runs may have recorded.
_REMOVED = ("lambda_feat", "freeze_norm", "diffaug", "tensorboard")
# Options that --continue_train does not restore, because they apply to one command and not to the whole run.
_OF_COMMAND = {"continue_train", "overwrite", "gpu_ids", "name", "checkpoints_dir", "epoch_count", "epoch"}


class TrainOptions(BaseOptions):
    """Training options, named as in pix2pix. The help text says where a default differs from pix2pix's."""

    is_train = True
    description = "Train a model on pairs of images; writes checkpoints/<name>/."

    def initialize(self, parser: argparse.ArgumentParser) -> None:
        """Add the training options."""
        super().initialize(parser)
        self._add_optimization(parser)
        self._add_run_keeping(parser)
        self._add_logging(parser)

    def _add_optimization(self, parser: argparse.ArgumentParser) -> None:
        train = OptionGroup(parser, "training")
        train.add("--preset", None, tuple(PRESETS), "set several options at once; options on the command "
                  f"line take precedence. {describe_presets()}")  # fmt: skip
        train.add("--phase", "train", str, "training image folder in --dataroot")
        train.add("--n_epochs", 100, non_negative_int, "number of epochs at the full learning rate")
        train.add("--n_epochs_decay", 100, non_negative_int, "further epochs, with a falling learning rate")
        train.add("--epoch_count", 1, positive_int, "number of the first epoch")
        train.add("--lr", 0.0002, positive, "Adam's learning rate")
        train.add("--beta1", 0.5, fraction, "Adam's beta1")
        train.add("--beta2", 0.999, fraction, "Adam's beta2")
        train.add("--lr_policy", "linear", LR_POLICIES, "learning rate schedule")
        train.add("--lr_decay_iters", 50, positive_int, "epochs between reductions with --lr_policy step")
        train.add("--gan_mode", "lsgan", GAN_MODES, "adversarial loss; the pix2pix paper uses vanilla")
        train.add("--netD", "basic", DISCRIMINATORS, "discriminator; basic is the 70x70 PatchGAN")
        train.add("--ndf", 64, positive_int, "number of channels in the discriminator's first layer")
        train.add("--n_layers_D", 3, positive_int, "number of layers with stride 2, for --netD n_layers")
        train.add("--norm_D", None, NORMS_D, "normalization in the discriminator; default: that of --norm")
        train.add("--init_type", "normal", INIT_TYPES, "initial weight distribution")
        train.add("--init_gain", 0.02, positive, "standard deviation or gain of the initial weights")
        train.add("--init_from", "", str, "run folder that provides the initial weights and the "
        "architecture, such as checkpoints/animals")  # fmt: skip
        train.add("--epoch", "latest", str, "--init_from checkpoint that provides the weights")
        train.flag("--strict", "stop at an image that cannot be used; default: report and skip up to 1%%")
        train.add("--pool_size", 0, int, argparse.SUPPRESS)  # 0 is used by pix2pix's scripts

        augment = OptionGroup(parser, "augmentation")
        augment.flag("--edge_aug", "vary the lines of edge maps at random to prepare for hand-drawn inputs")
        augment.add("--hint_dropout", 0.4, fraction, "fraction of pairs whose color hints are left out, if "
        "edge maps have hints (preprocess.py --hints color)")  # fmt: skip
        augment.add("--splice", 0.0, fraction, "fraction of pairs that are joined with part of another "
        "pair, so that the generator learns new combinations of parts")  # fmt: skip
        augment.add("--ema", 0.0, fraction, "decay of the moving average of the generator's weights; 0: none")

        speed = OptionGroup(parser, "speed")
        speed.add("--cache", "auto", CACHES, "where to keep decoded images; auto: in memory if they fit")
        speed.flag("--no_cuda_graph", "do not use CUDA graphs for updates on the GPU")

    def _add_run_keeping(self, parser: argparse.ArgumentParser) -> None:
        keep = OptionGroup(parser, "checkpoints")
        keep.flag("--continue_train", "resume the run named --name where it stopped")
        keep.flag("--overwrite", "start again and replace the run named --name")
        keep.add("--save_epoch_freq", 5, positive_int, "epochs between numbered checkpoints")
        keep.add("--save_latest_freq", 5000, positive_int, "images between saves of the latest checkpoint")
        keep.add("--save_latest_s", 600, positive, "seconds between saves of the latest checkpoint")
        keep.flag("--save_by_iter", "also keep each latest checkpoint as iter_<iteration>")
        keep.add("--val_fraction", 0.0, fraction, "fraction of pairs held out for validation")
        keep.add("--val_freq", 5, positive_int, "epochs between validations")
        keep.add("--best_by", "L1", BEST_BY, "validation metric that selects the best checkpoint; L1 favors "
                 "blurred images, and the kernel distance favors realistic images")  # fmt: skip
        keep.add("--early_stop", 0, non_negative_int, "stop after this many consecutive validations without "
        "improvement in --best_by; 0: never")  # fmt: skip
        keep.flag("--no_kernel_distance", "leave the kernel distance out of validation; it takes 0.03 s per "
                  "image and needs at least 8 images")  # fmt: skip

    def _add_logging(self, parser: argparse.ArgumentParser) -> None:
        log = OptionGroup(parser, "logging")
        log.add("--print_freq", 100, positive_int, "training images between printed losses")
        log.add("--display_freq", 400, positive_int, "training images between displayed samples")
        log.add("--update_html_freq", 1000, positive_int, argparse.SUPPRESS)  # the page is updated by time
        log.flag("--no_html", "do not write a training page to checkpoints/<name>/web/")
        log.add("--n_fixed", 4, non_negative_int, "number of fixed inputs shown on the training page")
        log.add("--display_id", 0, int, "number of the first visdom window; 0: no visdom (pix2pix: 1)")
        log.add("--display_server", "http://localhost", str, "visdom server address")
        log.add("--display_port", 8097, positive_int, "visdom server port")
        log.add("--display_env", "main", str, "visdom environment")
        log.add("--display_ncols", 4, positive_int, "number of images per row in a visdom window")
        log.add("--display_winsize", 256, positive_int, "visdom window size in pixels")
        log.flag("--wandb", "also log to Weights & Biases (pip install wandb)")
        log.add("--wandb_project", "chimera", str, "Weights & Biases project")

    def finish(self, opt: Namespace) -> None:
        """Check combinations of options, and determine the device and the number of processes."""
        if opt.continue_train:
            take_up_options(opt, self.parser)
        elif opt.init_from:
            take_up_architecture(opt, self.parser)
        if not opt.dataroot:
            raise UserError("--dataroot is required: give the image folder")
        if Path(opt.dataroot).exists():  # otherwise, loading the data reports the error
            take_up_data(opt)
        last = opt.n_epochs + opt.n_epochs_decay
        if opt.epoch_count > last:
            raise UserError(
                f"--epoch_count {opt.epoch_count} leaves nothing to train: the last epoch is {last} "
                f"(--n_epochs {opt.n_epochs} + --n_epochs_decay {opt.n_epochs_decay}); raise --n_epochs"
            )
        if opt.best_by == "kernel_distance" and opt.no_kernel_distance:
            raise UserError("--best_by kernel_distance contradicts --no_kernel_distance: choose one")
        if opt.crop_size > opt.load_size and opt.preprocess == "resize_and_crop":
            sizes = f"--crop_size {opt.crop_size} exceeds --load_size {opt.load_size}"
            raise UserError(f"{sizes}: raise --load_size")
        if opt.continue_train and opt.overwrite:
            raise UserError("--continue_train resumes a run, but --overwrite starts it again: choose one")
        opt.rank, opt.world_size = distributed.rank_and_size()
        if opt.world_size > 1:
            opt.gpu_ids = distributed.local_gpu(opt.gpu_ids)
        opt.device = resolve_device(opt.gpu_ids)


def take_up_data(opt: Namespace) -> None:
    """Set the options that depend on the training images: ``value_range`` and ``direction``."""
    opt.value_range = value_range_of(opt.dataroot, opt.phase, opt.value_range)
    if opt.continue_train or opt.dataset_mode != "aligned" or not edge_settings(opt.dataroot, opt.phase):
        return
    # preprocess.py made these pairs, so the photo is on the left and the edge map is on the right.
    if "direction" not in opt.explicit:
        opt.direction = "BtoA"
    elif opt.direction == "AtoB":
        print("--direction AtoB: preprocess.py made these pairs, so photos are the input")


def take_up_options(opt: Namespace, parser: argparse.ArgumentParser) -> None:
    """Set every option that is not on the command line to the value that the resumed run recorded."""
    if not checkpoint.holds_a_run(opt.run_dir):
        raise UserError(
            f"--continue_train: {opt.run_dir} contains no run; leave out --continue_train to start one"
        )
    if "epoch" in opt.explicit and opt.epoch != "latest":
        raise UserError(
            f"--continue_train resumes a run at its latest state, not at --epoch {opt.epoch}: leave out "
            f"--epoch, or start a new run with --init_from {opt.run_dir} --epoch {opt.epoch} --name OTHER"
        )
    saved = checkpoint.load_options(opt.run_dir)
    if saved.get("netD") == "multi":
        raise UserError(
            f"{opt.run_dir} was trained with --netD multi, which no longer exists: start a new run "
            f"from its generator with --init_from {opt.run_dir} --name OTHER"
        )
    if "preset" in opt.explicit and opt.preset != saved.get("preset"):
        raise UserError(
            f"--preset {opt.preset} with --continue_train: runs keep their options; leave out --preset"
        )
    check_architecture(opt, saved, (*FIXED, *_DISCRIMINATOR), opt.run_dir)
    for name in filter(saved.get, _REMOVED):
        what = f"--{name} {saved[name]}"
        print(f"the run was started with {what}, which no longer exists; the run continues without it")
    known = {action.dest for action in parser._actions}
    take_up(opt, parser, saved, known - _OF_COMMAND)


def take_up_architecture(opt: Namespace, parser: argparse.ArgumentParser) -> None:
    """Set architecture options that are not on the command line to the ``--init_from`` run's values."""
    folder = Path(opt.init_from)
    if not folder.is_dir():
        raise UserError(f"--init_from {folder} is not a folder: give one that contains latest_net_G.pth")
    saved = checkpoint.load_options(folder)
    if saved.get("netD") == "multi":  # only such a run's generator can be used
        saved = {name: value for name, value in saved.items() if name not in _DISCRIMINATOR}
    # A refinement can be added to a network that has none.
    fixed = (name for name in FIXED if name != "refine" or saved.get(name))
    check_architecture(opt, saved, fixed, folder)
    take_up(opt, parser, saved, {*FIXED, *_DISCRIMINATOR})
