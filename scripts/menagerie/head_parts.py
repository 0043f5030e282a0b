"""Parts that heads share: skull, ears, nostrils, horns, jaw, and lines on a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.menagerie.curves import Frame, cross, rotation, unit
from scripts.menagerie.geometry import Surface, ribbons
from scripts.menagerie.materials import RGB, Material, Site, mix, ring_relief, step
from scripts.menagerie.rig import Rig

Array = np.ndarray


@dataclass
class Look:
    """The colours and options of a head.

    Attributes:
        coat: head's material.
        ear: material of the ears' outside.
        nose: nose or nostril colour.
        iris: eye colour.
        pale: colour of whisker pads and chin.
        ears: 'up', 'side', 'flop' or 'round'.
        open_mouth: degrees.
        horns: 0 for none, else their length.
        horn_curl: degrees that horns turn over their length.
        beard: its length, 0 for none.
        muzzle: relative length of a dog's muzzle.
        broad: relative width of a dog's skull.
        horn: horn material.
    """

    coat: Material
    ear: Material
    nose: RGB = (0.08, 0.06, 0.06)
    iris: RGB = (0.25, 0.13, 0.05)
    pale: RGB = (0.9, 0.87, 0.8)
    ears: str = "up"
    open_mouth: float = 0.0
    horns: float = 0.0
    horn_curl: float = 100.0
    horn_spread: float = 25.0
    beard: float = 0.0
    muzzle: float = 1.0
    broad: float = 1.0
    horn: Material = Material((0.32, 0.26, 0.20), hair=0.0, gloss=0.35, relief=ring_relief(12))
    prefix: str = ""


def skull(
    rig: Rig,
    frame: Frame,
    rows: tuple[tuple[float, ...], ...],
    coat: Material,
    part: str,
    *,
    squareness: float = 0.2,
) -> tuple[Surface, Array]:
    """Add the skull's loft; returns its shape and the array of its rows."""
    table = np.array(rows)
    start, length = table[0, 0], table[-1, 0] - table[0, 0]
    spine = frame.points([[start, 0, 0], [start + length * 0.5, 0, 0], [start + length, 0, 0]])
    keys = table.copy()
    keys[:, 0] = (table[:, 0] - start) / length
    shape = rig.tube(
        part,
        spine,
        keys,
        coat,
        side=frame.turn[:, 2],
        stations=28,
        around=26,
        blend=0.03,
        slant=0.3,
        squareness=squareness,
    )
    high = table[:, 1:].max()
    corners = np.array(
        [
            [start, 1.5 * high, high],
            [start, -high, -high],
            [start + length, high, -high],
            [start + length, -high, high],
            [start, 1.5 * high, -high],
        ]
    )
    rig.close_up_points.append(frame.points(corners))
    return shape, table


def at(table: Array, s: float) -> float:
    """Return the loft's u of a row position (stations are denser at the ends, see `geometry.surface`)."""
    t = (s - table[0, 0]) / (table[-1, 0] - table[0, 0])
    grid = np.linspace(0, 1, 200)
    return float(np.interp(t, 0.75 * grid + 0.25 * (0.5 - 0.5 * np.cos(np.pi * grid)), grid))


def add_ear(
    rig: Rig,
    frame: Frame,
    part: str,
    root: tuple[float, float, float],
    direction: Array,
    facing: Array,
    length: float,
    width: float,
    material: Material,
    *,
    droop: float = 0.0,
    shape: str = "leaf",
    inner: RGB = (0.55, 0.38, 0.33),
) -> None:
    """Add one ear: a thin cupped leaf whose inside faces `facing`."""
    base = frame.at(*root)
    out = unit(frame.turn @ unit(np.asarray(direction, np.float64)))
    front = unit(frame.turn @ np.asarray(facing, np.float64))
    t = np.array([0.0, 0.5, 1.0])
    spine = base + out * (t * length)[:, None] + np.array([0, -1, 0]) * (droop * length * t**2)[:, None]
    if shape == "round":
        rows = ((0, 0.75, 0.75), (0.35, 1.0, 1.0), (0.7, 0.85, 0.85), (0.92, 0.45, 0.45), (1, 0.05, 0.05))
    elif shape == "flop":
        rows = ((0, 0.55, 0.55), (0.3, 0.9, 0.9), (0.65, 1.0, 1.0), (0.9, 0.6, 0.6), (1, 0.08, 0.08))
    else:
        rows = ((0, 0.7, 0.7), (0.3, 1.0, 1.0), (0.65, 0.72, 0.72), (0.9, 0.25, 0.25), (1, 0.04, 0.04))
    across = unit(cross(out, front))
    table = np.array([(u, 0.22 * width * w, 0.16 * width * w, width * w) for u, w, _ in rows])
    outer = material

    def paint(site: Site) -> Array:
        back = outer.flat(site)
        hollow = step(np.abs(site.v), 0.36, 0.22) * step(site.u, 1.0, 0.75)
        return mix(back, np.asarray(inner, np.float32), hollow * 0.9)

    rig.tube(part, spine, table, outer.with_(pattern=paint), side=across, stations=9, around=12, blend=0.006)


def nostrils(
    rig: Rig,
    shape: Surface,
    table: Array,
    s: float,
    angle: float,
    size: float,
    part: str,
    colour: RGB = (0.05, 0.03, 0.03),
) -> None:
    """Add two dark nostrils."""
    material = Material(colour, hair=0, gloss=0.0, mottle=0)
    for side in (-1, 1):
        centre, normal = shape.point(at(table, s), side * angle)
        axis = unit(shape.tangent[-3] * 0.9 + shape.up[-3] * 0.5)
        axis = unit(axis - normal * (axis @ normal))
        rig.ball(
            part,
            centre - normal * size * 0.15,
            axis,
            size,
            size * 0.62,
            size * 0.35,
            material,
            right=unit(cross(normal, axis)),
            bias=0.004,
            around=10,
        )


def horn(rig: Rig, frame: Frame, look: Look, side: int) -> None:
    """Add one swept-back ringed horn."""
    steps = np.linspace(0, 1, 9)
    turn = np.radians(62 + look.horn_curl * steps**1.1)
    spread = np.radians(look.horn_spread) * np.sin(np.pi * np.clip(steps * 0.8 + 0.1, 0, 1))
    heading = np.stack(
        [np.cos(turn) * np.cos(spread), np.sin(turn) * np.cos(spread), side * np.sin(spread)], 1
    )
    path = np.cumsum(np.concatenate([[np.zeros(3)], heading[:-1]]) * look.horns / 8, 0)
    path = path + [0.015, 0.06, side * 0.032]
    base = 0.034 * (0.7 + 0.5 * look.horns)
    rows = np.array(((0, 1, 1, 0.85), (0.3, 0.86, 0.86, 0.75), (0.7, 0.55, 0.55, 0.5), (1, 0.08, 0.08, 0.08)))
    rows = rows * [1, base, base, base]
    rig.tube(
        look.prefix + "horns",
        frame.points(path),
        rows,
        look.horn,
        side=frame.turn[:, 2],
        stations=20,
        around=12,
        slant=0,
    )
    rig.close_up_points.append(frame.points(path))


def jaw(
    rig: Rig,
    frame: Frame,
    part: str,
    coat: Material,
    degrees: float,
    hinge: tuple[float, float],
    length: float,
    width: float,
    depth: float,
) -> None:
    """Add an open lower jaw with tongue and teeth, hinged at (x, y)."""
    right = frame.turn[:, 2]
    opened = Frame(frame.at(hinge[0], hinge[1], 0), frame.turn @ rotation("z", -degrees))
    _throat(rig, frame, part, degrees, hinge, length, width)
    rows = (
        (0, 0.6 * depth, 0.9 * depth, width),
        (0.5, 0.45 * depth, 0.8 * depth, 0.85 * width),
        (0.88, 0.4 * depth, 0.65 * depth, 0.6 * width),
        (1, 0.1 * depth, 0.1 * depth, 0.1 * width),
    )
    spine = opened.points([[-0.02, 0, 0], [length * 0.5, 0, 0], [length, 0, 0]])
    rig.tube(part, spine, rows, coat, side=right, stations=12, around=14)
    rig.ball(
        "tongue" if part == "head" else part,
        opened.at(length * 0.5, depth * 0.5, 0),
        opened.turn[:, 0],
        length * 0.4,
        depth * 0.22,
        width * 0.5,
        Material((0.78, 0.36, 0.36), hair=0, gloss=0.4),
        right=right,
    )
    front = length * 0.9 + hinge[0]
    for side in (-1, 1):
        lower = [
            [length * 0.84, depth * 0.2, side * width * 0.5],
            [length * 0.86, depth * 0.2 + 0.5 * width, side * width * 0.52],
        ]
        _fang(rig, part, opened.points(lower), 0.11 * width, right)
        upper = [
            [front, hinge[1] + 0.02, side * width * 0.55],
            [front, hinge[1] - 0.45 * width, side * width * 0.55],
        ]
        _fang(rig, part, frame.points(upper), 0.12 * width, right)


def _throat(
    rig: Rig,
    frame: Frame,
    part: str,
    degrees: float,
    hinge: tuple[float, float],
    length: float,
    width: float,
) -> None:
    """Fill the gap between open jaws with the dark inside of the mouth."""
    half = np.radians(degrees / 2)
    middle = unit(np.array([np.cos(half), -np.sin(half), 0]))
    rig.ball(
        part,
        frame.at(hinge[0], hinge[1], 0) + frame.turn @ middle * length * 0.42,
        frame.turn @ middle,
        length * 0.45,
        length * np.sin(half) * 0.75,
        width * 0.8,
        Material((0.32, 0.07, 0.07), hair=0, gloss=0.3),
        right=frame.turn[:, 2],
    )


def _fang(rig: Rig, part: str, spine: Array, radius: float, right: Array) -> None:
    """Add a pointed tooth from spine[0] to spine[1]."""
    tooth = Material((0.93, 0.9, 0.8), hair=0, gloss=0.4, mottle=0)
    rows = ((0, radius, radius, radius), (1, 0.001, 0.001, 0.001))
    rig.tube(part, spine, rows, tooth, stations=5, around=8, side=right)


def stripe(rig: Rig, part: str, points: list[Array], width: float, colour: RGB, *, outward: Array) -> None:
    """Draw a dark line through world points, seen only from the side it faces."""
    if outward @ rig.towards < 0.0:
        return
    path = np.array(points)[None]
    across = cross(np.gradient(path[0], axis=0), rig.towards)[None]
    taper = width * np.array([1.0] * (len(points) - 1) + [0.4])[None]
    rig.add(
        ribbons(
            part,
            path,
            taper,
            across,
            rig.towards,
            Material(colour, hair=0, gloss=0, mottle=0),
            bias=0.02,
            roundness=0.0,
        )
    )
