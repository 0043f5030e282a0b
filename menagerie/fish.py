"""Fish, and the fish tails of chimeras."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from menagerie.curves import UP, unit
from menagerie.geometry import Surface, sheet
from menagerie.materials import RGB, Material, Site, fin_relief, scale_relief, step
from menagerie.outfits import fish_paint
from menagerie.rig import Rig, sided

Array = np.ndarray


class FishShape(NamedTuple):
    """The shape of a fish in body lengths, as rows of (position, up, down, side) from the nose, and its fins.

    Fins on the back and the belly are (from, to, height, sweep). The tail is (length, height, fork 0 to 1).
    """

    rows: tuple[tuple[float, ...], ...]
    dorsal: tuple[float, float, float, float]
    anal: tuple[float, float, float, float]
    tail: tuple[float, float, float]


SHAPES = {
    "bass": FishShape(
        ((0, 0.012, 0.016, 0.01), (0.05, 0.05, 0.055, 0.04), (0.18, 0.105, 0.11, 0.075),
         (0.38, 0.135, 0.14, 0.085), (0.6, 0.11, 0.115, 0.065), (0.82, 0.055, 0.055, 0.03),
         (0.95, 0.04, 0.04, 0.014), (1, 0.042, 0.042, 0.008)),
        (0.34, 0.70, 0.10, 0.05), (0.62, 0.76, 0.085, 0.05), (0.19, 0.30, 0.35),
    ),
    "tuna": FishShape(
        ((0, 0.006, 0.008, 0.006), (0.06, 0.04, 0.042, 0.035), (0.22, 0.085, 0.09, 0.075),
         (0.42, 0.105, 0.11, 0.085), (0.65, 0.075, 0.08, 0.06), (0.87, 0.025, 0.025, 0.02),
         (0.97, 0.016, 0.016, 0.012), (1, 0.02, 0.02, 0.006)),
        (0.36, 0.60, 0.09, 0.10), (0.60, 0.67, 0.10, 0.12), (0.16, 0.36, 0.85),
    ),
    "reef": FishShape(
        ((0, 0.012, 0.016, 0.012), (0.06, 0.07, 0.065, 0.04), (0.2, 0.16, 0.15, 0.07),
         (0.42, 0.21, 0.20, 0.08), (0.65, 0.165, 0.16, 0.06), (0.86, 0.065, 0.065, 0.026),
         (0.95, 0.05, 0.05, 0.014), (1, 0.056, 0.056, 0.008)),
        (0.28, 0.84, 0.10, 0.05), (0.55, 0.84, 0.10, 0.05), (0.22, 0.32, 0.15),
    ),
}  # fmt: skip


def _fin(
    rig: Rig, part: str, base: Array, tips: Array, material: Material, bulge: Array | float = 0.0,
    bias: float = -0.004,
) -> None:  # fmt: skip
    """Build a fin between its base line (n, 3) and its outer edge (n, 3)."""
    t = np.linspace(0, 1, 7)[:, None, None]
    grid = base[None] * (1 - t) + tips[None] * t + bulge * np.sin(np.pi * t)
    rig.meshes.append(sheet(part, grid, material, bias=bias))


def _edge_fin(
    rig: Rig,
    part: str,
    shape: Surface,
    spec: tuple[float, float, float, float],
    sign: int,
    material: Material,
) -> None:
    """Build a fin along the back (sign 1) or the belly (sign -1)."""
    start, end, height, sweep = spec
    u, t = np.linspace(start, end, 16), np.linspace(0, 1, 16)
    base, _ = shape.points(u, np.full(16, 0 if sign > 0 else 180), 0.93)
    crest = np.minimum(1, 3.2 * t + 0.12) * (1 - 0.55 * t) * (1 - 0.15 * (np.arange(16) % 2))
    there = (u * (len(shape.up) - 1)).astype(int)
    rise = height * crest[:, None] * shape.up[there] * sign
    _fin(rig, part, base, base + rise + sweep * (0.4 + 0.6 * t)[:, None] * shape.tangent[there], material)


def tail_fin(
    rig: Rig, root: Array, back: Array, up: Array, size: tuple[float, float, float], width: float,
    material: Material,
) -> None:  # fmt: skip
    """Build a tail fin behind `root`, with the length, height and fork of a `FishShape`."""
    length, height, fork = size
    y = np.linspace(-1, 1, 17)
    round_, forked = np.sqrt(np.clip(1 - 0.75 * y**2, 0, 1)), 0.38 + 0.62 * np.abs(y) ** 1.1
    base = root + np.outer(y * width, up) - back * length * 0.06
    fan = np.sign(y) * np.abs(y) ** 0.8 * height / 2
    tips = root + np.outer(length * ((1 - fork) * round_ + fork * forked), back) + np.outer(fan, up)
    bow = np.outer(np.sign(y) * (1 - np.abs(y)) * height * 0.02, up)
    _fin(rig, "tail_fin", base, tips, material, bulge=bow[None])


def fin_material(colour: RGB) -> Material:
    """Make the material for fins."""
    return Material(colour, hair=0, gloss=0.2, mottle=0.07, relief=fin_relief)


def fish(rig: Rig) -> None:
    """Build a fish whose nose points along +x. Half of the fish turn or leap, and some are long like eels."""
    kind, paint, fin_colour, belly = fish_paint(rig)
    plan, fin, bend, curved = SHAPES[kind], fin_material(fin_colour), rig.near(-0.16, 0.16), rig.chance(0.5)
    slender = rig.near(0.3, 0.9) if curved else 1.0
    path = _turning(rig, bend) if curved else _swimming(bend)
    # Slender fish have smaller fins and more rows of smaller scales.
    less, rows = slender**0.6, rig.near(26, 42) / np.sqrt(slender)
    clad = scale_relief(rows, rows * 0.62 * slender, 0.42)

    def relief(site: Site) -> Array:
        # The head in front of the gill is smooth.
        return 1 + (clad(site) - 1) * step(site.u, 0.22, 0.27) * step(site.u, 0.98, 0.9)

    skin = Material(belly, hair=0, gloss=0.4, mottle=0.06, pattern=paint, relief=relief)
    stations = 64 if curved else 36
    shape = rig.tube(
        "body", path, plan.rows, skin, scale=slender, stations=stations, around=26, slant=0, headfirst=True
    )
    length, height, fork = plan.tail
    end, width = unit(path[-1] - path[-2]), plan.rows[-1][1] * slender
    tail_fin(rig, path[-1], end, shape.up[-1], (length * less, height * less, fork), width, fin)
    for name, (first, last, high, sweep), sign in (
        ("dorsal_fin", plan.dorsal, 1),
        ("anal_fin", plan.anal, -1),
    ):
        _edge_fin(rig, name, shape, (first, last, high * less, sweep * less), sign, fin)
    for side in (-1, 1):
        _side_fin(rig, shape, np.sqrt(slender), fin, side)
        radius, iris = 0.031 * slender**0.7, (0.88, 0.80, 0.45)
        rig.eye("body", shape, 0.145, side * 62, radius, iris, sink=0.62, lid=(0.15, 0.14, 0.13))
        gill = [(0.325, side * 40), (0.345, side * 85), (0.335, side * 120), (0.29, side * 150)]
        rig.line("body", shape, gill, 0.006, (0.08, 0.07, 0.07))
        mouth = [(0.03, side * 100), (0.075, side * 112), (0.12, side * 122)]
        rig.line("body", shape, mouth, 0.0065, (0.09, 0.05, 0.05))
    nose, gills = path[0], path[0] + 0.4 * unit(path[1] - path[0])
    rig.close_up.append(np.array([nose, gills + 0.15 * UP, gills - 0.15 * UP]))
    if rig.chance(0.6):
        # The parts of a fish that chimeras use.
        fins = [m for m in rig.meshes if m.part in ("tail_fin", "dorsal_fin", "anal_fin")]
        rig.close_up = [m.corners[:, ::2].reshape(-1, 3) for m in fins]
    rig.notes["pose"] = "turn" if curved else "swim"


def _swimming(bend: float) -> Array:
    """Return the line (5, 3) from nose to tail of a fish of length 1 whose tail is bent by `bend`."""
    x = np.array([0.5, 0.25, 0.0, -0.25, -0.5])
    return np.stack([x, 0 * x, bend * np.array([0.0, -0.15, -0.1, 0.25, 1.0])], 1)


def _turning(rig: Rig, bend: float) -> Array:
    """Choose a line (K, 3) from nose to tail for a fish of length 1 that turns or leaps."""
    t = np.linspace(0, 1, 24)
    turn = rig.near(40, 150) * (1 if rig.chance(0.6) else -1)
    wave = rig.near(-45, 45) * np.sin(2 * np.pi * np.clip((t - 0.1) / 0.9, 0, 1))
    course = np.radians(rig.near(-35, 25) + turn * np.clip((t - 0.25) / 0.75, 0, 1) ** 1.3 + wave)
    line = np.cumsum(np.stack([-np.cos(course), np.sin(course)], 1) / 24, 0)
    line -= (line.max(0) + line.min(0)) / 2
    return np.column_stack([line, bend * t**2])


def _side_fin(rig: Rig, shape: Surface, size: float, fin: Material, side: int) -> None:
    """Build the fin behind the gill on one side."""
    i, n = int(0.33 * len(shape.up)), np.linspace(-1, 1, 9)
    back, up = shape.tangent[i], shape.up[i]
    point, normal = shape.point(0.31, side * 108)
    out = unit(normal * 0.35 + 0.8 * back - 0.35 * up)
    edge = point + size * (np.outer(0.15 - 0.05 * n**2, out) + np.outer(n * 0.07, up * 0.9 - out * 0.2))
    _fin(rig, sided("fin", side), point + np.outer(n * 0.022 * size, up), edge, fin, bias=0.012)


def fish_tail(rig: Rig, path: Array, half: float, side: float, skin: Material, fin: Material) -> None:
    """Build a fish tail along `path` (K, 3), with scales, a crest, and a fin at the end.

    `half` is half the height of the body at the start, and `side` is half its width.
    """
    rows = (
        (0, 0.86 * half, 0.86 * half, 0.86 * side), (0.10, half, half, side),
        (0.25, 0.86 * half, 0.86 * half, 0.9 * side), (0.6, 0.5 * half, 0.5 * half, 0.55 * side),
        (0.9, 0.22 * half, 0.22 * half, 0.2 * side), (1, 0.2 * half, 0.2 * half, 0.1 * side),
    )  # fmt: skip
    shape = rig.tube(
        "fish_tail", path, rows, skin, stations=44, around=22, blend=0.07, slant=0, headfirst=True
    )
    u, t = np.linspace(0.30, 0.90, 22), np.linspace(0, 1, 22)
    base, _ = shape.points(u, np.zeros(22), 0.93)
    there = (u * len(shape.up)).astype(int)
    crest = 0.13 * np.sin(np.pi * np.clip(t * 0.93 + 0.05, 0, 1)) * (1 - 0.25 * (np.arange(22) % 2))
    rise = crest[:, None] * shape.up[there] + 0.05 * shape.tangent[there]
    _fin(rig, "dorsal_fin", base, base + rise, fin)
    end = unit(path[-1] - path[-2])
    tail_fin(rig, path[-1], end, shape.up[-1], (0.34, 0.42, 0.6), half * 0.2, fin)
