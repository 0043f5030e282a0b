"""The true shapes of a network, read from a forward pass rather than written down by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Layer:
    """One convolution as it ran.

    Attributes:
        is_up: whether it is a transposed convolution.
        in_channels: channels it read.
        channels: channels it made.
        side_px: height of its output.
        kernel_px: side of its kernel.
        stride_px: its stride.
    """

    is_up: bool
    in_channels: int
    channels: int
    side_px: int
    kernel_px: int
    stride_px: int


def trace(net: nn.Module, x: Tensor) -> list[Layer]:
    """Run the network once in eval mode and note its convolutions in the order in which they ran.

    Args:
        net: takes ``x`` alone.
        x: (N, C, H, W).
    """
    layers: list[Layer] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        """Note a convolution's shapes, as its forward hook."""
        assert isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))
        kernel, stride = int(module.kernel_size[0]), int(module.stride[0])
        is_up = isinstance(module, nn.ConvTranspose2d)
        layers.append(Layer(is_up, inputs[0].shape[1], output.shape[1], output.shape[2], kernel, stride))

    convolutions = [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    hooks = [module.register_forward_hook(note) for module in convolutions]
    was_training = net.training
    try:
        with torch.no_grad():
            net.eval()(x)
    finally:
        net.train(was_training)
        for hook in hooks:
            hook.remove()
    return layers


def receptive_field_px(layers: Sequence[Layer]) -> int:
    """Return the side of the square of input pixels that one output of a stack of convolutions sees.

    Each layer adds ``kernel - 1`` steps of its own input, which are as long as all strides before it
    together.
    """
    field, step = 1, 1
    for layer in layers:
        field += (layer.kernel_px - 1) * step
        step *= layer.stride_px
    return field
