"""The colorization model: pix2pix from a photo's lightness (L in CIE Lab) to its colors (a and b)."""

import argparse
from argparse import Namespace

import torch
from torch import Tensor

from models.pix2pix_model import Pix2PixModel
from models.pix2pix_options import check_fixed
from util.image import lab_to_rgb

FIXED = {"input_nc": 1, "output_nc": 2, "direction": "AtoB", "netD": "basic", "lambda_proj": 0.0,
         "edge_aug": False, "splice": 0.0}  # fmt: skip


class ColorizationModel(Pix2PixModel):
    """pix2pix for plain photos (``--model colorization``), without pretrained features, which need RGB."""

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Add pix2pix's options, and set the dataset and the channel counts."""
        Pix2PixModel.modify_commandline_options(parser, is_train, known)
        parser.set_defaults(dataset_mode="colorization", **FIXED)

    def __init__(self, opt: Namespace):
        check_fixed(opt, FIXED)
        super().__init__(opt)

    def get_current_visuals(self) -> dict[str, Tensor]:
        """Return the current batch's images in RGB for galleries and metrics."""
        gray = torch.full_like(self.real_A, 128 / 127.5 - 1).expand(-1, 2, -1, -1)  # a = b = 0
        visuals = super().get_current_visuals() | {"real_A": gray}
        return {name: lab_to_rgb(self.real_A, ab) for name, ab in visuals.items()}
