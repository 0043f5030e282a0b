"""Synthetic photographs of drawings on paper, for tests."""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data.edges import lineart_edges

DRAWINGS = sorted((Path(__file__).parents[1] / "datasets" / "drawings").glob("*.png"))
_SHEET = (1130, 1600)  # height and width of a sheet, A4 landscape
_SIDE = 512  # side of a drawing when it is drawn and scored


@dataclass(frozen=True)
class Kind:
    """Properties of one kind of photograph."""

    pen: str = "felt"
    ink: tuple = ((30, 30, 32),)
    strength: tuple = (0.9, 1.0)
    paper: tuple = (244, 243, 240)
    ruling: str = ""
    ruling_ink: tuple = (150, 180, 215)
    fill: bool = False
    table: tuple = (150, 105, 65)
    shadow: float = 0.0
    gradient: float = 0.25
    warmth: tuple = (1.0, 1.0, 1.0)
    covers: tuple = (0.72, 0.9)  # range of the sheet's width, as a fraction of the photo's width
    tilt: float = 0.07
    blur: float = 0.8
    noise: float = 3.0
    jpeg: int = 85


PENCIL, BLUE = ((85, 85, 90),), ((40, 52, 140), (30, 30, 95))
MARKERS = ((30, 60, 160), (190, 40, 40), (20, 110, 60), (35, 35, 40))
# fmt: off
KINDS = {
    "pencil on white": Kind("pencil", PENCIL, (0.6, 0.9), shadow=0.3),
    "ballpoint on squared": Kind("ballpoint", BLUE, ruling="squared", table=(52, 54, 70), shadow=0.45),
    "felt pen on ruled": Kind("felt", ruling="ruled", gradient=0.4),
    "crayon, coloured": Kind("crayon", MARKERS, fill=True, table=(120, 120, 126), warmth=(1.0, 0.9, 0.72),
                             noise=6.0),
    "chalk on a board": Kind("chalk", ((235, 235, 228), (240, 225, 150)), paper=(44, 52, 48),
                             covers=(0.8, 1.3), noise=4.0),
}
# fmt: on


@dataclass
class Photograph:
    """A synthetic photograph.

    Attributes:
        rgb: (H, W, 3) uint8.
        lines: the drawing's lines, (512, 512) uint8 in {0, 255}.
        to_photo: (3, 3) matrix that maps ``lines`` pixels to photo pixels.
        corners: (4, 2), the sheet's corners in the photo, clockwise from the top left.
    """

    rgb: np.ndarray
    lines: np.ndarray
    to_photo: np.ndarray
    corners: np.ndarray


def smooth_noise(rng, shape, cell, high=1.0):
    """Return noise in [0, high]. ``cell`` is the size of its cells in pixels: a side, or (height, width)."""
    cy, cx = (cell, cell) if np.isscalar(cell) else cell
    small = rng.random((max(2, int(shape[0] / cy) + 1), max(2, int(shape[1] / cx) + 1)), np.float32)
    return cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1) * high


def read_drawing(rgb):
    """Return a drawing's ink on white, (512, 512) float in [0, 1]."""
    rgb = cv2.resize(np.ascontiguousarray(rgb), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    gray = rgb.max(axis=2).astype(np.float32)
    return np.clip((150 - gray) / 70, 0, 1)


def _strokes(ink, kind, rng):
    """Return how much of each pixel is covered by pen strokes, (H, W) in [0, 1]."""
    grain = rng.random(ink.shape, np.float32)
    pressure = 0.75 + smooth_noise(rng, ink.shape, 90, 0.25)
    if kind.pen == "felt":
        ink, pressure = cv2.dilate(ink, np.ones((3, 3), np.uint8)), 1.0
    elif kind.pen == "pencil":
        ink = ink * (0.5 + 0.5 * cv2.GaussianBlur(grain, (0, 0), 0.9) / 0.5).clip(0, 1)
    elif kind.pen == "ballpoint":
        gaps = smooth_noise(rng, ink.shape, 14) > 0.08
        ink = ink * np.where(gaps, 1.0, 0.35)
    elif kind.pen in ("crayon", "chalk"):
        rough = cv2.GaussianBlur(grain, (0, 0), 1.1)
        ink = cv2.dilate(ink, np.ones((4, 4), np.uint8)) * np.clip((rough - 0.33) * 9, 0.1, 1)
    return (ink * pressure * rng.uniform(*kind.strength)).astype(np.float32)


def _filling(ink, rng):
    """Fill the areas between lines with color; return the coverage, (H, W), and the colors, (H, W, 3)."""
    wall = (ink > 0.3).astype(np.uint8)
    inside = cv2.morphologyEx(wall, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    outside = inside.copy()
    cv2.floodFill(outside, None, (0, 0), 2)
    body = (outside != 2) & (wall == 0)
    _, labels = cv2.connectedComponents(body.astype(np.uint8), connectivity=4)
    palette = np.array([[225, 165, 60], [90, 150, 215], [120, 185, 90], [220, 120, 120], [165, 120, 80]])
    colors = palette[rng.permutation(5)][labels % 5].astype(np.float32)
    body = cv2.GaussianBlur(body.astype(np.float32), (0, 0), 1.5)
    streaks = smooth_noise(rng, ink.shape, (3, 40)) * 0.6 + rng.random(ink.shape, np.float32) * 0.4
    return body * np.clip((streaks - 0.3) * 3, 0.1, 0.85), colors


def _ruling(sheet, kind, rng):
    """Draw printed lines or squares on a sheet, in place."""
    height, width = sheet.shape[:2]
    pitch, tone = int(rng.integers(38, 52)), tuple(float(v) for v in kind.ruling_ink)
    rows, columns = range(pitch // 2, height, pitch), range(pitch // 2, width, pitch)
    if kind.ruling in ("squared", "ruled"):
        for y in rows:
            cv2.line(sheet, (0, y), (width, y), tone, 2, cv2.LINE_AA)
    if kind.ruling == "squared":
        for x in columns:
            cv2.line(sheet, (x, 0), (x, height), tone, 2, cv2.LINE_AA)
    if kind.ruling == "ruled":
        cv2.line(sheet, (120, 0), (120, height), (225, 130, 130), 2, cv2.LINE_AA)


def _sheet(rgb, kind, rng):
    """Return a sheet with a drawing, (H, W, 3) float32, and the matrix from drawing to sheet."""
    height, width = _SHEET
    sheet = np.full((height, width, 3), kind.paper, np.float32)
    sheet += (cv2.GaussianBlur(rng.random((height, width), np.float32), (0, 0), 1.0) * 12 - 6)[..., None]
    if kind.pen == "chalk":
        sheet += (smooth_noise(rng, _SHEET, (40, 160), 26))[..., None]  # traces of wiped chalk
    _ruling(sheet, kind, rng)
    side = rng.uniform(0.6, 0.82) * height
    turn = rng.normal(0, 0.03)
    x, y = rng.uniform(0.2, 0.8) * (width - side - 160) + 110, rng.uniform(0.3, 0.7) * (height - side)
    cos, sin = math.cos(turn) * side / _SIDE, math.sin(turn) * side / _SIDE
    place = np.array([[cos, -sin, x], [sin, cos, y], [0, 0, 1.0]])
    ink = read_drawing(rgb)

    def lay(image):
        return cv2.warpPerspective(image, place, (width, height), flags=cv2.INTER_CUBIC).clip(0, None)

    if kind.fill:
        cover, colors = _filling(ink, rng)
        cover = lay(cover)[..., None].clip(0, 1)
        sheet += (lay(colors) - sheet) * cover
    large = np.ascontiguousarray(lay(ink).clip(0, 1))
    cover = _strokes(large, kind, rng)[..., None]
    sheet += (np.array(kind.ink[rng.integers(len(kind.ink))], np.float32) - sheet) * cover
    return sheet, place


def _table(kind, shape, rng):
    """Return an empty table, (H, W, 3) float32."""
    table = np.full((*shape, 3), kind.table, np.float32)
    return table + (rng.random(shape, np.float32) * 18 - 9)[..., None]


def _light(kind, shape, rng):
    """Return the light, (H, W, 3): a gradient, lens vignetting, and a soft shadow."""
    height, width = shape
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * math.pi)
    slope = xs * math.cos(angle) + ys * math.sin(angle)
    light = 0.84 + 0.5 * kind.gradient * slope - 0.06 * (xs**2 + ys**2)
    hand, center = np.zeros(shape, np.float32), (int(rng.uniform(0.25, 0.75) * width), height)
    cv2.ellipse(hand, center, (int(width * 0.15), int(height * 0.5)), 0, 0, 360, kind.shadow, -1)
    light *= 1 - cv2.GaussianBlur(hand, (0, 0), width * 0.01)
    return light[..., None] * np.array(kind.warmth, np.float32)


def _corners(kind, shape, rng):
    """Return the sheet's corners in the photo, clockwise from the top left."""
    height, width = shape
    w = rng.uniform(*kind.covers) * width
    h = w * _SHEET[0] / _SHEET[1]
    if kind.covers[1] < 1 and h > 0.92 * height:
        w, h = w * 0.92 * height / h, 0.92 * height
    loose = max(0.0, (width - w) / 2), max(0.0, (height - h) / 2)
    center = np.array([width / 2, height / 2]) + rng.uniform(-0.5, 0.5, 2) * loose
    turn = rng.normal(0, 0.05)
    box = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2
    box = box @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return (center + box + rng.uniform(-1, 1, (4, 2)) * kind.tilt * np.array([w, h])).astype(np.float32)


def photograph(drawing, kind, seed=0, size=(1200, 1600)):
    """Make a photograph of a square drawing with dark lines on white; ``size`` is (height, width)."""
    how, rng = KINDS[kind], np.random.default_rng([seed, *kind.encode()])
    sheet, place = _sheet(drawing, how, rng)
    corners = _corners(how, size, rng)
    frame = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * (_SHEET[1], _SHEET[0])
    warp = cv2.getPerspectiveTransform(frame.astype(np.float32), corners)
    area = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_CONSTANT}
    photo = _table(how, size, rng)
    cover = cv2.warpPerspective(np.ones(_SHEET, np.float32), warp, size[::-1], **area)
    under = cv2.GaussianBlur(cover, (0, 0), 9)  # the sheet's shadow on the table
    photo *= 1 - 0.35 * under[..., None]
    photo += (cv2.warpPerspective(sheet, warp, size[::-1], **area) - photo) * cover[..., None]
    unit = size[1] / 1600
    photo *= _light(how, size, rng)
    photo = cv2.GaussianBlur(photo, (0, 0), how.blur * unit)
    photo += rng.normal(0, how.noise, photo.shape).astype(np.float32)
    levels = photo.clip(0, 255).astype(np.uint8)
    _, coded = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, how.jpeg])
    lines = lineart_edges(np.repeat((255 - 255 * read_drawing(drawing)).astype(np.uint8)[..., None], 3, 2))
    return Photograph(cv2.imdecode(coded, cv2.IMREAD_COLOR), lines, warp @ place, corners)
