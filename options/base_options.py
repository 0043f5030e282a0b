"""Options that training and testing share, and how a command line becomes a Namespace."""

from __future__ import annotations

import argparse
import math
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence

from util.atomic import inside
from util.errors import UserError, one_line

PREPROCESS = ("resize_and_crop", "crop", "scale_width", "scale_width_and_crop", "none")
# What shapes the generator: a flag that differs from the run's is a mistake.
ARCHITECTURE = (
    "input_nc",
    "output_nc",
    "ngf",
    "netG",
    "norm",
    "no_dropout",
    "nz",
    "where_add",
    "upsample",
    "direction",
)
AMP = ("auto", "fp32", "bf16", "fp16")


class OneLineParser(argparse.ArgumentParser):
    """argparse whose complaint is one line and exit code 2."""

    def error(self, message: str):
        """Print the mistake and where help is, without the usage text that buries it."""
        print(f"{self.prog}: error: {one_line(message)} (see --help)", file=sys.stderr)
        raise SystemExit(2)


class HelpFormatter(argparse.HelpFormatter):
    """Help with each option's default behind it, on one column that leaves room for the text."""

    def __init__(self, prog: str):
        super().__init__(prog, max_help_position=30, width=110)

    def _get_help_string(self, action: argparse.Action) -> str:
        text = action.help or ""
        silent = any(action.default is value for value in (None, False, argparse.SUPPRESS))
        if silent or action.default == "" or action.nargs == 0:
            return text
        return f"{text} [%(default)s]"


class BaseOptions:
    """Collects the options of a command, of its model and of its dataset, and parses them.

    Subclasses set ``is_train`` and extend `initialize` and `finish`.
    """

    is_train = False
    description = ""

    def initialize(self, parser: argparse.ArgumentParser) -> None:
        """Add the options common to training and testing."""
        add = parser.add_argument
        add("--dataroot", default=None, help="folder of pictures, or of the folders train/, val/, test/")
        add(
            "--name",
            default="experiment_name",
            help="name of the experiment: its folder in --checkpoints_dir",
        )
        add(
            "--gpu_ids",
            default="0",
            help="GPU to use, 0 for the first; -1 for the CPU, which is also used where there is no GPU",
        )
        add("--checkpoints_dir", default="./checkpoints", help="folder of all experiments")
        add("--seed", type=int, default=0, help="seed of every random choice")

        group = parser.add_argument_group("model")
        add = group.add_argument
        add("--model", default="pix2pix", help="file models/<name>_model.py")
        add("--input_nc", type=int, default=3, choices=(1, 3), help="channels of the input: 3 RGB, 1 grey")
        add("--output_nc", type=int, default=3, choices=(1, 2, 3), help="channels of the output: 3 RGB, 1 "
            "grey, 2 for --model colorization alone")  # fmt: skip
        add("--ngf", type=positive_int, default=64, help="generator filters in the outermost level")
        add(
            "--netG",
            "--which_model_netG",
            default="unet_256",
            help="unet_256 | unet_128 | resnet_6blocks | resnet_9blocks",
        )
        add("--norm", default="batch", help="normalisation: batch | instance | none")
        add("--no_dropout", action="store_true", help="no dropout in the generator")
        add(
            "--nz",
            type=non_negative_int,
            default=0,
            help="length of the generator's noise vector; 0: none (gan_mode msgan: 8)",
        )
        add(
            "--where_add",
            default="all",
            choices=("all", "input"),
            help="where the noise enters: at every encoder level, or at the input",
        )
        add(
            "--upsample",
            default="transpose",
            choices=("transpose", "resize"),
            help="the generator's upsampling: transpose (transposed convolutions, as in pix2pix) or resize "
            "(interpolate, then convolve 3x3)",
        )
        add(
            "--amp",
            default="auto",
            choices=AMP,
            help="precision of the networks' arithmetic; auto: bf16 where the device computes it in "
            "hardware, else fp16 on a GPU with tensor cores, else fp32 (on a GPU with TF32 products)",
        )
        add(
            "--compile",
            action="store_true",
            help="compile the networks with torch.compile: slow to start, faster after",
        )

        group = parser.add_argument_group("data")
        add = group.add_argument
        add("--dataset_mode", default="aligned", help="file data/<name>_dataset.py: aligned | single")
        add(
            "--direction",
            "--which_direction",
            default="AtoB",
            choices=("AtoB", "BtoA"),
            help="what is painted from what; pairs of preprocess.py are photo A | edges B, so edges to "
            "photo is BtoA",
        )
        add(
            "--num_threads",
            "--nThreads",
            type=non_negative_int,
            default=4,
            help="threads or processes that read pictures",
        )
        add(
            "--batch_size",
            "--batchSize",
            type=positive_int,
            default=1,
            help="pictures in a batch, for each process",
        )
        add(
            "--load_size",
            "--loadSize",
            type=positive_int,
            default=286,
            help="pictures are scaled to this side",
        )
        add("--crop_size", "--fineSize", type=positive_int, default=256, help="and cropped to this side")
        add(
            "--max_dataset_size", type=max_size, default=0, help="use at most so many pictures; 0 or inf: all"
        )
        add(
            "--preprocess",
            "--resize_or_crop",
            default="resize_and_crop",
            choices=PREPROCESS,
            help="scaling and cropping on load",
        )
        add("--no_flip", action="store_true", help="do not mirror pictures at random")
        add("--serial_batches", action="store_true", help="take pictures in order, not shuffled")
        add("--verbose", action="store_true", help="print the networks")
        add("--suffix", default="", help="appended to the name: {model}_{netG}_size{load_size} is filled in")

    def parse(self, argv: Sequence[str] | None = None) -> Namespace:
        """Parse a command line (default: the process's own).

        Returns:
            All options, and: ``isTrain``; ``explicit``, the names of those that were given; ``device``.

        Raises:
            UserError: options that cannot be meant.
            SystemExit: argparse's own complaints, code 2; and --help, code 0.
        """
        argv = sys.argv[1:] if argv is None else list(argv)
        parser = self._complete_parser(argv)
        opt = parser.parse_args(argv)
        opt.isTrain = self.is_train
        opt.explicit = explicitly_given(parser, argv)
        if opt.suffix:
            try:
                opt.name = f"{opt.name}_{opt.suffix.format(**vars(opt))}"
            except (KeyError, ValueError, IndexError, AttributeError) as error:
                raise UserError(
                    f"--suffix {opt.suffix!r} must name options in braces, like {{netG}}"
                ) from error
        inside(opt.checkpoints_dir, opt.name, what="--name")
        self.finish(opt)
        self.defaults = {a.dest: a.default for a in parser._actions}
        return opt

    def finish(self, opt: Namespace) -> None:
        """Check and complete what was parsed; raises `UserError`."""

    def _complete_parser(self, argv: list[str]) -> argparse.ArgumentParser:
        """A parser that knows the options of the model and dataset that the command line names."""
        from data import dataset_class
        from models import model_class

        parser = OneLineParser(
            usage="%(prog)s --dataroot DIR --name NAME [options]",
            description=self.description,
            formatter_class=HelpFormatter,
            add_help=False,
            allow_abbrev=False,  # a part of a name could be another option's
        )
        self.initialize(parser)
        for kind, find in (("model", model_class), ("dataset_mode", dataset_class)):
            known, _ = parser.parse_known_args(argv)
            find(getattr(known, kind)).modify_commandline_options(parser, self.is_train, known)
        parser.add_argument("-h", "--help", action="help", help="show all options of this model and dataset")
        return parser


def explicitly_given(parser: argparse.ArgumentParser, argv: Sequence[str]) -> frozenset[str]:
    """Names of the options that the command line sets, whatever their values."""
    saved = [(a, a.default) for a in parser._actions]
    try:
        for action, _ in saved:
            action.default = argparse.SUPPRESS
        defaults, parser._defaults = parser._defaults, {}
        return frozenset(vars(parser.parse_args(argv)))
    finally:
        parser._defaults = defaults
        for action, default in saved:
            action.default = default


def _number(
    convert: Callable[[str], float], least: float, most: float, wanted: str
) -> Callable[[str], float]:
    """An argparse type: a number within bounds, or a message that says what is wanted."""

    def parse(text: str):
        try:
            value = convert(text)
        except (ValueError, OverflowError):
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return value

    return parse


positive_int = _number(int, 1, 2**31, "a whole number of at least 1")
non_negative_int = _number(int, 0, 2**31, "a whole number of at least 0")
fraction = _number(float, 0, math.nextafter(1, 0), "a number from 0 to below 1")
non_negative = _number(float, 0, 1e9, "a number of at least 0")
positive = _number(float, 1e-12, 1e9, "a number above 0")
max_size = _number(lambda text: 0 if text == "inf" else int(text), 0, 2**31, "a whole number, or inf")


def resolve_device(gpu_ids: str) -> str:
    """The device for ``--gpu_ids``: a GPU where there is one, else the CPU, which it says.

    Raises:
        UserError: several GPUs without torchrun, a GPU that is not there, or no number.
    """
    import torch

    try:
        ids = [int(part) for part in str(gpu_ids).split(",") if part.strip()]
    except ValueError as error:
        raise UserError(f"--gpu_ids {gpu_ids!r} must be a number, or -1 for the CPU") from error
    ids = [i for i in ids if i >= 0]
    if not ids:
        return "cpu"
    if len(ids) > 1:
        raise UserError(
            f"--gpu_ids {gpu_ids}: one process drives one GPU; start {len(ids)} of them with "
            f"'torchrun --nproc_per_node={len(ids)} train.py ...' (and CUDA_VISIBLE_DEVICES={gpu_ids})"
        )
    if not torch.cuda.is_available():
        print("no CUDA GPU here: using the CPU")
        return "cpu"
    if ids[0] >= torch.cuda.device_count():
        raise UserError(f"--gpu_ids {ids[0]}: there are {torch.cuda.device_count()} GPUs, numbered from 0")
    return f"cuda:{ids[0]}"
