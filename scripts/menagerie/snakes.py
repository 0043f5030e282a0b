"""Snakes: a skin with a pattern, a body along a path, a wedge of a head."""

from __future__ import annotations

import numpy as np

from scripts.menagerie.curves import cross, spline, unit
from scripts.menagerie.geometry import Surface
from scripts.menagerie.materials import RGB, Material, Site, mix, scale_relief, step
from scripts.menagerie.rig import RIGHT, Rig

Array = np.ndarray
UP = np.array([0.0, 1.0, 0.0])


def snake_skin(kind: str, first: RGB, second: RGB, third: RGB, *, length: float, belly: RGB) -> Material:
    """Make a snake's skin: 'diamond', 'band', 'blotch' or 'plain', for a body `length` body widths long."""
    repeats = length / 5.2

    def paint(site: Site) -> Array:
        base = np.broadcast_to(np.asarray(first, np.float32), (len(site.u), 3))
        along = (site.u * repeats) % 1.0
        across = np.abs(site.v)
        if kind == "diamond":
            reach = 2.1 * np.abs(along - 0.5) + 1.75 * across
            base = mix(base, third, step(reach, 0.95, 0.85))
            base = mix(base, second, step(reach, 0.78, 0.68))
            base = mix(base, np.asarray(first) * 0.95, step(reach, 0.34, 0.26))
        elif kind == "band":
            base = mix(base, second, step(np.abs(along - 0.5), 0.27, 0.23))
            base = mix(base, third, step(np.abs(np.abs(along - 0.5) - 0.29), 0.045, 0.025))
        elif kind == "blotch":
            saddle = np.hypot((along - 0.5) * 2.6, across * 2.4)
            spot = np.hypot(((along + 0.5) % 1.0 - 0.5) * 3.4, (across - 0.52) * 5.5)
            base = mix(base, third, step(np.minimum(saddle / 1.0, spot / 0.9), 0.98, 0.88))
            base = mix(base, second, step(np.minimum(saddle / 0.82, spot / 0.7), 0.98, 0.88))
        return mix(base, belly, step(across, 0.66, 0.78))

    return Material(
        first, hair=0, gloss=0.35, mottle=0.05, pattern=paint, relief=scale_relief(length * 2.6, 26, 0.5)
    )


def snake_head(
    rig: Rig,
    at: Array,
    heading: Array,
    size: float,
    skin: Material,
    *,
    iris: RGB,
    tongue: bool = True,
    prefix: str = "",
) -> None:
    """Build a flat wedge of a head on a body of radius `size`, with slit eyes and a forked tongue."""
    heading = unit(np.asarray(heading, np.float64))
    side = unit(cross(heading, UP))
    up = cross(side, heading)
    s, part = size, prefix + "head"
    path = [at - heading * 0.9 * s, at + heading * 1.1 * s, at + heading * 2.7 * s]
    rows = (
        (0, 0.80 * s, 0.8 * s, 0.85 * s),
        (0.3, 0.92 * s, 0.80 * s, 1.42 * s),
        (0.5, 0.86 * s, 0.72 * s, 1.36 * s),
        (0.75, 0.62 * s, 0.55 * s, 0.9 * s),
        (0.93, 0.40 * s, 0.38 * s, 0.52 * s),
        (1, 0.06 * s, 0.06 * s, 0.08 * s),
    )
    scaly, blend = _snake_head_skin(skin), 0.4 * s
    shape = rig.tube(part, path, rows, scaly, side=side, stations=18, around=18, blend=blend, slant=0)
    for sign in (-1, 1):
        rig.eye(part, shape, 0.64, sign * 52, 0.25 * s, iris=iris, pupil="slit", sink=0.4, forward=0.25)
        mouth = [(0.97, sign * 92), (0.7, sign * 98), (0.42, sign * 104)]
        rig.line(part, shape, mouth, 0.05 * s, (0.06, 0.05, 0.04))
        spot, _ = shape.point(0.92, sign * 48)
        dark = Material((0.05, 0.04, 0.04), hair=0)
        rig.ball(part, spot, heading, 0.07 * s, 0.05 * s, 0.05 * s, dark, right=side, bias=0.05 * s, around=8)
    if tongue:
        _forked_tongue(rig, prefix + "tongue", at + heading * 2.65 * s - up * 0.12 * s, heading, up, side, s)
    above, below = at - heading * 3 * s + up * 1.6 * s, at + heading * 3.4 * s - up * 2.2 * s
    rig.close_up_points.append(np.array([above, below, at + side * 2 * s, at - side * 2 * s]))


def _snake_head_skin(skin: Material) -> Material:
    """Make a head's skin: the body's colour, a dark band through each eye, pale lips."""
    colour = skin.pattern

    def paint(site: Site) -> Array:
        top = colour(Site(0.02 + 0 * site.u, site.v * 0.2, site.sub, site.position)) if colour else None
        base = (
            top if top is not None else np.broadcast_to(np.asarray(skin.colour, np.float32), (len(site.u), 3))
        )
        base = mix(
            base, np.asarray(skin.colour) * 0.45, 0.7 * step(np.abs(np.abs(site.v) - 0.42), 0.09, 0.05)
        )
        return mix(base, np.asarray(skin.colour) * 0.6 + 0.35, step(np.abs(site.v), 0.60, 0.68))

    return skin.with_(pattern=paint, relief=scale_relief(15, 20, 0.4))


def _forked_tongue(
    rig: Rig, part: str, root: Array, heading: Array, up: Array, side: Array, s: float
) -> None:
    """Build a tongue that leaves `root` along `heading` and forks."""
    red = Material((0.55, 0.06, 0.10), hair=0, gloss=0.2, mottle=0)
    fork = root + heading * 1.0 * s + up * 0.05 * s
    rows = ((0, 0.07 * s, 0.07 * s, 0.10 * s), (1, 0.02 * s, 0.02 * s, 0.03 * s))
    for sign in (-1, 1):
        path = [root, fork, fork + heading * 0.5 * s + side * sign * 0.28 * s + up * 0.12 * s]
        rig.tube(part, path, rows, red, side=side, stations=7, around=8)


def snake_body(
    rig: Rig,
    path: Array,
    radius: float,
    skin: Material,
    *,
    part: str = "body",
    stations: int = 120,
    neck: float = 0.62,
    tail: float = 0.06,
    blend: float = 0.0,
) -> Surface:
    """Build a snake's body along `path` (K, 3), head first, as a tube of greatest `radius`."""
    rows = (
        (0, neck, neck, neck),
        (0.08, 0.74, 0.74, 0.74),
        (0.3, 1, 0.96, 1),
        (0.6, 0.95, 0.92, 0.95),
        (0.85, 0.55, 0.55, 0.55),
        (1, tail, tail, tail),
    )
    table = np.array(rows) * [1, radius, radius, radius]
    return rig.tube(
        part, path, table, skin, side=RIGHT, stations=stations, around=16, slant=0, blend=blend, upright=True
    )


def snake_path(style: str, rng: np.random.Generator, radius: float) -> Array:
    """Draw a path on the ground, head first: 'slither', 'coil', 'strike' or 'rear'.

    Raises:
        ValueError: no such style.
    """
    if style == "slither":
        t = np.linspace(0, 1, 60)
        waves, size = rng.uniform(1.4, 2.6), rng.uniform(0.16, 0.3)
        phase = rng.uniform(0, 2 * np.pi)
        x = 0.85 - 1.9 * t
        z = (
            size
            * np.sin(2 * np.pi * waves * t + phase)
            * (0.35 + 0.65 * np.sin(np.pi * np.clip(t + 0.12, 0, 1)))
        )
        z = z + rng.uniform(-0.35, 0.35) * (t - 0.5) ** 2 * 2
        y = radius * 0.95 + 0.22 * rng.random() * np.exp(-t / 0.06)
        return np.stack([x, y + 0 * t, z], 1)
    if style in ("coil", "strike"):
        turns = rng.uniform(1.9, 2.7)
        t = np.linspace(0, 1, 80)
        angle = 2 * np.pi * turns * t + rng.uniform(0, 2 * np.pi)
        # From the top of the heap (t = 0) out to the ground (t = 1).
        reach = 0.17 + 0.44 * t + 0.02 * np.sin(3 * angle)
        y = radius * (0.95 + 1.75 * turns * (1 - t) * 0.62)
        x, z = reach * np.cos(angle), reach * np.sin(angle) * 0.95
        heap = np.stack([x, y, z], 1)
        turn = np.arctan2(heap[0, 2], heap[0, 0])
        c, s = np.cos(turn - 1.9), np.sin(turn - 1.9)
        heap[:, [0, 2]] = heap[:, [0, 2]] @ np.array([[c, -s], [s, c]])
        top = heap[0]
        if style == "coil":
            neck = np.array(
                [[0.40, top[1] + 0.12, 0.10], [0.22, top[1] + 0.13, 0.16], [0.02, top[1] + 0.06, 0.20]]
            )
        else:
            neck = np.array(
                [
                    [0.42, top[1] + 0.40, 0.02],
                    [0.25, top[1] + 0.42, 0.02],
                    [0.12, top[1] + 0.30, 0.06],
                    [0.14, top[1] + 0.14, 0.16],
                ]
            )
        joined = np.concatenate([neck, heap[4:]])
        keys = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(joined, axis=0), axis=1))])
        return spline(keys, joined, np.linspace(0, keys[-1], 110))
    if style == "rear":
        return _rearing(rng, radius)
    raise ValueError(f"snake path '{style}' is unknown; choose from slither, coil, strike, rear")


def _rearing(rng: np.random.Generator, radius: float) -> Array:
    """Draw the path of a snake that holds its head high."""
    height, lean = rng.uniform(0.75, 1.35), rng.uniform(-0.3, 0.3, 3)
    # The front half rises in a curve like an S; the rest lies on the ground.
    raised = [
        (0.36 + lean[0], height + rng.uniform(-0.1, 0.12)),
        (0.15 + lean[0], height),
        (-0.02 + lean[1], 0.78 * height),
        (0.10 + lean[2], 0.45 * height),
        (-0.02, 0.17 * height),
        (-0.25, radius),
    ]
    ground = [(x, radius) for x in np.linspace(-0.45, rng.uniform(-1.4, -0.9), 6)]
    x, y = np.array(raised + ground).T
    z = rng.uniform(0.08, 0.25) * np.sin(np.linspace(0, 9, len(x)) + rng.uniform(0, 2 * np.pi)) * (x < -0.2)
    keys = np.linspace(0, 1, len(x))
    return spline(keys, np.stack([x, y, z], 1), np.linspace(0, 1, 110))
