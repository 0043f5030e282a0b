"""Edge extractors: faithfulness to the original recipe, and what hand-made pictures must give."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data.edges import (
    auto_canny,
    classify_input,
    contour,
    edge_map_edges,
    extract_edges,
    lineart_edges,
    remove_checkerboard,
)
from data.edges.thinning import drop_short, thin

PARITY = Path(__file__).resolve().parents[3] / "shared" / "parity" / "preprocess.npz"
EXTRACTORS = {
    "auto_canny": auto_canny,
    "contour": contour,
    "lineart_edges": lineart_edges,
    "edge_map_edges": edge_map_edges,
    "extract_edges": extract_edges,
}


def plain(value: int, size: int = 128) -> np.ndarray:
    """A grey (size, size, 3) picture."""
    return np.full((size, size, 3), value, np.uint8)


def disc(ground: int, fill: int, radius: int = 40, size: int = 128) -> np.ndarray:
    """A disc in the middle of a plain ground, its border softened as a camera does."""
    image = plain(ground, size)
    cv2.circle(image, (size // 2, size // 2), radius, (fill, fill, fill), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), 0.8)


def components(lines: np.ndarray) -> int:
    """Number of 8-connected lines."""
    return cv2.connectedComponents(lines, connectivity=8)[0] - 1


def radii(lines: np.ndarray) -> np.ndarray:
    """Distances of the line pixels from the middle of the picture."""
    y, x = np.nonzero(lines)
    return np.hypot(y - lines.shape[0] // 2, x - lines.shape[1] // 2)


def encloses_middle(lines: np.ndarray) -> bool:
    """Whether a flood from the corner, which cannot cross the lines, misses the middle."""
    flooded = (lines > 0).astype(np.uint8)
    cv2.floodFill(flooded, None, (0, 0), 2)
    return flooded[0, 0] == 2 and flooded[lines.shape[0] // 2, lines.shape[1] // 2] == 0


def is_thin(lines: np.ndarray) -> bool:
    """Whether no 2 x 2 block is full."""
    full = lines > 0
    return not (full[1:, 1:] & full[1:, :-1] & full[:-1, 1:] & full[:-1, :-1]).any()


def checkerboard(size: int, cell: float, low: int = 221, high: int = 255) -> np.ndarray:
    """A transparency checkerboard (size, size, 3)."""
    index = np.floor(np.arange(size) / cell).astype(int)
    tones = np.where((index[:, None] + index[None, :]) % 2, low, high).astype(np.uint8)
    return np.repeat(tones[..., None], 3, axis=2)


def jpeg(image: np.ndarray, quality: int = 75) -> np.ndarray:
    """The picture after JPEG compression."""
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


@pytest.mark.skipif(not PARITY.exists(), reason="../shared/parity is not here")
def test_auto_canny_reproduces_the_original_to_the_pixel():
    pairs = np.load(PARITY)
    for name in pairs.files:
        size = pairs[name].shape[0]
        photo, edges = pairs[name][:, :size], pairs[name][:, size:]
        photo_bgr = np.ascontiguousarray(photo[..., ::-1])
        np.testing.assert_array_equal(auto_canny(photo_bgr), edges[..., 0], err_msg=name)
        np.testing.assert_array_equal(extract_edges(photo_bgr), edges[..., 0], err_msg=name)


def test_auto_canny_thresholds_follow_the_median():
    # A step of 30 grey levels has a gradient of 90 after the blur: under 0.67 * 200, over 1.33 * 20.
    light, dark = plain(200), plain(20)
    light[:, 100:], dark[:, 100:] = 170, 50
    assert not auto_canny(light).any()
    assert auto_canny(dark)[64].sum() == 255
    with pytest.raises(ValueError, match="sigma must lie in"):
        auto_canny(light, sigma=1.5)


@pytest.mark.parametrize("name", EXTRACTORS)
def test_every_extractor_gives_a_binary_map_of_the_same_size(name):
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (1, 9), (7, 1), (2, 3), (40, 23), (2000, 3), (3, 2000)):
        edges = EXTRACTORS[name](rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
        assert edges.shape == shape and edges.dtype == np.uint8
        assert set(np.unique(edges)) <= {0, 255}


@pytest.mark.parametrize("name", EXTRACTORS)
@pytest.mark.parametrize("value", [0, 1, 128, 247, 255])
def test_blank_pictures_have_no_edges(name, value):
    for shape in ((1, 1, 3), (5, 400, 3), (64, 64, 3)):
        assert not EXTRACTORS[name](np.full(shape, value, np.uint8)).any()


@pytest.mark.parametrize("name", EXTRACTORS)
@pytest.mark.parametrize(
    "image", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3), np.float32)]
)
def test_anything_but_a_colour_picture_is_refused_with_the_way_out(name, image):
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


def test_contour_finds_white_on_white_where_auto_canny_is_blind():
    faint = jpeg(disc(ground=255, fill=240), quality=95)
    assert not encloses_middle(auto_canny(faint))
    assert encloses_middle(contour(faint))


def test_contour_sees_colour_edges_of_equal_grey():
    image = plain(0)
    image[:, :64], image[:, 64:] = (0, 129, 0), (0, 0, 254)  # OpenCV's grey value is 76 on both sides
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    assert np.ptp(grey) <= 1
    assert not auto_canny(image).any()
    columns = np.nonzero(contour(image)[20:-20])[1]
    assert len(columns) >= 80 and np.all(np.abs(columns - 64) <= 2)


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


def test_contour_draws_the_same_at_any_size():
    small, large = disc(200, 60), disc(200, 60, radius=320, size=1024)
    edges = contour(large)
    assert components(contour(small)) == components(edges) == 1
    assert encloses_middle(edges) and is_thin(edges)
    assert np.all(np.abs(radii(edges) - 320) <= 8)


@pytest.mark.parametrize(
    "setting", [{"threshold": 1.5}, {"continuation": -0.1}, {"busy_share": 2.0}, {"min_length": -1.0}]
)
def test_contour_names_the_setting_out_of_range(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        contour(plain(128), **setting)


def test_thin_keeps_topology():
    mask = np.zeros((40, 40), np.uint8)
    mask[5:35, 5:35] = 255
    mask[12:28, 12:28] = 0
    mask[0:3, 0:20] = 255
    lines = thin(mask)
    assert components(lines) == 2
    assert is_thin(lines)
    assert lines[20, 20] == 0 and encloses_middle(lines)
    np.testing.assert_array_equal(thin(lines), lines)
    assert not (lines[mask == 0]).any()


def test_drop_short_counts_pixels_of_a_line():
    lines = np.zeros((9, 9), np.uint8)
    np.fill_diagonal(lines[:4, :4], 255)
    lines[8, 6:9] = 255
    kept = drop_short(lines, 4)
    assert kept[:4, :4].sum() == 4 * 255 and not kept[8].any()


@pytest.mark.parametrize("width", [1, 2, 3, 5])
@pytest.mark.parametrize("ink", [0, 255])
def test_a_stroke_gives_one_line_along_its_middle(width, ink):
    image = plain(255 - ink, 256)
    cv2.line(image, (40, 200), (210, 60), (ink, ink, ink), width)
    edges = lineart_edges(image)
    y, x = np.nonzero(edges)
    distance = np.abs((y - 200) * 170 + (x - 40) * 140) / np.hypot(170, 140)
    assert components(edges) == 1 and is_thin(edges)
    assert distance.max() <= 1.5
    assert len(y) >= 165


def test_a_silhouette_gives_its_outline_and_a_dot_its_ring():
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
def test_an_edge_map_passes_through_in_either_polarity(inverted, quality):
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


def test_photographs_and_blank_pictures_are_photos():
    rng = np.random.default_rng(2)
    texture = cv2.GaussianBlur(rng.integers(0, 256, (128, 128, 3), dtype=np.uint8), (0, 0), 3)
    animal = plain(255)
    inside = disc(0, 255)[..., 0] > 128
    animal[inside] = cv2.normalize(texture, None, 20, 130, cv2.NORM_MINMAX)[inside]
    for image in (texture, animal, plain(255), plain(0)):
        assert classify_input(image) == "photo"
        np.testing.assert_array_equal(extract_edges(image, input_kind="auto"), auto_canny(image))
    np.testing.assert_array_equal(extract_edges(animal, method="contour"), contour(animal))


@pytest.mark.parametrize(
    ("setting", "choices"),
    [({"method": "sobel"}, "auto_canny, contour"), ({"input_kind": "film"}, "auto, photo")],
)
def test_extract_edges_names_the_choices(setting, choices):
    with pytest.raises(ValueError, match=choices):
        extract_edges(plain(128), **setting)


@pytest.mark.parametrize("cell", [4.7, 6.1, 16.0, 25.3])
@pytest.mark.parametrize("quality", [None, 60])
def test_a_checkerboard_turns_white_and_the_animal_stays(cell, quality):
    image = checkerboard(256, cell)
    animal = disc(0, 255, radius=70, size=256)[..., 0] > 128
    image[animal] = (40, 90, 160)
    image = image if quality is None else jpeg(image, quality)
    before = image.copy()
    cleaned, fraction = remove_checkerboard(image)
    np.testing.assert_array_equal(image, before)
    far = cv2.erode((~animal).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert (cleaned[far] == 255).all(axis=1).mean() > 0.995
    near = cv2.erode(animal.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    np.testing.assert_array_equal(cleaned[near], image[near])
    assert abs(fraction - (~animal).mean()) < 0.05


def test_an_enlarged_checkerboard_is_found():
    small = checkerboard(256, 6.1)
    cv2.circle(small, (128, 128), 60, (30, 60, 120), -1)
    large = cv2.resize(jpeg(small), (1400, 1400), interpolation=cv2.INTER_CUBIC)
    cleaned, fraction = remove_checkerboard(large)
    assert abs(fraction - (1 - np.pi * 60**2 / 256**2)) < 0.05
    assert (cleaned[:200] == 255).mean() > 0.995


def test_white_fur_on_a_checkerboard_is_not_eaten():
    image = checkerboard(256, 6.0)
    fur = disc(0, 255, radius=70, size=256)[..., 0] > 128
    shade = np.random.default_rng(3).integers(200, 256, (256, 256), dtype=np.uint8)
    image[fur] = np.repeat(shade[..., None], 3, axis=2)[fur]
    cleaned, _ = remove_checkerboard(image)
    deep = cv2.erode(fur.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    np.testing.assert_array_equal(cleaned[deep], image[deep])


def test_streaks_of_replicate_padding_turn_white():
    board = checkerboard(256, 6.1)[:160]
    cv2.circle(board, (128, 80), 50, (30, 60, 120), -1)
    padded = jpeg(cv2.copyMakeBorder(board, 48, 48, 0, 0, cv2.BORDER_REPLICATE), 85)
    cleaned, _ = remove_checkerboard(padded)
    assert (cleaned[:44] == 255).mean() > 0.99
    assert (cleaned[-44:] == 255).mean() > 0.99


def test_pictures_without_a_checkerboard_come_back_as_they_are():
    rng = np.random.default_rng(4)
    stripes = plain(255, 96)
    stripes[:, ::12] = stripes[:, 1::12] = 220
    clouds = cv2.GaussianBlur(rng.integers(0, 256, (96, 96), dtype=np.uint8), (0, 0), 4)
    clouds = np.repeat(cv2.normalize(clouds, None, 160, 255, cv2.NORM_MINMAX)[..., None], 3, axis=2)
    noise = rng.integers(200, 256, (96, 96, 3), dtype=np.uint8)
    chessboard = checkerboard(96, 8.0, low=20, high=235)
    for image in (stripes, clouds, noise, chessboard, disc(255, 200), plain(255), plain(0), plain(255, 1)):
        before = image.copy()
        cleaned, fraction = remove_checkerboard(image)
        assert fraction == 0.0
        assert cleaned.tobytes() == before.tobytes()
