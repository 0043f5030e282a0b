"""Export a run's generator as an ONNX model, and compare its output with test.py's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models import load_generator
from scripts.drawing.generation import DRAWING_NAME
from scripts.exporting.generator import Draw, ExportedGenerator, draw
from scripts.exporting.onnx_file import describe, session, to_onnx
from training.generator import Generator
from util import checkpoint
from util.errors import UserError
from util.image import to_uint8

# Largest allowed difference from test.py, for pixel values in [-1, 1]. Rounding depends on the order of sums.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Export:
    """A generator in ONNX, with what is needed to compare it with test.py.

    Attributes:
        generator: test.py's generator, in 32 bits on the CPU, with the exported model's dropout.
        onnx: the ``onnx.ModelProto``.
        uint8: whether inputs and outputs are 8-bit images (N, H, W, C) instead of (N, C, H, W) in [-1, 1].
        lines: the edge map used for the comparison, (1, input_nc, S, S) in {-1, 1}.
        name: the file name that seeds dropout and noise.
        drawn: test.py's random draws for this name.
    """

    generator: Generator
    onnx: Any
    uint8: bool
    lines: torch.Tensor
    name: str
    drawn: Draw

    @property
    def side(self) -> int:
        """Return the side of the image used in the comparison."""
        return self.lines.shape[-1]

    def feeds(self, lines: torch.Tensor) -> dict[str, np.ndarray]:
        """Return inputs for the exported model: the image, and the noise that test.py draws."""
        feeds = {"real_A": as_input(lines, self.uint8).numpy()}
        return feeds if self.drawn.noise is None else feeds | {"z": self.drawn.noise.numpy()}

    def distance(self, exported: Any = None) -> float:
        """Measure the largest difference from test.py, for values in [-1, 1] or, with ``uint8``, in [0, 255].

        It is measured on ``exported`` or, by default, on ``onnx``.
        """
        ours = self.generator.generate(self.lines, [self.name])
        found = session(exported or self.onnx).run(None, self.feeds(self.lines))[0]
        wanted = to_uint8(ours)[..., : found.shape[-1]].astype(int) if self.uint8 else ours.numpy()
        return float(np.abs(found - wanted).max())


def export_run(
    folder: Path, epoch: str, *, suffix: str = "", seed: int = 0, dropout: str = "",
    eval_mode: bool = False, uint8: bool = False, side: int = 0,
) -> Export:  # fmt: skip
    """Export a run's generator, and compare it with test.py.

    Args:
        folder: the run's folder.
        epoch: checkpoint to use.
        suffix: suffix of the network's name, which is ``_A`` or ``_B`` for CycleGAN.
        seed: seed for dropout and noise, as for test.py.
        dropout: file name of the input whose dropout masks to keep, at a fixed size; "": no dropout.
        eval_mode: no dropout, and batch norm with the running statistics, like ``test.py --eval``.
        uint8: whether inputs and outputs are 8-bit images.
        side: side of the image for ``dropout``; 0: as in training.

    Raises:
        UserError: the run does not exist, the size does not fit, or the output differs from test.py's.
    """
    generator = replace(load_generator(folder, epoch, "cpu", amp="fp32", suffix=suffix), seed=seed)
    if eval_mode:
        generator = replace(generator, statistics="running")
    net, architecture = generator.net, generator.architecture
    multiple = checkpoint.unwrap(net).multiple
    side = side or generator.make_input.size_px or 256
    if side % multiple:
        raise UserError(f"the side {side} must be a multiple of {multiple} for --netG {architecture.netG}")
    layers = [layer for layer in net.modules() if isinstance(layer, torch.nn.Dropout)]
    fixed = bool(dropout and layers) and not eval_mode
    lines, name = example_lines(side, architecture.input_nc), dropout or DRAWING_NAME
    drawn = draw(generator, lines, name)
    for layer in [] if fixed else layers:
        layer.p = 0.0
    running, masks = generator.statistics == "running", drawn.masks if fixed else None
    module = ExportedGenerator(net, running=running, masks=masks, uint8=uint8)
    noise = () if drawn.noise is None else (drawn.noise.repeat(2, 1),)
    onnx = to_onnx(module, (as_input(lines, uint8).repeat(2, 1, 1, 1), *noise), any_size=not fixed)
    sizes = f"{side}x{side}" if fixed else f"multiples of {multiple}"
    said = f"fixed, as test.py --seed {seed} draws it for {dropout}" if fixed else "off"
    told = {"name": folder.name, "epoch": epoch, "image_sizes": sizes, "dropout": said}
    describe(onnx, told | _properties(generator, uint8=uint8))
    export = Export(generator, onnx, uint8, lines, name, drawn)
    off, most = export.distance(), 1 if uint8 else TOLERANCE
    if not off <= most:
        raise UserError(f"the exported image differs from test.py's by {off:g}, more than {most}")
    print(f"largest difference from test.py: {off:.2g} {'of 255 levels' if uint8 else 'in [-1, 1]'}")
    return export


def _properties(generator: Generator, *, uint8: bool) -> dict[str, object]:
    """Return the metadata that a program needs to use the file."""
    of, running = generator.architecture, generator.statistics == "running"
    return {
        "netG": of.netG,
        "ngf": of.ngf,
        "trained_at": generator.make_input.size_px,
        "layout": "N H W C, uint8 RGB" if uint8 else "N C H W, float32 in [-1, 1], RGB",
        "input": f"real_A: edge map, {of.input_nc} channels",
        "output": f"fake_B: image, {of.output_nc} channels",
        "noise": f"z: (N, {of.nz}), standard normal" if of.nz else "none",
        "norm": f"{of.norm}, {'running statistics' if running else 'statistics of each image'}",
        "weights": "float32",
    }


def example_lines(side: int, channels: int) -> torch.Tensor:
    """Draw a circle and a cross with lines one pixel wide: (1, channels, side, side) in {-1, 1}."""
    y, x = np.mgrid[:side, :side]
    radius = np.hypot(y - side / 2, x - side / 2)
    lines = (np.abs(radius - side / 3) < 0.6) | (y == x) | (x == side // 3)
    return torch.from_numpy(lines * np.float32(2) - 1).expand(1, channels, -1, -1).contiguous()


def as_input(lines: torch.Tensor, uint8: bool) -> torch.Tensor:
    """Convert (N, C, H, W) in [-1, 1] to the layout and type of the exported model's input."""
    return ((lines + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous() if uint8 else lines
