"""The generators of a run, loaded on demand, and generating images with them."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from util.errors import UserError

if TYPE_CHECKING:
    from training.generator import Generator

# A U-Net of width 64 needs a quarter of a gigabyte.
_MOST_LOADED = 2
# Dropout and noise are seeded by the input's file name; this is the name of a saved drawing.
DRAWING_NAME = "drawing.png"


class Generators:
    """The generators of one run, one for each saved epoch.

    Args:
        folder: of the run.
        epoch: the initial checkpoint.
        seed: of dropout and noise.
        options: further arguments of `models.load_generator`.

    Attributes:
        first: the initial generator.
        epochs: the existing checkpoints.

    Raises:
        UserError: no such run or checkpoint.
    """

    def __init__(self, folder: Path, epoch: str, seed: int = 0, **options: Any):
        from models import load_generator
        from util import checkpoint

        def load(epoch: str) -> Generator:
            if epoch not in self.epochs:
                there = ", ".join(self.epochs) or "none"
                raise UserError(f"there is no checkpoint {epoch!r}; there are: {there}")
            return replace(load_generator(folder, epoch, **options), seed=seed)

        self.folder, self.epoch, self.epochs = folder, epoch, checkpoint.epochs_in(folder)
        self._load, self._lock = lru_cache(_MOST_LOADED)(load), threading.Lock()
        self.first = self._load(epoch)

    def generate(
        self, made: np.ndarray, *, epoch: str, first: int = 0, count: int = 1, dropout: bool = True
    ) -> list[np.ndarray]:
        """Generate the same images as test.py from an input called ``drawing.png``.

        Args:
            made: (H, W, 3) uint8, 255 for a line, of any size.
            epoch: which checkpoint.
            first: number of the first sample, which seeds noise and dropout.
            count: how many samples.
            dropout: whether dropout is active, if the run has it.

        Returns:
            ``count`` images, (H, W, 3) uint8.
        """
        import torch

        from util.image import to_uint8

        with self._lock:
            generator = self._load(epoch)
            x = torch.from_numpy(made.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
            x = x[:, : generator.architecture.input_nc].contiguous()
            samples = range(first, first + count)
            images = [generator.generate(x, [DRAWING_NAME], sample=i, dropout=dropout) for i in samples]
        return [to_uint8(image)[0] for image in images]
