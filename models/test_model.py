"""The generator of any run, for images without targets."""

from __future__ import annotations

import argparse
from argparse import Namespace

from models.base_model import BaseModel


class TestModel(BaseModel):
    """A generator for images without a target (``--model test --dataset_mode single``)."""

    __test__ = False  # not a test case

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Load single images by default."""
        if is_train:
            parser.error("--model test does not train; train with --model pix2pix")
        parser.set_defaults(dataset_mode="single")

    def __init__(self, opt: Namespace):
        super().__init__(opt)
        self.netG = self.define_generator(opt)

    def optimize_parameters(self) -> None:
        """Images without targets cannot be used for training."""
        raise NotImplementedError("the test model does not train")
