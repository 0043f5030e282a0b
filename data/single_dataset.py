"""A dataset of single images, which are converted to generator inputs."""

import argparse
from argparse import Namespace

import numpy as np

from data.base_dataset import BaseDataset
from data.choices import FRAMES, SINGLE_KINDS
from util.parsing import OptionGroup, hints_option


class SingleDataset(BaseDataset):
    """Single images that `data.single_input.InputMaker` converts to generator inputs."""

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Add ``--input_kind``, ``--frame`` and ``--hints``."""
        if is_train:
            parser.error("--dataset_mode single has no targets; train with --dataset_mode aligned")
        group = OptionGroup(parser, "single images")
        kinds = (
            "image kind. edges: edge maps, which are used directly; photo or lineart: images from "
            "which edge maps are extracted; paper: photographs of drawings, from which the sheet, shadows "
            "and ruling are removed first; none: images are used unchanged; auto: detect the kind of each "
            "image, or use none if the run does not record how its edge maps were extracted"
        )
        group.add("--input_kind", "auto", (*SINGLE_KINDS, "none"), kinds)
        frames = "auto: scale drawings to fill the frame like training images; none: leave them unchanged"
        group.add("--frame", "auto", FRAMES, frames)
        hints = (
            "color hints, for runs trained with them. auto: use the colors of the drawing, or a brown coat "
            "if the drawing has no colors; COLOR: use a coat of this color for all drawings, for example "
            "#9e7048 or sienna; none: use only the lines"
        )
        group.add("--hints", "auto", hints_option, hints, metavar="auto|none|COLOR")

    def __init__(self, opt: Namespace):
        super().__init__(opt)
        from data.single_input import InputMaker  # imports OpenCV

        self.make_input = InputMaker(
            getattr(opt, "edge_settings", None),
            direction=opt.direction,
            size_px=None if opt.preprocess == "none" else opt.load_size,
            input_nc=opt.input_nc,
            input_kind=opt.input_kind,
            hints=getattr(opt, "hints", "auto"),
            frame=getattr(opt, "frame", "auto"),
        )

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Read one image and return it as ``A``, (H, W, C) uint8."""
        path = self.paths[index]
        return {"A": self.make_input(*self.read(path), name=path.relative_to(self.folder).as_posix())}

    def describe(self) -> str:
        """Describe the conversion in one line, or return "" if the user explicitly requested it."""
        return self.make_input.describe()
