"""A run's generator as a function from images to images."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from data.choices import DIRECTIONS, PREPROCESS
from data.single_input import InputMaker
from models.architecture import Architecture
from models.checkpointing import generator_file
from models.choices import NORM_STATS, choose_statistics
from models.inference import generate, sample_seeds
from models.networks import build_generator
from models.precision import Precision, choose_precision
from util import checkpoint
from util.errors import UserError
from util.image import pil_to_rgba, read_rgba, to_uint8
from util.parsing import (
    OneLineParser,
    OptionGroup,
    as_range,
    check_recorded,
    positive_int,
    side_px,
    value_range,
)

ImageLike: TypeAlias = str | PathLike | Image.Image | np.ndarray

# test.py's batch size.
_BATCH_SIZE = 8
# The name that seeds dropout and noise for images without a name.
_UNNAMED = "drawing"


@dataclass(frozen=True)
class Generator:
    """A trained generator. Calling it with an image or a list of images gives the same results as test.py.

    Attributes:
        make_input: converts an image to the network's input.
        statistics: the batch norm statistics; see `models.inference.generate`.
        value_range: values that become black and white in 16-bit and float images; None: the image
            type's full range.
        seed: random seed for dropout and noise.
    """

    net: nn.Module
    architecture: Architecture
    make_input: InputMaker
    statistics: str
    precision: Precision
    value_range: tuple[float, float] | None = None
    seed: int = 0

    def __call__(self, images: ImageLike | list[ImageLike], *, sample: int = 0) -> Any:
        """Generate an image from an image, or a list of images from a list.

        Args:
            images: drawings, edge maps or photos, given as paths, Pillow images, or uint8 arrays (H, W),
                (H, W, 3) or (H, W, 4). As in test.py, the file name seeds dropout and noise.
            sample: the random sample's index. A different index gives a different image from the same input.

        Returns:
            A Pillow image in RGB, or a list of such images.

        Raises:
            UserError: a file cannot be read as an image.
        """
        if not isinstance(images, list):
            return self([images], sample=sample)[0]
        return [
            Image.fromarray(rgb)
            for names, batch in self.batches(images)
            for rgb in to_uint8(self.generate(batch, names, sample=sample))
        ]

    def batches(self, images: Iterable[ImageLike]) -> Iterator[tuple[list[str], Tensor]]:
        """Yield batches of N names and inputs, (N, input_nc, H, W) in [-1, 1].

        Consecutive inputs of equal size share a batch.
        """
        inputs = ((_name_of(image), self.make_input(*self._read(image))) for image in images)
        for _, group in groupby(inputs, key=lambda named: named[1].shape):
            while alike := list(islice(group, _BATCH_SIZE)):
                names, pixels = zip(*alike, strict=True)
                x = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
                yield list(names), x.contiguous()

    def generate(self, x: Tensor, names: Sequence[str], *, sample: int = 0, dropout: bool = True) -> Tensor:
        """Generate images, (N, output_nc, H, W), from inputs of any size, (N, input_nc, H, W), in [-1, 1].

        The N names and the random sample's index seed dropout and noise.
        """
        return generate(
            self.net, x.to(self.precision.device, memory_format=self.precision.memory_format),
            sample_seeds(names, self.seed, sample), precision=self.precision, nz=self.architecture.nz,
            statistics=self.statistics, dropout=dropout,
        )  # fmt: skip

    def _read(self, image: ImageLike) -> tuple[np.ndarray, np.ndarray | None]:
        """Return an image in RGB, (H, W, 3) uint8, and its alpha channel, (H, W) uint8 or None."""
        if isinstance(image, np.ndarray):
            image = Image.fromarray(image)
        read = pil_to_rgba if isinstance(image, Image.Image) else read_rgba
        return read(image, value_range=self.value_range)  # type: ignore[arg-type]


def load_generator(
    folder: str | PathLike,
    epoch: int | str = "latest",
    device: str | torch.device | None = None,
    *,
    amp: str = "auto",
    input_kind: str = "auto",
    hints: str = "auto",
    suffix: str = "",
) -> Generator:
    """Load a run's generator, or the moving average of its weights if the run has saved one.

    Args:
        folder: run folder, such as ``checkpoints/NAME``.
        epoch: the checkpoint: an epoch number, ``latest`` or ``best``.
        device: the device for the network; None: a GPU if there is one, otherwise the CPU.
        amp: precision, one of `models.choices.AMP`.
        input_kind, hints: kind of input images, and color hints; see `InputMaker`.
        suffix: suffix of the network's file name, such as CycleGAN's ``_A`` or ``_B``.

    Raises:
        UserError: the run or the checkpoint does not exist, or the output is not an RGB or gray image.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder} is not a run folder: give a folder such as checkpoints/NAME")
    recorded = checkpoint.load_options(folder)
    options = _checked_options(recorded)
    architecture = Architecture.of(options)
    if architecture.output_nc == 2:
        raise UserError(f"{folder} generates colors for gray photos: use test.py --model colorization")
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    precision = choose_precision(amp, device, _BATCH_SIZE)
    net = precision.place(build_generator(architecture))
    checkpoint.load_network(net, generator_file(folder, epoch, suffix=suffix))
    size_px = options["load_size" if options["preprocess"].startswith("scale_width") else "crop_size"]
    make_input = InputMaker(
        recorded.get("edge_settings"), direction=options["direction"],
        size_px=None if options["preprocess"] == "none" else size_px,
        input_nc=architecture.input_nc, input_kind=input_kind, hints=hints,
    )  # fmt: skip
    return Generator(
        net, architecture, make_input, statistics=choose_statistics("auto", options), precision=precision,
        value_range=as_range(options["value_range"]),
    )  # fmt: skip


def _checked_options(recorded: dict[str, Any]) -> dict[str, Any]:
    """Check recorded options; return those that generation needs, with defaults for missing ones."""
    parser = OneLineParser()
    group = OptionGroup(parser, "recorded")
    Architecture.add_options(group)
    for name, default, values in (
        ("direction", "AtoB", DIRECTIONS), ("preprocess", "resize_and_crop", PREPROCESS),
        ("norm_stats", "auto", NORM_STATS), ("batch_size", 1, positive_int), ("world_size", 1, positive_int),
        ("load_size", 286, side_px), ("crop_size", 256, side_px), ("value_range", "type", value_range),
    ):  # fmt: skip
        group.add(f"--{name}", default, values, "")
    options = vars(parser.parse_args([]))
    check_recorded(parser, recorded, options)
    return options | {name: recorded[name] for name in options if name in recorded}


def _name_of(image: ImageLike) -> str:
    return str(image if isinstance(image, (str, PathLike)) else getattr(image, "filename", "") or _UNNAMED)
