"""Fish and the tails of sea monsters: bodies clad in scales, with fins of bony rays."""

from __future__ import annotations

import numpy as np

from scripts.menagerie.curves import unit
from scripts.menagerie.fish_shapes import FISH, FishShape
from scripts.menagerie.geometry import Surface, sheet
from scripts.menagerie.materials import RGB, Material, Pattern, Site, scale_relief, step
from scripts.menagerie.rig import RIGHT, Rig, sided

Array = np.ndarray
UP = np.array([0.0, 1.0, 0.0])


def _fin(
    rig: Rig,
    part: str,
    base: Array,
    tips: Array,
    material: Material,
    *,
    bulge: Array | None = None,
    bias: float = -0.004,
) -> None:
    """Build a fin between a base line (n, 3) and its outer edge (n, 3)."""
    t = np.linspace(0, 1, 7)[:, None, None]
    grid = base[None] * (1 - t) + tips[None] * t
    if bulge is not None:
        grid = grid + bulge * np.sin(np.pi * t)
    rig.add(sheet(part, grid, material, bias=bias))


def _edge_fin(
    rig: Rig,
    part: str,
    shape: Surface,
    spec: tuple[float, float, float, float],
    size: float,
    sign: int,
    material: Material,
    *,
    spiny: float = 0.0,
) -> None:
    """Build a fin along the back (sign 1) or the belly (sign -1)."""
    start, end, height, sweep = spec
    u = np.linspace(start, end, 16)
    base, _ = shape.points(u, np.full(16, 0 if sign > 0 else 180), 0.93)
    t = np.linspace(0, 1, 16)
    crest = np.minimum(1, 3.2 * t + 0.12) * (1 - 0.55 * t) * (1 - np.clip((t - 0.85) / 0.15, 0, 1) ** 2 * 0.6)
    crest = crest * (1 - spiny * 0.35 * (np.arange(16) % 2))
    there = (u * (len(shape.up) - 1)).astype(int)
    back, up = unit(shape.tangent[there]), shape.up[there] * sign
    tips = base + size * (height * crest[:, None] * up + sweep * (0.4 + 0.6 * t)[:, None] * back)
    _fin(rig, part, base, tips, material)


def tail_fin(
    rig: Rig,
    part: str,
    root: Array,
    back: Array,
    up: Array,
    length: float,
    height: float,
    fork: float,
    material: Material,
    *,
    width: float = 0.04,
) -> None:
    """Build a tail fin behind `root`, `height` tall over all, forked by `fork`."""
    y = np.linspace(-1, 1, 17)
    reach = length * (
        (1 - fork) * np.sqrt(np.clip(1 - 0.75 * y**2, 0, 1)) + fork * (0.38 + 0.62 * np.abs(y) ** 1.1)
    )
    fan = np.sign(y) * np.abs(y) ** 0.8
    base = root + np.outer(y * width, up) - back * length * 0.06
    tips = root + np.outer(reach, back) + np.outer(fan * height / 2, up)
    bow = np.outer(np.sign(y) * (1 - np.abs(y)) * height * 0.02, up)
    _fin(rig, part, base, tips, material, bulge=bow[None])


def fish(
    rig: Rig,
    kind: str,
    paint: Pattern,
    fin: Material,
    *,
    belly: RGB,
    iris: RGB,
    origin: Array | None = None,
    size: float = 1.0,
    bend: float = 0.0,
    rows: float = 34,
    slender: float = 1.0,
    course: Array | None = None,
    prefix: str = "",
) -> None:
    """Build a fish whose nose points along +x.

    Args:
        rig: receives the meshes.
        kind: a key of `FISH`.
        paint: the body's pattern; u runs from nose to tail, v is 0 on the back.
        fin: material of the fins.
        belly: colour of lips and throat.
        iris: eye colour.
        origin: (3,) where its middle is.
        size: body length.
        bend: sideways swing of the tail, in body lengths.
        rows: rows of scales along the body, of the kind's usual thickness.
        slender: thickness for its length, of the kind's usual one: 0.3 makes an eel of it.
        course: (K,) degrees that the body rises towards the tail, nose first; None: level.
        prefix: put before the names of parts.
    """
    plan = FISH[kind].slimmer(slender)
    origin = np.zeros(3) if origin is None else origin
    path = origin + size * _backbone(course, bend)
    rows, columns = rows / np.sqrt(slender), rows * 0.62 * np.sqrt(slender)
    skin = Material(belly, hair=0, gloss=0.4, mottle=0.06, pattern=paint, relief=_fish_relief(rows, columns))
    table = np.array(plan.rows) * [1, size, size, size]
    stations = 36 if course is None else 64
    shape = rig.tube(
        prefix + "body", path, table, skin, stations=stations, around=26, slant=0, headfirst=True
    )
    _middle_fins(rig, prefix, shape, plan, path, size, fin, spiny=0.6 if kind == "bass" else 0.0)
    for side in (-1, 1):
        _paired_fins(rig, prefix, shape, size * np.sqrt(slender), fin, side)
        radius = 0.026 * size * (1.25 if kind != "tuna" else 0.9) * slender**0.7
        _fish_face(rig, prefix + "body", shape, size, radius, iris, side)
    nose, gills = path[0], path[0] + 0.4 * size * unit(path[1] - path[0])
    rig.close_up_points.append(np.array([nose, gills + 0.15 * size * UP, gills - 0.15 * size * UP]))


def _backbone(course: Array | None, bend: float) -> Array:
    """Return the line (K, 3) from nose to tail of a fish of length 1, its middle at 0."""
    if course is None:
        x = np.array([0.5, 0.25, 0.0, -0.25, -0.5])
        return np.stack([x, 0 * x, bend * np.array([0.0, -0.15, -0.1, 0.25, 1.0])], 1)
    angles = np.radians(course)
    steps = np.stack([-np.cos(angles), np.sin(angles)], 1) / len(angles)
    line = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)])
    line -= (line.max(0) + line.min(0)) / 2
    return np.column_stack([line, bend * np.linspace(0, 1, len(line)) ** 2])


def _middle_fins(
    rig: Rig,
    prefix: str,
    shape: Surface,
    plan: FishShape,
    path: Array,
    size: float,
    fin: Material,
    *,
    spiny: float,
) -> None:
    """Build the fins in the middle plane: tail, back and belly."""
    tips = unit(path[-1] - path[-2])
    length, height, fork = (plan.tail[0] * size, plan.tail[1] * size, plan.tail[2])
    width = plan.rows[-1][1] * size
    tail_fin(rig, prefix + "tail_fin", path[-1], tips, shape.up[-1], length, height, fork, fin, width=width)
    _edge_fin(rig, prefix + "dorsal_fin", shape, plan.dorsal, size, 1, fin, spiny=spiny)
    if plan.second:
        _edge_fin(rig, prefix + "dorsal_fin", shape, plan.second, size, 1, fin)
    _edge_fin(rig, prefix + "anal_fin", shape, plan.anal, size, -1, fin)


def _paired_fins(rig: Rig, prefix: str, shape: Surface, size: float, fin: Material, side: int) -> None:
    """Build one side's fins behind the gill and below the belly."""
    i = int(0.33 * len(shape.up))
    back, up = unit(shape.tangent[i]), shape.up[i]
    point, normal = shape.point(0.31, side * 108, 1.0)
    n = np.linspace(-1, 1, 9)
    out = unit(normal * 0.35 + 0.8 * back - 0.35 * up)
    base = point + np.outer(n * 0.022 * size, up)
    edge = point + size * (np.outer(0.15 - 0.05 * n**2, out) + np.outer(n * 0.07, up * 0.9 - out * 0.2))
    _fin(rig, prefix + sided("fin", side), base, edge, fin, bias=0.012)
    point, _ = shape.point(0.40, side * 165, 0.95)
    base = point + np.outer(n * 0.028 * size, back)
    edge = base + size * np.outer(0.10 + 0.02 * n, 0.55 * back - 0.8 * up + side * 0.25 * RIGHT)
    _fin(rig, prefix + "pelvic_fin", base, edge, fin)


def _fish_face(rig: Rig, part: str, shape: Surface, size: float, radius: float, iris: RGB, side: int) -> None:
    """Build one side's eye, gill and mouth line; `radius` is the eye's."""
    rig.eye(part, shape, 0.145, side * 62, radius, iris=iris, sink=0.62, lid=(0.15, 0.14, 0.13))
    gill = [(0.325, side * 40), (0.345, side * 85), (0.335, side * 120), (0.29, side * 150)]
    rig.line(part, shape, gill, 0.006 * size, (0.08, 0.07, 0.07))
    mouth = [(0.03, side * 100), (0.075, side * 112), (0.12, side * 122)]
    rig.line(part, shape, mouth, 0.0065 * size, (0.09, 0.05, 0.05))


def _fish_relief(rows: float, columns: float):
    """Make a relief: scales behind the gill, a smooth head in front of it."""
    body = scale_relief(rows, columns, 0.42)

    def relief(site: Site) -> Array:
        clad = step(site.u, 0.22, 0.27) * step(site.u, 0.98, 0.9)
        return 1 + (body(site) - 1) * clad

    return relief


def fish_tail(
    rig: Rig,
    path: Array,
    start: tuple[float, float, float],
    skin: Material,
    fin: Material,
    *,
    height: float = 0.42,
    part: str = "fish_tail",
) -> Surface:
    """Build the tail of a sea monster: a scaly body along `path` (K, 3), a crest, and a fin at the end."""
    up, low, side = start
    rows = (
        (0, up * 0.86, low * 0.86, side * 0.86),
        (0.10, up * 0.98, low * 0.98, side),
        (0.25, up * 0.86, low * 0.86, side * 0.9),
        (0.6, up * 0.5, low * 0.5, side * 0.55),
        (0.9, up * 0.22, low * 0.22, side * 0.2),
        (1, up * 0.2, low * 0.2, side * 0.1),
    )
    shape = rig.tube(part, path, rows, skin, stations=44, around=22, blend=0.07, slant=0, headfirst=True)
    u = np.linspace(0.30, 0.90, 22)
    base, _ = shape.points(u, np.zeros(22), 0.93)
    ups = np.array([shape.up[int(x * len(shape.up))] for x in u])
    backs = np.array([shape.tangent[int(x * len(shape.up))] for x in u])
    t = np.linspace(0, 1, 22)
    crest = 0.13 * np.sin(np.pi * np.clip(t * 0.93 + 0.05, 0, 1)) * (1 - 0.25 * (np.arange(22) % 2))
    _fin(rig, "dorsal_fin", base, base + crest[:, None] * ups + 0.05 * backs, fin)
    end = unit(np.asarray(path[-1]) - np.asarray(path[-2]))
    tail_fin(rig, "tail_fin", np.asarray(path[-1]), end, shape.up[-1], 0.34, height, 0.6, fin, width=up * 0.2)
    return shape
