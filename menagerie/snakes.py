"""Snakes, with a body along a path and a flat head."""

from __future__ import annotations

import numpy as np

from menagerie.curves import UP, cross, dense, spline, unit
from menagerie.materials import Material, Site, bare, darker, mix, painted, scale_relief, step
from menagerie.rig import Rig

Array = np.ndarray
HEAD = (
    (0, 0.80, 0.8, 0.85), (0.3, 0.92, 0.80, 1.42), (0.5, 0.86, 0.72, 1.36), (0.75, 0.62, 0.55, 0.9),
    (0.93, 0.40, 0.38, 0.52), (1, 0.06, 0.06, 0.08),
)  # fmt: skip


def snake_head(rig: Rig, at: Array, heading: Array, size: float, skin: Material, prefix: str = "") -> None:
    """Build a flat head, with slit eyes and a forked tongue, for a body of radius `size`."""
    heading = unit(heading)
    side = unit(cross(heading, UP))
    up = cross(side, heading)
    s, part = size, prefix + "head"
    path = [at - heading * 0.9 * s, at + heading * 1.1 * s, at + heading * 2.7 * s]

    def paint(site: Site) -> Array:
        # The color of the body, with a dark band through each eye and light lips.
        top = Site(0.02 + 0 * site.u, site.v * 0.2, site.sub, site.position)
        base, across = painted(skin.pattern or skin.colour, top), np.abs(site.v)
        base = mix(base, darker(skin.colour, 0.45), 0.7 * step(np.abs(across - 0.42), 0.09, 0.05))
        return mix(base, np.asarray(skin.colour) * 0.6 + 0.35, step(across, 0.60, 0.68))

    scaly = skin.with_(pattern=paint, relief=scale_relief(15, 20, 0.4))
    shape = rig.tube(
        part, path, HEAD, scaly, side=side, scale=s, stations=18, around=18, blend=0.4 * s, slant=0
    )
    iris = (0.80, 0.62, 0.14) if rig.chance(0.6) else (0.62, 0.22, 0.08)
    red, tongue = bare((0.55, 0.06, 0.10), 0.2), rig.chance(0.5)
    root = at + heading * 2.65 * s - up * 0.12 * s
    fork = root + heading * 1.0 * s + up * 0.05 * s
    for sign in (-1, 1):
        rig.eye(part, shape, 0.64, sign * 52, 0.25 * s, iris, sink=0.4, forward=0.25)
        rig.line(
            part, shape, [(0.97, sign * 92), (0.7, sign * 98), (0.42, sign * 104)], 0.05 * s, (0.06,) * 3
        )
        spot, _ = shape.point(0.92, sign * 48)
        radii = (0.07 * s, 0.05 * s, 0.05 * s)
        rig.ball(part, spot, heading, radii, bare((0.05,) * 3), right=side, bias=0.05 * s, around=8)
        if tongue:
            rows = ((0, 0.07, 0.07, 0.10), (1, 0.02, 0.02, 0.03))
            path = [root, fork, fork + (heading * 0.5 + side * sign * 0.28 + up * 0.12) * s]
            rig.tube(prefix + "tongue", path, rows, red, side=side, scale=s, stations=7, around=8)
    above, below = at - heading * 3 * s + up * 1.6 * s, at + heading * 3.4 * s - up * 2.2 * s
    rig.close_up.append(np.array([above, below, at + side * 2 * s, at - side * 2 * s]))


def snake_body(
    rig: Rig, path: Array, radius: float, skin: Material, part: str = "body", neck: float = 0.62,
    tail: float = 0.06, blend: float = 0.0,
) -> None:  # fmt: skip
    """Build the body of a snake along `path` (K, 3), from the head, with the maximum radius `radius`."""
    rows = ((0, neck, neck, neck), (0.08, 0.74, 0.74, 0.74), (0.3, 1, 0.96, 1), (0.6, 0.95, 0.92, 0.95),
            (0.85, 0.55, 0.55, 0.55), (1, tail, tail, tail))  # fmt: skip
    rig.tube(part, path, rows, skin, scale=radius, stations=len(path), slant=0, blend=blend, upright=True)


def length_in_widths(path: Array, radius: float) -> float:
    """Return the length of a path divided by the width of the body."""
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) / (2 * radius)


def snake_path(style: str, rng: np.random.Generator, radius: float) -> Array:
    """Choose a path (120, 3), from the head, of a snake that lies ('slither', 'coil') or rises ('rear')."""
    if style == "slither":
        t = np.linspace(0, 1, 60)
        wave = np.sin(2 * np.pi * (rng.uniform(1.4, 2.6) * t + rng.random()))
        z = rng.uniform(0.16, 0.3) * wave * (0.35 + 0.65 * np.sin(np.pi * np.clip(t + 0.12, 0, 1)))
        z = z + rng.uniform(-0.35, 0.35) * (t - 0.5) ** 2 * 2
        y = radius * 0.95 + 0.22 * rng.random() * np.exp(-t / 0.06)
        return dense(np.stack([0.85 - 1.9 * t, y, z], 1), 120)
    if style == "rear":
        # The front half rises in an S-shaped curve; the rest lies on the ground.
        height, lean = rng.uniform(0.75, 1.35), rng.uniform(-0.3, 0.3, 3)
        raised = [(0.36 + lean[0], height + rng.uniform(-0.1, 0.12)), (0.15 + lean[0], height),
                  (-0.02 + lean[1], 0.78 * height), (0.10 + lean[2], 0.45 * height), (-0.02, 0.17 * height),
                  (-0.25, radius)]  # fmt: skip
        x, y = np.array(raised + [(x, radius) for x in np.linspace(-0.45, rng.uniform(-1.4, -0.9), 6)]).T
        bends = np.sin(np.linspace(0, 9, len(x)) + rng.uniform(0, 2 * np.pi)) * (x < -0.2)
        return dense(np.stack([x, y, rng.uniform(0.08, 0.25) * bends], 1), 120)
    turns, t = rng.uniform(1.9, 2.7), np.linspace(0, 1, 80)
    # The coils go from the top (t = 0) to the ground (t = 1); the neck extends to the front.
    angle = 2 * np.pi * turns * t + 1.9
    out = 0.17 + 0.44 * t + 0.02 * np.sin(3 * angle)
    y = radius * (0.95 + 1.75 * turns * (1 - t) * 0.62)
    heap = np.stack([out * np.cos(angle), y, out * np.sin(angle) * 0.95], 1)
    high = rng.random()
    neck = np.array([[0.40, 0.12 + 0.28 * high, 0.10 - 0.08 * high], [0.23, 0.13 + 0.29 * high, 0.14],
                     [0.07, 0.08 + 0.18 * high, 0.20], [0.02, 0.04, 0.22]])  # fmt: skip
    joined = np.concatenate([neck + UP * y[0], heap[4:]])
    keys = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(joined, axis=0), axis=1))])
    return spline(keys, joined, np.linspace(0, keys[-1], 120))
