"""Options of train.py."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path

from options.base_options import (
    ARCHITECTURE,
    BaseOptions,
    fraction,
    non_negative_int,
    positive,
    positive_int,
    resolve_device,
)
from util.errors import UserError

# What belongs to this start of the program and not to the run.
_NOT_OF_THE_RUN = {
    "continue_train",
    "overwrite",
    "gpu_ids",
    "device",
    "rank",
    "world_size",
    "isTrain",
    "explicit",
    "name",
    "checkpoints_dir",
    "epoch_count",
}

LR_POLICIES = ("linear", "step", "plateau", "cosine")


class TrainOptions(BaseOptions):
    """The pix2pix family's training options by their names; where a default differs the help says why."""

    is_train = True
    description = "Train a model on pairs of pictures; writes checkpoints/<name>/."

    def initialize(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of training."""
        super().initialize(parser)
        add = parser.add_argument_group("training").add_argument
        add("--phase", default="train", help="folder in --dataroot")
        add(
            "--n_epochs",
            "--niter",
            type=non_negative_int,
            default=100,
            help="epochs at the full learning rate",
        )
        add(
            "--n_epochs_decay",
            "--niter_decay",
            type=non_negative_int,
            default=100,
            help="epochs in which it falls to zero",
        )
        add("--epoch_count", type=positive_int, default=1, help="number of the first epoch")
        add("--lr", type=positive, default=0.0002, help="learning rate of Adam")
        add("--beta1", type=fraction, default=0.5, help="Adam's first beta")
        add("--beta2", type=fraction, default=0.999, help="Adam's second beta")
        add("--lr_policy", default="linear", choices=LR_POLICIES, help="how the learning rate falls")
        add("--lr_decay_iters", type=positive_int, default=50, help="policy step: epochs between two steps")
        add("--init_type", default="normal", help="first weights: normal | xavier | kaiming | orthogonal")
        add("--init_gain", type=positive, default=0.02, help="their scale")
        add("--ndf", type=positive_int, default=64, help="discriminator filters in the first layer")
        add(
            "--netD",
            "--which_model_netD",
            default="basic",
            help="basic (70x70 PatchGAN) | n_layers | pixel | multi",
        )
        add("--n_layers_D", type=positive_int, default=3, help="strided layers of n_layers and multi")
        add("--num_D", type=positive_int, default=2, help="scales of multi")
        add(
            "--norm_D",
            default=None,
            help="the discriminator's normalisation: batch | instance | none | spectral; default: as --norm",
        )
        add(
            "--gan_mode",
            default="lsgan",
            help="lsgan | vanilla | hinge | wgangp | msgan (pix2pix's own default is vanilla; lsgan "
            "painted the better chimeras)",
        )
        add("--pool_size", type=int, default=0, help=argparse.SUPPRESS)  # the family's scripts pass 0

        add = parser.add_argument_group("speed").add_argument
        add(
            "--cache",
            default="auto",
            choices=("auto", "device", "ram", "none"),
            help="keep decoded pictures on the device or in memory; auto: what fits",
        )
        add(
            "--no_cuda_graph",
            action="store_true",
            help="on a GPU, launch every kernel by itself instead of replaying the recorded update",
        )

        add = parser.add_argument_group("augmentation").add_argument
        add(
            "--edge_aug",
            action="store_true",
            help="vary the input's lines at random: thinner, thicker, broken, wobbly; for drawings by people",
        )
        add(
            "--diffaug",
            default="",
            help="differentiable augmentation of what the discriminator sees, for small sets: "
            "color,translation,cutout",
        )
        add(
            "--ema",
            type=fraction,
            default=0.0,
            help="decay of a moving average of the generator, saved as <epoch>_net_G_ema.pth; 0.999 is "
            "usual, 0: none",
        )

        add = parser.add_argument_group("checkpoints").add_argument
        add("--continue_train", action="store_true", help="go on from where the last run stopped")
        add("--overwrite", action="store_true", help="start anew over an existing run of that name")
        add("--save_epoch_freq", type=positive_int, default=5, help="epochs between numbered checkpoints")
        add(
            "--save_latest_freq", type=positive_int, default=5000, help="pictures between saves of the latest"
        )
        add("--save_latest_s", type=positive, default=600, help="seconds between saves of the latest")
        add("--save_by_iter", action="store_true", help="number the latest checkpoints by their iteration")
        add(
            "--val_fraction",
            type=fraction,
            default=0.0,
            help="share of the training pictures held out for validation where there is no folder val/",
        )
        add("--val_freq", type=positive_int, default=5, help="epochs between validations")
        add(
            "--best_by",
            default="L1",
            choices=("L1", "kernel_distance"),
            help="validation metric whose lowest value makes a checkpoint the best: L1, the distance to each "
            "target, favours blurred images; kernel_distance (see --no_kernel_distance) realistic ones",
        )
        add(
            "--no_kernel_distance",
            action="store_true",
            help="do not measure, at each validation with 8 images or more, the kernel distance (KD) x1000 "
            "between the generated validation images and the targets trained on, at most 1000 of them: the "
            "few validation targets alone would make it noisier. Costs 0.03 s an image on one CPU core, the "
            "targets once a run",
        )

        add = parser.add_argument_group("logging").add_argument
        add("--print_freq", type=positive_int, default=100, help="pictures between two lines of losses")
        add("--display_freq", type=positive_int, default=400, help="pictures between two displays of samples")
        # Accepted for the sake of old command lines: the page is brought up to date by the clock.
        add("--update_html_freq", type=positive_int, default=1000, help=argparse.SUPPRESS)
        add("--no_html", action="store_true", help="no training page in checkpoints/<name>/web/")
        add(
            "--n_fixed",
            type=non_negative_int,
            default=4,
            help="pictures that the page follows over the epochs",
        )
        add(
            "--display_id",
            type=int,
            default=0,
            help="window of a running visdom server; 0: none (the family's default of 1 fills the "
            "screen with errors when no server runs)",
        )
        add("--display_server", default="http://localhost", help="address of the visdom server")
        add("--display_port", type=positive_int, default=8097, help="its port")
        add("--display_env", default="main", help="its environment")
        add("--display_ncols", type=positive_int, default=4, help="pictures in a row there")
        add("--display_winsize", type=positive_int, default=256, help="size of its windows")
        add("--tensorboard", action="store_true", help="also log to TensorBoard (pip install tensorboard)")
        add(
            "--wandb",
            "--use_wandb",
            action="store_true",
            help="also log to Weights & Biases (pip install wandb)",
        )
        add("--wandb_project", "--wandb_project_name", default="chimera", help="its project")

    def finish(self, opt: Namespace) -> None:
        """Check combinations; find the device and the processes."""
        from util import distributed

        if opt.continue_train:
            take_up_options(opt)
        if not opt.dataroot:
            raise UserError("--dataroot is required: the folder of pictures")
        last = opt.n_epochs + opt.n_epochs_decay
        if not opt.epoch_count <= last:
            raise UserError(
                f"--epoch_count {opt.epoch_count} lies behind the last epoch, --n_epochs {opt.n_epochs} + "
                f"--n_epochs_decay {opt.n_epochs_decay} = {last}: there is nothing to train; raise --n_epochs"
            )
        if opt.crop_size > opt.load_size and opt.preprocess == "resize_and_crop":
            raise UserError(f"--crop_size {opt.crop_size} is larger than --load_size {opt.load_size}")
        if opt.continue_train and opt.overwrite:
            raise UserError("--continue_train goes on with a run and --overwrite starts it anew: choose one")
        if opt.best_by == "kernel_distance" and opt.no_kernel_distance:
            raise UserError(
                "--best_by kernel_distance needs what --no_kernel_distance switches off: choose one"
            )
        opt.rank, opt.world_size = distributed.rank_and_size()
        if opt.world_size > 1:
            opt.gpu_ids = distributed.local_gpu(opt.gpu_ids)
        opt.device = resolve_device(opt.gpu_ids)


def take_up_options(opt: Namespace) -> None:
    """Set what the command line does not say to what the run was started with.

    Raises:
        UserError: there is no such run, or a flag asks for other networks than it has.
    """
    from util import checkpoint

    folder = Path(opt.checkpoints_dir) / opt.name
    if not checkpoint.epochs_in(folder) and not (folder / checkpoint.STATE).exists():
        raise UserError(
            f"--continue_train: {folder} holds no run to go on with; leave the flag out to start one"
        )
    saved = checkpoint.load_options(folder)
    for key in (*ARCHITECTURE, "netD", "ndf", "n_layers_D", "num_D", "norm_D"):
        if key in saved and key in opt.explicit and getattr(opt, key) != saved[key]:
            raise UserError(
                f"--{key} {getattr(opt, key)} contradicts the run in {folder}, which has {saved[key]}: "
                f"leave the flag out"
            )
    for key, value in saved.items():
        if hasattr(opt, key) and key not in opt.explicit and key not in _NOT_OF_THE_RUN:
            setattr(opt, key, value)
