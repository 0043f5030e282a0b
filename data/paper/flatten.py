"""Removal of shading and shadows from a photographed sheet."""

import cv2
import numpy as np

from util.image import shrink

_STROKE = 0.022  # maximum width of a stroke, as a fraction of the sheet's longest side
_WIDEST_FILL = 0.25  # maximum width of an area filled with ink, as a fraction of the sheet
_DARKEST_SHADOW = 0.5  # minimum brightness of a shadow relative to its surroundings
_WEIGHTS = (0.3, 0.55, 0.15)  # weights of red, green and blue in the ink strength
_LIGHT_AT_PX = 1024  # longest side of the sheet when the light is measured
_DARK_BOARD = 135  # maximum median gray level of a dark board


def is_board(sheet: np.ndarray) -> bool:
    """Return whether a sheet, (H, W, 3), is a dark board with light strokes."""
    gray = cv2.resize(sheet, (256, 256), interpolation=cv2.INTER_AREA).max(axis=2)
    ground = cv2.medianBlur(gray, 31)
    light, dark = cv2.subtract(gray, ground), cv2.subtract(ground, gray)
    return bool(np.median(gray) < _DARK_BOARD and light[light > 12].sum() > dark[dark > 12].sum())


def ink_strength(sheet: np.ndarray) -> np.ndarray:
    """Measure how much darker each pixel is than the paper around it: 0 for paper, 1 for black ink.

    A morphological closing removes the strokes. What remains is the light on the paper, including shadows.
    """
    height, width = sheet.shape[:2]
    small = cv2.GaussianBlur(shrink(sheet, _LIGHT_AT_PX), (0, 0), 1.0)
    reach = max(3, round(_STROKE * max(small.shape))) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    light = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    light = cv2.GaussianBlur(cv2.medianBlur(light, 5), (0, 0), 2)
    light = cv2.max(light, _least_light(light))
    light = cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR)
    smooth = cv2.GaussianBlur(sheet, (0, 0), 0.9)
    strength = np.ones((height, width), np.float32)
    for channel, around, weight in zip(cv2.split(smooth), cv2.split(light), _WEIGHTS, strict=True):
        strength -= cv2.divide(channel, cv2.max(around, 16), scale=weight, dtype=cv2.CV_32F)
    return np.maximum(strength, 0, out=strength)


def _least_light(light: np.ndarray) -> np.ndarray:
    """Return the minimum light at each pixel. Wide darker areas are filled with ink, not in shadow."""
    tiny = cv2.resize(light, (128, 128), interpolation=cv2.INTER_AREA)
    reach = round(_WIDEST_FILL * 128) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    wide = cv2.morphologyEx(tiny, cv2.MORPH_CLOSE, kernel)
    wide = cv2.resize(cv2.GaussianBlur(wide, (0, 0), 4), light.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.convertScaleAbs(wide, alpha=_DARKEST_SHADOW)


def whiten(sheet: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Divide a sheet by the light on its paper, so that paper is white and ink has the pen's color."""
    small, blank = shrink(sheet, 256), shrink(strength, 256) < 0.06
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    if blank.any():
        blank &= np.abs(lab[..., 1:] - np.median(lab[blank][:, 1:], axis=0)).max(-1) < 9
    if blank.mean() < 0.05:
        blank[:] = True
    weight = blank.astype(np.float32)
    light = small.astype(np.float32) * weight[..., None]
    total, share = np.zeros_like(light), np.zeros_like(weight)
    for sigma in (40.0, 12.0, 4.0):  # the nearest blank paper gets the largest weight
        near = cv2.GaussianBlur(weight, (0, 0), sigma)
        mean = cv2.GaussianBlur(light, (0, 0), sigma) / np.maximum(near, 1e-4)[..., None]
        sure = np.clip(near * 3, 0, 1)[..., None]
        total = mean * sure + total * (1 - sure) if share.any() else mean
        share = np.maximum(share, near)
    light = cv2.resize(total, sheet.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.divide(sheet, light, scale=255.0, dtype=cv2.CV_8U) if light.min() > 0 else sheet
