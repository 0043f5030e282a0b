"""Fonts for text drawn with Pillow, and fitting a line into a width."""

from __future__ import annotations

from functools import lru_cache

from PIL import ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Fonts with Japanese come first, for names that need it.
_WIDE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKjp-Regular.otf",
    "Hiragino Sans GB.ttc",
    "YuGothM.ttc",
    "meiryo.ttc",
    "ipag.ttf",
    "DejaVuSans.ttf",
)


def font_for(text: str, size: int) -> Font:
    """Return Pillow's own font, or for text beyond ASCII the first installed one with more letters."""
    return _font(size, not text.isascii())


def fit_text(draw: ImageDraw.ImageDraw, text: str, font: Font, width: float) -> str:
    """Shorten a line with an ellipsis until it fits into a width."""
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(text + "…", font=font) > width:
        text = text[:-1]
    return text + "…"


@lru_cache(maxsize=64)
def _font(size: int, wide: bool) -> Font:
    """Load a font once."""
    for name in _WIDE_FONTS if wide else ():
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
