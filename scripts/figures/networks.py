"""The networks as they are: every size and channel count is read from a forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from scripts.figures.canvas import BLUE, INK, MUTED, ORANGE, ORANGE_SOFT, Array, arrow, box, canvas, show


class Layer(NamedTuple):
    """One convolution as it ran; `side_px` is the height of its output."""

    is_up: bool
    in_channels: int
    channels: int
    side_px: int
    kernel_px: int
    stride_px: int


def trace(net: Any, x: Any) -> list[Layer]:
    """Run a network once on x (N, C, H, W), in eval mode, and note its convolutions in their order."""
    import torch
    from torch import nn

    layers: list[Layer] = []

    def note(module: Any, inputs: Any, output: Any) -> None:
        up = isinstance(module, nn.ConvTranspose2d)
        shape = (inputs[0].shape[1], output.shape[1], output.shape[2])
        layers.append(Layer(up, *shape, module.kernel_size[0], module.stride[0]))

    convolutions = [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    hooks = [module.register_forward_hook(note) for module in convolutions]
    was_training = net.training
    with torch.no_grad():
        net.eval()(x)
    net.train(was_training)
    for hook in hooks:
        hook.remove()
    return layers


def receptive_field_px(layers: Sequence[Layer]) -> int:
    """Return the side of the square of input pixels that one output of a stack of convolutions sees."""
    field, step = 1, 1
    for layer in layers:
        # Steps of its own input, which are as long as all strides before it together.
        field, step = field + (layer.kernel_px - 1) * step, step * layer.stride_px
    return field


def draw_schemes(drawing: Array, edges: Array, made: Array, target: Array) -> dict[str, Any]:
    """Draw the networks, and the steps from a drawing to its image."""
    import torch

    from models.networks import define_D, define_G

    generator = trace(define_G(3, 3, 64, "unet_256"), torch.zeros(1, 3, 256, 256))
    discriminator = trace(define_D(6, 64, "basic"), torch.zeros(1, 6, 256, 256))
    steps = canvas(1500, 400)
    for left, image, label in ((40, drawing, "drawing"), (605, edges, "edge map"), (1170, made, "image")):
        show(steps, image, left, 34, 290)
        steps.text(left + 145, 360, label, size=17, ha="center")
    for left, label, colour in ((330, "contours", INK), (895, "generator G", ORANGE)):
        arrow(steps, (left + 10, 180), (left + 268, 180), colour)
        box(steps, left + 132, 180, label, colour)
    axes = canvas(1500, 850)
    _draw_unet(axes, generator, edges, made)
    _draw_patchgan(axes, discriminator, (edges, target, made))
    return {"scheme1": axes.figure, "scheme2": steps.figure}


def _draw_unet(axes: Any, layers: Sequence[Layer], edges: Array, made: Array) -> None:
    """Draw the generator: bars as high as its images, as thick as its channels (logarithms of both)."""
    down, up = [x for x in layers if not x.is_up], [x for x in layers if x.is_up]
    title = (
        f"U-Net: {len(down)} halvings, {len(up)} doublings; learns to fool D and to stay near the target (L1)"
    )
    axes.text(40, 50, "Generator G", size=19, color=ORANGE)
    axes.text(240, 50, title, size=13, color=MUTED)
    show(axes, edges, 40, 160, 150)
    show(axes, made, 1310, 160, 150)
    places = np.linspace(240, 1250, len(down) + len(up) - 1)
    for x, layer in zip(places, [*down, *up[:-1]], strict=True):
        _bar(axes, x, 235, layer, ORANGE)
    for i, layer in enumerate(up[:-1]):
        # Every doubling but the last is joined by the encoder's equal in size.
        x, partner = places[len(down) + i], places[len(down) - 2 - i]
        top = 235 - _height(layer) / 2
        _bar(axes, x + 16, 235, layer, ORANGE_SOFT)
        axes.plot([partner, partner, x + 16, x + 16], [top, top - 9, top - 9, top], color=MUTED, lw=0.8)
    for x, layer, skip in zip(places, [*down, *up[:-1]], [0] * len(down) + [1] * len(up), strict=False):
        channels = f"{layer.channels}+{layer.channels}" if skip else layer.channels
        axes.text(x, 390, f"{layer.side_px} px\n{channels}", size=8.5, ha="center", va="center")


def _draw_patchgan(axes: Any, layers: Sequence[Layer], images: Sequence[Array]) -> None:
    """Draw the discriminator, one score and the patch that it sees."""
    field, grid = receptive_field_px(layers), layers[-1].side_px
    title = f"PatchGAN: is this {field} x {field} px patch, with its edges, of a photograph or generated?"
    axes.text(40, 490, "Discriminator D", size=19, color=BLUE)
    axes.text(280, 490, title, size=13, color=MUTED)
    first, cell = grid // 3, 200 / grid
    near = (first + 0.5) / grid * 150 - field / 256 * 75
    for left, image, label in zip((40, 220, 400), images, ("edge map", "target", "or image"), strict=True):
        show(axes, image, left, 560, 150)
        axes.text(left + 75, 735, label, size=12, color=MUTED, ha="center")
        _frame(axes, left + near, 560 + near, field / 256 * 150)
    arrow(axes, (560, 635), (620, 635), BLUE)
    for x, layer in zip(np.linspace(660, 1160, len(layers)), layers, strict=True):
        _bar(axes, x, 635, layer, BLUE)
        text = (
            f"{layer.kernel_px}x{layer.kernel_px} / {layer.stride_px}\n{layer.side_px} px\n{layer.channels}"
        )
        axes.text(x, 790, text, size=9, ha="center", va="center")
    arrow(axes, (1180, 635), (1240, 635), BLUE)
    for offset in np.arange(grid + 1) * cell:
        axes.plot([1260, 1460], [535 + offset] * 2, color="#cfe2f0", lw=0.5)
        axes.plot([1260 + offset] * 2, [535, 735], color="#cfe2f0", lw=0.5)
    _frame(axes, 1260 + first * cell, 535 + first * cell, cell)
    axes.text(1360, 760, f"{grid} x {grid} scores", size=12, color=MUTED, ha="center")


def _frame(axes: Any, left: float, top: float, side: float) -> None:
    """Draw an empty square."""
    x, y = [left, left + side, left + side, left, left], [top, top, top + side, top + side, top]
    axes.plot(x, y, color=BLUE, lw=2)


def _height(layer: Layer) -> float:
    """Return a bar's height in pixels."""
    return 16 + 26 * float(np.log2(max(layer.side_px, 1)))


def _bar(axes: Any, x: float, y: float, layer: Layer, colour: str) -> None:
    """Draw a feature map seen from the side."""
    width = 5 + 1.1 * float(np.log2(max(layer.channels, 1)))
    axes.bar([x], [_height(layer)], width, y - _height(layer) / 2, color=colour)
