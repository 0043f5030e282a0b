"""Manes and tails of quadrupeds."""

from __future__ import annotations

import numpy as np

from menagerie.curves import Frame, unit
from menagerie.geometry import Surface
from menagerie.materials import RGB, Material, mix, step
from menagerie.rig import Rig

Array = np.ndarray


def strand_material(colour: RGB, tip: RGB | None = None) -> Material:
    """Make a material for long hair that has the color `tip` and is darker at the roots."""
    end = colour if tip is None else tip
    return Material(
        colour, hair=0.7, gloss=0.12, length=23, vary=0.22, mottle=0.05, ink=True,
        pattern=lambda site: mix(colour, end, step(site.u, 0.3, 0.95)),
        relief=lambda site: 0.72 + 0.36 * step(site.u, 0.0, 0.5) - 0.16 * np.abs(site.v),
    )  # fmt: skip


def horse_mane(rig: Rig, neck: Surface, head: Frame, material: Material) -> None:
    """Build a mane on the neck, and a forelock between the ears."""
    rng, k = rig.rng, 46
    side = 1 if rig.towards[2] >= 0 or rng.random() < 0.3 else -1
    u = np.sort(rng.uniform(0.22, 0.99, k))
    roots, normals = neck.points(u, side * rng.uniform(-6, 14, k), 0.98)
    away = normals * 0.5 + np.array([-0.3, -0.1, side * 0.9])
    lengths = rig.near(0.13, 0.24) * rng.uniform(0.75, 1.15, k) * (0.75 + 0.4 * np.sin(np.pi * u))
    rig.strands("mane", roots, away, lengths, 0.02, material, gravity=1.25, wave=0.07, bias=0.045)
    lock = np.stack([rng.uniform(-0.03, 0.02, 7), np.full(7, 0.07), rng.uniform(-0.02, 0.02, 7)], 1)
    away = head.turn @ np.array([1.0, 0.25, 0.0]) + rng.normal(0, 0.12, (7, 3))
    lengths = 0.13 * rng.uniform(0.7, 1.1, 7)
    rig.strands("mane", head.points(lock), away, lengths, 0.014, material, bias=0.012)


def horse_tail(rig: Rig, root: Array, turn: Array, material: Material, lift: float) -> None:
    """Build a tail of long locks."""
    k = 44
    roots = root + rig.rng.normal(0, 0.014, (k, 3)) + turn @ np.array([0.03, 0.0, 0])
    away = turn @ np.array([-1.0, lift, 0.0]) + rig.rng.normal(0, 0.09, (k, 3))
    lengths, gravity = 0.62 * rig.rng.uniform(0.7, 1.0, k), 1.9 - 1.2 * lift
    rig.strands("tail", roots, away, lengths, 0.024, material, gravity=gravity, wave=0.08, steps=9)


def tube_tail(
    rig: Rig, root: Array, turn: Array, material: Material, length: float, thick: float,
    angles: tuple[float, ...], tip: float = 0.3, middle: float = 0.75,
) -> Array:  # fmt: skip
    """Build a tail along `angles`, in degrees above the horizontal; return its last two points.

    The radius is `thick` at the root, and `middle` and `tip` times that in the middle and at the tip.
    """
    radians = np.radians(angles)
    steps = np.stack([-np.cos(radians), np.sin(radians), 0 * radians], 1) * length / len(angles)
    steps[:, 2] = rig.near(-0.05, 0.05) * length
    path = np.cumsum(np.concatenate([[np.zeros(3)], steps]), 0) + root
    path[0] += turn @ np.array([0.05, -0.02, 0])
    rows = ((0, 1, 1, 1), (0.45, middle, middle, middle), (0.93, tip, tip, tip), (1, 0.1, 0.1, 0.1))
    rig.tube("tail", path, rows, material, scale=thick, stations=26, around=12, blend=0.02, slant=0)
    return path[-2:]


LION_TAILS = ((-40, -75, -80, -60, -20, 20), (-25, -55, -30, 10, 50, 80), (20, 50, 60, 30, 10, 40))


def lion_tail(rig: Rig, root: Array, turn: Array, coat: Material, tuft: Material) -> None:
    """Build a long thin tail with a dark tuft."""
    angles, k = LION_TAILS[int(rig.rng.integers(3))], 16
    start, end = tube_tail(rig, root, turn, coat, rig.near(0.75, 0.95), 0.034, angles, tip=0.7)
    along = unit(end - start)
    roots = 0.5 * (start + end) + along * rig.rng.uniform(-0.06, 0.07, (k, 1))
    away, lengths = along + rig.rng.normal(0, 0.22, (k, 3)), rig.rng.uniform(0.1, 0.17, k)
    rig.strands("tail_tuft", roots, away, lengths, 0.022, tuft, gravity=0.2)


def lion_mane(rig: Rig, head: Frame, chest: Array, inner: RGB, outer: RGB) -> None:
    """Build a mane from the face to the chest (3,); `inner` is its color at the face, `outer` at the tips."""
    rng, length = rig.rng, rig.near(0.17, 0.27)
    back, s = chest - head.at(-0.05, 0, 0), 0.6 + 1.7 * length
    # A solid body from the cheeks to the chest is visible between the locks.
    throat = head.at(-0.05, -0.05, 0)
    path = [head.at(0.055, -0.02, 0), head.at(-0.05, -0.04, 0), throat + 0.55 * back, throat + 1.02 * back]
    rows = ((0, 0.13, 0.15, 0.14), (0.2, 0.215, 0.27, 0.23), (0.6, 0.24, 0.33, 0.24),
            (0.9, 0.19, 0.26, 0.19), (1, 0.05, 0.05, 0.05))  # fmt: skip
    bulk = Material(0.55 * mix(inner, outer, 0.5), hair=0.9, length=23)
    rig.tube("mane", path, rows, bulk, side=head.turn[:, 2], scale=s, stations=14)
    # Rings of locks: position along the head, radius, number, length, darkness.
    rings = ((-0.42, 0.25, 30, 1.15, 0.85), (-0.27, 0.24, 34, 1.15, 0.8), (-0.14, 0.22, 34, 1.0, 0.7),
             (-0.02, 0.185, 34, 0.9, 0.45), (0.06, 0.155, 32, 0.75, 0.2),
             (0.10, 0.14, 28, 0.5, 0.0))  # fmt: skip
    for depth, radius, count, reach, dark in rings:
        angle = (np.arange(count) + rng.uniform(0, 1, count)) * 2 * np.pi / count
        low, c, wide = 0.5 - 0.5 * np.cos(angle), np.cos(angle), np.sin(angle)
        along = depth + rng.normal(0, 0.018, count)
        ring = np.stack([along, radius * s * c * (1 + 0.3 * low) - 0.02, radius * s * wide * 1.02], 1)
        # Rings behind the head are lower, towards the chest.
        slide = 0.75 * min(max(-depth - 0.05, 0) / 0.45, 1.0)
        roots = head.points(ring) + slide * (back + head.turn @ np.array([0.42, 0, 0]))
        away = np.stack([np.full(count, -0.75 if dark else -0.3), c, wide], 1) @ head.turn.T
        away = away + rng.normal(0, 0.15, (count, 3)) + np.array([0, -0.35, 0])
        colour, tips = (mix(inner, outer, share) for share in (dark, min(dark + 0.35, 1)))
        lengths = length * reach * rng.uniform(0.75, 1.2, count) * (1 + 0.35 * low)
        rig.strands(
            "mane", roots, away, lengths, 0.032, strand_material(colour, tips), gravity=0.6, wave=0.09
        )
    rig.close_up.append(head.points([[0, 0.36, 0.2], [0, -0.42, -0.2], [0, 0, 0.36], [0, 0, -0.36]]))
