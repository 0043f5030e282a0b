"""The drawing page for a trained generator, and the parts shared with static pages."""

from __future__ import annotations

from pathlib import Path

ASSETS = Path(__file__).resolve().parent / "assets"
_DATASETS = Path(__file__).resolve().parents[2] / "datasets"


def stroke_scale(side_px: int) -> int:
    """Return the number of canvas pixels per image pixel: at least 2, so that strokes look smooth."""
    return max(2, 512 // side_px)


def example_drawings(colored: bool = False) -> list[Path]:
    """List the repository's example drawings as line drawings or, with ``colored``, as colored drawings."""
    names = sorted(path.name for path in (_DATASETS / "drawings").glob("*.png"))
    return [_DATASETS / ("colored_drawings" if colored else "drawings") / name for name in names]
