"""Turn a G-buffer into an illustration, paint in three tones under drawn lines, or into line art."""

from __future__ import annotations

import cv2
import numpy as np

from scripts.menagerie.raster import EMPTY, FLAT, GLOSS, NORMAL, PAINT, GBuffer
from scripts.menagerie.shading import Light

Array = np.ndarray
# A colour is dark below this, and strokes on it are so much lighter, in [0, 1].
_DARK, _LIGHTER = 0.4, 0.5
# At twice the final size of 256 px: of how many pixels an eye must be to be drawn, and its least half length.
_SEEN_EYE, _SMALLEST_EYE = 5, 7.5


def illustrate(
    buffer: GBuffer,
    light: Light,
    *,
    line: float = 1.0,
    ink: tuple[float, float, float] = (0.10, 0.07, 0.06),
    texture: float = 0.6,
) -> tuple[Array, Array]:
    """Draw a G-buffer as a cel.

    Args:
        buffer: what is seen, at twice the final size.
        light: where the tones fall.
        line: relative thickness of the outlines.
        ink: their colour.
        texture: how much darker the gaps between feathers and scales are, or lighter on a dark coat, in
            [0, 1].

    Returns:
        colour (size, size, 3) multiplied by coverage, and coverage (size, size), float32 in [0, 1].
    """
    size = buffer.size
    solid = (buffer.depth > EMPTY).reshape(size, size)
    inside = solid.astype(np.float32)
    normal = cv2.GaussianBlur(buffer.image(NORMAL) * inside[..., None], (0, 0), 2.5)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1), 1e-6)[..., None]
    facing = cv2.GaussianBlur(normal @ np.asarray(light.direction, np.float32), (0, 0), 2.0)
    shade = np.clip((facing - 0.02) * 18, 0, 1)
    bright = np.clip((facing - 0.80) * 18, 0, 1) * (0.10 + 0.5 * buffer.image(GLOSS))
    tone = 0.62 + 0.38 * shade
    flat = (
        cv2.medianBlur((np.clip(buffer.image(FLAT), 0, 1) * 255).astype(np.uint8), 5).astype(np.float32) / 255
    )
    vivid = flat + 0.25 * (flat - flat.mean(-1, keepdims=True))
    colour = np.clip(vivid * tone[..., None] + bright[..., None], 0, 1)
    # Light strokes on what is dark, dark ones on everything else.
    gaps = texture * _relief(buffer, inside)[..., None]
    dark = colour.max(-1, keepdims=True) < _DARK
    colour = np.where(dark, colour + _LIGHTER * gaps, colour * (1 - gaps))
    eyes = _eyes(buffer, solid, line)
    outer, white, pupils = (
        _ellipses(solid.shape, eyes, share, less * line) for share, less in ((1, -0.6), (1, 0.6), (0.42, 0))
    )
    white -= pupils
    strokes = np.maximum(_outlines(buffer, solid, line), outer) * (1 - white)
    alpha = np.maximum(cv2.GaussianBlur(inside, (0, 0), 0.8), strokes)
    colour = np.maximum(colour, 0.93 * white[..., None]) * inside[..., None]
    colour = colour * (1 - strokes[..., None]) + np.asarray(ink, np.float32) * strokes[..., None]
    return np.minimum(colour, alpha[..., None]), alpha


def line_art(buffer: GBuffer, *, line: float = 1.0) -> Array:
    """Draw a G-buffer with a pen: outlines, feathers, scales and eyes, without paint.

    Args:
        buffer: what is seen, at twice the final size.
        line: relative thickness of the outlines.

    Returns:
        ink coverage (size, size), float32 in [0, 1].
    """
    size = buffer.size
    solid = (buffer.depth > EMPTY).reshape(size, size)
    strokes = np.maximum(_outlines(buffer, solid, line), _relief(buffer, solid.astype(np.float32)))
    # Dots, a little away from the lines around them.
    eyes = _eyes(buffer, solid, line)
    around, dots = (_ellipses(solid.shape, eyes, 0.85, less * line) for less in (-2, 0))
    return np.maximum(strokes * (1 - around), dots)


def _outlines(buffer: GBuffer, solid: Array, line: float) -> Array:
    """Return ink coverage (size, size): silhouettes, borders of parts, steps in depth, edges of locks."""
    size = buffer.size
    depth = np.where(solid, buffer.depth.reshape(size, size), -200).astype(np.float32)
    part = buffer.part.reshape(size, size)
    lock = np.where(buffer.ink, buffer.sub, 0).reshape(size, size)

    def differs(a: Array) -> Array:
        edge = np.zeros(a.shape, np.uint8)
        edge[:, 1:] |= a[:, 1:] != a[:, :-1]
        edge[1:] |= a[1:] != a[:-1]
        return edge

    def step(a: Array) -> Array:
        edge = np.zeros(a.shape, np.float32)
        edge[:, 1:] = np.abs(a[:, 1:] - a[:, :-1])
        edge[1:] = np.maximum(edge[1:], np.abs(a[1:] - a[:-1]))
        return edge

    jump = step(depth)
    outer = ((jump > 9) | (differs(solid) > 0)).astype(np.uint8)
    # Where parts melt into each other there is no line unless the surface bends away.
    inner = (differs(part) & (jump > 2.0)).astype(np.uint8)
    fine = (differs(lock) & (part >= 0)).astype(np.uint8)
    thick = max(int(round(3 * line)), 2)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick, thick))
    ink = np.maximum(
        cv2.dilate(outer, disc).astype(np.float32), 0.9 * cv2.dilate(inner, np.ones((2, 2), np.uint8))
    )
    ink = np.maximum(ink, 0.45 * fine)
    return np.clip(cv2.GaussianBlur(ink, (0, 0), 0.8) * 1.25, 0, 1)


def _eyes(buffer: GBuffer, solid: Array, line: float) -> list[tuple[Array, Array, float]]:
    """Find the eyes that are seen, and make small ones larger than life, as people draw them.

    Returns:
        of each eye the ellipse's centre (x, y) and half axes, in pixels, and its turn in degrees.
    """
    # Nothing but an eye is as glossy.
    glossy = ((buffer.image(GLOSS) > 0.85) & solid).astype(np.uint8)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(glossy, connectivity=8)
    eyes = []
    for number, area in enumerate(stats[:, cv2.CC_STAT_AREA]):
        if number == 0 or area < _SEEN_EYE * line**2:
            continue
        rows, columns = np.nonzero(labels == number)
        variances, axes = np.linalg.eigh(np.cov(np.stack([columns, rows]), bias=True) + np.eye(2) / 12)
        # An ellipse's half axes are twice the standard deviations along them.
        least = np.array([1.0, 0.75]) * _SMALLEST_EYE * line
        halves = np.maximum(2.5 * np.sqrt(variances[::-1]), least)
        eyes.append((centres[number], halves, float(np.degrees(np.arctan2(axes[1, 1], axes[0, 1])))))
    return eyes


def _ellipses(
    shape: tuple[int, ...], ellipses: list[tuple[Array, Array, float]], share: float, less: float
) -> Array:
    """Return the coverage, `shape` float32 in [0, 1], of ellipses: a share of the half axes, less pixels."""
    canvas = np.zeros(shape, np.uint8)
    for centre, halves, angle in ellipses:
        fixed = [int(round(16 * value)) for value in (*centre, *np.maximum(share * halves - less, 0))]
        cv2.ellipse(canvas, fixed[:2], fixed[2:], angle, 0, 360, 255, -1, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / 255


def _relief(buffer: GBuffer, inside: Array) -> Array:
    """Return thin ink (size, size) in the gaps between scales and feathers and between the rays of a fin."""
    shade = buffer.image(PAINT).mean(-1) / np.maximum(buffer.image(FLAT).mean(-1), 0.02)
    shade = cv2.GaussianBlur(np.where(inside > 0, shade, 1).astype(np.float32), (0, 0), 0.8)
    near = cv2.GaussianBlur(shade * inside, (0, 0), 5) / np.maximum(cv2.GaussianBlur(inside, (0, 0), 5), 1e-3)
    return 0.9 * np.clip(8 * (near - shade - 0.06), 0, 1) * inside
