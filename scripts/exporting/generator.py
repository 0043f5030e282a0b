"""The generator as one exportable module that does the same as test.py."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class ImageNorm(nn.Module):
    """Normalizes with each image's own statistics, then applies the scale and shift of a norm layer.

    Args:
        norm: a batch norm, group norm or instance norm layer.
    """

    def __init__(self, norm: Any):
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, float(norm.eps)
        self.groups = getattr(norm, "num_groups", 0)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        # Sum each row first, because runtimes add a channel's values one by one. The error of
        # onnxruntime's own normalization was 30 times as large as torch's.
        shape = x.shape
        if self.groups:
            x = x.reshape(shape[0], self.groups, -1, shape[3])
        x = x - x.mean(3, keepdim=True).mean(2, keepdim=True)
        y = x * torch.rsqrt((x * x).mean(3, keepdim=True).mean(2, keepdim=True) + self.eps)
        y = y.reshape(shape) if self.groups else y
        return y if self.weight is None else y * self.weight[:, None, None] + self.bias[:, None, None]


class FixedMask(nn.Module):
    """Dropout with a fixed mask, (1, C, H, W)."""

    mask: Tensor

    def __init__(self, mask: Tensor):
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        return x * self.mask


class Draw(NamedTuple):
    """What test.py draws for an input: dropout masks by layer name, and noise or None."""

    masks: dict[str, Tensor]
    noise: Tensor | None


def draw(generator: Any, lines: Tensor, name: str, sample: int = 0) -> Draw:
    """Return the dropout masks and the noise that test.py draws for an input.

    Args:
        generator: a `training.generator.Generator`.
        lines: an input of the same size, (1, input_nc, H, W).
        name: file name of the input.
        sample: sample number.
    """
    masks: dict[str, Tensor] = {}
    noise: list[Tensor | None] = []

    def ones(_: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
        return torch.ones_like(inputs[0])

    def keep(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        return lambda _, __, output: masks.update({name: output.float().clone()})

    def note(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        noise.append(inputs[1] if len(inputs) > 1 else None)

    hooks = [generator.net.register_forward_pre_hook(note)]
    for place, layer in generator.net.named_modules():
        if isinstance(layer, nn.Dropout):
            hooks += [layer.register_forward_pre_hook(ones), layer.register_forward_hook(keep(place))]
    try:
        generator.generate(lines, [name], sample=sample)
    finally:
        for hook in hooks:
            hook.remove()
    return Draw(masks, noise[0])


class ExportedGenerator(nn.Module):
    """A generator whose normalization and dropout behave as in test.py, for float or 8-bit images.

    Args:
        net: the generator, which is copied.
        running: whether batch norm uses running statistics instead of each image's own statistics.
        masks: dropout masks by layer name, or None for no dropout.
        uint8: whether inputs and outputs are (N, H, W, C) uint8 instead of (N, C, H, W) floats in [-1, 1].
    """

    def __init__(self, net: nn.Module, *, running: bool, masks: dict[str, Tensor] | None, uint8: bool):
        super().__init__()
        self.net = copy.deepcopy(net).float().cpu()
        self.uint8 = uint8
        own = (nn.InstanceNorm2d, nn.GroupNorm, *(() if running else (nn.BatchNorm2d,)))
        for place, parent in list(self.net.named_modules()):
            for name, layer in list(parent.named_children()):
                if isinstance(layer, own):
                    setattr(parent, name, ImageNorm(layer))
                elif isinstance(layer, nn.Dropout):
                    fixed = None if masks is None else FixedMask(masks[f"{place}.{name}"])
                    setattr(parent, name, fixed or nn.Identity())
        self.eval()

    def forward(self, real_A: Tensor, z: Tensor | None = None) -> Tensor:
        """Generate images in the format of the input; ``z`` is the noise, (N, nz)."""
        x = real_A.permute(0, 3, 1, 2).float() / 127.5 - 1 if self.uint8 else real_A
        y = self.net(x) if z is None else self.net(x, z)
        if not self.uint8:
            return y
        return ((y + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
