"""The generator of any run, for images without targets."""

from __future__ import annotations

import argparse
from argparse import Namespace

from models.pix2pix_model import Pix2PixModel


class TestModel(Pix2PixModel):
    """A generator for images without a target (``--model test --dataset_mode single``)."""

    __test__ = False  # not a test case

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Load single images by default."""
        if is_train:
            parser.error("--model test does not train; train with --model pix2pix")
        parser.set_defaults(dataset_mode="single")
