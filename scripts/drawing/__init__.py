"""A page to draw on in front of a trained generator, and the parts of it that static pages share."""

from __future__ import annotations

from pathlib import Path

ASSETS = Path(__file__).resolve().parent / "assets"
EXAMPLES = Path(__file__).resolve().parents[2] / "datasets" / "drawings"


def stroke_scale(side_px: int) -> int:
    """Pixels of the canvas's stroke layer for each pixel of a generator's image of that side.

    At least 2, so that strokes are smooth; about 512 pixels for small images.
    """
    return max(2, 512 // side_px)


def example_drawings() -> list[Path]:
    """The repository's example drawings, by name."""
    return sorted(EXAMPLES.glob("*.png"))
