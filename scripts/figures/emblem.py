"""A small built-in chimera for schemes drawn before there are results: as lines, and coloured."""

from __future__ import annotations

from PIL import Image, ImageDraw

_SIDE_PX = 256
_DRAWN_PX = 1024
# Outlines in a unit square: wing, tail, hind and fore legs, body, neck and head, ear, beak.
_PARTS: tuple[tuple[str, list[tuple[float, float]]], ...] = (
    ("#8a5b34", [(0.20, 0.58), (0.09, 0.50), (0.07, 0.36), (0.13, 0.27), (0.15, 0.38), (0.17, 0.47), (0.26,
    0.52)]), ("#9c6a3c", [(0.27, 0.60), (0.22, 0.72), (0.27, 0.80), (0.24, 0.92), (0.32, 0.92), (0.35, 0.78),
    (0.38, 0.66)]), ("#9c6a3c", [(0.60, 0.62), (0.61, 0.78), (0.58, 0.92), (0.66, 0.92), (0.69, 0.78), (0.71,
    0.60)]), ("#b98048", [(0.20, 0.56), (0.30, 0.48), (0.46, 0.47), (0.62, 0.46), (0.74, 0.52), (0.72, 0.64),
                 (0.60, 0.69), (0.44, 0.68), (0.28, 0.69), (0.20, 0.64)]),
    ("#d9b98c", [(0.60, 0.52), (0.64, 0.38), (0.70, 0.26), (0.80, 0.22), (0.87, 0.28), (0.86, 0.37),
                 (0.80, 0.43), (0.78, 0.54), (0.70, 0.60)]),
    ("#d9b98c", [(0.71, 0.27), (0.70, 0.15), (0.77, 0.23)]),
    ("#e2a13a", [(0.86, 0.28), (0.95, 0.35), (0.93, 0.42), (0.86, 0.37)]),
    ("#6f7f94", [(0.56, 0.54), (0.52, 0.36), (0.42, 0.20), (0.24, 0.08), (0.30, 0.22), (0.24, 0.22), (0.32,
    0.33),
                 (0.27, 0.35), (0.37, 0.43), (0.34, 0.47), (0.44, 0.54)]),
)  # fmt: skip
_EYE = (0.80, 0.30, 0.012)


def draw_emblem(*, as_lines: bool) -> Image.Image:
    """Draw the beast, white lines on black as the generator reads them, or coloured on white: 256x256 RGB."""
    sheet = Image.new("RGB", (_DRAWN_PX, _DRAWN_PX), "black" if as_lines else "white")
    draw = ImageDraw.Draw(sheet)
    for colour, outline in _PARTS:
        points = [(x * _DRAWN_PX, y * _DRAWN_PX) for x, y in _rounded(outline)]
        draw.polygon(points, fill="black" if as_lines else colour)
        draw.line([*points, points[0]], fill="white" if as_lines else "#4a3626", width=12 if as_lines else 5)
    x, y, radius = (value * _DRAWN_PX for value in _EYE)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="white" if as_lines else "#20140c")
    return sheet.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)


def _rounded(points: list[tuple[float, float]], times: int = 3) -> list[tuple[float, float]]:
    """Cut the corners of a closed outline (Chaikin 1974)."""
    for _ in range(times):
        cut = []
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
            cut += [
                (0.82 * x0 + 0.18 * x1, 0.82 * y0 + 0.18 * y1),
                (0.18 * x0 + 0.82 * x1, 0.18 * y0 + 0.82 * y1),
            ]
        points = cut
    return points
