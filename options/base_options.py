"""Options shared by training and testing, and the parsing of a command line into a Namespace."""

import argparse
import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data import dataset_class
from data.choices import DIRECTIONS, PREPROCESS
from models import model_class
from models.architecture import ARCHITECTURE, Architecture
from models.choices import AMP
from options.family import idle_options, instead_of
from options.presets import apply_preset, check_preset
from util.atomic import inside
from util.errors import UserError
from util.parsing import (
    HelpFormatter,
    OneLineParser,
    OptionGroup,
    check_recorded,
    explicitly_given,
    max_size,
    non_negative_int,
    positive_int,
    seed,
    side_px,
    value_range,
)

# Options whose values cannot change during a run. A different value on the command line is an error.
FIXED = (*ARCHITECTURE, "direction")


class BaseOptions:
    """Options for train.py or test.py, including those for the selected model and dataset.

    After `parse`, ``defaults`` contains the default value of every option.
    """

    is_train = False
    description = ""
    defaults: dict[str, object]
    parser: argparse.ArgumentParser
    _without_preset: dict[str, Any]

    def initialize(self, parser: argparse.ArgumentParser) -> None:
        """Add the options common to training and testing."""
        run = OptionGroup(parser, "run")
        run.add("--dataroot", None, str, "image folder, or folder that contains train/, val/ and test/")
        run.add("--name", "experiment_name", str, "name of the run and its folder in --checkpoints_dir")
        run.add("--checkpoints_dir", "./checkpoints", str, "folder that contains all runs")
        run.add("--suffix", "", str, "text to append to --name; {netG} inserts the value of --netG")
        run.add("--gpu_ids", "0", str, "GPU index, from 0; -1: use the CPU")
        run.add("--seed", 0, seed, "random seed for all random choices")
        run.flag("--verbose", "print the networks' layers")

        model = OptionGroup(parser, "model")
        model.add("--model", "pix2pix", str, "model, defined in models/<name>_model.py")
        Architecture.add_options(model)
        model.add("--amp", "auto", AMP, "network precision; auto: the fastest on the device")
        model.flag("--compile", "compile the networks with torch.compile, which takes time at the start")

        data = OptionGroup(parser, "data")
        data.add("--dataset_mode", "aligned", str, "dataset, defined in data/<name>_dataset.py")
        data.add("--direction", "AtoB", DIRECTIONS, "BtoA: generate A, the photo, from B, the edge map")
        data.add("--preprocess", "resize_and_crop", PREPROCESS, "how images are resized and cropped")
        data.add("--load_size", 286, side_px, "side in pixels of resized images, before cropping")
        data.add("--crop_size", 256, side_px, "side in pixels of cropped images")
        data.add("--value_range", "type", value_range, "black and white levels of 16-bit and float "
                 "images; type: the data type's range; folder: the folder's; or LOW,HIGH")  # fmt: skip
        data.flag("--no_flip", "do not mirror training images at random")
        data.add("--batch_size", 1, positive_int, "batch size per process")
        data.flag("--serial_batches", "load images in name order instead of shuffling them")
        data.add("--max_dataset_size", 0, max_size, "maximum number of images to use; 0 or inf: all")
        data.add("--num_threads", 4, non_negative_int, "number of threads that load images")

    def parse(self, argv: Sequence[str] | None = None) -> Namespace:
        """Parse a command line, by default the process's own.

        Returns:
            All options and, in addition, ``isTrain``, ``explicit`` (the names of the options on the command
            line), ``run_dir`` (the run's folder as a Path), ``device``, ``rank`` and ``world_size``.

        Raises:
            UserError: options contradict each other or the files on disk.
            SystemExit: argparse reports an error (code 2) or prints the help text (code 0).
        """
        argv = sys.argv[1:] if argv is None else list(argv)
        parser = self._complete_parser(argv)
        opt = parser.parse_args(argv)
        self.defaults = {a.dest: a.default for a in parser._actions} | self._without_preset
        self.parser = parser
        opt.isTrain = self.is_train
        opt.explicit = explicitly_given(parser, argv)
        if opt.suffix:
            if re.search(r"\{[^}]*\d{3}", opt.suffix):  # a large width would use up the memory
                raise UserError(f"--suffix {opt.suffix!r}: a width in braces has at most two digits")
            try:
                opt.name = f"{opt.name}_{opt.suffix.format(**vars(opt))}"
            except (KeyError, ValueError, IndexError, AttributeError) as error:
                raise UserError(
                    f"--suffix {opt.suffix!r} must name options in braces, like {{netG}}"
                ) from error
        opt.run_dir = inside(opt.checkpoints_dir, opt.name, what="--name")
        self.finish(opt)
        for line in idle_options("train" if self.is_train else "test", opt, opt.explicit):
            print(line)
        return opt

    def finish(self, opt: Namespace) -> None:
        """Check and complete the parsed options; raise `UserError` if they are invalid."""

    def _complete_parser(self, argv: list[str]) -> argparse.ArgumentParser:
        """Return a parser that includes the options for the selected model and dataset."""
        parser = OneLineParser(
            instead_of=instead_of,
            usage="%(prog)s --dataroot DIR --name NAME [options]",
            description=self.description,
            formatter_class=HelpFormatter,
            add_help=False,
            allow_abbrev=False,  # an abbreviation could match another option
        )
        self.initialize(parser)
        preset = getattr(parser.parse_known_args(argv)[0], "preset", None)
        before = apply_preset(parser, preset)  # the model's options depend on some of these values
        for kind, find in (("model", model_class), ("dataset_mode", dataset_class)):
            known, _ = parser.parse_known_args(argv)
            find(getattr(known, kind)).modify_commandline_options(parser, self.is_train, known)
        self._without_preset = apply_preset(parser, preset) | before
        check_preset(preset, {action.dest for action in parser._actions}, known.model)
        parser.add_argument("-h", "--help", action="help", help="show all options of this model and dataset")
        return parser


def check_architecture(opt: Namespace, trained: dict[str, Any], names: Iterable[str], folder: Path) -> None:
    """Raise `UserError` if options on the command line contradict a run's architecture."""
    # Records from older versions lack newer options, for which those runs used the default values.
    known = {**asdict(Architecture()), **trained} if trained else {}
    for name in names:
        asked = getattr(opt, name)
        if name in opt.explicit and name in known and asked != known[name]:
            raise UserError(
                f"--{name} {asked} contradicts {folder}, which was trained with {known[name]}: "
                "leave out the option"
            )


def take_up(
    opt: Namespace, parser: argparse.ArgumentParser, saved: dict[str, Any], names: Iterable[str]
) -> None:
    """Check the values that a run recorded, and use them for options that are not on the command line."""
    taken = {name for name in names if name in saved and hasattr(opt, name)} - opt.explicit
    check_recorded(parser, saved, taken)
    for name in taken:
        setattr(opt, name, saved[name])


def resolve_device(gpu_ids: str) -> str:
    """Return the device for ``--gpu_ids``. If there is no GPU, print a message and return the CPU."""
    import torch  # imported late because it takes over a second

    try:
        ids = [int(part) for part in str(gpu_ids).split(",") if part.strip()]
    except ValueError as error:
        raise UserError(f"--gpu_ids {gpu_ids!r} must be a number, or -1 for the CPU") from error
    ids = [i for i in ids if i >= 0]
    if not ids:
        return "cpu"
    if len(ids) > 1:
        raise UserError(
            f"--gpu_ids {gpu_ids}: to train on {len(ids)} GPUs, start one process per GPU with "
            f"'CUDA_VISIBLE_DEVICES={gpu_ids} torchrun --nproc_per_node={len(ids)} train.py ...' "
            f"and without --gpu_ids; test.py uses only one GPU, such as --gpu_ids {ids[0]}"
        )
    if not torch.cuda.is_available():
        if torch.backends.mps.is_available():  # an Apple GPU
            return "mps"
        print("no CUDA GPU found: using the CPU")
        return "cpu"
    if ids[0] >= torch.cuda.device_count():
        raise UserError(
            f"--gpu_ids {ids[0]}: this machine has {torch.cuda.device_count()} GPUs, numbered from 0"
        )
    return f"cuda:{ids[0]}"
