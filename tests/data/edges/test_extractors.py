"""Tests of the edge extractors."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data.edges import auto_canny, contour, detail, edge_map_edges, extract_edges, lineart_edges
from tests.data.edges.shapes import components, disc, encloses_middle, is_thin, jpeg, radii

EXTRACTORS = (auto_canny, contour, detail, lineart_edges, edge_map_edges, extract_edges)


@pytest.mark.parametrize("extract", EXTRACTORS)
def test_edge_maps_are_binary_and_blank_images_have_no_edges(extract):
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (1, 9), (7, 1), (2, 3), (40, 23), (2000, 3), (3, 2000)):
        edges = extract(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
        assert edges.shape == shape and edges.dtype == np.uint8
        assert set(np.unique(edges)) <= {0, 255}
        for level in (0, 1, 128, 247, 255):
            assert not extract(np.full((*shape, 3), level, np.uint8)).any()


def test_contour_draws_a_disc_as_one_thin_closed_circle():
    edges = contour(disc(ground=200, fill=60))
    assert components(edges) == 1
    assert encloses_middle(edges)
    assert is_thin(edges)
    assert np.all(np.abs(radii(edges) - 40) <= 2)


def test_contour_finds_a_light_disc_on_white():
    faint = jpeg(disc(ground=255, fill=240), quality=95)
    assert not encloses_middle(auto_canny(faint))
    assert encloses_middle(contour(faint))


def test_detail_draws_the_eye_of_an_animal():
    drawing = cv2.imread(str(Path(__file__).parent / "horse.png"), cv2.IMREAD_COLOR)
    holes = cv2.connectedComponentsWithStats(255 - detail(drawing), connectivity=4)
    sides, areas = holes[2][:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1], holes[2][:, cv2.CC_STAT_AREA]
    eyes = holes[3][(areas >= 5) & (areas <= 60) & (sides.max(1) <= 1.5 * sides.min(1))]
    assert len(eyes) == 1 and np.linalg.norm(eyes[0] - (41, 99)) < 3
