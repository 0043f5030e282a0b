"""Pairs A|B side by side in one image, as preprocess.py and the pix2pix data sets have them."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np

from data.base_dataset import BaseDataset
from data.transforms import resized_size, with_channels
from util.errors import UserError
from util.image import load_rgb, resize


class AlignedDataset(BaseDataset):
    """A is the left half of each image, B the right half.

    Args:
        opt: reads ``dataroot, phase, max_dataset_size, preprocess, load_size, crop_size, direction, input_nc,
            output_nc``.

    Raises:
        UserError: the folder is missing or holds no images.
    """

    def __init__(self, opt: Namespace):
        super().__init__(opt)
        self.preprocess, self.load_px, self.crop_px = opt.preprocess, opt.load_size, opt.crop_size
        a_is_input = opt.direction == "AtoB"
        self.nc_A = opt.input_nc if a_is_input else opt.output_nc
        self.nc_B = opt.output_nc if a_is_input else opt.input_nc

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Read, split and resize one pair: ``A`` and ``B``, (H, W, C) uint8."""
        path = self.paths[index]
        pair = load_rgb(path)
        half = self._half_width(path, pair)
        size = resized_size((pair.shape[0], half), self.preprocess, self.load_px, self.crop_px)
        return {
            "A": resize(with_channels(pair[:, :half], self.nc_A), size),
            "B": resize(with_channels(pair[:, half:], self.nc_B), size),
        }

    @staticmethod
    def _half_width(path: Path, pair: np.ndarray) -> int:
        """Return the width of A; refuse what cannot be two images of one size."""
        height, width = pair.shape[:2]
        if width % 2 or width <= height:
            raise UserError(
                f"{path} is {width}x{height} pixels and so no pair A|B of two equal halves side by side: "
                "make pairs with preprocess.py, or test single images with --model test --dataset_mode single"
            )
        return width // 2
