"""The background behind the animal, and the shadow at its feet."""

from __future__ import annotations

import cv2
import numpy as np

from scripts.menagerie.geometry import Mesh
from scripts.menagerie.raster import Camera
from scripts.menagerie.shading import Light
from scripts.menagerie.textures import TILE, noise_tile

Array = np.ndarray

PLAIN = ("white", "grey", "black", "hue", "studio")
OUTDOORS = ("grass", "sky", "sand", "water", "woods")


def background(kind: str, size: int, rng: np.random.Generator, horizon: float) -> Array:
    """Draw a background.

    Args:
        kind: one of `PLAIN` or `OUTDOORS`.
        size: pixels.
        rng: the image's generator.
        horizon: row, as a share of the height, where the ground ends.

    Returns:
        (size, size, 3) float32 RGB in [0, 1].

    Raises:
        ValueError: the kind is unknown.
    """
    if kind == "white":
        return np.ones((size, size, 3), np.float32)
    if kind == "grey":
        return np.full((size, size, 3), rng.uniform(0.93, 0.97), np.float32)
    if kind == "black":
        return np.zeros((size, size, 3), np.float32)
    rows = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    if kind == "hue":
        colour = _hue(rng, 0.35, rng.uniform(0.35, 0.85))
        return np.broadcast_to(colour, (size, size, 3)).astype(np.float32).copy()
    if kind == "studio":
        colour = _hue(rng, 0.12, rng.uniform(0.55, 0.85))
        spot = np.linspace(-1, 1, size, dtype=np.float32)
        glow = np.exp(-(spot[None, :] ** 2 + (spot[:, None] + 0.1) ** 2) * 0.8)[..., None]
        return colour * (0.62 + 0.42 * glow)
    if kind == "sky":
        clouds = _noise(size, rng, 1.0)[..., None]
        top, low = _jitter(rng, (0.30, 0.52, 0.82)), _jitter(rng, (0.72, 0.83, 0.93))
        blue = top * (1 - rows) + low * rows
        cover = np.clip((clouds - rng.uniform(0.45, 0.8)) * 2.2, 0, 0.85)
        return (blue * (1 - cover) + 0.96 * cover).astype(np.float32)
    if kind == "water":
        top, low = _jitter(rng, (0.16, 0.50, 0.66)), _jitter(rng, (0.02, 0.16, 0.32))
        blue = top * (1 - rows) + low * rows
        rays = _noise(size, rng, 0.5, stretch=4.0)[..., None]
        return np.clip(blue * (0.85 + 0.35 * rays * (1 - 0.7 * rows)), 0, 1).astype(np.float32)
    if kind == "woods":
        return _blurred_woods(size, rng)
    if kind in ("grass", "sand"):
        return _ground(kind, size, rng, horizon)
    raise ValueError(f"background '{kind}' is unknown; choose from {', '.join(PLAIN + OUTDOORS)}")


def _hue(rng: np.random.Generator, saturation: float, value: float) -> Array:
    """Draw a colour of any hue."""
    wheel = 0.5 + 0.5 * np.cos(2 * np.pi * (rng.random() + np.array([0, 1 / 3, 2 / 3])))
    return (value * (1 - saturation + saturation * wheel)).astype(np.float32)


def _jitter(rng: np.random.Generator, colour: tuple[float, float, float], amount: float = 0.06) -> Array:
    """Draw a colour near another."""
    return np.clip(np.asarray(colour) + rng.normal(0, amount, 3) * 0.6 + rng.normal(0, amount), 0, 1).astype(
        np.float32
    )


def _noise(size: int, rng: np.random.Generator, scale: float, stretch: float = 1.0) -> Array:
    """Crop the noise tile at a random place, `scale` tiles across and `stretch` times taller."""
    shift = rng.integers(0, TILE, 2)
    tile = np.roll(noise_tile(4, 4, 3), shift, (0, 1))
    cut = tile[: max(int(TILE * scale / stretch), 8), : max(int(TILE * scale), 8)]
    return cv2.resize(cut, (size, size), interpolation=cv2.INTER_CUBIC)


def _blurred_woods(size: int, rng: np.random.Generator) -> Array:
    """Generate foliage far out of focus."""
    dark, light = _jitter(rng, (0.13, 0.20, 0.09)), _jitter(rng, (0.50, 0.60, 0.32), 0.09)
    mixed = _noise(size, rng, 0.9)[..., None]
    image = dark * (1 - mixed) + light * mixed
    for _ in range(int(rng.integers(6, 16))):
        centre = tuple(int(v) for v in rng.integers(0, size, 2))
        cv2.circle(
            image,
            centre,
            int(rng.integers(size // 40, size // 14)),
            tuple(float(v) for v in np.clip(light * rng.uniform(0.9, 1.5), 0, 1)),
            -1,
            cv2.LINE_AA,
        )
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), size / 36)


def _ground(kind: str, size: int, rng: np.random.Generator, horizon: float) -> Array:
    """Generate grass or sand up to a blurred horizon."""
    edge = int(np.clip(horizon + rng.normal(0, 0.03), 0.12, 0.9) * size)
    far = background("sky", size, rng, horizon) if rng.random() < 0.45 else _blurred_woods(size, rng)
    rows = np.arange(size, dtype=np.float32)
    near = np.clip((rows - edge) / max(size - edge, 1), 0, 1)[:, None]
    base = _jitter(rng, (0.34, 0.47, 0.17) if kind == "grass" else (0.74, 0.62, 0.45), 0.05)
    grain = rng.standard_normal((size, size)).astype(np.float32)
    if kind == "grass":
        # Blades are short upright strokes, longer towards the viewer.
        fine = cv2.blur(grain, (1, max(size // 64, 2)))
        tall = cv2.blur(np.roll(grain, size // 3, 1), (1, max(size // 22, 4)))
        blades = fine * (1 - near) * 0.22 + tall * near * 0.62
    else:
        blades = 0.05 * grain + 0.10 * cv2.GaussianBlur(grain, (0, 0), 2) * near * 3
    patch = _noise(size, rng, 0.6, 0.5) - 0.5
    light = 1 + blades + 0.35 * patch
    field = np.clip(base * light[..., None], 0, 1)
    if kind == "grass":
        field[..., 0] += 0.10 * np.clip(patch, 0, 1)
    haze = np.clip(1 - near * 3, 0, 1)[..., None] * 0.28
    field = field * (1 - haze) + 0.75 * haze * base + 0.12 * haze
    mask = np.clip((rows - edge) / max(size / 64, 1) + 0.5, 0, 1)[:, None, None]
    return (far * (1 - mask) + field * mask).astype(np.float32)


def ground_shadow(meshes: list[Mesh], camera: Camera, light: Light, size: int, ground: float) -> Array:
    """Cast a creature's soft shadow on the ground.

    Args:
        meshes: its parts.
        camera: the view, for an image of 2 * `size` pixels.
        light: the scene's light.
        size: pixels of the image.
        ground: height of the ground.

    Returns:
        (size, size) float32 in [0, 1]; 1 where the ground is fully dark.
    """
    small = size // 2
    direction = camera.turn.T @ np.asarray(light.direction)
    direction[1] = max(direction[1], 0.45)
    cast = np.zeros((small, small), np.float32)
    touch = np.zeros((small, small), np.float32)
    # Chunks of a mesh cast convex shadows, which together have any shape.
    for points in (
        mesh.corners[i : i + 96 : 2, ::2].reshape(-1, 3)
        for mesh in meshes
        for i in range(0, len(mesh.corners), 96)
    ):
        height = points[:, 1] - ground
        for target, drop, near in (
            (cast, direction / direction[1], None),
            (touch, np.array([0, 1.0, 0]), 0.09),
        ):
            use = points if near is None else points[height < near]
            if len(use) < 3:
                continue
            flat = use - drop * (use[:, 1:2] - ground)
            xy, _ = camera.project(flat)
            hull = cv2.convexHull((xy / 4).astype(np.float32))
            cv2.fillConvexPoly(target, np.round(hull * 16).astype(np.int32), 1.0, cv2.LINE_AA, 4)
    soft = 0.5 * cv2.GaussianBlur(cast, (0, 0), small / 28) + 0.7 * cv2.GaussianBlur(
        touch, (0, 0), small / 70
    )
    return cv2.resize(np.clip(soft, 0, 1), (size, size), interpolation=cv2.INTER_LINEAR)
