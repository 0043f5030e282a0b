"""Edge extraction from line art, silhouettes and edge maps, and detection of these image kinds."""

from typing import Literal

import cv2
import numpy as np

from data.edges.dots import distance_inside, draw_dots, ink_dots, pieces
from data.edges.lines import drop_short, extremes, require_bgr, thin

InputKind = Literal["photo", "lineart", "edges"]

_MIN_CONTRAST = 40.0  # minimum difference between paper and ink, in gray levels
_DARK_PAPER, _LIGHT_PAPER = 60.0, 150.0
_CLASSIFICATION_DIAGONAL_PX = 362.0  # diagonal of a 256 x 256 image
_STROKE_RADIUS = 0.014  # maximum half-width of a stroke, as a fraction of the diagonal


def _is_dark_on_light(image_bgr: np.ndarray) -> bool:
    return float(np.median(image_bgr.sum(axis=2))) >= 382.5


def _ink_strength(image_bgr: np.ndarray) -> np.ndarray:
    """Measure how much each pixel differs from the paper: (H, W) float32, about 0 on the paper.

    The paper, light or dark, is the tone of most pixels. A quadratic surface fitted to the paper removes
    shading, such as that on a photographed sheet.
    """
    # Colored ink is almost black in its darkest channel; colored chalk is almost white in its lightest one.
    low, high = extremes(image_bgr)
    tone = (255 - low if _is_dark_on_light(image_bgr) else high).astype(np.float32)
    height, width = tone.shape
    y, x = np.mgrid[-1.0 : 1.0 : height * 1j, -1.0 : 1.0 : width * 1j].astype(np.float32)
    basis = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    flat = tone.ravel()
    paper = np.full_like(flat, np.median(flat))
    step = max(1, flat.size // 5000)
    for _ in range(3):
        sample = np.flatnonzero(np.abs(flat - paper) < 25)[::step]
        if sample.size < 60:
            break
        # The normal equations, which are only 6 x 6, keep lstsq fast even for degenerate samples.
        known = basis[sample].astype(np.float64)
        surface = np.linalg.lstsq(known.T @ known, known.T @ flat[sample], rcond=None)[0]
        paper = basis @ surface.astype(np.float32)
    return np.maximum(flat - paper, 0).reshape(height, width).astype(np.float32)


def _ink(strength: np.ndarray) -> np.ndarray:
    """Return the ink mask, (H, W) bool, which is empty if the contrast is too low for a drawing."""
    peak = float(np.quantile(strength, 0.999))
    if peak < _MIN_CONTRAST:
        return np.zeros(strength.shape, bool)
    levels = np.clip(strength, 0, 255).astype(np.uint8)
    level, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return strength > np.clip(level, 0.25 * peak, 0.5 * peak)


def _edge_map_lines(image_bgr: np.ndarray) -> np.ndarray:
    """Return a mask of an edge map's rarer tone, (H, W) bool."""
    light = image_bgr.sum(axis=2) > 382
    return light if light.mean() <= 0.5 else ~light


def _is_edge_map(image_bgr: np.ndarray) -> bool:
    """Return whether an image is black and white, and its rarer tone forms lines 1 or 2 pixels wide."""
    total, lines = image_bgr.sum(axis=2), _edge_map_lines(image_bgr)
    share = float(lines.mean())
    if not 0.0 < share < 0.35:
        return False
    middle = float(((total > 150) & (total < 615)).mean())
    if middle > 0.05 + 0.5 * share:
        return False
    low, high = extremes(image_bgr)
    if float((high - low > 40).mean()) > 0.01:
        return False
    thick = cv2.erode(lines.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
    # Many gray pixels mean that the lines are blurred strokes.
    return float(thick.sum()) < 0.03 * lines.sum() and middle < 0.5 * share


def _is_line_art(image_bgr: np.ndarray) -> bool:
    """Return whether an image consists of thin strokes, or areas of one tone, on plain paper.

    This is false for a photo of an animal on a white background, where large areas contain many tones.
    """
    scale = _CLASSIFICATION_DIAGONAL_PX / float(np.hypot(*image_bgr.shape[:2]))
    if scale < 1.0:
        size = (max(1, round(image_bgr.shape[1] * scale)), max(1, round(image_bgr.shape[0] * scale)))
        image_bgr = cv2.resize(image_bgr, size, interpolation=cv2.INTER_AREA)
    strength = _ink_strength(image_bgr)
    ink = _ink(strength)
    if not 0.0 < ink.mean() < 0.4:
        return False
    full = float(np.quantile(strength[ink], 0.7))
    drawn = strength > 0.15 * full
    if full < 2 * _MIN_CONTRAST or drawn.mean() > 0.4:
        return False
    paper = float(np.median(image_bgr[~drawn].mean(axis=1)))
    if _DARK_PAPER < paper < _LIGHT_PAPER:
        return False
    kernel = np.ones((3, 3), np.uint8)
    # In line art, intermediate tones occur only at stroke borders.
    shaded = cv2.erode((drawn & (strength < 0.75 * full)).astype(np.uint8), kernel, borderValue=0)
    if shaded.sum() > 0.05 * drawn.sum():
        return False
    deep = cv2.erode(ink.astype(np.uint8), kernel, borderValue=0) > 0
    if deep.sum() < 0.58 * ink.sum():
        return True
    inside = image_bgr[deep].astype(np.float32)
    return float(np.abs(inside - np.median(inside, axis=0)).mean()) < 5.0


def classify_input(image_bgr: np.ndarray) -> InputKind:
    """Classify an image, (H, W, 3) uint8, BGR.

    'edges' are thin white lines on black or thin black lines on white, perhaps with compression artifacts.
    'lineart' consists of strokes and filled shapes in one tone on plain paper. All other images, including
    blank ones, are a 'photo'.
    """
    require_bgr(image_bgr)
    if _is_edge_map(image_bgr):
        return "edges"
    return "lineart" if _is_line_art(image_bgr) else "photo"


def _filled(ink: np.ndarray, radius_px: float) -> np.ndarray:
    """Return the parts of the ink that are too thick or too round to be strokes, (H, W) uint8 in {0, 1}."""
    # An opening with a disc, computed from distances because cv2.morphologyEx is slow for large discs.
    inside = distance_inside(ink)
    core = (inside <= radius_px).astype(np.uint8)
    filled = np.zeros_like(ink) if core.all() else (distance_inside(core) <= radius_px).astype(np.uint8)
    # Thinning would reduce a round dot, such as an eye, to one or two pixels.
    labels, area, depth, _ = pieces(ink, inside)
    dots = (area < 6 * depth * depth) & (depth >= 2)
    dots[0] = False
    return filled | dots[labels].astype(np.uint8)


def line_art_ink(image_bgr: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the ink in line art, (H, W) bool, and whether the ink is darker than the paper."""
    require_bgr(image_bgr)
    return _ink(_ink_strength(image_bgr)), _is_dark_on_light(image_bgr)


def lineart_edges(image_bgr: np.ndarray) -> np.ndarray:
    """Reduce line art to lines one pixel wide: stroke center lines, and outlines of filled shapes.

    Args:
        image_bgr: (H, W, 3) uint8, BGR, with dark ink on light paper or light ink on dark paper.
    """
    require_bgr(image_bgr)
    strength = _ink_strength(image_bgr)
    ink = _ink(strength).astype(np.uint8)
    if not ink.any():
        return ink
    diagonal = float(np.hypot(*ink.shape))
    filled = _filled(ink, max(2.0, _STROKE_RADIUS * diagonal))
    # The opening cuts off shapes' corners. Restore them, so that they do not become strokes.
    kernel = np.ones((3, 3), np.uint8)
    filled = cv2.dilate(filled, kernel, iterations=2) & ink
    outline = filled & ~cv2.erode(filled, kernel, borderType=cv2.BORDER_REPLICATE)
    strokes = ink & ~filled
    lines = drop_short(thin(thin(strokes) | outline), 0.006 * diagonal)
    return draw_dots(lines, ink_dots(strength, ink))


def edge_map_edges(image_bgr: np.ndarray) -> np.ndarray:
    """Thin the black or white lines of an edge map to one pixel; return (H, W) uint8 in {0, 255}."""
    require_bgr(image_bgr)
    return thin(_edge_map_lines(image_bgr))
