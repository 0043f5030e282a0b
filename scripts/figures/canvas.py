"""A canvas in logical pixels: drawn at twice the size and scaled down, for smooth edges."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from util.fonts import fit_text, font_for

SUPERSAMPLING = 2
PAPER, INK, MUTED, RULE, SOFT = "#ffffff", "#1c1d20", "#66686e", "#d9d7d1", "#f6f5f2"
ORANGE, ORANGE_SOFT, BLUE, BLUE_SOFT = "#c8602b", "#f3d9c8", "#1f6fa8", "#cfe2f0"
Point = tuple[float, float]
Box = tuple[float, float, float, float]
PilImage = Image.Image


class Canvas:
    """White paper on which everything is placed by (x, y) from the top left, in logical pixels."""

    def __init__(self, width: int, height: int) -> None:
        """Take a sheet of (width, height) logical pixels, the size of the finished image."""
        self.width, self.height = width, height
        self._sheet = Image.new("RGB", (width * SUPERSAMPLING, height * SUPERSAMPLING), PAPER)
        self._draw = ImageDraw.Draw(self._sheet)

    def finish(self) -> PilImage:
        """Return the sheet at its logical size."""
        return self._sheet.resize((self.width, self.height), Image.Resampling.LANCZOS)

    def panel(self, box: Box, *, fill: str = SOFT, outline: str | None = None, radius: float = 14) -> None:
        """Draw a rounded rectangle (left, top, right, bottom)."""
        line = SUPERSAMPLING if outline else 0
        self._draw.rounded_rectangle(_scaled(box), radius * SUPERSAMPLING, fill, outline, line)

    def bar(self, box: Box, fill: str) -> None:
        """Draw a filled rectangle with a hair of rounding."""
        self._draw.rounded_rectangle(_scaled(box), 2 * SUPERSAMPLING, fill)

    def frame(self, box: Box, colour: str, *, width: float = 2) -> None:
        """Draw an empty rectangle."""
        self._draw.rectangle(_scaled(box), outline=colour, width=round(width * SUPERSAMPLING))

    def line(
        self, points: list[Point], colour: str = MUTED, *, width: float = 1.5, arrow: bool = False
    ) -> None:
        """Draw a polyline, with an arrow head at its end if asked."""
        scaled = [(x * SUPERSAMPLING, y * SUPERSAMPLING) for x, y in points]
        if arrow:
            (x0, y0), (x1, y1) = scaled[-2:]
            angle, head = math.atan2(y1 - y0, x1 - x0), (5 + 2 * width) * SUPERSAMPLING
            wings = [
                (x1 - head * math.cos(angle + turn), y1 - head * math.sin(angle + turn))
                for turn in (-0.45, 0.45)
            ]
            self._draw.polygon([(x1, y1), *wings], fill=colour)
            scaled[-1] = (x1 - head * 0.8 * math.cos(angle), y1 - head * 0.8 * math.sin(angle))
        self._draw.line(scaled, fill=colour, width=round(width * SUPERSAMPLING), joint="curve")

    def text(
        self,
        at: Point,
        text: str,
        *,
        size: int = 16,
        colour: str = INK,
        anchor: str = "la",
        bold: bool = False,
        width: float | None = None,
    ) -> None:
        """Write one line, anchored as Pillow names it and shortened with an ellipsis to a width."""
        font = font_for(text, size * SUPERSAMPLING)
        if width is not None:
            text = fit_text(self._draw, text, font, width * SUPERSAMPLING)
        # Pillow's own font has one weight; a thin outline of the same colour makes the other.
        stroke = max(1, size // 22) if bold else 0
        place = (at[0] * SUPERSAMPLING, at[1] * SUPERSAMPLING)
        self._draw.text(place, text, colour, font, anchor, stroke_width=stroke, stroke_fill=colour)

    def image(self, image: PilImage, box: Box, *, outline: str | None = RULE) -> None:
        """Fit an image into a box, centred."""
        left, top, right, bottom = _scaled(box)
        scale = min((right - left) / image.width, (bottom - top) / image.height)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        x, y = left + (right - left - size[0]) // 2, top + (bottom - top - size[1]) // 2
        self._sheet.paste(image.convert("RGB").resize(size, Image.Resampling.LANCZOS), (x, y))
        if outline:
            self._draw.rectangle(
                (x, y, x + size[0] - 1, y + size[1] - 1), outline=outline, width=SUPERSAMPLING
            )


def _scaled(box: Box) -> tuple[int, int, int, int]:
    """Scale a box to pixels of the sheet."""
    left, top, right, bottom = (round(value * SUPERSAMPLING) for value in box)
    return left, top, right, bottom
