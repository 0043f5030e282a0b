"""Turn a G-buffer into an illustration with three tones and outlines."""

from __future__ import annotations

import cv2
import numpy as np

from menagerie.raster import FLAT, GLOSS, NORMAL, PAINT, GBuffer
from menagerie.shading import Light

Array = np.ndarray
_INK = np.array([0.10, 0.07, 0.06], np.float32)
# The brightness below which colors count as dark, and how much lighter strokes on dark colors are.
_DARK, _LIGHTER = 0.4, 0.5
# The minimum area of an eye that is drawn, and its minimum radius, in pixels at twice the size of 256 px.
_SEEN_EYE, _SMALLEST_EYE = 5, 6.5


def illustrate(buffer: GBuffer, light: Light, texture: float) -> tuple[Array, Array]:
    """Draw a G-buffer of twice the final size as an illustration.

    `texture` in [0, 1] is the strength of the strokes between feathers and between scales.

    Returns:
        color (size, size, 3) multiplied by coverage, and coverage (size, size), float32 in [0, 1].
    """
    solid, line = buffer.solid, buffer.size / 512
    inside = solid.astype(np.float32)
    normal = cv2.GaussianBlur(buffer.image(NORMAL) * inside[..., None], (0, 0), 2.5)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1), 1e-6)[..., None]
    facing = cv2.GaussianBlur(normal @ np.asarray(light.direction, np.float32), (0, 0), 2.0)
    tone = 0.62 + 0.38 * np.clip((facing - 0.02) * 18, 0, 1)
    bright = np.clip((facing - 0.80) * 18, 0, 1) * (0.10 + 0.5 * buffer.image(GLOSS))
    flat = cv2.medianBlur((np.clip(buffer.image(FLAT), 0, 1) * 255).astype(np.uint8), 5) / np.float32(255)
    vivid = flat + 0.25 * (flat - flat.mean(-1, keepdims=True))
    colour = np.clip(vivid * tone[..., None] + bright[..., None], 0, 1)
    # Strokes are light on dark colors, and dark elsewhere.
    gaps = texture * _relief(buffer, inside)[..., None]
    colour = np.where(colour.max(-1, keepdims=True) < _DARK, colour + _LIGHTER * gaps, colour * (1 - gaps))
    outer, white, pupils = (_eyes(buffer, line, *rim) for rim in ((1, -0.6), (1, 0.6), (0.42, 0)))
    white -= pupils
    strokes = np.maximum(_outlines(buffer, solid, line), outer) * (1 - white)
    alpha = np.maximum(cv2.GaussianBlur(inside, (0, 0), 0.8), strokes)
    colour = np.maximum(colour, 0.93 * white[..., None]) * inside[..., None]
    colour = colour * (1 - strokes[..., None]) + _INK * strokes[..., None]
    return np.minimum(colour, alpha[..., None]), alpha


def _outlines(buffer: GBuffer, solid: Array, line: float) -> Array:
    """Return the ink (size, size) of silhouettes, borders of parts, steps in depth, and edges of locks."""
    part, lock = (a.reshape(solid.shape) for a in (buffer.part, np.where(buffer.ink, buffer.sub, 0)))
    depth = np.where(solid, buffer.depth.reshape(solid.shape), -200).astype(np.float32)

    def jump(a: Array) -> Array:
        """Return the difference of each pixel from its left and its upper neighbor."""
        edge = np.abs(np.diff(a, axis=1, prepend=a[:, :1]))
        return np.maximum(edge, np.abs(np.diff(a, axis=0, prepend=a[:1])))

    outer = (jump(depth) > 9) | (jump(solid.astype(np.int8)) > 0)
    # Parts that blend into each other get no line, unless the surface bends.
    inner = (jump(part) > 0) & (jump(depth) > 2)
    thick = max(int(round(3 * line)), 2)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick, thick))
    ink = cv2.dilate(outer.astype(np.float32), disc)
    ink = np.maximum(ink, 0.9 * cv2.dilate(inner.astype(np.float32), np.ones((2, 2), np.uint8)))
    ink = np.maximum(ink, 0.45 * ((jump(lock) > 0) & (part >= 0)))
    return np.clip(cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 0.8) * 1.25, 0, 1)


def _eyes(buffer: GBuffer, line: float, share: float, less: float) -> Array:
    """Return the coverage (size, size) of disks that are a little smaller than the eyes.

    Small eyes are enlarged, as people draw them.
    """
    # Only eyes are this glossy.
    glossy = (buffer.image(GLOSS) > 0.85).astype(np.uint8)
    _, _, stats, centres = cv2.connectedComponentsWithStats(glossy, connectivity=8)
    canvas = np.zeros(glossy.shape, np.uint8)
    for area, centre in zip(stats[1:, cv2.CC_STAT_AREA], centres[1:], strict=True):
        if area >= _SEEN_EYE * line**2:
            radius = max(1.2 * np.sqrt(area / np.pi), _SMALLEST_EYE * line) * share - less * line
            x, y, r = (int(round(16 * v)) for v in (*centre, radius))
            cv2.circle(canvas, (x, y), r, 255, -1, cv2.LINE_AA, 4)
    return canvas / np.float32(255)


def _relief(buffer: GBuffer, inside: Array) -> Array:
    """Return the ink (size, size) between scales, between feathers and between the rays of a fin."""
    shade = buffer.image(PAINT).mean(-1) / np.maximum(buffer.image(FLAT).mean(-1), 0.02)
    shade = cv2.GaussianBlur(np.where(inside > 0, shade, 1).astype(np.float32), (0, 0), 0.8)
    near = cv2.GaussianBlur(shade * inside, (0, 0), 5) / np.maximum(cv2.GaussianBlur(inside, (0, 0), 5), 1e-3)
    return 0.9 * np.clip(8 * (near - shade - 0.06), 0, 1) * inside
