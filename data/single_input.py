"""Conversion of images to generator inputs in the same way as in training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from PIL import ImageColor

from data.edges.lineart import line_art_ink
from data.framing import Frame, crop, find_frames, is_framed
from data.hints import color_hint, shade_flat_areas, shaded_coat, with_lines
from data.paper import Drawing, from_paper, is_paper
from data.preprocess.pair import EdgeSettings, Prepared, image_kind, prepare
from data.transforms import with_channels
from util.errors import shorten
from util.image import resize
from util.image_files import natural

# Default input size for photographs of paper. The size of the photograph says nothing about the drawing.
_SHEETS_PX = 256
# Coat color for drawings without colors.
COAT = "#9e7048"
# In a drawing that is shaded by hatching, lines cover more than this fraction of the animal.
_HATCHED = 0.085
# A drawing is colored in if at least _COLORED_SHARE of its inside has a chroma above _CHROMA or a lightness
# below _DARK, in OpenCV's 8-bit Lab.
_COLORED_SHARE, _CHROMA, _DARK = 0.08, 16, 165


@dataclass(frozen=True)
class SingleInput:
    """One input for the generator and its place in the image.

    Attributes:
        kind: the image's kind: ``photo``, ``lineart``, ``edges`` or ``paper``.
        prepared: the generator's input, (S, S).
        frame: the square region that the input shows, in sheet pixels (``paper``) or image pixels.
        to_image: (3, 3) matrix that maps input pixels to image pixels.
        drawing: ink and colors of a photographed drawing, or None for the other kinds.
    """

    kind: str
    prepared: Prepared
    frame: Frame
    to_image: np.ndarray
    drawing: Drawing | None = None


def single_kind(rgb: np.ndarray, alpha: np.ndarray | None, input_kind: str) -> str:
    """Return input_kind or, if it is ``auto``, the detected kind: photo, lineart, edges or paper.

    A cut-out, that is, an image with alpha, is never detected as paper.
    """
    kind = image_kind(rgb, input_kind)
    if input_kind == "auto" and kind != "edges" and alpha is None and is_paper(rgb):
        return "paper"
    return kind


def read_single(rgb: np.ndarray, size_px: int, settings: EdgeSettings, **how: Any) -> SingleInput:
    """Make one input from an image of any kind. The arguments are the same as for `read_sheet`."""
    return read_sheet(rgb, size_px, settings, several=False, **how)[0]


def read_sheet(
    rgb: np.ndarray,
    size_px: int,
    settings: EdgeSettings,
    *,
    input_kind: str = "auto",
    alpha: np.ndarray | None = None,
    frame: str = "auto",
    several: bool = True,
) -> list[SingleInput]:
    """Make an input from each animal on a sheet of drawings, ordered from left to right.

    Args:
        rgb: (H, W, 3) uint8.
        size_px: side S of an input.
        settings: settings with which the training inputs were made.
        input_kind: photo, lineart, edges, paper, or auto.
        alpha: alpha channel of a cut-out, (H, W) uint8, or None if the image is opaque.
        frame: ``auto``: scale drawings to fill the frame like training images; ``none``: do not scale.
        several: whether separate animals get separate inputs; otherwise one input contains everything.
    """
    kind, is_framing = single_kind(rgb, alpha, input_kind), frame == "auto"
    if kind == "paper":
        drawing = from_paper(rgb)
        frames = [Frame.whole(drawing.ink.shape)]
        if is_framing:
            frames = find_frames(drawing.ink, several=several)
        made = [_drawn_input(drawing, one, size_px, settings) for one in frames]
        places = [drawing.to_photo @ one.to_source(size_px) for one in frames]
        return [SingleInput(kind, *parts, drawing) for parts in zip(made, frames, places, strict=True)]
    frames, squares = [Frame.whole(rgb.shape)], [rgb]
    if kind == "lineart" and is_framing and alpha is None:
        ink, dark = line_art_ink(np.ascontiguousarray(rgb[..., ::-1]))
        found = find_frames(ink, several=several)
        if len(found) > 1 or not is_framed(ink):
            frames, squares = found, [crop(rgb, one, ground=255 if dark else 0) for one in found]
    made = [prepare(square, size_px, settings, kind=kind, alpha=alpha, shade=True) for square in squares]
    places = [one.to_source(size_px) for one in frames]
    return [SingleInput(kind, *parts) for parts in zip(made, frames, places, strict=True)]


def _drawn_input(drawing: Drawing, frame: Frame, size_px: int, settings: EdgeSettings) -> Prepared:
    """Make an input from the framed part of a drawing: its lines, with hints if the drawing is colored in."""
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
    hint = color_hint(shade_flat_areas(between, lines.mask, lines.edges), lines.mask)
    return replace(lines, square=colors, condition=with_lines(hint, lines.edges))


class InputMaker:
    """Makes inputs for a run's generator.

    If the run records that its training inputs are extracted edge maps, edge maps are used directly. Other
    images are made square, and their edges are extracted with the recorded settings. Without such a record,
    the run may have been trained on label maps, photos or lines of any width, so images are used unchanged.

    Args:
        edge_settings: settings used to extract the training set's edge maps, or None if the run has no
            record of them.
        direction: the run's direction. ``AtoB`` means that the run was trained on the photos of the pairs.
        size_px: side of the square, or longest side of an unchanged image; None: the image's own size.
        input_nc: number of channels in the generator's input, 3 or 1.
        input_kind: one of `data.choices.SINGLE_KINDS`, or ``none`` to use images unchanged.
        hints: color hints, for runs trained with them. ``auto``: the colors of the drawing, or a brown coat
            if the drawing has no colors; a color: a coat of that color for every drawing; ``none``: no hints.
        frame: ``auto``: scale drawings to fill the frame like training images; ``none``: do not scale.

    Attributes:
        kinds: a dict from each kind to the names of its images so far.
        last: the last input, or None if the last image was used unchanged.
    """

    def __init__(
        self,
        edge_settings: Any,
        *,
        direction: str,
        size_px: int | None,
        input_nc: int = 3,
        input_kind: str = "auto",
        hints: str = "auto",
        frame: str = "auto",
    ):
        self.size_px, self.input_nc = size_px, input_nc
        self.edge_settings = EdgeSettings.from_json(edge_settings)
        settings = self.edge_settings
        self._coat: str | None = None
        if settings and settings.hints == "color" and hints == "auto":
            self._coat = COAT
        elif settings and settings.hints == "color":
            # With hints="none", `prepare` searches for the animal only if ground="white".
            self.edge_settings = replace(settings, hints="none", ground="white")
            self._coat = None if hints == "none" else hints
        as_they_are = self.edge_settings is None or direction == "AtoB"
        self.input_kind = "none" if as_they_are and input_kind == "auto" else input_kind
        self._is_assumed = self.input_kind != input_kind
        self.frame = frame
        self.kinds: dict[str, list[str]] = {}
        self.last: SingleInput | None = None

    @property
    def takes_colors(self) -> bool:
        """Whether the run was trained with color hints."""
        return self.input_nc == 3 and self.edge_settings is not None and self.edge_settings.hints == "color"

    def __call__(self, rgb: np.ndarray, alpha: np.ndarray | None = None, *, name: str = "") -> np.ndarray:
        """Make the input, (H', W', input_nc) uint8, from one image.

        Args:
            rgb: (H, W, 3) uint8.
            alpha: alpha channel of a cut-out, (H, W) uint8, or None if the image is opaque.
            name: name of the image, which `describe` reports.
        """
        kind = "none" if self.input_kind == "none" else single_kind(rgb, alpha, self.input_kind)
        longest_px = self.size_px or (_SHEETS_PX if kind == "paper" else max(rgb.shape[:2]))
        self.kinds.setdefault(kind, []).append(name)
        self.last = None
        if kind in ("none", "edges"):
            return with_channels(_fit(rgb, longest_px), self.input_nc)
        settings = self.edge_settings or EdgeSettings()
        self.last = read_single(rgb, longest_px, settings, input_kind=kind, alpha=alpha, frame=self.frame)
        return with_channels(self.with_coat(self.last.prepared), self.input_nc)

    def with_coat(self, made: Prepared) -> np.ndarray:
        """Return the condition, (S, S, 3) uint8. If it has no hint, add a coat under its lines.

        If the drawing is shaded by hatching, the coat is gray and shaded in the same places.
        """
        if self._coat is None or made.mask is None or ((made.condition > 0) & (made.condition < 255)).any():
            return made.condition
        if self.takes_colors and (made.edges[made.mask] > 0).sum() > _HATCHED * made.mask.sum():
            coat = cv2.GaussianBlur(made.square, (0, 0), made.mask.shape[0] / 128)
        else:
            coat = shaded_coat(made.mask, made.edges, ImageColor.getrgb(self._coat)[:3], inked=True)
        return with_lines(color_hint(coat, made.mask), made.edges)

    def describe(self) -> str:
        """Return a one-line description of how images were converted so far.

        It is empty if the user explicitly requested the conversion.
        """
        if self._is_assumed:
            why = "was trained on photos" if self.edge_settings else "does not record how edge maps were made"
            return f"images used unchanged: the run {why} (--input_kind photo or lineart extracts edge maps)"
        extracted = {k: names for k, names in self.kinds.items() if k not in ("none", "edges")}
        if not extracted:
            return ""
        method = self.edge_settings.edges if self.edge_settings else "auto_canny"
        source = "as for the training set" if self.edge_settings else "the run does not record its settings"
        counts = " and ".join(f"{len(names)} {kind}" for kind, names in sorted(extracted.items()))
        which = "".join(
            f"; {kind}: {shorten(sorted(names, key=natural), 6)}"
            for kind, names in sorted(extracted.items())
            if names[0]
        )
        return f"edges extracted by {method} from {counts} ({source}){which}"


def _fit(image: np.ndarray, longest_px: int) -> np.ndarray:
    """Scale an image so that its longest side has the given length, keeping the aspect ratio."""
    height, width = image.shape[:2]
    scale = longest_px / max(height, width)
    return resize(image, (max(1, round(height * scale)), max(1, round(width * scale))))
