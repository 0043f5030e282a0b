"""Figures that are tables of images: results, the comparison of runs, failures, and the overview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.figures.canvas import BLUE, INK, MUTED, ORANGE, ORANGE_SOFT, RULE, Canvas, PilImage

_WIDTH = 1500
_MARGIN = 24


@dataclass(frozen=True)
class Line:
    """One row of a table.

    Attributes:
        title: in front of the row.
        notes: smaller lines below the title.
        images: one for each column, None where there is none.
        is_first_choice: whether the row is emphasised.
    """

    title: str
    notes: Sequence[str]
    images: Sequence[PilImage | None]
    is_first_choice: bool = False


def draw_table(lines: Sequence[Line], headings: Sequence[str], *, label_px: int = 170) -> PilImage:
    """Draw rows of images with their titles at the left and headings above.

    Args:
        lines: at least one.
        headings: of the columns, as many as each line has images.
        label_px: width of the titles' column.

    Returns:
        RGB, 1500 px wide.

    Raises:
        ValueError: no line, or a line with another number of images than headings.
    """
    if not lines or any(len(line.images) != len(headings) for line in lines) or not headings:
        raise ValueError(f"a table of {len(headings)} columns needs as many images in each of its lines")
    gap = 10
    cell = min((_WIDTH - 2 * _MARGIN - label_px) / len(headings) - gap, 330)
    width = round(2 * _MARGIN + label_px + len(headings) * (cell + gap) - gap)
    heading_px = 44 if any(headings) else 0
    canvas = Canvas(max(width, 420), round(2 * _MARGIN + heading_px + len(lines) * (cell + gap) - gap))
    lefts = [_MARGIN + label_px + index * (cell + gap) for index in range(len(headings))]
    for left, heading in zip(lefts, headings, strict=True):
        canvas.text((left + cell / 2, _MARGIN + 8), heading, size=22, anchor="ma", width=cell)
    for index, line in enumerate(lines):
        top = _MARGIN + heading_px + index * (cell + gap)
        colour = ORANGE if line.is_first_choice else INK
        middle = top + cell / 2 - 13 * len(line.notes)
        canvas.text((_MARGIN, middle), line.title, size=22, colour=colour, anchor="lm",
        bold=line.is_first_choice,
                    width=label_px - 12)  # fmt: skip
        for below, note in enumerate(line.notes):
            canvas.text((_MARGIN, middle + 30 + 26 * below), note, size=18, colour=MUTED, anchor="lm",
                        width=label_px - 12)  # fmt: skip
        for left, image in zip(lefts, line.images, strict=True):
            box = (left, top, left + cell, top + cell)
            if image is None:
                canvas.panel(box, radius=4)
            else:
                canvas.image(image, box)
    return canvas.finish()


def draw_overview(animals: Sequence[PilImage], *, edges: PilImage, made: PilImage, name: str) -> PilImage:
    """Draw the idea: a generator trained on images of animals turns a chimera's lines into a photograph.

    Args:
        animals: some training photos, best three.
        edges: edge map of a creature.
        made: the image generated from it.
        name: the creature's name.

    Returns:
        1300x860 RGB.
    """
    canvas = Canvas(1300, 860)
    count, side = len(animals), 240
    pitch = 1300 / count
    canvas.text((650, 26), "learnt from images of animals", size=26, colour=BLUE, anchor="ma")
    made_top, made_px = 500, 300
    level = made_top + made_px / 2
    for index, animal in enumerate(animals):
        middle = pitch * (index + 0.5)
        canvas.image(animal, (middle - side / 2, 74, middle + side / 2, 74 + side), outline=RULE)
        tip = (650 + (middle - 650) * 0.18, level - 52)
        canvas.line([(middle, 74 + side + 12), tip], BLUE, width=2.5, arrow=True)
    canvas.panel((530, level - 42, 770, level + 42), fill=ORANGE_SOFT, outline=ORANGE)
    canvas.text((650, level), "generator G", size=28, colour=ORANGE, anchor="mm", bold=True)
    for left, image, label in ((100, edges, f"lines of {name}"), (900, made, "its photograph")):
        canvas.image(image, (left, made_top, left + made_px, made_top + made_px))
        canvas.text(
            (left + made_px / 2, made_top + made_px + 12), label, size=24, anchor="ma", width=made_px + 120
        )
    canvas.line([(412, level), (518, level)], ORANGE, width=3, arrow=True)
    canvas.line([(782, level), (888, level)], ORANGE, width=3, arrow=True)
    return canvas.finish()
