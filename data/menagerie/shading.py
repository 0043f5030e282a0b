"""Turn a G-buffer into a photograph: light, shadow, fur, highlights and a clean outline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.menagerie.raster import EMPTY, FLOW, GLOSS, HAIR, NORMAL, PAINT, GBuffer
from data.menagerie.textures import fur

Array = np.ndarray


@dataclass(frozen=True)
class Light:
    """The light of a scene.

    Attributes:
        direction: (3,) unit vector towards the lamp in view axes: right, up, towards the viewer.
        key: RGB strength of the lamp.
        sky: RGB strength of light from above.
        ground: RGB strength of light from below.
    """

    direction: tuple[float, float, float]
    key: tuple[float, float, float]
    sky: tuple[float, float, float]
    ground: tuple[float, float, float]


def photograph(buffer: GBuffer, light: Light) -> tuple[Array, Array]:
    """Shade a G-buffer.

    Args:
        buffer: what is seen, at twice the final size.
        light: the scene's light.

    Returns:
        colour (size, size, 3) multiplied by coverage, and coverage (size, size), float32 in [0, 1].
    """
    size = buffer.size
    solid = (buffer.depth > EMPTY).reshape(size, size)
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    colour = np.zeros((size, size, 3), np.float32)
    alpha = np.zeros((size, size), np.float32)
    if not len(rows):
        return colour, alpha
    pad = 8
    box = (slice(max(rows[0] - pad, 0), rows[-1] + pad), slice(max(columns[0] - pad, 0), columns[-1] + pad))
    colour[box], alpha[box] = _shade(buffer, light, solid, box)
    return colour, alpha


def _shade(buffer: GBuffer, light: Light, solid: Array, box: tuple[slice, slice]) -> tuple[Array, Array]:
    """Shade the pixels of a box: premultiplied colour and coverage."""
    inside = solid[box].astype(np.float32)
    cover = cv2.GaussianBlur(inside, (0, 0), 1.6)
    fill = 1 / np.maximum(cover, 1e-3)
    normal = cv2.GaussianBlur(buffer.image(NORMAL)[box] * inside[..., None], (0, 0), 1.6)
    normal /= np.maximum(np.sqrt(np.einsum("ijk,ijk->ij", normal, normal)), 1e-6)[..., None]
    depth = buffer.depth.reshape(buffer.size, buffer.size)[box]
    occlusion, shadow = _occlusion(depth, inside, light)
    toward = np.asarray(light.direction, np.float32)
    facing = normal @ toward
    key = np.clip((facing + 0.22) / 1.22, 0, 1) * shadow
    up = 0.5 + 0.5 * normal[..., 1]
    half = toward + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    shine = np.clip(normal @ half, 0, 1)
    gloss = buffer.image(GLOSS)[box]
    # Hair scatters along strokes; a bare wet surface gives a tight highlight.
    shine = gloss * (0.55 * shine ** 9 + 0.9 * shine ** 45) * shadow
    strokes = _strokes(buffer, solid, box)
    paint = buffer.image(PAINT)[box] * (1 + strokes)[..., None]
    lit = (key[..., None] * np.asarray(light.key, np.float32)
           + (up * occlusion)[..., None] * np.asarray(light.sky, np.float32)
           + ((1 - up) * occlusion)[..., None] * np.asarray(light.ground, np.float32))
    colour = np.clip(paint, 0, None) * lit + (shine * (1 + strokes))[..., None] * np.asarray(light.key, np.float32)
    colour *= inside[..., None]
    bleed = cv2.GaussianBlur(colour, (0, 0), 1.6) * fill[..., None]
    colour = np.where(inside[..., None] > 0, colour, bleed)
    # A furry outline: hair moves the edge, a bare one stays where it is.
    hair = cv2.GaussianBlur(buffer.image(HAIR)[box] * inside, (0, 0), 1.6) * fill
    edge = (cover - 0.5) * 2.2 + 0.5 + 0.9 * hair * np.clip(cv2.GaussianBlur(strokes, (0, 0), 0.8) * 2, -0.5, 0.5)
    alpha = np.clip(edge, 0, 1)
    return np.clip(colour, 0, 1.2) * alpha[..., None], alpha


def _strokes(buffer: GBuffer, solid: Array, box: tuple[slice, slice]) -> Array:
    """Relative brightness of hair strokes over a box, 0 outside and on bare surfaces."""
    hairy = (buffer.image(HAIR)[box] > 0.02) & solid[box]
    flow = cv2.blur(buffer.image(FLOW)[box], (5, 5))
    spread = cv2.dilate(hairy.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    rows, columns = np.nonzero(spread)
    out = np.zeros(hairy.shape, np.float32)
    amount = cv2.dilate(buffer.image(HAIR)[box], np.ones((5, 5), np.uint8))[rows, columns]
    long = buffer.length.reshape(solid.shape)[box][rows, columns]
    x, y = flow[rows, columns].T
    value = np.empty(len(rows), np.float32)
    for length, pick in ((9, ~long), (23, long)):
        value[pick] = fur(x[pick], y[pick], rows[pick], columns[pick], length)
    out[rows, columns] = 0.17 * amount * np.clip(value, -2.2, 2.2)
    return out


def _occlusion(depth: Array, inside: Array, light: Light) -> tuple[Array, Array]:
    """Ambient occlusion and cast shadow (1 is open) from the depth picture, worked out at quarter size."""
    h, w = depth.shape
    small = (max(w // 4, 8), max(h // 4, 8))
    solid = cv2.resize(inside, small, interpolation=cv2.INTER_AREA)
    floor = depth[inside > 0].min() - 20
    z = cv2.resize(np.where(inside > 0, depth, floor).astype(np.float32), small, interpolation=cv2.INTER_AREA)
    open_sky = np.ones_like(z)
    for sigma, strength in ((1.5, 0.030), (4.0, 0.016), (9.0, 0.007)):
        weight = cv2.GaussianBlur(solid, (0, 0), sigma) + 1e-3
        around = cv2.GaussianBlur(z * solid, (0, 0), sigma) / weight
        open_sky *= np.exp(-strength * np.clip(around - z, 0, 60))
    lx, ly, lz = light.direction
    flat = max(float(np.hypot(lx, ly)), 1e-3)
    lit = np.ones_like(z)
    for distance in (2, 4, 7, 11, 16, 23):
        shift = np.float32([[1, 0, -distance * lx / flat], [0, 1, distance * ly / flat]])
        towards = cv2.warpAffine(z, shift, small, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
                                 borderValue=float(floor))
        rise = towards - z - 4 * distance * max(lz, 0.15) / flat - 3
        lit = np.minimum(lit, 1 - 0.75 * np.clip(rise / 12, 0, 1))
    lit = cv2.GaussianBlur(lit, (0, 0), 0.9)
    return (cv2.resize(open_sky, (w, h), interpolation=cv2.INTER_LINEAR),
            cv2.resize(lit, (w, h), interpolation=cv2.INTER_LINEAR))
