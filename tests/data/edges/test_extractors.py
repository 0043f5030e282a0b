"""Edge extractors: auto-Canny as in the original, contour, and properties of all extractors."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data.edges import (
    auto_canny,
    contour,
    detail,
    edge_map_edges,
    extract_edges,
    lineart_edges,
    remove_checkerboard,
)
from tests.data.edges.shapes import components, disc, encloses_middle, is_thin, jpeg, plain, radii

EXTRACTORS = {
    "auto_canny": auto_canny,
    "contour": contour,
    "detail": detail,
    "lineart_edges": lineart_edges,
    "edge_map_edges": edge_map_edges,
    "extract_edges": extract_edges,
}


def test_auto_canny_thresholds_follow_the_median():
    # After the blur, a step of 30 gray levels has a gradient of 90, between 1.33 * 20 and 0.67 * 200.
    light, dark = plain(200), plain(20)
    light[:, 100:], dark[:, 100:] = 170, 50
    assert not auto_canny(light).any()
    assert auto_canny(dark)[64].sum() == 255
    with pytest.raises(ValueError, match="sigma must lie in"):
        auto_canny(light, sigma=1.5)


@pytest.mark.parametrize("name", EXTRACTORS)
def test_every_extractor_gives_a_binary_map_of_the_same_size_blank_for_blank_images(name):
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (1, 9), (7, 1), (2, 3), (40, 23), (2000, 3), (3, 2000)):
        edges = EXTRACTORS[name](rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
        assert edges.shape == shape and edges.dtype == np.uint8
        assert set(np.unique(edges)) <= {0, 255}
        for level in (0, 1, 128, 247, 255):
            assert not EXTRACTORS[name](np.full((*shape, 3), level, np.uint8)).any()


@pytest.mark.parametrize("name", EXTRACTORS)
@pytest.mark.parametrize(
    "image", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3), np.float32)]
)
def test_only_color_images_are_accepted(name, image):
    with pytest.raises(ValueError, match="uint8 BGR image"):
        remove_checkerboard(image)
    with pytest.raises(ValueError, match="uint8 BGR image, got shape .*IMREAD_COLOR"):
        EXTRACTORS[name](image)


def test_contour_draws_a_disc_as_one_closed_thin_circle():
    edges = contour(disc(ground=200, fill=60))
    assert components(edges) == 1
    assert encloses_middle(edges)
    assert is_thin(edges)
    assert np.all(np.abs(radii(edges) - 40) <= 2)


def test_contour_finds_white_animals_on_white_that_auto_canny_misses():
    faint = jpeg(disc(ground=255, fill=240), quality=95)
    assert not encloses_middle(auto_canny(faint))
    assert encloses_middle(contour(faint))


def test_contour_prefers_an_outline_to_texture():
    rng = np.random.default_rng(1)
    image = plain(235)
    hair = rng.integers(40, 180, (128, 128), dtype=np.uint8)
    inside = disc(0, 255)[..., 0] > 128
    image[inside] = np.repeat(hair[..., None], 3, axis=2)[inside]
    image = cv2.GaussianBlur(image, (0, 0), 0.7)
    edges = contour(image)
    assert encloses_middle(edges)
    assert (np.abs(radii(edges) - 40) <= 3).mean() > 0.8
    assert (np.abs(radii(cv2.Canny(image, 60, 150)) - 40) <= 3).mean() < 0.4


def test_detail_adds_the_fine_lines_between_the_contours():
    image, inside = disc(255, 130, radius=100, size=256), disc(0, 255, radius=90, size=256) > 128
    y, x = np.mgrid[:256, :256]
    scale = np.abs(y % 6 / 3 - 1) * np.abs((x + y // 6 % 2 * 3) % 6 / 3 - 1)
    image[inside] -= np.repeat((90 * scale)[..., None], 3, axis=2)[inside].astype(np.uint8)
    contours, lines = contour(image), detail(image)
    assert np.all(lines[contours > 0] == 255)
    fine = (lines > 0) & (contours == 0)
    assert fine.sum() > (contours > 0).sum()
    assert not fine[cv2.dilate(contours, np.ones((5, 5), np.uint8)) > 0].any()
    np.testing.assert_array_equal(extract_edges(image, method="detail"), lines)


def test_detail_keeps_the_eye_of_a_drawn_animal():
    drawing = cv2.imread(str(Path(__file__).parent / "horse.png"), cv2.IMREAD_COLOR)
    holes = cv2.connectedComponentsWithStats(255 - detail(drawing), connectivity=4)
    sides, areas = holes[2][:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1], holes[2][:, cv2.CC_STAT_AREA]
    eyes = holes[3][(areas >= 5) & (areas <= 60) & (sides.max(1) <= 1.5 * sides.min(1))]
    assert len(eyes) == 1 and np.linalg.norm(eyes[0] - (41, 99)) < 3
