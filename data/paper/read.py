"""Functions that recognize and read photographed drawings."""

from dataclasses import dataclass

import cv2
import numpy as np

from data.paper.flatten import ink_strength, is_board, whiten
from data.paper.ink import binarise, read_ink, without_ruling
from data.paper.sheet import find_sheet, rectify
from util.image import shrink

_LOOK_AT_PX = 640  # longest side of the photo when it is classified
_PLAIN_SHARE = 0.15  # maximum fraction of pixels in a photo that have exactly the same color
_LEAST_AREA, _LEAST_BOARD = 0.3, 0.45  # minimum fraction of the photo that a sheet or a board covers
_DARKEST, _LIGHTEST = 140, 240  # range of the median gray level if the sheet fills the whole photo
# Maximum strength of a blank pixel, minimum blank fraction of the sheet, and maximum median strength of
# the blank pixels.
_BLANK, _LEAST_BLANK, _GRAIN = 0.08, 0.7, 0.02
_INK_SHARE = (0.001, 0.16)  # minimum and maximum fraction of the sheet that is ink
_LEAST_INK, _LEAST_CHALK = 0.08, 0.2  # minimum median strength of ink and of chalk
_THICK, _MOST_THICK = 0.012, 0.1  # minimum half-width of a filled shape; maximum fraction of thick ink
# Maximum difference in Lab between paper colors, minimum fraction of the sheet within it,
# and maximum chroma of the paper.
_ONE_COLOR, _LEAST_ONE_COLOR, _MOST_CHROMA = 6, 0.8, 30
# Maximum brightness gradient of softly lit pixels, their minimum share, and maximum share of edge pixels.
_CALM, _LEAST_CALM, _MOST_EDGES = 1.0, 0.6, 0.035


@dataclass(frozen=True)
class Drawing:
    """A drawing on a rectified sheet, read from a photograph.

    Attributes:
        ink: (h, w) uint8 in {0, 255}, 255 where there is ink.
        colors: (h, w, 3) uint8 RGB: the drawing's colors on white paper.
        to_photo: (3, 3) homography that maps sheet pixels to photograph pixels.
        corners: (4, 2) float32, the sheet's corners in the photograph, clockwise from the top left; None if
            no rim was found and the whole photograph is treated as the sheet.
        is_board: whether the sheet is a dark board with light strokes.
    """

    ink: np.ndarray
    colors: np.ndarray
    to_photo: np.ndarray
    corners: np.ndarray | None
    is_board: bool


def from_paper(rgb: np.ndarray) -> Drawing:
    """Read a drawing from a photograph, (H, W, 3) uint8."""
    corners = find_sheet(rgb)
    sheet, to_photo = rectify(rgb, corners)
    board = is_board(sheet)
    light = 255 - sheet if board else sheet
    strength = ink_strength(light)
    ink = read_ink(strength, has_rim=corners is not None)
    colors = whiten(light, strength)
    if board:
        chalk = np.clip(strength * 2, 0, 1)[..., None]
        colors = (255 + (sheet.astype(np.float32) - 255) * chalk).astype(np.uint8)
    return Drawing(ink, colors, to_photo, corners, board)


def is_paper(rgb: np.ndarray) -> bool:
    """Return whether an image, (H, W, 3) uint8, is a photograph of a drawing on paper or on a board.

    Most of the sheet must be blank, of one color and softly lit, and the strokes must be thin. Images from
    drawing programs do not count: many of their pixels have exactly the same color.
    """
    step = max(1, max(rgb.shape[:2]) // 256)
    colors = rgb[::step, ::step].reshape(-1, 3).astype(np.int32) @ np.array([65536, 256, 1])
    if np.unique(colors, return_counts=True)[1].max() > _PLAIN_SHARE * colors.size:
        return False
    small = shrink(rgb, _LOOK_AT_PX, least_px=8)
    corners = find_sheet(small)
    area = 1.0 if corners is None else cv2.contourArea(corners) / (small.shape[0] * small.shape[1])
    sheet, _ = rectify(small, corners)
    board = is_board(sheet)
    light, least = (255 - sheet, _LEAST_CHALK) if board else (sheet, _LEAST_INK)
    if area < (_LEAST_BOARD if board else _LEAST_AREA) or min(sheet.shape[:2]) < 32:
        return False
    if corners is None and not _DARKEST < np.median(light.max(axis=2)) < _LIGHTEST:
        return False
    return _is_evenly_lit(light) and _is_thinly_drawn(ink_strength(light), least)


def _is_evenly_lit(sheet: np.ndarray) -> bool:
    """Return whether a sheet's blank parts have one color and are softly lit."""
    small = cv2.resize(sheet, (256, 256), interpolation=cv2.INTER_AREA)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    light = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel), (0, 0), 1.5)
    lab = cv2.cvtColor(light, cv2.COLOR_RGB2LAB).astype(np.float32)
    color = np.median(lab[..., 1:].reshape(-1, 2), axis=0)
    if np.hypot(*(color - 128)) > _MOST_CHROMA:
        return False
    if (np.abs(lab[..., 1:] - color).max(axis=-1) < _ONE_COLOR).mean() < _LEAST_ONE_COLOR:
        return False
    slope = cv2.magnitude(cv2.Sobel(lab[..., 0], -1, 1, 0) / 8, cv2.Sobel(lab[..., 0], -1, 0, 1) / 8)
    return bool((slope < _CALM).mean() > _LEAST_CALM and (cv2.Canny(light, 20, 50) > 0).mean() < _MOST_EDGES)


def _is_thinly_drawn(strength: np.ndarray, least: float) -> bool:
    """Return whether a sheet is mostly blank, and its strokes are thin and strong enough."""
    strength = without_ruling(strength)
    blank, ink = strength < _BLANK, binarise(strength) > 0
    if blank.mean() < _LEAST_BLANK or not _INK_SHARE[0] < ink.mean() < _INK_SHARE[1]:
        return False
    if np.median(strength[ink]) < least or np.median(strength[blank]) > _GRAIN:
        return False
    radius = max(1, round(_THICK * max(ink.shape)))
    thick = cv2.erode(ink.astype(np.uint8), np.ones((2 * radius + 1,) * 2, np.uint8))
    return float(thick.sum()) < _MOST_THICK * ink.sum()
