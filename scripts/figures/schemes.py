"""The README's two schemes: the networks with their shapes, and the steps from illustration to image."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scripts.figures.canvas import (
    BLUE,
    BLUE_SOFT,
    INK,
    MUTED,
    ORANGE,
    ORANGE_SOFT,
    PAPER,
    RULE,
    SOFT,
    Canvas,
    PilImage,
)
from scripts.figures.network_shapes import Layer, receptive_field_px

_WIDTH = 1500


def draw_networks(
    generator: Sequence[Layer],
    discriminator: Sequence[Layer],
    *,
    edges: PilImage,
    photo: PilImage,
    made: PilImage,
    side_px: int = 256,
) -> PilImage:
    """Draw pix2pix: the U-Net above, the PatchGAN below.

    Args:
        generator: the U-Net's convolutions, down and then up.
        discriminator: the PatchGAN's convolutions.
        edges: an input.
        photo: the photograph whose edges these are.
        made: the generator's output.
        side_px: of the images that the networks were traced with.

    Returns:
        1500x850 RGB.
    """
    canvas = Canvas(_WIDTH, 850)
    canvas.panel((20, 20, 1480, 440), fill="#fdf7f2")
    canvas.panel((20, 460, 1480, 830), fill="#f3f8fc")
    _draw_unet(canvas, generator, edges, made, side_px)
    _draw_patchgan(canvas, discriminator, edges, photo, made, side_px)
    return canvas.finish()


def draw_inference(
    *,
    illustration: PilImage,
    edges: PilImage,
    made: PilImage,
    extractor: str = "contours",
    generator: str = "U-Net 256",
) -> PilImage:
    """Draw the steps from a new creature's illustration to its edge map and its generated image.

    Returns:
        1500x400 RGB.
    """
    canvas = Canvas(_WIDTH, 400)
    side, top = 290, 34
    steps = [(40, illustration, "illustration"), (605, edges, "lines"), (1170, made, "photograph")]
    for left, image, label in steps:
        canvas.image(image, (left, top, left + side, top + side))
        canvas.text((left + side / 2, top + side + 16), label, size=24, anchor="ma")
    for left, name, below, colour, soft in (
        (330, "extract edges", extractor, INK, SOFT),
        (895, "generator G", generator, ORANGE, ORANGE_SOFT),
    ):
        middle, y = left + 275 / 2, top + side / 2
        canvas.line([(left + 16, y), (left + 259, y)], colour, width=3, arrow=True)
        canvas.panel((middle - 92, y - 42, middle + 80, y + 42), fill=soft, outline=colour, radius=12)
        canvas.text((middle - 6, y - 11), name, size=21, colour=colour, anchor="mm", bold=True)
        canvas.text((middle - 6, y + 17), below, size=17, colour=MUTED, anchor="mm")
    return canvas.finish()


def _draw_unet(
    canvas: Canvas, layers: Sequence[Layer], edges: PilImage, made: PilImage, side_px: int
) -> None:
    """Draw the generator's panel."""
    down, up = [layer for layer in layers if not layer.is_up], [layer for layer in layers if layer.is_up]
    canvas.text((44, 40), "Generator G", size=28, colour=ORANGE, bold=True)
    title = f"U-Net {side_px}: {len(down)} halvings, {len(up)} doublings"
    title += "; learns to fool D and to stay near the photograph (L1)"
    canvas.text((230, 47), title, size=20, colour=MUTED)
    middle, image_px = 232, 150
    left, right = 44, _WIDTH - 44 - image_px
    canvas.image(edges, (left, middle - 75, left + image_px, middle + 75))
    canvas.image(made, (right, middle - 75, right + image_px, middle + 75))

    # The last up convolution makes the image itself; every other one is joined by the encoder's equal in
    # size.
    columns = len(down) + len(up) - 1
    start, end = left + image_px + 46, right - 46
    pitch = (end - start) / (columns - 1)
    places = [start + pitch * index for index in range(columns)]
    for x, layer in zip(places, down, strict=False):
        _draw_bar(canvas, x, middle, layer, ORANGE)
    for index, layer in enumerate(up[:-1]):
        x, partner = places[len(down) + index], len(down) - 2 - index
        width = _bar_width(layer.channels)
        _draw_bar(canvas, x - width / 2, middle, layer, ORANGE)
        _draw_bar(canvas, x + width / 2, middle, down[partner], ORANGE_SOFT)
        top, shelf = middle - _bar_height(layer.side_px) / 2, middle - _bar_height(layer.side_px) / 2 - 9
        ends = (places[partner], x + width / 2)
        canvas.line([(ends[0], top), (ends[0], shelf), (ends[1], shelf), (ends[1], top)], MUTED, width=1)
    canvas.line([(left + image_px + 4, middle), (places[0] - 10, middle)], ORANGE, width=2, arrow=True)
    last = _bar_width(up[-2].channels)
    canvas.line([(places[-1] + last + 6, middle), (right - 4, middle)], ORANGE, width=2, arrow=True)

    xs = [left + 108, *places, right + 75]
    _draw_labels(canvas, "side px", 372, xs, [side_px, *(layer.side_px for layer in layers)])
    channels = [str(layers[0].in_channels), *(str(layer.channels) for layer in down)]
    channels += [
        f"{layer.channels}+{after.in_channels - layer.channels}"
        for layer, after in zip(up[:-1], up[1:], strict=True)
    ]
    _draw_labels(canvas, "channels", 394, xs, [*channels, up[-1].channels])
    canvas.bar((1212, 410, 1224, 428), ORANGE_SOFT)
    canvas.text((1232, 419), "copied across (skip)", size=17, colour=MUTED, anchor="lm")


def _draw_patchgan(
    canvas: Canvas, layers: Sequence[Layer], edges: PilImage, photo: PilImage, made: PilImage, side_px: int
) -> None:
    """Draw the discriminator's panel."""
    field, grid = receptive_field_px(layers), layers[-1].side_px
    canvas.text((44, 480), "Discriminator D", size=28, colour=BLUE, bold=True)
    title = f"PatchGAN: is this {field} x {field} px patch, with its lines, of a photograph or made by G?"
    canvas.text((270, 487), title, size=20, colour=MUTED)
    middle, image_px = 652, 150
    lefts = (44, 222, 400)
    for left, image, label in zip(
        lefts, (edges, photo, made), ("lines", "photograph", "made by G"), strict=True
    ):
        canvas.image(image, (left, middle - 75, left + image_px, middle + 75))
        canvas.text((left + 75, middle + 84), label, size=18, colour=MUTED, anchor="ma")
    canvas.text((208, middle), "+", size=26, colour=INK, anchor="mm")
    canvas.text((386, middle), "or", size=18, colour=INK, anchor="mm")

    cell = 200 / grid
    grid_left, grid_top = _WIDTH - 44 - 200, middle - 100
    first, last = lefts[2] + image_px + 112, grid_left - 76
    pitch = (last - first) / (len(layers) - 1)
    places = [first + index * pitch for index in range(len(layers))]
    for x, layer in zip(places, layers, strict=True):
        _draw_bar(canvas, x, middle, layer, BLUE if layer.channels > 1 else INK)
    canvas.line([(lefts[2] + image_px + 6, middle), (places[0] - 14, middle)], BLUE, width=2, arrow=True)
    for here, after in zip(places, places[1:], strict=False):
        canvas.line([(here + 20, middle), (after - 20, middle)], RULE, width=2)
    canvas.line([(places[-1] + 14, middle), (grid_left - 8, middle)], BLUE, width=2, arrow=True)
    canvas.bar((grid_left, grid_top, grid_left + 200, grid_top + 200), PAPER)
    for offset in (index * cell for index in range(grid + 1)):
        x, y = grid_left + offset, grid_top + offset
        canvas.line([(grid_left, y), (grid_left + 200, y)], BLUE_SOFT, width=1)
        canvas.line([(x, grid_top), (x, grid_top + 200)], BLUE_SOFT, width=1)

    # One score and the patch it sees: the output's centre lies over the patch's.
    column = row = grid // 3
    x, y = grid_left + column * cell, grid_top + row * cell
    canvas.bar((x, y, x + cell, y + cell), BLUE)
    patch = field / side_px * image_px
    centre = (column + 0.5) / grid * image_px
    near = min(max(centre - patch / 2, 0), image_px - patch)
    for left in lefts:
        box = (left + near, middle - 75 + near, left + near + patch, middle - 75 + near + patch)
        canvas.frame(box, BLUE, width=2.5)
    canvas.text(
        (grid_left + 100, grid_top + 208), f"{grid} x {grid} scores", size=18, colour=MUTED, anchor="ma"
    )
    _draw_layer_labels(canvas, layers, places)


def _draw_layer_labels(canvas: Canvas, layers: Sequence[Layer], places: Sequence[float]) -> None:
    """Write sizes, channels and kernels of the discriminator's layers."""
    rows = [
        (766, "side px", [str(layer.side_px) for layer in layers]),
        (788, "channels", [str(layer.channels) for layer in layers]),
        (540, "kernel / stride", [f"{x.kernel_px}x{x.kernel_px} / {x.stride_px}" for x in layers]),
    ]
    for y, title, values in rows:
        canvas.text((places[0] - 26, y), title, size=15, colour=MUTED, anchor="rm")
        for x, value in zip(places, values, strict=True):
            canvas.text(
                (x, y), value, size=15 if y == 540 else 16, colour=MUTED if y == 540 else INK, anchor="mm"
            )


def _draw_labels(canvas: Canvas, title: str, y: float, xs: Sequence[float], values: Sequence[object]) -> None:
    """Draw a line of numbers below the bars; its title stands in front of the first."""
    canvas.text((44, y), title, size=15, colour=MUTED, anchor="lm")
    for x, value in zip(xs, values, strict=True):
        canvas.text((x, y), str(value), size=15 if len(str(value)) < 6 else 14, anchor="mm")


def _draw_bar(canvas: Canvas, x: float, y: float, layer: Layer, fill: str) -> None:
    """Draw a feature map seen from the side: as high as its images, as thick as its channels."""
    width, height = _bar_width(layer.channels), _bar_height(layer.side_px)
    canvas.bar((x - width / 2 + 0.5, y - height / 2, x + width / 2 - 0.5, y + height / 2), fill)


def _bar_width(channels: int) -> float:
    """Return a bar's thickness in logical px, logarithmic in its channels."""
    return 5 + 1.6 * math.log2(max(channels, 1))


def _bar_height(side_px: int) -> float:
    """Return a bar's height in logical px, logarithmic in the side."""
    return 16 + 26 * math.log2(max(side_px, 1))
