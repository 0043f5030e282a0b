"""Single images: edge maps ready for the generator, or images from which edges are extracted."""

from __future__ import annotations

import argparse
from argparse import Namespace

import numpy as np

from data.base_dataset import BaseDataset
from data.choices import FRAMES, SINGLE_KINDS
from util.parsing import hints_option


class SingleDataset(BaseDataset):
    """Single images, each converted to the generator's input by `data.single_input.InputMaker`."""

    @staticmethod
    def modify_commandline_options(
        parser: argparse.ArgumentParser, is_train: bool, known: argparse.Namespace
    ) -> None:
        """Add ``--input_kind``, ``--frame`` and ``--hints``."""
        if is_train:
            parser.error("--dataset_mode single has no targets; train with --dataset_mode aligned")
        parser.add_argument(
            "--input_kind",
            choices=(*SINGLE_KINDS, "none"),
            default="auto",
            help="kind of the single images: edges are used directly, and edge maps are extracted from the "
            "other kinds; paper is a photographed drawing, whose sheet, light and ruling are removed; none "
            "feeds images to the generator unchanged; auto recognizes each image if the run records how "
            "edge maps were extracted from its photos, else none",
        )
        parser.add_argument(
            "--frame",
            choices=FRAMES,
            default="auto",
            help="auto: scale drawings to fill the frame like training images; none: leave them unchanged",
        )
        parser.add_argument(
            "--hints",
            type=hints_option,
            default="auto",
            metavar="auto|none|COLOR",
            help="of a run that was trained with color hints; auto: a drawing's own colors, or a brown coat "
            "if it has none; COLOR: one coat for all, such as #9e7048 or sienna; none: lines only",
        )

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
        """Read one image: ``A``, (H, W, C) uint8."""
        path = self.paths[index]
        return {"A": self.make_input(*self.read(path), name=path.relative_to(self.folder).as_posix())}

    def describe(self) -> str:
        """Describe in one line how images were converted so far; empty if that was requested explicitly."""
        return self.make_input.describe()
