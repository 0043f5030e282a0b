"""Render an image of a creature on a white background."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from menagerie.chimeras import CHIMERAS
from menagerie.illustration import illustrate
from menagerie.raster import Camera, GBuffer, draw
from menagerie.rig import Rig
from menagerie.shading import Light, photograph
from menagerie.species import SPECIES, Kind

Array = np.ndarray
KINDS: dict[str, Kind] = {**SPECIES, **CHIMERAS}
SPLITS = {"train": 0, "val": 1, "chimeras": 2}
SUPERSAMPLE = 2
# Half of the animals are shown from a distance, because parts are smaller in a chimera.
_NEAR, _FAR = (0.03, 0.12), (0.10, 0.26)


class Rendering(NamedTuple):
    """A render and its illustration, (size, size, 3) uint8 RGB, with the visible parts and notes."""

    photo: Array
    illustration: Array | None
    parts: list[str]
    notes: dict[str, object]


def generator(seed: int, split: str, index: int) -> np.random.Generator:
    """Return the random generator of an image, which depends only on the seed, the split and the index."""
    return np.random.default_rng(np.random.SeedSequence([seed, SPLITS[split], index]))


def render(kind: str, rng: np.random.Generator, size: int = 256, drawn: bool = False) -> Rendering:
    """Render a species or a kind of chimera, given as a key of `KINDS`, at `size` x `size` pixels.

    `drawn` adds the illustration without changing the render.
    """
    plan, wide = KINDS[kind], size * SUPERSAMPLE
    bust = bool(rng.random() < plan.busts)
    yaw, pitch = rng.uniform(*plan.yaw) + (rng.uniform(0, 30) if bust else 0), rng.uniform(*plan.pitch)
    camera = Camera.looking(yaw, pitch, rng.normal(0, 1.0), bool(rng.random() < 0.5))
    rig = Rig(rng, camera.turn[2], bust)
    plan.build(rig)
    if bust:
        points, margin = np.concatenate(rig.close_up), rng.uniform(-0.02, 0.14)
        anchor = (rng.uniform(0.35, 0.65), rng.uniform(0.3, 0.6))
    else:
        points = np.concatenate([m.corners[:, ::2].reshape(-1, 3) for m in rig.meshes])
        margin = rng.uniform(*(_FAR if kind in SPECIES and rng.random() < 0.5 else _NEAR))
        anchor = (0.5, rng.uniform(0.4, 0.75))
    camera.frame(points, wide, margin, anchor)
    light, buffer = _light(rng), GBuffer(wide)
    # Draw strips and sheets first, so that hidden pixels are skipped.
    for mesh in sorted(rig.meshes, key=lambda mesh: mesh.cull):
        draw(buffer, mesh, camera)
    photo = _bytes(_over(*photograph(buffer, light), 1.0))
    drawing = _bytes(_over(*illustrate(buffer, light, rng.uniform(0.3, 0.8)), 0.98)) if drawn else None
    notes = {**rig.notes, "view": "bust" if bust else "body", "yaw": round(yaw, 1), "pitch": round(pitch, 1)}
    return Rendering(photo, drawing, buffer.seen(), notes)


def _light(rng: np.random.Generator) -> Light:
    """Choose a light from the upper left or the upper right."""
    side = rng.choice([-1, 1]) * rng.uniform(0.2, 0.75)
    direction = np.array([side, rng.uniform(0.55, 0.95), rng.uniform(0.45, 0.85)])
    warm, power, fill = rng.normal(0, 0.025), rng.uniform(0.70, 0.95), rng.uniform(0.40, 0.58)
    return Light(
        tuple(direction / np.linalg.norm(direction)),
        key=(power * (1 + warm), power, power * (1 - warm)),
        sky=(fill * 0.97, fill, fill * 1.04),
        ground=(fill * 0.52, fill * 0.48, fill * 0.44),
    )


def _over(colour: Array, alpha: Array, ground: float) -> Array:
    """Halve the size of a premultiplied image, and put it on a gray background."""
    half = [side // SUPERSAMPLE for side in alpha.shape]
    both = cv2.resize(np.dstack([colour, alpha]), half, interpolation=cv2.INTER_AREA)
    return both[..., :3] + (1 - both[..., 3:]) * ground


def _bytes(image: Array) -> Array:
    """Convert [0, 1] to uint8."""
    return np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
