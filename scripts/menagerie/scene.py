"""Rendering one image: a creature, its light, its scenery and the camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.menagerie.backgrounds import PLAIN, background, ground_shadow
from scripts.menagerie.chimeras import CHIMERAS
from scripts.menagerie.illustration import illustrate, line_art
from scripts.menagerie.raster import PAINT, Camera, GBuffer, draw
from scripts.menagerie.rig import Rig
from scripts.menagerie.shading import Light, photograph
from scripts.menagerie.species import SPECIES
from scripts.menagerie.views import View

Array = np.ndarray
SPLITS = {"train": 0, "val": 1, "chimeras": 2}
SUPERSAMPLE = 2
# Half of the animals are seen from afar: in a chimera the same parts are smaller.
_NEAR, _FAR = (0.03, 0.12), (0.10, 0.26)


@dataclass
class Rendering:
    """A rendered image.

    Attributes:
        photo: (size, size, 3) uint8 RGB.
        illustration: the same creature drawn flat, or None.
        line_art: (size, size, 3) uint8, the same creature in black lines on white, or None.
        parts: visible box [x0, y0, x1, y1] of each part in pixels.
        notes: pose and scenery.
    """

    photo: Array
    illustration: Array | None
    line_art: Array | None
    parts: dict[str, list[int]]
    notes: dict[str, object]


def generator(seed: int, split: str, index: int) -> np.random.Generator:
    """Return an image's random generator: the same for the same seed, split and index, in any process."""
    return np.random.default_rng(np.random.SeedSequence([seed, SPLITS[split], index]))


def render(
    kind: str,
    rng: np.random.Generator,
    *,
    size: int = 256,
    drawn: bool = False,
    inked: bool = False,
    ground: str | None = None,
) -> Rendering:
    """Render a species or a kind of chimera.

    Args:
        kind: a key of `SPECIES` or `CHIMERAS`.
        rng: the image's generator.
        size: pixels of the square image.
        drawn: also make the illustration.
        inked: also make the line art.
        ground: a background of `PLAIN` or `OUTDOORS`; None: one drawn at random, mostly plain.

    Raises:
        ValueError: the kind is unknown.
    """
    if kind not in SPECIES and kind not in CHIMERAS:
        raise ValueError(f"kind '{kind}' is unknown; choose from {', '.join((*SPECIES, *CHIMERAS))}")
    wide = size * SUPERSAMPLE
    rig, camera, view, bust = _build(kind, rng)
    _aim(camera, rig, rng, wide, bust, _FAR if kind in SPECIES and rng.random() < 0.5 else _NEAR)
    light = _light(rng)
    buffer = GBuffer(wide, flat=drawn or inked)
    # Strips and sheets first: what they hide need not be painted.
    for mesh in sorted(rig.meshes, key=lambda mesh: mesh.cull):
        draw(buffer, mesh, camera)
    scenery = ground or _scenery(rng, view, bust)
    if ground is None and scenery == "black" and buffer.features[buffer.part >= 0, PAINT].mean() < 0.16:
        # A dark animal would vanish.
        scenery = "grey"
    back = background(scenery, size, rng, _horizon(camera, rig, wide, view, bust))
    shadow = None
    if view.grounded and not bust and scenery not in ("black", "sky", "woods", "water"):
        floor = min(float(m.corners[..., 1].min()) for m in rig.meshes)
        shadow = ground_shadow(rig.meshes, camera, light, size, floor)
        weight = rng.uniform(0.0, 0.45) if scenery in PLAIN else rng.uniform(0.5, 0.75)
        back = back * (1 - weight * shadow[..., None])
    colour, alpha = photograph(buffer, light)
    photo = _develop(_over(colour, alpha, back, size), rng)
    drawing = lines = None
    if drawn:
        paper = np.full((size, size, 3), 0.0 if scenery == "black" else 0.98, np.float32)
        texture = rng.uniform(0.3, 0.8)
        drawing = _bytes(_over(*illustrate(buffer, light, line=size / 256, texture=texture), paper, size))
    if inked:
        ink, black = line_art(buffer, line=size / 256), np.zeros((wide, wide, 3), np.float32)
        lines = _bytes(_over(black, ink, np.ones((size, size, 3), np.float32), size))
    notes = {**rig.notes, "view": rig.close_up if bust else "body", "background": scenery}
    return Rendering(photo, drawing, lines, buffer.boxes(SUPERSAMPLE), notes)


def _build(kind: str, rng: np.random.Generator) -> tuple[Rig, Camera, View, bool]:
    """Build a creature in front of a camera, which `_aim` then frames."""
    plan = SPECIES.get(kind) or CHIMERAS[kind]
    bust = bool(rng.random() < plan.busts)
    weights = np.array([weight for weight, _ in plan.styles.values()])
    style = list(plan.styles)[int(rng.choice(len(weights), p=weights / weights.sum()))]
    view = plan.styles[style][1]
    yaw = rng.uniform(*view.yaw) + (rng.uniform(0, 30) if bust else 0)
    pitch = rng.uniform(*view.pitch)
    camera = Camera.looking(yaw=yaw, pitch=pitch, roll=rng.normal(0, 1.0), mirror=bool(rng.random() < 0.5))
    rig = Rig(rng, camera.towards, 1.5 if bust else 1.0)
    if kind in SPECIES:
        plan.build(rig, bust=bust, style=style)
    else:
        plan.build(rig)
    rig.notes["yaw"], rig.notes["pitch"] = round(float(yaw), 1), round(float(pitch), 1)
    return rig, camera, view, bust


def _aim(
    camera: Camera,
    rig: Rig,
    rng: np.random.Generator,
    wide: int,
    bust: bool,
    margins: tuple[float, float],
) -> None:
    """Frame the creature, with a margin of so large a share of the image, or its head in the camera."""
    if bust and rig.close_up_points:
        points = np.concatenate(rig.close_up_points)
        camera.frame(
            points,
            size=wide,
            margin=rng.uniform(-0.02, 0.14),
            anchor=(rng.uniform(0.35, 0.65), rng.uniform(0.3, 0.6)),
        )
        return
    bodies = [m for m in rig.meshes if m.part != "perch"]
    points = np.concatenate([m.corners[:, ::2].reshape(-1, 3) for m in bodies])
    camera.frame(points, size=wide, margin=rng.uniform(*margins), anchor=(0.5, rng.uniform(0.4, 0.75)))


def _light(rng: np.random.Generator) -> Light:
    """Draw a lamp from above, left or right."""
    side = rng.choice([-1, 1]) * rng.uniform(0.2, 0.75)
    direction = np.array([side, rng.uniform(0.55, 0.95), rng.uniform(0.45, 0.85)])
    direction /= np.linalg.norm(direction)
    warm = rng.normal(0, 0.025)
    power, fill = rng.uniform(0.70, 0.95), rng.uniform(0.40, 0.58)
    return Light(
        tuple(direction),
        (power * (1 + warm), power, power * (1 - warm)),
        (fill * 0.97, fill, fill * 1.04),
        (fill * 0.52, fill * 0.48, fill * 0.44),
    )


def _scenery(rng: np.random.Generator, view: View, bust: bool) -> str:
    """Draw a background, mostly a plain one, as in photographs cut out or shot in a studio."""
    if rng.random() < 0.62:
        return str(rng.choice(PLAIN, p=[0.34, 0.24, 0.18, 0.10, 0.14]))
    if bust and view.grounded and rng.random() < 0.6:
        return "woods" if rng.random() < 0.7 else "sky"
    return view.outdoors[int(rng.integers(len(view.outdoors)))]


def _horizon(camera: Camera, rig: Rig, wide: int, view: View, bust: bool) -> float:
    """Return the horizon's row as a share of the height."""
    if bust:
        return 0.55
    if not view.grounded:
        return 0.75
    floor = np.array([0.0, min(float(m.corners[..., 1].min()) for m in rig.meshes), 0.0])
    xy, _ = camera.project(floor[None])
    drop = 0.13 + 1.2 * abs(camera.turn[2, 1])
    return float(np.clip(xy[0, 1] / wide - drop, 0.0, 0.9))


def _over(colour: Array, alpha: Array, back: Array, size: int) -> Array:
    """Lay a premultiplied image over a background of half its size."""
    both = cv2.resize(np.dstack([colour, alpha]), (size, size), interpolation=cv2.INTER_AREA)
    return both[..., :3] + (1 - both[..., 3:]) * back


def _develop(image: Array, rng: np.random.Generator) -> Array:
    """Vary the exposure, add a little grain and round to uint8."""
    exposure = float(np.exp(rng.normal(0, 0.05)))
    # Pure white and pure black stay pure, as in images that were cut out.
    grain = rng.standard_normal(image.shape[:2], np.float32)[..., None] * rng.uniform(0.0, 0.012)
    middle = np.clip((1 - image) * 16, 0, 1) * np.clip(image * 32, 0, 1)
    return _bytes(image + middle * ((exposure - 1) * image + grain))


def _bytes(image: Array) -> Array:
    """Round [0, 1] to uint8."""
    return np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
