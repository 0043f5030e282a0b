"""The model that applies any run's generator to images without targets."""

import argparse
from argparse import Namespace

from models.pix2pix_model import Pix2PixModel


class TestModel(Pix2PixModel):
    """A generator for images without targets (``--model test --dataset_mode single``)."""

    __test__ = False  # this class is not a test case

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Make ``single`` the default dataset mode."""
        if is_train:
            parser.error("--model test does not train; train with --model pix2pix")
        parser.set_defaults(dataset_mode="single")
