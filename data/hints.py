"""Color hints: simplified animal colors, drawn under the lines in a generator's input.

A condition is an RGB image. Its lines are white, its background is black, and the animal is filled with its
own colors. `darken` makes these colors much darker than the lines. Even a black animal is lighter than the
background, so a pixel that is as black as the background has no hint.
"""

from __future__ import annotations

import cv2
import numpy as np

# Color values 0 and 255 become hint levels 14 and 96.
OFFSET, SCALE = 14.0, 0.32
# Pixels of the condition up to the first level are not lines; pixels at the second level are fully lines.
LINE_FROM, LINE_FULL = 110, 255
# Noise of up to this many levels is added to hints. Without it, convolutions would turn uniform color
# into a woven pattern instead of fur.
GRAIN = 6
# Light and dark patches of a coat over the whole image, (24, 24). Large patches contain smaller ones.
PATCHES = sum(
    cv2.resize(
        np.random.default_rng(n).normal(0, std, (n, n)).astype(np.float32),
        (24, 24),
        interpolation=cv2.INTER_CUBIC,
    )
    for n, std in ((4, 0.28), (9, 0.17), (24, 0.1))
)
# The color of a coat in full light, and the fraction of the coat's color that remains in the dark.
_CREAM, _DARK = (232, 214, 184), 0.22
# How dark lines make a coat; the image's side divided by their blur and by the width of a rim without ink.
_INK, _SOFT, _RIM = 7.5, 128, 64

# An area is evenly colored if its levels vary by at most _EVEN. _STRENGTH scales the shading of such areas.
_EVEN, _STRENGTH = 5, 0.8
_BLACK_FUR = np.array((68.0, 61.0, 56.0))  # darkest color of even areas; shading would not show on pure black


def darken(rgb: np.ndarray) -> np.ndarray:
    """Convert colors c to hint levels 14 + 0.32 c, uint8 to uint8."""
    return np.rint(OFFSET + SCALE * rgb.astype(np.float32)).astype(np.uint8)


def lighten(hint: np.ndarray) -> np.ndarray:
    """Convert hint levels back to colors, uint8. This is the inverse of `darken` up to rounding."""
    return np.clip(np.rint((hint.astype(np.float32) - OFFSET) / SCALE), 0, 255).astype(np.uint8)


def color_hint(rgb: np.ndarray, mask: np.ndarray, *, colors: int = 32, patch_px: int = 3) -> np.ndarray:
    """Simplify an animal's colors to flat areas of a few colors, without shading or texture.

    K-means clustering in Lab selects the colors, and a majority filter removes areas smaller than a brush
    stroke.

    Args:
        rgb: (H, W, 3) uint8.
        mask: (H, W) bool, True on the animal.
        colors: maximum number of colors.
        patch_px: side of the filter's window; smaller areas take the color of their surroundings.

    Returns:
        (H, W, 3) uint8, with hint levels (see `darken`) on the animal and 0 on the background.
    """
    hint = np.zeros_like(rgb)
    if not mask.any():
        return hint
    # Only the animal's pixels are averaged, so that no background color bleeds into its rim.
    weight = cv2.blur(mask.astype(np.float32), (3, 3))[..., None]
    smooth = cv2.blur(np.where(mask[..., None], rgb, 0).astype(np.float32), (3, 3)) / np.maximum(weight, 1e-3)
    lab = cv2.cvtColor(np.clip(smooth, 0, 255).astype(np.uint8), cv2.COLOR_RGB2LAB)
    samples = lab[mask].astype(np.float32)
    step = max(1, len(samples) // 5000)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 15, 0.5)
    count = min(colors, len(samples[::step]))
    cv2.setRNGSeed(0)
    _, _, centres = cv2.kmeans(samples[::step], count, None, criteria, 2, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    nearest = ((centres**2).sum(1) - 2 * samples @ centres.T).argmin(1)
    labels = np.zeros(mask.shape, np.uint8)
    labels[mask] = nearest + 1
    flat = _commonest(labels, mask, count, patch_px)
    palette = cv2.cvtColor(centres[None].astype(np.uint8), cv2.COLOR_LAB2RGB)[0]
    hint[mask] = darken(palette)[flat[mask] - 1]
    return hint


def _commonest(labels: np.ndarray, mask: np.ndarray, count: int, patch_px: int) -> np.ndarray:
    """Replace each label in the mask, 1 to count, with the most common one around it; return 0 elsewhere."""
    votes = [cv2.blur((labels == k + 1).astype(np.float32), (patch_px, patch_px)) for k in range(count)]
    return np.where(mask, np.argmax(votes, axis=0) + 1, 0).astype(np.uint8)


def shade(mask: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Estimate how light falls on a round body that is lit from above and has a crease at each line.

    Args:
        mask: (H, W) bool, True on the animal.
        lines: (H, W) uint8 in {0, 255}.

    Returns:
        (H, W) float64: 1 in full light, less in shadow, up to about 1.5 in highlights.
    """
    side, animal = max(mask.shape), mask.astype(np.float32)
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inward = np.minimum(cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] * 9 / side, 1)
    crease = np.minimum(cv2.distanceTransform((lines == 0).astype(np.uint8), cv2.DIST_L2, 5), side / 32)
    round_px = np.sqrt(1 - (1 - inward) ** 2) * side / 9
    height = cv2.GaussianBlur(round_px + 1.3 * crease, (0, 0), side / 130)
    down, right = np.gradient(height)
    light = (0.25 * right + 0.75 * down + 0.6) / np.sqrt(down**2 + right**2 + 1)
    # Areas with many lines, such as manes and feathers, are usually darker.
    near = cv2.GaussianBlur((lines > 0) * animal, (0, 0), side / 40)
    share = near / np.maximum(cv2.GaussianBlur(animal, (0, 0), side / 40), 0.05)
    rows = np.flatnonzero(mask.any(1))
    low = ((np.arange(mask.shape[0]) - rows[0]) / max(1, np.ptp(rows)))[:, None] if rows.size else 0.0
    patches = cv2.resize(PATCHES, mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
    shaded = 0.58 + 0.62 * light + patches - 0.1 * low - 0.3 * np.clip((low - 0.72) / 0.28, 0, 1)
    return shaded - 0.35 * np.clip(share / 0.3 - 0.35, 0, 1)


def shaded_coat(
    mask: np.ndarray, lines: np.ndarray, color: tuple[int, ...], *, inked: bool = False
) -> np.ndarray:
    """Give an animal without colors a shaded coat.

    A uniform hint would make the generated image look flat, because in training a uniform hint belongs to an
    animal without shading.

    Args:
        mask, lines: as for `shade`.
        color: RGB, 0 to 255.
        inked: darken the coat at the lines within the animal, so that drawn faces stay readable. Training
            pairs leave this out: their photos are not darker at every line.

    Returns:
        (H, W, 3) uint8 RGB, which `color_hint` takes as its input.
    """
    light = shade(mask, lines)[..., None]
    if inked:
        side = max(mask.shape)
        disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * (side // _RIM) + 1,) * 2)
        inner = (cv2.erode(mask.astype(np.uint8), disk) > 0) & (lines > 0)
        soft = cv2.GaussianBlur(inner.astype(np.float32), (0, 0), side / _SOFT)
        light -= np.minimum(_INK * soft, 1)[..., None]
    middle, cream = np.array(color, np.float64), np.array(_CREAM)
    coat = middle * (_DARK + (1 - _DARK) * np.clip(light, 0.1, 1))
    return np.clip(coat + (cream - middle) * np.clip((light - 1) / 0.55, 0, 1), 8, 245).astype(np.uint8)


def shade_flat_areas(rgb: np.ndarray, mask: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Shade the parts of a drawing that are colored evenly; leave shaded and textured parts as they are.

    Args:
        rgb: (H, W, 3) uint8.
        mask, lines: as for `shade`.

    Returns:
        (H, W, 3) uint8 RGB, which `color_hint` takes as its input.
    """
    box, square = (max(1, max(mask.shape) // 8),) * 2, np.ones((5, 5), np.uint8)
    smooth = cv2.blur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (5, 5))
    even = cv2.dilate(smooth, square) - cv2.erode(smooth, square) <= _EVEN
    inside = (mask & (cv2.dilate(lines, np.ones((7, 7), np.uint8)) == 0)).astype(np.float32)
    share = cv2.blur(even * inside, box) / np.maximum(cv2.blur(inside, box), 1e-3)
    light = shade(mask, lines)
    strength = _STRENGTH * np.clip(share / 0.4 - 1, 0, 1)
    darker = 1 - (1 - _DARK) * strength * np.clip(1 - light, 0, 0.9)
    color = np.maximum(rgb, strength[..., None] * _BLACK_FUR) * darker[..., None]
    lightest = np.maximum(color, np.minimum(1.6 * color + 60, 235))
    highlight = strength * np.clip((light - 1) / 0.55, 0, 1)
    return (color + (lightest - color) * highlight[..., None]).astype(np.uint8)


def grain(height: int, width: int) -> np.ndarray:
    """Return the noise for hints, (H, W, 1) int16 in [-6, 6], the same for all images of one size."""
    x = np.arange(height * width, dtype=np.uint32) * np.uint32(2654435761)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(2246822519)
    x = x ^ (x >> np.uint32(13))
    return ((x % np.uint32(2 * GRAIN + 1)).astype(np.int16) - GRAIN).reshape(height, width, 1)


def with_lines(hint: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Add grain and lines, (H, W) uint8 in {0, 255}, to a hint; return (H, W, 3) uint8."""
    grained = np.where(hint.any(2, keepdims=True), hint + grain(*edges.shape), 0).astype(np.uint8)
    return np.maximum(grained, edges[..., None])


def without_grain(condition: np.ndarray) -> np.ndarray:
    """Remove the grain from a condition, (H, W, 3) uint8, without changing its lines or background."""
    hinted = (condition.any(2) & (condition.min(2) < LINE_FROM))[..., None]
    return np.where(hinted, condition - grain(*condition.shape[:2]), condition).astype(np.uint8)
