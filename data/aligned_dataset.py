"""A dataset of pairs A|B, stored side by side in one image or in two folders."""

import argparse
from argparse import Namespace
from pathlib import Path

import numpy as np

from data.base_dataset import BaseDataset
from data.transforms import resized_size, with_channels
from util.errors import UserError, shorten
from util.image import resize
from util.parsing import OptionGroup
from util.pixels import DIM, is_dim


class AlignedDataset(BaseDataset):
    """A and B are the left and right halves of each image, or files with the same name in two folders.

    For example, the folders can be ``A/train`` and ``B/train``, or ``trainA`` and ``trainB``. `data.pairs`
    lists all supported names.
    """

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Add ``--pairs``."""
        text = "halves: every image is a pair, A on the left, B on the right; auto: images with a 2:1 aspect "
        text += "ratio are pairs, and other images are pairs if their two halves look like a pair"
        OptionGroup(parser, "pairs").add("--pairs", "auto", ("auto", "halves"), text)

    def __init__(self, opt: Namespace):
        from data.pairs import halves_are_pairs, match_names, two_folders  # imports OpenCV
        from data.preprocess.records import edge_settings_of

        folders = two_folders(opt.dataroot, opt.phase)
        super().__init__(opt, None if folders is None else folders[0])
        self.preprocess, self.load_px, self.crop_px = opt.preprocess, opt.load_size, opt.crop_size
        a_is_input = opt.direction == "AtoB"
        self.nc_A = opt.input_nc if a_is_input else opt.output_nc
        self.nc_B = opt.output_nc if a_is_input else opt.input_nc
        self._partners: dict[Path, Path] = {}
        self._has_edge_maps = edge_settings_of(self.folder) is not None
        self._takes_halves = getattr(opt, "pairs", "auto") == "halves"
        if folders:
            self._partners, alone = match_names(*folders)
            self.paths = list(self._partners)[: opt.max_dataset_size or None]
            self.assumed = (f"A from {folders[0]}, B from {folders[1]}, paired by name",)
            self.assumed += (f"{len(alone)} images without a partner: {shorten(alone)}",) if alone else ()
        elif not self._takes_halves and halves_are_pairs(self.paths):
            self._takes_halves = True
            self.assumed = ("images not twice as wide as high are treated as pairs because of their content",)

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Read one pair and resize its images; return ``A`` and ``B``, each (H, W, C) uint8."""
        path = self.paths[index]
        first = self.read(path)[0]
        if self._partners:
            a, b = first, self.read(self._partners[path])[0]
        else:
            half = self._half_width(path, first)
            a, b = first[:, :half], first[:, half:]
            if not self._has_edge_maps and (is_dim(a) or is_dim(b)):  # edge maps with few lines look dim, too
                self.remark(path, DIM)
        size = resized_size(a.shape[:2], self.preprocess, self.load_px, self.crop_px)
        a, b = with_channels(a, self.nc_A), with_channels(b, self.nc_B)
        return {"A": resize(a, size), "B": resize(b, size)}

    def _half_width(self, path: Path, pair: np.ndarray) -> int:
        """Return the width of A; raise `UserError` if the image is not a pair of images."""
        height, width = pair.shape[:2]
        if width % 2 or not (self._takes_halves or width == 2 * height):
            why = "" if width % 2 else ", and its halves look like one image (if not, add --pairs halves)"
            raise UserError(
                f"{path} is {width}x{height} pixels, so it is not a pair A|B of equal halves side by "
                f"side{why}: make pairs with preprocess.py, put A and B into the folders trainA/ and trainB/ "
                "under the same names, or test single images with --model test --dataset_mode single"
            )
        return width // 2
