"""Recognizing what an image shows and making the generator's input from it, for test.py and the pages."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from data.edges.lineart import line_art_ink
from data.framing import Frame, crop, find_frames, is_framed
from data.hints import color_hint, with_lines
from data.paper import Drawing, from_paper, is_paper
from data.preprocess.pair import EdgeSettings, Prepared, image_kind, prepare

# A drawing is colored in if this share of its inside has at least this chroma or is at least this dark (Lab).
_COLORED_SHARE, _CHROMA, _DARK = 0.08, 16, 165


@dataclass(frozen=True)
class SingleInput:
    """An image as it was read.

    Attributes:
        kind: ``photo``, ``lineart``, ``edges`` or ``paper``.
        prepared: the generator's input, (S, S).
        frame: the square region that it shows, in pixels of the sheet (``paper``) or of the image.
        to_image: (3, 3), from the input's pixels to the image's.
        drawing: sheet, ink and colors of a photographed drawing; else None.
    """

    kind: str
    prepared: Prepared
    frame: Frame
    to_image: np.ndarray
    drawing: Drawing | None = None


def single_kind(rgb: np.ndarray, alpha: np.ndarray | None, input_kind: str) -> str:
    """Return input_kind, or for ``auto`` what the image looks like: photo, lineart, edges or paper.

    A cut-out, an image with alpha, is never a photograph of paper.
    """
    kind = image_kind(rgb, input_kind)
    if input_kind == "auto" and kind != "edges" and alpha is None and is_paper(rgb):
        return "paper"
    return kind


def read_single(
    rgb: np.ndarray,
    size_px: int,
    settings: EdgeSettings,
    *,
    input_kind: str = "auto",
    alpha: np.ndarray | None = None,
    frame: str = "auto",
) -> SingleInput:
    """Make the generator's input from an image of any kind.

    Args:
        rgb: (H, W, 3) uint8.
        size_px: side S of an input.
        settings: how the training set's inputs were made.
        input_kind: photo, lineart, edges, paper, or auto.
        alpha: (H, W) uint8 of a cut-out; None: the image is opaque.
        frame: ``auto``: scale drawings to fill the frame like training images; ``none``: do not.
    """
    kind = single_kind(rgb, alpha, input_kind)
    return _read(rgb, size_px, settings, kind, alpha, frame == "auto", several=False)[0]


def read_sheet(
    rgb: np.ndarray, size_px: int, settings: EdgeSettings, *, alpha: np.ndarray | None = None
) -> list[SingleInput]:
    """Make an input from each animal on a sheet of drawings, from left to right."""
    return _read(rgb, size_px, settings, single_kind(rgb, alpha, "auto"), alpha, framed=True, several=True)


def _read(
    rgb: np.ndarray,
    size_px: int,
    settings: EdgeSettings,
    kind: str,
    alpha: np.ndarray | None,
    framed: bool,
    several: bool,
) -> list[SingleInput]:
    if kind == "paper":
        drawing = from_paper(rgb)
        frames = find_frames(drawing.ink, several=several) if framed else [Frame.whole(drawing.ink.shape)]
        return [
            SingleInput(
                kind,
                _drawn_input(drawing, frame, size_px, settings),
                frame,
                drawing.to_photo @ frame.to_source(size_px),
                drawing,
            )
            for frame in frames
        ]
    frames, squares = [Frame.whole(rgb.shape)], [rgb]
    if kind == "lineart" and framed and alpha is None:
        ink, dark = line_art_ink(np.ascontiguousarray(rgb[..., ::-1]))
        found = find_frames(ink, several=several)
        if len(found) > 1 or not is_framed(ink):
            frames, squares = found, [crop(rgb, frame, ground=255 if dark else 0) for frame in found]
    return [
        SingleInput(
            kind, prepare(x, size_px, settings, kind=kind, alpha=alpha), frame, frame.to_source(size_px)
        )
        for x, frame in zip(squares, frames, strict=True)
    ]


def _drawn_input(drawing: Drawing, frame: Frame, size_px: int, settings: EdgeSettings) -> Prepared:
    """Make an input from the framed part of a drawing: its lines, and hints if it is colored in."""
    ink = crop(drawing.ink, frame, ground=0)
    lines = prepare(np.repeat(255 - ink[..., None], 3, axis=2), size_px, settings, kind="lineart")
    how = cv2.INTER_AREA if ink.shape[0] > size_px else cv2.INTER_LINEAR
    colors, strokes = (
        cv2.resize(image, (size_px, size_px), interpolation=how)
        for image in (crop(drawing.colors, frame), ink)
    )
    if lines.mask is None or settings.hints != "color":
        return replace(lines, square=colors)
    covered = cv2.dilate((strokes > 8).astype(np.uint8), np.ones((3, 3), np.uint8))
    between = cv2.inpaint(colors, covered, 3, cv2.INPAINT_TELEA)
    light, a, b = cv2.split(cv2.cvtColor(between, cv2.COLOR_RGB2LAB).astype(np.float32))
    colored = (np.hypot(a - 128, b - 128) > _CHROMA) | (light < _DARK)
    if colored[lines.mask].mean() < _COLORED_SHARE:
        return replace(lines, square=colors)
    hint = color_hint(between, lines.mask)
    return replace(lines, square=colors, condition=with_lines(hint, lines.edges))
