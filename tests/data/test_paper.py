"""Tests of detecting and reading photos of drawings."""

import cv2
import numpy as np
import paper
import pytest
from paper import DRAWINGS

from data.edges import lineart_edges
from data.paper import from_paper, is_paper
from data.paper.sheet import find_sheet
from util.image import read_rgb


def on_drawing(ink, to_photo, made):
    """Map ink to the pixels of the original drawing, and return its center lines."""
    matrix = np.linalg.inv(made.to_photo) @ to_photo
    found = cv2.warpPerspective(ink, matrix, made.lines.shape[::-1], flags=cv2.INTER_LINEAR) > 100
    return lineart_edges(np.repeat(np.where(found, 0, 255).astype(np.uint8)[..., None], 3, axis=2))


def near(lines, others):
    """Return the fraction of line pixels that are at most 2 px from the other lines."""
    return (cv2.dilate(others, np.ones((5, 5), np.uint8))[lines > 0] > 0).mean()


@pytest.mark.parametrize("number, kind", list(enumerate(paper.KINDS)))
def test_the_lines_of_a_photographed_drawing_are_found(number, kind):
    made = paper.photograph(read_rgb(DRAWINGS[number % len(DRAWINGS)]), kind, seed=2)
    assert is_paper(made.rgb)
    drawing = from_paper(made.rgb)
    assert drawing.is_board == (kind == "chalk on a board")
    assert drawing.ink.shape == drawing.colors.shape[:2] and set(np.unique(drawing.ink)) == {0, 255}
    lines = on_drawing(drawing.ink, drawing.to_photo, made)
    shares = near(lines, made.lines), near(made.lines, lines)
    assert min(shares) > 0.75, shares
    # The paper or board is white in the color image, even under warm light or in a shadow.
    blank = cv2.dilate(drawing.ink, np.ones((25, 25), np.uint8)) == 0
    assert np.median(drawing.colors[blank]) > 235


@pytest.mark.parametrize("kind", ["pencil on white", "ballpoint on squared", "crayon, coloured"])
def test_the_corners_of_a_sheet_are_found(kind):
    made = paper.photograph(read_rgb(DRAWINGS[1]), kind, seed=5)
    height, width = made.rgb.shape[:2]
    seen = np.clip(made.corners, 0, (width - 1, height - 1))
    assert np.abs(find_sheet(made.rgb) - seen).max() < 0.012 * width


def test_digital_drawings_and_blank_images_are_not_paper(photos):
    for path in DRAWINGS:
        assert not is_paper(read_rgb(path))
    ramp = np.linspace(0, 255, 256).astype(np.uint8)
    assert not is_paper(np.stack(np.broadcast_arrays(ramp, ramp[:, None], ramp[::-1]), axis=-1))
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    assert not is_paper(noise)
    blank = np.random.default_rng(0).normal(215, 3, (300, 400, 3)).astype(np.uint8)
    assert not is_paper(blank)
    assert not from_paper(blank).ink.any()


@pytest.mark.parametrize(("level", "expected"), [(215, True), (100, False), (246, False)])
def test_a_sheet_without_a_rim_must_be_as_bright_as_paper(level, expected):
    image = np.random.default_rng(0).normal(level, 2, (480, 640, 3))
    strokes = np.zeros((480, 640), np.uint8)
    for radius in (60, 110, 160):
        cv2.circle(strokes, (320, 240), radius, 1, 4)
    assert is_paper(np.where(strokes[..., None], image * 0.4, image).astype(np.uint8)) == expected
