"""Tests of edge extraction from drawings and edge maps, and of detecting photos."""

import cv2
import numpy as np
import pytest

from data.edges import auto_canny, classify_input, contour, extract_edges, lineart_edges
from data.edges.lines import thin
from tests.data.edges.shapes import components, disc, encloses_middle, is_thin, jpeg, plain, radii


@pytest.mark.parametrize("width", [1, 2, 3, 5])
@pytest.mark.parametrize("ink", [0, 255])
def test_a_stroke_becomes_one_line_along_its_middle(width, ink):
    image = plain(255 - ink, 256)
    cv2.line(image, (40, 200), (210, 60), (ink, ink, ink), width)
    edges = lineart_edges(image)
    y, x = np.nonzero(edges)
    distance = np.abs((y - 200) * 170 + (x - 40) * 140) / np.hypot(170, 140)
    assert components(edges) == 1 and is_thin(edges)
    assert distance.max() <= 1.5
    assert len(y) >= 165


def test_a_silhouette_becomes_an_outline_and_a_dot_becomes_a_ring():
    image = plain(255, 256)
    cv2.circle(image, (128, 128), 60, (0, 0, 0), -1, cv2.LINE_AA)
    cv2.circle(image, (220, 30), 4, (0, 0, 0), -1, cv2.LINE_AA)
    assert classify_input(image) == "lineart"
    edges = extract_edges(image, input_kind="auto")
    assert components(edges) == 2 and is_thin(edges)
    circle = edges.copy()
    circle[:50, 200:] = 0
    assert encloses_middle(circle) and np.all(np.abs(radii(circle) - 60) <= 1.5)
    assert edges[20:41, 210:231].any() and edges[30, 220] == 0


def test_shaded_paper_is_not_ink():
    y, x = np.mgrid[0:256, 0:256]
    paper = 170 + 60 * (x + y) / 510
    image = np.repeat(paper[..., None], 3, axis=2).astype(np.uint8)
    cv2.line(image, (60, 30), (60, 220), (30, 30, 30), 3)
    assert classify_input(image) == "lineart"
    edges = lineart_edges(image)
    assert np.all(np.abs(np.nonzero(edges)[1] - 60) <= 1) and components(edges) == 1


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("quality", [None, 40, 85])
def test_edge_maps_of_either_polarity_are_only_thinned(inverted, quality):
    lines = np.zeros((256, 256), np.uint8)
    cv2.circle(lines, (128, 128), 70, 255, 1)
    cv2.line(lines, (10, 10), (90, 30), 255, 1)
    expected = thin(lines)
    image = np.repeat((255 - lines if inverted else lines)[..., None], 3, axis=2)
    image = image if quality is None else jpeg(image, quality)
    assert classify_input(image) == "edges"
    edges = extract_edges(image, input_kind="auto")
    if quality is None:
        np.testing.assert_array_equal(edges, expected)
    else:
        assert (edges != expected).mean() < 0.002


def test_photos_and_blank_images_are_classified_as_photos():
    rng = np.random.default_rng(2)
    texture = cv2.GaussianBlur(rng.integers(0, 256, (128, 128, 3), dtype=np.uint8), (0, 0), 3)
    animal = plain(255)
    inside = disc(0, 255)[..., 0] > 128
    animal[inside] = cv2.normalize(texture, None, 20, 130, cv2.NORM_MINMAX)[inside]
    for image in (texture, animal, plain(255), plain(0)):
        assert classify_input(image) == "photo"
        np.testing.assert_array_equal(extract_edges(image, input_kind="auto"), auto_canny(image))
    np.testing.assert_array_equal(extract_edges(animal, method="contour"), contour(animal))
