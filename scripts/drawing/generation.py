"""The generators of a run, loaded on demand, and one function from edge maps to images."""

from __future__ import annotations

import threading
from argparse import Namespace
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from util.errors import UserError

# A U-Net of width 64 takes a quarter of a gigabyte.
_MOST_LOADED = 2
# Dropout and noise are drawn by the name of the input file: the saved drawing's.
DRAWING_NAME = "drawing.png"


def test_options(argv: Sequence[str]) -> Namespace:
    """Parse test.py's options for single edge maps, one at a time.

    Raises:
        UserError: no such run.
    """
    from options.test_options import TestOptions

    return TestOptions().parse(
        ["--dataroot", ".", "--model", "test", "--dataset_mode", "single", "--batch_size", "1", *argv]
    )


def load_model(opt: Namespace) -> Any:
    """Build the model that test.py would build, with its generator loaded.

    Raises:
        UserError: no such checkpoint.
    """
    from models import create_model

    model = create_model(opt)
    model.setup(opt)
    return model


def takes_colors(opt: Namespace) -> bool:
    """Tell whether a run was trained with color hints."""
    return opt.input_nc == 3 and (getattr(opt, "edge_settings", None) or {}).get("hints") == "color"


class Generators:
    """The generators of one run, one for each epoch that was saved.

    Args:
        argv: options of test.py that name the run and the device.
        epoch: the checkpoint to begin with.

    Attributes:
        opt: the run's options, as test.py has them.
        takes_colors: whether the run was trained with color hints.
        epochs: the checkpoints that there are.

    Raises:
        UserError: no such run or checkpoint.
    """

    def __init__(self, argv: Sequence[str], epoch: str):
        from util import checkpoint

        self._argv = list(argv)
        self._loaded: OrderedDict[str, tuple[Any, list[tuple[Any, float]]]] = OrderedDict()
        self._lock = threading.Lock()
        self.opt = test_options([*argv, "--epoch", epoch])
        self.opt.load_size = self.opt.crop_size  # the canvas shows what the generator was trained on
        self.takes_colors = takes_colors(self.opt)
        self.epochs = checkpoint.epochs_in(Path(self.opt.checkpoints_dir) / self.opt.name)
        self._model(epoch)

    def _model(self, epoch: str) -> tuple[Any, list[tuple[Any, float]]]:
        """Return the model of an epoch, loaded if need be, and its dropout layers with their rates."""
        from torch import nn

        if epoch not in self.epochs:
            raise UserError(
                f"there is no checkpoint {epoch!r}; there are: {', '.join(self.epochs) or 'none'}"
            )
        if epoch not in self._loaded:
            model = load_model(test_options([*self._argv, "--epoch", epoch]))
            self._loaded[epoch] = model, [(m, m.p) for m in model.netG.modules() if isinstance(m, nn.Dropout)]
            while len(self._loaded) > _MOST_LOADED:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(epoch)
        return self._loaded[epoch]

    def generate(
        self, made: np.ndarray, *, epoch: str, first: int = 0, count: int = 1, dropout: bool = True
    ) -> list[np.ndarray]:
        """Generate the images that test.py generates from an input called ``drawing.png``.

        Args:
            made: (H, W, 3) uint8, 255 for a line, of any size.
            epoch: which checkpoint.
            first: number of the first sample: noise and dropout are drawn by it.
            count: how many samples.
            dropout: whether dropout acts, where the run has it.

        Returns:
            ``count`` images, (H, W, 3) uint8.
        """
        import torch

        from util.image import to_uint8

        batch = torch.from_numpy(made.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
        with self._lock:
            model, dropouts = self._model(epoch)
            for layer, share in dropouts:
                layer.p = share if dropout else 0.0
            model.set_input({"A": batch[:, : self.opt.input_nc].contiguous(), "A_paths": [DRAWING_NAME]})
            images = []
            for sample in range(first, first + count):
                model.test(sample)
                images.append(to_uint8(model.fake_B)[0])
        return images

    def warm_up(self) -> None:
        """Generate one image, so that one-time initialisation does not delay the first visitor."""
        self.generate(np.zeros((self.opt.load_size, self.opt.load_size, 3), np.uint8), epoch=self.opt.epoch)
