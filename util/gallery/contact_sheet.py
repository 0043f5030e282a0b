"""Contact sheets: images in rows and labelled columns, in one file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from util.fonts import fit_text, font_for
from util.html import shown
from util.image import write_image

_PAPER, _INK, _MUTED, _GAP_FILL = (255, 255, 255), (28, 29, 32), (110, 112, 118), (240, 239, 235)


def write_contact_sheet(
    path: str | Path,
    *,
    folder: str | Path,
    rows: Sequence[tuple[str, Mapping[str, str]]],
    columns: Mapping[str, str],
    title: str,
    max_rows: int = 48,
    cell_px: int = 160,
    blocks: int | None = None,
) -> Path:
    """Draw a sheet of the rows' images, one column per label.

    Args:
        path: the PNG or JPEG to write.
        folder: what the images' paths are relative to.
        rows: name and label -> path for each row. An image that is missing is drawn as a gap.
        columns: label -> heading, in order.
        title: the line at the top.
        max_rows: further rows are left out, and the title line says so.
        cell_px: side of the square that an image is fitted into.
        blocks: in how many blocks, side by side, the rows are laid; chosen for a landscape sheet if None.

    Returns:
        Its path.
    """
    kept = list(rows[:max_rows])
    gap, margin, caption_px = 6, 24, 20
    block_width = len(columns) * (cell_px + gap) - gap
    row_height = cell_px + caption_px + gap
    if blocks is None:
        blocks = _landscape_blocks(len(kept), block_width + 3 * gap, row_height)
    per_block = max(1, math.ceil(len(kept) / blocks))
    blocks = max(1, math.ceil(len(kept) / per_block))
    title_px, heading_px = 44, 26
    width = 2 * margin + blocks * block_width + (blocks - 1) * 4 * gap
    height = 2 * margin + title_px + heading_px + per_block * row_height

    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    line = title if len(kept) == len(rows) else f"{title} (the first {len(kept)} of {len(rows):,})"
    _draw_text(draw, (margin, margin), line, size=22, fill=_INK, width=width - 2 * margin)
    for block in range(blocks):
        left = margin + block * (block_width + 4 * gap)
        for column, heading in enumerate(columns.values()):
            x = left + column * (cell_px + gap)
            y = margin + title_px
            _draw_text(draw, (x + cell_px // 2, y), heading, size=15, fill=_INK, width=cell_px, centre=True)
        for place, (name, images) in enumerate(kept[block * per_block : (block + 1) * per_block]):
            top = margin + title_px + heading_px + place * row_height
            for column, label in enumerate(columns):
                x = left + column * (cell_px + gap)
                image = Path(folder) / images[label] if label in images else None
                _draw_cell(sheet, draw, (x, top), cell_px, image)
            _draw_text(draw, (left, top + cell_px + 1), name, size=12, fill=_MUTED, width=block_width)
    write_image(path, np.asarray(sheet))
    return Path(path)


def _landscape_blocks(rows: int, block_width: int, row_height: int) -> int:
    """Choose the number of blocks that brings the sheet nearest to 4:3."""
    best = math.sqrt(max(1, rows) * row_height * 4 / 3 / block_width)
    return max(1, min(rows or 1, round(best)))


def _draw_cell(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, at: tuple[int, int], side: int, path: Path | None
) -> None:
    """Fit an image into its square, or draw a gap."""
    image = _open_small(path, side) if path else None
    if image is None:
        draw.rectangle((at[0], at[1], at[0] + side - 1, at[1] + side - 1), fill=_GAP_FILL)
        middle = (at[0] + side // 2, at[1] + side // 2 - 8)
        _draw_text(draw, middle, "missing", size=12, fill=_MUTED, width=side, centre=True)
        return
    sheet.paste(image, (at[0] + (side - image.width) // 2, at[1] + (side - image.height) // 2))


def _open_small(path: Path, side: int) -> Image.Image | None:
    """Read an image scaled to fit a square; None if it is missing or cannot be read."""
    try:
        with Image.open(path) as source:
            source.draft("RGB", (side, side))
            image = source.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _draw_text(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    *,
    size: int,
    fill: tuple[int, int, int],
    width: int,
    centre: bool = False,
) -> None:
    """Draw one line, shortened with an ellipsis to the width."""
    text = shown(text)
    font = font_for(text, size)
    text = fit_text(draw, text, font, width)
    x = at[0] - int(draw.textlength(text, font=font)) // 2 if centre else at[0]
    draw.text((x, at[1]), text, font=font, fill=fill)
