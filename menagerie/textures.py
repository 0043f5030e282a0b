"""Tileable noise, fur along a direction, and overlapping scales, all from fixed seeds."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

Array = np.ndarray
TILE = 256
FUR_ANGLES = 24


@lru_cache(maxsize=8)
def noise_tile(cells: int = 4, octaves: int = 4, seed: int = 7) -> Array:
    """Generate tileable fractal noise (256, 256) float32 with a uniform distribution in [0, 1]."""
    rng = np.random.default_rng(seed)
    total = np.zeros((TILE, TILE), np.float32)
    for octave in range(octaves):
        n = cells * 2**octave
        grid = np.tile(rng.random((n, n), np.float32), (3, 3))
        wide = cv2.resize(grid, (3 * TILE, 3 * TILE), interpolation=cv2.INTER_CUBIC)
        total += wide[TILE : 2 * TILE, TILE : 2 * TILE] * 0.55**octave
    rank = np.empty(total.size, np.float32)
    rank[np.argsort(total, axis=None, kind="stable")] = np.linspace(0, 1, total.size, dtype=np.float32)
    return rank.reshape(total.shape)


def sample(tile: Array, x: Array, y: Array) -> Array:
    """Read the nearest pixel of a repeated square tile at coordinates in tile lengths."""
    n = tile.shape[0]
    return tile[(y * n).astype(np.int32) & (n - 1), (x * n).astype(np.int32) & (n - 1)]


@lru_cache(maxsize=4)
def _fur_bank(length: int) -> Array:
    """Generate tiles of strokes in 24 directions over 180 degrees: (24, 256, 256), mean 0."""
    white = np.random.default_rng(length).standard_normal((TILE, TILE)).astype(np.float32)
    padded = np.pad(white, length, mode="wrap")
    grid = np.arange(-length, length + 1, dtype=np.float32)
    bank = np.empty((FUR_ANGLES, TILE, TILE), np.float32)
    for i in range(FUR_ANGLES):
        c, s = np.cos(np.pi * i / FUR_ANGLES), np.sin(np.pi * i / FUR_ANGLES)
        along, across = grid[None] * c + grid[:, None] * s, grid[:, None] * c - grid[None] * s
        stroke = np.exp(-((along / (0.45 * length)) ** 2))
        kernel = stroke * (np.exp(-((across / 0.8) ** 2)) - 0.3 * np.exp(-((across / 2.4) ** 2)))
        tile = cv2.filter2D(padded, cv2.CV_32F, kernel)[length:-length, length:-length]
        bank[i] = tile / tile.std()
    return bank


def fur(flow_x: Array, flow_y: Array, rows: Array, columns: Array, length: int) -> Array:
    """Return the brightness of hair at pixels (N,), with mean 0 and standard deviation of about 1.

    `flow_x` and `flow_y` are proportional to the cosine and sine of twice the hair's direction.
    """
    angle = np.arctan2(flow_y, flow_x) * (0.5 * FUR_ANGLES / np.pi) % FUR_ANGLES
    low = angle.astype(np.int32)
    part = angle - low
    place = (rows & (TILE - 1)) * TILE + (columns & (TILE - 1))
    flat = _fur_bank(length).reshape(-1)
    first, second = (flat[(i % FUR_ANGLES) * (TILE * TILE) + place] for i in (low, low + 1))
    return first * (1 - part) + second * part


def scales(u: Array, v: Array, rows: float, columns: float) -> tuple[Array, Array]:
    """Return overlapping scales, with `rows` along u (N,) in [0, 1] and `columns` along v in [-1, 1].

    Returns:
        The relief (N,) in [0, 1], which is dark in gaps and bright at the free edge of a scale, and a random
        value (N,) in [0, 1] for each scale.
    """
    a = u * rows
    row = np.floor(a)
    b = (v + 1) * 0.5 * columns + 0.5 * (row % 2)
    cell = np.floor(b)
    fa, fb = a - row, 2 * (b - cell) - 1
    # Beyond the rounded free edge, the next row of scales is visible.
    edge = 1 - 0.55 * fb * fb
    inside = np.clip((edge - fa) * 6, 0, 1)
    relief = inside * (0.45 + 0.55 * np.clip(fa / edge, 0, 1)) * (1 - 0.35 * fb * fb) + (1 - inside) * 0.12
    return relief, chances(row.astype(np.int32) * 57 + cell.astype(np.int32) * 131)


_CHANCES = np.random.default_rng(17).random(1024, np.float32)


def chances(number: Array) -> Array:
    """Return a pseudorandom value in [0, 1) for each whole number."""
    return _CHANCES[number & 1023]
