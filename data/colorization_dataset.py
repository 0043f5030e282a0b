"""A dataset of photos, split into lightness and color."""

from argparse import Namespace

import cv2
import numpy as np

from data.base_dataset import BaseDataset
from data.transforms import resized_size
from util.image import resize


class ColorizationDataset(BaseDataset):
    """A is the lightness L of each photo, and B is its color ab, in OpenCV's 8-bit encoding of CIE Lab."""

    def __init__(self, opt: Namespace):
        super().__init__(opt)
        self.preprocess, self.load_px, self.crop_px = opt.preprocess, opt.load_size, opt.crop_size

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Read and resize one photo; return ``A``, (H, W, 1) uint8, and ``B``, (H, W, 2) uint8."""
        rgb, _ = self.read(self.paths[index])
        size = resized_size(rgb.shape[:2], self.preprocess, self.load_px, self.crop_px)
        lab = cv2.cvtColor(resize(rgb, size), cv2.COLOR_RGB2LAB)
        return {"A": lab[..., :1], "B": lab[..., 1:]}
