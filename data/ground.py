"""Separate an animal from its background, in cut-out photos and in hand-made drawings."""

from __future__ import annotations

import cv2
import numpy as np

from data.edges.checkerboard import remove_checkerboard
from util.image import shrink

# Images are shrunk to this longest side before the search.
_SIDE_PX = 256
# A pixel is background if its distance in Lab to a border color is below _NEAR. The border has at most
# _BORDER_COLORS colors; a color counts if it makes up at least _BORDER_SHARE of the border.
_NEAR, _BORDER_SHARE, _BORDER_COLORS = 14.0, 0.08, 4
# A background is black if its lightness is at most the first value. For a black background, the second value
# replaces _NEAR, because dark animals differ little from black.
_BLACK, _NEAR_BLACK = 4, 8.0
# A flood fill follows a background whose color changes slowly, by at most this many levels per pixel.
_STEP = 3
# Rows of replicate padding differ by at most _REPEATED levels. Where the padding is smooth, _LEAST_STRIP_PX
# of its rows are kept.
_REPEATED, _LEAST_STRIP_PX = 3.0, 4
# Gaps in an outline are closed if they are at most twice the first value of _GAPS_PX wide. The second value
# is used instead if it makes the animal more than _MUCH_MORE times as large.
_GAPS_PX, _MUCH_MORE = (2, 5), 1.3
# The background ends where levels within a pixel's neighborhood differ by more than this.
_LINE = 24
_COVERS = (0.01, 0.97)  # fractions of the image that an animal may cover
_SMALLEST_PIECE = 0.003  # fraction of the image; smaller pieces are removed
# If the background is black, or has levels of at least _LIGHT_GROUND, an animal can enclose gaps. A gap's
# levels are within _GAP_NEAR of the background's levels, and it covers at least _GAP_COVERS of the image. But
# if all such areas cover more than _GAPS_COVER of the animal, they are a white body.
_GAP_NEAR, _LIGHT_GROUND, _GAP_COVERS, _GAPS_COVER = 5, 240, 0.002, 0.25
# The background consists of blocks if more than _STRAIGHT of the mask's outline are level or upright lines of
# _RUN_PX pixels. In blocks, neighbors in such runs differ by at most _STEP. If less than _LEFT of the mask is
# textured, it is a drawing in flat colors.
_RUN_PX, _STRAIGHT, _LEFT = 10, 0.3, 0.6


def animal_mask(rgb: np.ndarray) -> np.ndarray | None:
    """Separate an animal, or any other subject, from its background.

    Pixels are background if they are connected to the border and have one of the border's colors or a color
    that changes slowly into one of them. The background may be white, black, tinted, a gradient, a fake
    transparency checkerboard, streaks of any of these, as left by padding that repeats the border, or blocks
    of several colors, as left by dropping an alpha channel. Small gaps in an outline are closed.

    Args:
        rgb: (H, W, 3) uint8.

    Returns:
        (H, W) bool, True on the animal, or None if the mask would cover almost all or almost none of the
        image.
    """
    mask = _small_mask(shrink(rgb, _SIDE_PX))
    if mask is None:
        return None
    return cv2.resize(mask.astype(np.float32), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR) > 0.5


def without_gaps(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Remove enclosed areas of plain light or black background, such as the space between legs, from a mask.

    Use this only for silhouettes and images in color. In line art, white between lines belongs to the animal.

    Args:
        rgb: (H, W, 3) uint8.
        mask: (H, W) bool, as `animal_mask` returns it.
    """
    ground = np.median(rgb[~mask], axis=0) if not mask.all() else np.zeros(3)
    if ground.min() < _LIGHT_GROUND and ground.max() > _GAP_NEAR:
        return mask
    square = np.ones((3, 3), np.uint8)
    away = np.abs(rgb.astype(np.int16) - ground).max(axis=2)
    even = cv2.morphologyEx(((away <= _GAP_NEAR) & mask).astype(np.uint8), cv2.MORPH_OPEN, square)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(even, connectivity=4)
    is_gap = stats[:, cv2.CC_STAT_AREA] >= _GAP_COVERS * mask.size
    is_gap[0] = False
    gaps = is_gap[labels]
    if gaps.sum() > _GAPS_COVER * mask.sum():
        return mask
    return mask & ~_grown(gaps, away <= 4 * _GAP_NEAR, 1)


def _small_mask(rgb: np.ndarray) -> np.ndarray | None:
    """Find the animal mask for an image whose longest side is at most `_SIDE_PX`."""
    bgr, _ = remove_checkerboard(np.ascontiguousarray(rgb[..., ::-1]))
    top, bottom, left, right = _streaks(bgr)
    inner = np.ascontiguousarray(bgr[top : bgr.shape[0] - bottom, left : bgr.shape[1] - right])
    if min(inner.shape[:2]) < 8:
        return None
    animal, closer = (_animal(_ground(inner, gap_px)) for gap_px in _GAPS_PX)
    if closer.sum() > _MUCH_MORE * animal.sum():
        animal = closer
    animal = _without_blocks(inner, animal)
    mask = np.zeros(bgr.shape[:2], bool)
    mask[top : bgr.shape[0] - bottom, left : bgr.shape[1] - right] = animal
    return mask if _COVERS[0] < mask.mean() < _COVERS[1] else None


def _streaks(bgr: np.ndarray) -> tuple[int, int, int, int]:
    """Return the sizes (top, bottom, left, right) of the margins that repeat one row or column."""
    turned = np.ascontiguousarray(bgr.transpose(1, 0, 2))
    views = (bgr, bgr[::-1], turned, turned[::-1])
    return tuple(_repeated(view) for view in views)  # type: ignore[return-value]


def _repeated(image: np.ndarray) -> int:
    """Count the equal rows at the top of an image; return 0 if those rows have a single color."""
    first = image[1].astype(np.int16)
    if first.std(axis=0).max() < _REPEATED:
        return 0
    change = np.abs(image.astype(np.int16) - first).mean(axis=(1, 2))
    differs = np.flatnonzero(change > _REPEATED)
    strip = int(differs[differs > 1][0]) if (differs > 1).any() else 0
    # Part of a smooth strip is kept because the search starts at the border.
    is_smooth = np.abs(np.diff(first, axis=0)).max() <= _LINE
    return max(0, strip - _LEAST_STRIP_PX) if is_smooth else strip


def _without_blocks(bgr: np.ndarray, animal: np.ndarray) -> np.ndarray:
    """Remove blocks of even color and streaks from a mask, (H, W) bool, if their sides are its outline."""
    outline = animal & (cv2.erode(animal.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    outline[:2] = outline[-2:] = outline[:, :2] = outline[:, -2:] = False
    if _in_runs(outline, outline).sum() <= _STRAIGHT * outline.sum():
        return animal
    levels, (across, down) = bgr.astype(np.int16), np.zeros((2, *animal.shape), bool)
    across[:, 1:] = np.abs(np.diff(levels, axis=1)).max(axis=2) <= _STEP
    down[1:] = np.abs(np.diff(levels, axis=0)).max(axis=2) <= _STEP
    textured = (animal & ~_in_runs(across, down)).astype(np.uint8)
    textured = cv2.morphologyEx(textured, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    rest = cv2.morphologyEx(textured, cv2.MORPH_CLOSE, disk) == 0
    _, labels = cv2.connectedComponents(rest.astype(np.uint8), connectivity=4)
    found = _animal(rest & np.isin(labels, labels[~animal]))  # even areas within the animal are part of it
    return found if found.sum() >= _LEFT * animal.sum() else animal


def _in_runs(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return the pixels in level runs of the first mask and in upright runs of the second; (H, W) bool."""
    level, upright = (
        cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones(size, np.uint8)) > 0
        for mask, size in ((across, (1, _RUN_PX)), (down, (_RUN_PX, 1)))
    )
    return level | upright


def _ground(bgr: np.ndarray, gap_px: int) -> np.ndarray:
    """Return an image's background, (H, W) bool; outline gaps at most twice gap_px wide are closed."""
    lab = cv2.cvtColor(cv2.bilateralFilter(bgr, 5, 12, 3), cv2.COLOR_BGR2LAB)
    ring = np.ones(lab.shape[:2], bool)  # the border
    ring[2:-2, 2:-2] = False
    near, colors = np.zeros(lab.shape[:2], bool), _border_colors(lab[ring].astype(np.float32))
    for color in colors:
        limit = _NEAR_BLACK if color[0] <= _BLACK else _NEAR
        near |= np.linalg.norm(lab.astype(np.float32) - color, axis=2) < limit
    square = np.ones((3, 3), np.uint8)
    line = (cv2.dilate(bgr, square).astype(np.int16) - cv2.erode(bgr, square)).max(axis=2) > _LINE
    ground = _reached(near & ~line, ring, gap_px)
    if max(color[0] for color in colors) <= _BLACK:
        return _grown(ground, near, 1)
    # Starting from there, follow background whose color changes slowly.
    flags = 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY
    filled = cv2.copyMakeBorder((~_open_space(~line, gap_px)).astype(np.uint8), 1, 1, 1, 1, 0, value=1)
    barrier = filled[1:-1, 1:-1] > 0
    for row, column in np.argwhere(ring & ground & ~barrier):
        if not filled[row + 1, column + 1]:
            cv2.floodFill(lab, filled, (int(column), int(row)), 0, (_STEP,) * 3, (_STEP,) * 3, flags)
    slow = _grown((filled[1:-1, 1:-1] > 0) & ~barrier, ~line, gap_px)
    # A line belongs to the area that it encloses, except for outer pixels that have the background's color.
    return _grown(ground | slow, near | ground | slow, 1)


def _open_space(mask: np.ndarray, gap_px: int) -> np.ndarray:
    """Erode a mask, (H, W) bool, to close passages at most twice gap_px wide; the border stays open."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * gap_px + 1,) * 2)
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), gap_px, gap_px, gap_px, gap_px, cv2.BORDER_REPLICATE)
    return cv2.erode(padded, kernel)[gap_px:-gap_px, gap_px:-gap_px] > 0


def _grown(mask: np.ndarray, within: np.ndarray, radius_px: int) -> np.ndarray:
    """Dilate a mask by a radius, but only within another mask; both are (H, W) bool."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1,) * 2)
    return (cv2.dilate(mask.astype(np.uint8), kernel) > 0) & within


def _border_colors(colors: np.ndarray) -> list[np.ndarray]:
    """Return each color that makes up at least `_BORDER_SHARE` of the border, (N, 3) float32."""
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    count = min(_BORDER_COLORS, len(colors))
    cv2.setRNGSeed(0)
    _, labels, centers = cv2.kmeans(colors, count, None, criteria, 2, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    shares = np.bincount(labels.ravel(), minlength=count) / len(colors)
    return [center for center, share in zip(centers, shares, strict=True) if share >= _BORDER_SHARE]


def _reached(candidates: np.ndarray, ring: np.ndarray, gap_px: int) -> np.ndarray:
    """Return the candidates that are connected to the border by a path that avoids gaps in an outline."""
    space = _open_space(candidates, gap_px)
    _, labels = cv2.connectedComponents(space.astype(np.uint8), connectivity=4)
    reached = np.isin(labels, np.unique(labels[ring & space])) & space
    return _grown(reached, candidates, gap_px)


def _animal(ground: np.ndarray) -> np.ndarray:
    """Return the mask of everything that is not background, with thin gaps closed and specks removed."""
    mask = cv2.morphologyEx((~ground).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= _SMALLEST_PIECE * mask.size
    keep[0] = False
    return keep[labels]
