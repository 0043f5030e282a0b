"""Contact sheets: many images in rows and labeled columns, drawn in one image."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from util.html import shown
from util.image import write_image

_INK, _MUTED, _GAP_FILL = (28, 29, 32), (110, 112, 118), (240, 239, 235)
_GAP_PX, _MARGIN_PX, _HEADING_PX, _NAME_PX = 6, 24, 26, 20
_TOP_PX = _MARGIN_PX + 44
# Fonts for names with non-ASCII characters, in order of preference; only the last lacks Japanese characters.
_WIDE_FONTS = (
    *("NotoSansCJK-Regular.ttc", "NotoSansCJKjp-Regular.otf", "Hiragino Sans GB.ttc"),
    *("YuGothM.ttc", "meiryo.ttc", "ipag.ttf", "DejaVuSans.ttf"),
)


def write_contact_sheet(
    path: Path,
    *,
    rows: Sequence[tuple[str, Mapping[str, Path]]],
    columns: Mapping[str, str],
    title: str,
    max_rows: int = 48,
    cell_px: int = 128,
    blocks: int = 0,
) -> None:
    """Draw a contact sheet and write it as PNG or JPEG.

    Args:
        rows: name of each row, and a dict from label to the path of an image. Missing images leave gaps.
        columns: a dict from label to heading, in display order.
        title: text above the rows. If there are more than ``max_rows`` rows, their number is added.
        cell_px: side of the square into which each image is fitted.
        blocks: number of blocks, side by side, that share the rows; 0: choose a number for a 4:3 sheet.
    """
    kept = list(rows[:max_rows])
    step, row_px = cell_px + _GAP_PX, cell_px + _NAME_PX + _GAP_PX
    block_px = len(columns) * step - _GAP_PX
    landscape = math.sqrt(max(1, len(kept)) * row_px * 4 / 3 / (block_px + 3 * _GAP_PX))
    per_block = max(1, math.ceil(len(kept) / (blocks or max(1, min(len(kept), round(landscape))))))
    blocks = max(1, math.ceil(len(kept) / per_block))
    width = 2 * _MARGIN_PX + blocks * (block_px + 4 * _GAP_PX) - 4 * _GAP_PX
    sheet = Image.new("RGB", (width, _TOP_PX + _HEADING_PX + per_block * row_px + _MARGIN_PX), "white")
    draw = ImageDraw.Draw(sheet)
    line = title if len(kept) == len(rows) else f"{title} (the first {len(kept)} of {len(rows):,})"
    _draw_text(draw, _MARGIN_PX, _MARGIN_PX, line, size=22, fill=_INK, width=width - 2 * _MARGIN_PX)
    for block in range(blocks):
        left = _MARGIN_PX + block * (block_px + 4 * _GAP_PX)
        for column, heading in enumerate(columns.values()):
            x = left + column * step + cell_px / 2
            _draw_text(draw, x, _TOP_PX, heading, size=15, fill=_INK, width=cell_px, anchor="ma")
        for place, (name, images) in enumerate(kept[block * per_block : (block + 1) * per_block]):
            top = _TOP_PX + _HEADING_PX + place * row_px
            for column, label in enumerate(columns):
                sheet.paste(_cell(images.get(label), cell_px), (left + column * step, top))
            size = max(12, cell_px // 16)
            _draw_text(draw, left, top + cell_px + 1, name, size=size, fill=_MUTED, width=block_px)
    write_image(path, np.asarray(sheet))


def _cell(path: Path | None, side: int) -> Image.Image:
    """Fit an image into a square, or draw a gap if the image cannot be read."""
    try:
        with Image.open(path or "") as source:
            source.draft("RGB", (side, side))
            return ImageOps.pad(source.convert("RGB"), (side, side), Image.Resampling.LANCZOS, "white")
    except (OSError, ValueError, Image.DecompressionBombError):
        gap, middle = Image.new("RGB", (side, side), _GAP_FILL), side / 2
        draw = ImageDraw.Draw(gap)
        _draw_text(draw, middle, middle, "missing", size=12, fill=_MUTED, width=side, anchor="mm")
        return gap


def _draw_text(
    draw: Any, x: float, y: float, text: str, *, size: int, fill: tuple, width: float, anchor: str = "la"
) -> None:
    """Draw one line of text; if the text is wider than ``width``, end it with an ellipsis."""
    text = shown(text)
    font = _font(size, not text.isascii())
    if draw.textlength(text, font=font) > width:
        while text and draw.textlength(text + "…", font=font) > width:
            text = text[:-1]
        text += "…"
    draw.text((x, y), text, font=font, fill=fill, anchor=anchor)


@lru_cache(maxsize=64)
def _font(size: int, wide: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Load Pillow's own font or, for ``wide``, the first of `_WIDE_FONTS` that is installed."""
    for name in _WIDE_FONTS if wide else ():
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
