"""Making a generator's input from one image in the same way as its training inputs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from PIL import ImageColor

from data.hints import color_hint, shaded_coat, with_lines
from data.preprocess.pair import EdgeSettings, Prepared
from data.reading import SingleInput, read_single, single_kind
from data.transforms import with_channels
from util.errors import shorten
from util.image import resize
from util.image_files import natural

# The size of a photograph of paper says nothing about the size of its drawing.
_SHEETS_PX = 256
# The coat color for drawings without colors.
COAT = "#9e7048"


class InputMaker:
    """Makes inputs for a run's generator.

    If the run's training inputs were extracted edge maps, edge maps are used directly; photos and
    illustrations are made square, and their edges extracted with the same settings. Without such a record,
    the run may have been trained on label maps, photos or lines of any width, so images are used unchanged.

    Args:
        edge_settings: how the training set's edge maps were made, as recorded by the run; None if it is not.
        direction: of the run; ``AtoB`` means that it was trained on the photos of such pairs.
        size_px: side of the square, or longest side of an unchanged image; None: the image's own size.
        input_nc: channels of the generator's input, 3 or 1.
        input_kind: one of `data.choices.SINGLE_KINDS`, or ``none`` to use images unchanged.
        hints: for a run that was trained with them. ``auto``: a drawing's own colors, or a brown coat if it
            has none; a color: that coat for every drawing; ``none``: lines without hints.
        frame: ``auto``: scale drawings to fill the frame like training images; ``none``: do not.

    Attributes:
        kinds: kind -> names of the images so far.
        last: how the last image was read; None if it was used unchanged.
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
            # With hints, the ground is kept as it was.
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
        """Make the input from one image: (H', W', input_nc) uint8.

        Args:
            alpha: (H, W) uint8 of a cut-out; None: the image is opaque.
            name: the image's name, for `describe`.
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
        """Return the condition, (S, S, 3) uint8, with a coat under the lines if it has no hint."""
        if self._coat is None or made.mask is None or ((made.condition > 0) & (made.condition < 255)).any():
            return made.condition
        coat = shaded_coat(made.mask, made.edges, ImageColor.getrgb(self._coat)[:3])
        return with_lines(color_hint(coat, made.mask), made.edges)

    def describe(self) -> str:
        """Describe in one line how images were converted so far; empty if that was requested explicitly."""
        if self._is_assumed:
            why = "was trained on photos" if self.edge_settings else "does not record how edge maps were made"
            return f"images used unchanged: the run {why} (--input_kind photo or lineart extracts edge maps)"
        extracted = {k: names for k, names in self.kinds.items() if k not in ("none", "edges")}
        if not extracted:
            return ""
        method = self.edge_settings.edges if self.edge_settings else "auto_canny"
        source = "as for the training set" if self.edge_settings else "the run does not record settings"
        counts = " and ".join(f"{len(names)} {kind}" for kind, names in sorted(extracted.items()))
        which = "".join(
            f"; {kind}: {shorten(sorted(names, key=natural), 6)}"
            for kind, names in sorted(extracted.items())
            if names[0]
        )
        return f"edges extracted by {method} from {counts} ({source}){which}"


def _fit(image: np.ndarray, longest_px: int) -> np.ndarray:
    """Scale the longest side to the given number of pixels, keeping the aspect ratio."""
    height, width = image.shape[:2]
    scale = longest_px / max(height, width)
    return resize(image, (max(1, round(height * scale)), max(1, round(width * scale))))
