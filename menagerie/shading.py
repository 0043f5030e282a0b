"""Turn a G-buffer into a photo-like image with light, shadow, fur and highlights."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from menagerie.raster import FLOW, GLOSS, HAIR, NORMAL, PAINT, GBuffer
from menagerie.textures import fur, noise_tile

Array = np.ndarray


class Light(NamedTuple):
    """The light of a scene, with RGB strengths of a lamp and of light from above and below.

    `direction` is the unit vector to the lamp, in the axes right, up, and towards the viewer.
    """

    direction: tuple[float, float, float]
    key: tuple[float, float, float]
    sky: tuple[float, float, float]
    ground: tuple[float, float, float]


def photograph(buffer: GBuffer, light: Light) -> tuple[Array, Array]:
    """Shade a G-buffer of twice the final size.

    Returns:
        color (size, size, 3) multiplied by coverage, and coverage (size, size), float32 in [0, 1].
    """
    size, solid = buffer.size, buffer.solid
    colour, alpha = np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32)
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if len(rows):
        box = tuple(slice(max(int(side[0]) - 8, 0), int(side[-1]) + 8) for side in (rows, columns))
        colour[box], alpha[box] = _shade(buffer, light, solid, box)
    return colour, alpha


def _shade(buffer: GBuffer, light: Light, solid: Array, box: tuple[slice, ...]) -> tuple[Array, Array]:
    """Shade the pixels of a box; return premultiplied color and coverage."""
    there = solid[box]
    inside = there.astype(np.float32)
    cover = cv2.GaussianBlur(inside, (7, 7), 1.5)
    depth = buffer.depth.reshape(buffer.size, buffer.size)[box]
    rows, columns = np.nonzero(there)
    pixel = rows * there.shape[1] + columns
    occlusion, shadow = (a.ravel()[pixel] for a in _occlusion(depth, inside, light))
    # Smooth the facets of the mesh. From here on, only solid pixels are used.
    normal = cv2.GaussianBlur(buffer.image(NORMAL)[box] * inside[..., None], (7, 7), 1.6)
    normal = normal.reshape(-1, 3)[pixel]
    normal /= np.maximum(np.sqrt(np.einsum("ij,ij->i", normal, normal)), 1e-6)[:, None]
    features = buffer.features[(rows + box[0].start) * buffer.size + columns + box[1].start]
    toward = np.asarray(light.direction, np.float32)
    half = toward + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    # Wrapped diffuse light, because fur scatters light into the shadow.
    wrap = 0.22 + 0.16 * features[:, HAIR]
    key = np.clip((normal @ toward + wrap) / (1 + wrap), 0, 1) * shadow
    up = 0.5 + 0.5 * normal[:, 1]
    shine = np.clip(normal @ half, 0, 1)
    broad, tight = shine**8, shine**40
    strokes = _strokes(buffer, there, box)
    hair = 1 + strokes.ravel()[pixel]
    gloss = features[:, GLOSS]
    shine = (gloss * (0.34 * broad + 0.8 * gloss * tight) * shadow * hair)[:, None]
    lamp = np.asarray(light.key, np.float32)
    sky, ground = np.asarray(light.sky, np.float32), np.asarray(light.ground, np.float32)
    lit = key[:, None] * lamp + occlusion[:, None] * (ground + up[:, None] * (sky - ground))
    # A film curve, which brightens shadows and saturates slowly in bright areas.
    root = np.sqrt(np.maximum(lit, 1e-4))
    lit = 0.97 * root * np.sqrt(root)
    values = np.clip(features[:, PAINT] * hair[:, None] * lit + shine * lamp, 0, 1.2)
    colour = np.zeros((*there.shape, 3), np.float32)
    colour.reshape(-1, 3)[pixel] = values
    # Extend the colors by a few pixels, so that the outline can be cut out of them.
    rim = np.flatnonzero((cover > 0.002) & ~there)
    near = cv2.blur(inside, (7, 7))
    wide = cv2.blur(colour, (7, 7)).reshape(-1, 3)[rim]
    colour.reshape(-1, 3)[rim] = wide / near.ravel()[rim, None]
    fuzz = cv2.blur(buffer.image(HAIR)[box] * inside, (7, 7)) / np.maximum(near, 1e-2)
    # Hair changes the outline; bare skin does not.
    edge = (cover - 0.5) * 2.2 + 0.5 + fuzz * np.clip(strokes * 2.2, -0.5, 0.5)
    alpha = np.clip(edge, 0, 1)
    return colour * alpha[..., None], alpha


def _strokes(buffer: GBuffer, there: Array, box: tuple[slice, ...]) -> Array:
    """Return the relative brightness of hair in a box, which is 0 on bare surfaces and far outside."""
    hair = buffer.image(HAIR)[box]
    flow = cv2.blur(buffer.image(FLOW)[box][::2, ::2], (3, 3))
    hair = cv2.dilate(hair * there, np.ones((5, 5), np.uint8))
    rows, columns = np.nonzero(hair > 0.02)
    out = np.zeros(hair.shape, np.float32)
    amount = hair[rows, columns]
    long = buffer.length.reshape(buffer.size, buffer.size)[box][rows, columns]
    # Hair is never quite straight, so its direction and strength vary.
    noise = noise_tile(6, 3, 5)
    drift = noise[rows & 255, columns & 255] - 0.5
    x, y = flow.reshape(-1, 2)[(rows >> 1) * flow.shape[1] + (columns >> 1)].T
    turn = 1.5 * drift
    c = 1 - 0.5 * turn * turn
    x, y = x * c - y * turn, x * turn + y * c
    value = fur(x, y, rows, columns, 9)
    where = np.flatnonzero(long)
    if len(where):
        value[where] = 0.35 * value[where] + 0.8 * fur(x[where], y[where], rows[where], columns[where], 23)
    tufts = 0.22 * (noise[3 * rows & 255, (3 * columns + 77) & 255] - 0.5)
    out[rows, columns] = amount * (0.125 * np.clip(value, -2, 2) * (1 + 1.2 * drift) + tufts)
    return out


def _occlusion(depth: Array, inside: Array, light: Light) -> tuple[Array, Array]:
    """Compute ambient occlusion and cast shadow (1 means none) from the depth, at a quarter of the size."""
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
        shift = np.array([[1, 0, -distance * lx / flat], [0, 1, distance * ly / flat]], np.float32)
        towards = cv2.warpAffine(z, shift, small, borderValue=float(floor))
        rise = towards - z - 4 * distance * max(lz, 0.15) / flat - 3
        lit = np.minimum(lit, 1 - 0.75 * np.clip(rise / 12, 0, 1))
    lit = cv2.GaussianBlur(lit, (0, 0), 0.9)
    return cv2.resize(open_sky, (w, h)), cv2.resize(lit, (w, h))
