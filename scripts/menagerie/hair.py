"""Manes and tails of the four-footed animals."""

from __future__ import annotations

import numpy as np

from scripts.menagerie.curves import Frame, unit
from scripts.menagerie.geometry import Surface
from scripts.menagerie.materials import RGB, Material, Site, mix, step
from scripts.menagerie.rig import Rig

Array = np.ndarray


def strand_material(colour: RGB, *, tip: RGB | None = None, vary: float = 0.22) -> Material:
    """Make long hair, darker at the roots, of the colour `tip` at the ends."""
    end = np.asarray(tip if tip is not None else colour, np.float32)

    def paint(site: Site) -> Array:
        return mix(np.asarray(colour, np.float32), end, step(site.u, 0.3, 0.95))

    def relief(site: Site) -> Array:
        return 0.72 + 0.36 * step(site.u, 0.0, 0.5) - 0.16 * np.abs(site.v)

    return Material(
        colour,
        hair=0.7,
        gloss=0.12,
        length=23,
        vary=vary,
        mottle=0.05,
        pattern=paint,
        relief=relief,
        ink=True,
    )


def horse_mane(
    rig: Rig, neck: Surface, head: Frame, material: Material, *, length: float = 0.17, prefix: str = ""
) -> None:
    """Hang a mane from a neck's crest, and a forelock between the ears."""
    rng = rig.rng
    k = 46
    side = 1 if rig.towards[2] >= 0 or rng.random() < 0.3 else -1
    u = np.sort(rng.uniform(0.22, 0.99, k))
    roots, normals = neck.points(u, side * rng.uniform(-6, 14, k), 0.98)
    directions = normals * 0.5 + np.array([-0.3, -0.1, side * 0.9])
    lengths = length * rng.uniform(0.75, 1.15, k) * (0.75 + 0.4 * np.sin(np.pi * u))
    rig.strands(
        prefix + "mane", roots, directions, lengths, 0.02, material, gravity=1.25, wave=0.07, bias=0.045
    )
    lock = head.points(
        np.stack([rng.uniform(-0.03, 0.02, 7), np.full(7, 0.07), rng.uniform(-0.02, 0.02, 7)], 1)
    )
    away = np.tile(head.turn @ np.array([1.0, 0.25, 0.0]), (7, 1)) + rng.normal(0, 0.12, (7, 3))
    rig.strands(
        prefix + "mane", lock, away, 0.13 * rng.uniform(0.7, 1.1, 7), 0.014, material, gravity=0.5, bias=0.012
    )


def horse_tail(
    rig: Rig, root: Array, turn: Array, material: Material, *, lift: float = 0.3, length: float = 0.62
) -> None:
    """Build a flowing tail of long locks."""
    rng = rig.rng
    k = 44
    roots = root + rng.normal(0, 0.014, (k, 3)) + turn @ np.array([0.03, 0.0, 0])
    away = turn @ np.array([-1.0, lift, 0.0])
    directions = away + rng.normal(0, 0.09, (k, 3))
    rig.strands(
        "tail",
        roots,
        directions,
        length * rng.uniform(0.7, 1.0, k),
        0.024,
        material,
        gravity=1.9 - 1.2 * min(lift, 1),
        wave=0.08,
        steps=9,
    )


def tube_tail(
    rig: Rig,
    root: Array,
    turn: Array,
    material: Material,
    *,
    length: float,
    thick: float,
    angles: tuple[float, ...],
    part: str = "tail",
    tip: float = 0.3,
) -> Array:
    """Build a tapering tail along `angles` in degrees above straight back; returns its last two points."""
    radians = np.radians(angles)
    steps = np.stack([-np.cos(radians), np.sin(radians), 0 * radians], 1) * length / len(angles)
    steps[:, 2] = rig.near(-0.05, 0.05) * length
    path = np.cumsum(np.concatenate([[np.zeros(3)], steps]), 0) @ np.eye(3) + root
    rows = (
        (0, thick, thick, thick),
        (0.5, thick * 0.75, thick * 0.75, thick * 0.75),
        (0.93, thick * tip, thick * tip, thick * tip),
        (1, 0.003, 0.003, 0.003),
    )
    path[0] += turn @ np.array([0.05, -0.02, 0])
    rig.tube(part, path, rows, material, stations=26, around=12, blend=0.02, slant=0)
    return path[-2:]


def lion_tail(rig: Rig, root: Array, turn: Array, coat: Material, tuft: Material) -> None:
    """Build a long thin tail with a dark tuft."""
    style = rig.near(0, 1)
    angles = (
        (-40, -75, -80, -60, -20, 20)
        if style < 0.55
        else (-25, -55, -30, 10, 50, 80)
        if style < 0.8
        else (20, 50, 60, 30, 10, 40)
    )
    end = tube_tail(rig, root, turn, coat, length=rig.near(0.75, 0.95), thick=0.034, angles=angles, tip=0.7)
    k = 16
    along = unit(end[1] - end[0])
    roots = end[0] + 0.5 * (end[1] - end[0]) + along * rig.rng.uniform(-0.06, 0.07, (k, 1))
    rig.strands(
        "tail_tuft",
        roots,
        along + rig.rng.normal(0, 0.22, (k, 3)),
        rig.rng.uniform(0.1, 0.17, k),
        0.022,
        tuft,
        gravity=0.2,
    )


def dog_tail(rig: Rig, root: Array, turn: Array, coat: Material, *, bushy: float, style: str) -> None:
    """Build a dog's tail: 'curl', 'up', 'out' or 'down', with feathering of length `bushy`."""
    angles = {
        "curl": (60, 95, 150, 210, 260),
        "up": (35, 55, 70, 80),
        "out": (-10, 0, 15, 25),
        "down": (-50, -70, -60, -40),
    }[style]
    radians = np.radians(angles)
    length = 0.42 if style != "curl" else 0.5
    steps = np.stack([-np.cos(radians), np.sin(radians), 0 * radians], 1) * length / len(angles)
    path = np.cumsum(np.concatenate([[np.zeros(3)], steps]), 0) + root
    thick = 0.036 + 0.35 * bushy
    path[0] += turn @ np.array([0.06, -0.02, 0])
    rows = (
        (0, 0.045, 0.045, 0.045),
        (0.45, thick, thick, thick),
        (0.85, thick * 0.6, thick * 0.6, thick * 0.6),
        (1, 0.006, 0.006, 0.006),
    )
    rig.tube(
        "tail",
        path,
        rows,
        coat.with_(hair=min(0.5 + 4 * bushy, 0.95), length=23 if bushy > 0.05 else 9),
        stations=22,
        around=12,
        blend=0.03,
        slant=0,
    )


def ruff(rig: Rig, neck: Surface, head: Frame, coat: Material, *, length: float, prefix: str = "") -> None:
    """Build loose fur around a dog's cheeks and down its neck."""
    rng = rig.rng
    k = 90
    u, angle = rng.uniform(0.25, 1.0, k), rng.uniform(50, 180, k) * np.where(rng.random(k) < 0.5, -1, 1)
    roots, normals = neck.points(u, angle, 0.96)
    back = -neck.tangent[(u * (len(neck.tangent) - 1)).astype(int)]
    # Fur takes the colour of the skin it grows from, seen at the same place of the coat.
    fur = coat.with_(
        hair=0.9,
        length=23,
        vary=0.10,
        mottle=0.05,
        ink=True,
        relief=lambda site: 0.86 + 0.18 * step(site.u, 0.0, 0.6),
    )
    colours = coat.flat(Site(u, angle / 180, np.zeros(k, int), roots))
    fur = fur.with_(pattern=lambda site: colours[np.clip(site.sub - 1, 0, k - 1)])
    rig.strands(
        prefix + "ruff",
        roots,
        normals * 0.45 + back,
        length * rng.uniform(0.6, 1.1, k),
        0.017,
        fur,
        gravity=0.5,
        wave=0.06,
        facing=normals,
    )
    cheeks = 24
    around = rng.uniform(60, 150, cheeks) * np.where(rng.random(cheeks) < 0.5, -1, 1)
    radians = np.radians(around)
    ring = np.stack([rng.uniform(-0.04, 0.05, cheeks), 0.08 * np.cos(radians), 0.095 * np.sin(radians)], 1)
    away = np.stack([np.full(cheeks, -0.9), 0.5 * np.cos(radians), 0.6 * np.sin(radians)], 1) @ head.turn.T
    cheek = coat.flat(Site(np.full(cheeks, 0.9), around / 180, np.zeros(cheeks, int), head.points(ring)))
    tuft = fur.with_(pattern=lambda site: cheek[np.clip(site.sub - 1, 0, cheeks - 1)])
    rig.strands(
        prefix + "ruff",
        head.points(ring),
        away,
        0.8 * length * rng.uniform(0.6, 1.0, cheeks),
        0.017,
        tuft,
        gravity=0.35,
        wave=0.05,
    )


def goat_tail(rig: Rig, root: Array, turn: Array, coat: Material) -> None:
    """Build a short upright tail."""
    lift = rig.near(20, 75)
    tube_tail(
        rig, root, turn, coat.with_(hair=0.9), length=0.17, thick=0.045, angles=(lift, lift + 20), tip=0.6
    )


def lion_mane(
    rig: Rig, head: Frame, chest: Array, inner: RGB, outer: RGB, *, length: float = 0.24, prefix: str = ""
) -> None:
    """Build a mane around a lion's face, down its throat and over its shoulders.

    Args:
        rig: receives the meshes.
        head: the head's frame.
        chest: (3,) middle of the chest, where the mane ends.
        inner: colour next to the face.
        outer: colour at the tips.
        length: length of the longest locks.
        prefix: put before the part's name.
    """
    back = chest - head.at(-0.05, 0, 0)
    bulk = tuple(0.55 * (a + b) * 0.5 for a, b in zip(inner, outer, strict=True))
    s = 0.6 + 1.7 * length
    _mane_bulk(rig, head, back, s, Material(bulk, hair=0.9, length=23), prefix + "mane")
    rings = (
        (-0.42, 0.25, 30, 1.15, 0.85),
        (-0.27, 0.24, 34, 1.15, 0.8),
        (-0.14, 0.22, 34, 1.0, 0.7),
        (-0.02, 0.185, 34, 0.9, 0.45),
        (0.06, 0.155, 32, 0.75, 0.2),
        (0.10, 0.14, 28, 0.5, 0.0),
    )
    for depth, radius, count, reach, dark in rings:
        angle = (np.arange(count) + rig.rng.uniform(0, 1, count)) * 2 * np.pi / count
        low = 0.5 - 0.5 * np.cos(angle)
        roots = _mane_roots(rig.rng, head, back, angle, depth, radius * s)
        radial = np.stack([np.full(count, -0.75 if dark else -0.3), np.cos(angle), np.sin(angle)], 1)
        directions = radial @ head.turn.T + rig.rng.normal(0, 0.15, (count, 3)) + np.array([0, -0.35, 0])
        colour, tips = (mix(inner, outer, share) for share in (dark, min(dark + 0.35, 1)))
        material = strand_material(tuple(float(c) for c in colour), tip=tuple(float(c) for c in tips))
        lengths = length * reach * rig.rng.uniform(0.75, 1.2, count) * (1 + 0.35 * low)
        rig.strands(prefix + "mane", roots, directions, lengths, 0.032, material, gravity=0.6, wave=0.09)
    rig.close_up_points.append(head.points([[0, 0.36, 0.2], [0, -0.42, -0.2], [0, 0, 0.36], [0, 0, -0.36]]))


def _mane_bulk(rig: Rig, head: Frame, back: Array, s: float, material: Material, part: str) -> None:
    """Build the mane's solid inside, from the cheeks to the chest, which shows between locks."""
    throat = head.at(-0.05, -0.05, 0)
    path = np.array(
        [head.at(0.055, -0.02, 0), head.at(-0.05, -0.04, 0), throat + 0.55 * back, throat + 1.02 * back]
    )
    rows = (
        (0, 0.13 * s, 0.15 * s, 0.14 * s),
        (0.2, 0.215 * s, 0.27 * s, 0.23 * s),
        (0.6, 0.24 * s, 0.33 * s, 0.24 * s),
        (0.9, 0.19 * s, 0.26 * s, 0.19 * s),
        (1, 0.05, 0.05, 0.05),
    )
    rig.tube(part, path, rows, material, side=head.turn[:, 2], stations=14)


def _mane_roots(
    rng: np.random.Generator, head: Frame, back: Array, angle: Array, depth: float, radius: float
) -> Array:
    """Place the roots (k, 3) of a ring of locks at `angle` (k,) around the head, `depth` along it."""
    low = 0.5 - 0.5 * np.cos(angle)
    ring = np.stack(
        [
            np.full(len(angle), depth) + rng.normal(0, 0.018, len(angle)),
            radius * np.cos(angle) * (1 + 0.3 * low) - 0.02,
            radius * np.sin(angle) * 1.02,
        ],
        1,
    )
    roots = head.points(ring)
    if depth < -0.05:
        weight = min((-depth - 0.05) / 0.45, 1.0) * 0.75
        roots = roots + weight * (back - head.turn @ np.array([-0.42, 0, 0]))
    return roots
