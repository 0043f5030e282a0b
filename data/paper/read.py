"""Reading a photographed drawing, and recognizing such photographs."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.paper.flatten import ink_strength, is_board, whiten
from data.paper.ink import binarise, read_ink, without_ruling
from data.paper.sheet import find_sheet, rectify
from util.image import shrink

_LOOK_AT_PX = 640
# A drawing program's ground is one color to the last bit; a camera's never is.
_PLAIN_SHARE = 0.15
_LEAST_AREA, _LEAST_BOARD = 0.3, 0.45  # of a photograph, that a sheet and a board cover
# Lightness of what fills the whole photo: darker is no paper, and lighter needs no light taken out.
_DARKEST, _LIGHTEST = 140, 240
# Blank paper: its limit of strength, its least share of the sheet, and the limit of its median strength.
_BLANK, _LEAST_BLANK, _GRAIN = 0.08, 0.7, 0.02
_INK_SHARE = (0.001, 0.16)  # of the sheet
_LEAST_INK, _LEAST_CHALK = 0.08, 0.2  # median strength; a dark area in a photo is seldom a board
_THICK, _MOST_THICK = 0.012, 0.1  # half the width of a filled shape; the limit of its share of the ink
# Lab levels between colors of paper, the least share of one color, and its largest chroma.
_ONE_COLOR, _LEAST_ONE_COLOR, _MOST_CHROMA = 6, 0.8, 30
_CALM, _LEAST_CALM, _MOST_EDGES = 1.0, 0.6, 0.035  # slope of the light on paper, at a size of 256 pixels


@dataclass(frozen=True)
class Drawing:
    """A drawing read from a photograph.

    Attributes:
        ink: (h, w) uint8 in {0, 255}, 255 where there is ink, with the sheet rectified.
        colors: (h, w, 3) uint8 RGB: paper or board is white, and the drawing has its colors.
        to_photo: (3, 3) homography from the sheet's pixels to the photograph's.
        corners: (4, 2) float32, the sheet's corners in the photograph from the top left clockwise; None if no
            rim was found, so that the whole photograph counts as the sheet.
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
    """Tell whether an image, (H, W, 3) uint8, is a photograph of strokes on paper, a board or a whiteboard.

    Most of a sheet is blank paper of one color, the light on it changes slowly, and its ink is thin. Images
    from drawing programs are not paper: their ground is one color to the last bit.
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
    """Tell whether a sheet has one color where there is no ink, and light and shadow change softly."""
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
    """Tell whether a sheet is mostly blank and its ink is thin and, at the median, strong enough."""
    strength = without_ruling(strength)
    blank, ink = strength < _BLANK, binarise(strength) > 0
    if blank.mean() < _LEAST_BLANK or not _INK_SHARE[0] < ink.mean() < _INK_SHARE[1]:
        return False
    if np.median(strength[ink]) < least or np.median(strength[blank]) > _GRAIN:
        return False
    radius = max(1, round(_THICK * max(ink.shape)))
    thick = cv2.erode(ink.astype(np.uint8), np.ones((2 * radius + 1,) * 2, np.uint8))
    return float(thick.sum()) < _MOST_THICK * ink.sum()
