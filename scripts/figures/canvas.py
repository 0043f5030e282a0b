"""Figures in pixels from their top left, drawn with matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from util.errors import UserError

Array = np.ndarray
INK, MUTED, ORANGE, ORANGE_SOFT, BLUE = "#1c1d20", "#66686e", "#c8602b", "#f3d9c8", "#1f6fa8"
DPI = 100


def new_figure(width_px: float, height_px: float) -> Any:
    """Return an empty figure.

    Raises:
        UserError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("matplotlib is not installed: pip install -r requirements-dev.txt") from error
    return Figure((width_px / DPI, height_px / DPI), facecolor="white")


def canvas(width_px: float, height_px: float) -> Any:
    """Return axes over a whole figure, in pixels from its top left."""
    axes = new_figure(width_px, height_px).add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width_px), ylim=(height_px, 0))
    axes.axis("off")
    return axes


def show(axes: Any, image: Array, left: float, top: float, side: float) -> None:
    """Place an image."""
    axes.imshow(
        image, extent=(left, left + side, top + side, top), aspect="auto", interpolation="antialiased"
    )


def arrow(axes: Any, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """Draw an arrow."""
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.5})


def box(axes: Any, x: float, y: float, text: str, colour: str) -> None:
    """Write into a rounded box."""
    look = {"boxstyle": "round,pad=0.7", "fc": ORANGE_SOFT if colour == ORANGE else "white", "ec": colour}
    axes.text(x, y, text, size=17, color=colour, ha="center", va="center", bbox=look)
