"""A run's generators, which are loaded when they are first used."""

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
# The input's file name seeds dropout and noise. A saved drawing has this name.
DRAWING_NAME = "drawing.png"


class Generators:
    """A run's generators, one for each saved epoch.

    Args:
        folder: the run's folder.
        epoch: the checkpoint to load first.
        seed: seed for dropout and noise.
        options: further arguments for `models.load_generator`.

    Attributes:
        first: the generator of the first checkpoint.
        epochs: the existing checkpoints.

    Raises:
        UserError: the run or the checkpoint does not exist.
    """

    def __init__(self, folder: Path, epoch: str, seed: int = 0, **options: Any):
        from models import load_generator
        from util import checkpoint

        def load(epoch: str) -> Generator:
            if epoch not in self.epochs:
                there = ", ".join(self.epochs) or "none"
                raise UserError(f"checkpoint {epoch!r} does not exist; available: {there}")
            return replace(load_generator(folder, epoch, **options), seed=seed)

        self.folder, self.epoch, self.epochs = folder, epoch, checkpoint.epochs_in(folder)
        self._load, self._lock = lru_cache(_MOST_LOADED)(load), threading.Lock()
        self.first = self._load(epoch)

    def generate(
        self, made: np.ndarray, *, epoch: str, first: int = 0, count: int = 1, dropout: bool = True
    ) -> list[np.ndarray]:
        """Generate the same images as test.py would from an input called ``drawing.png``.

        Args:
            made: the input, (H, W, 3) uint8 of any size. Lines are 255.
            epoch: checkpoint to use.
            first: number of the first sample. It seeds noise and dropout.
            count: number of samples.
            dropout: whether dropout is active, if the run has dropout.

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
