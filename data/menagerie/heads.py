"""Heads of the four-footed animals: skull, muzzle, eyes, ears, nose, mouth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.menagerie.geometry import Frame, Surface, rotation, unit
from data.menagerie.materials import Material, Site, mix, ring_relief, step
from data.menagerie.rig import Rig

Array = np.ndarray
RGB = tuple[float, float, float]

HORSE_HEAD = ((-0.075, 0.02, 0.02, 0.02), (-0.05, 0.06, 0.07, 0.05), (0.02, 0.075, 0.115, 0.072),
              (0.11, 0.075, 0.138, 0.082), (0.19, 0.064, 0.112, 0.074), (0.28, 0.052, 0.066, 0.055),
              (0.35, 0.047, 0.054, 0.049), (0.40, 0.048, 0.060, 0.050), (0.435, 0.036, 0.046, 0.038),
              (0.452, 0.008, 0.010, 0.010))
GOAT_HEAD = ((-0.065, 0.02, 0.02, 0.02), (-0.04, 0.055, 0.06, 0.05), (0.03, 0.080, 0.085, 0.072),
             (0.10, 0.078, 0.092, 0.074), (0.17, 0.063, 0.078, 0.060), (0.24, 0.050, 0.060, 0.047),
             (0.29, 0.046, 0.054, 0.045), (0.325, 0.034, 0.042, 0.036), (0.34, 0.008, 0.01, 0.01))
LION_HEAD = ((-0.12, 0.03, 0.03, 0.03), (-0.08, 0.10, 0.10, 0.10), (0.0, 0.142, 0.135, 0.14),
             (0.08, 0.142, 0.14, 0.15), (0.14, 0.115, 0.13, 0.125), (0.19, 0.088, 0.115, 0.095),
             (0.25, 0.078, 0.105, 0.085), (0.30, 0.066, 0.085, 0.072), (0.335, 0.04, 0.05, 0.045),
             (0.345, 0.008, 0.01, 0.01))


def dog_head(muzzle: float = 1.0, broad: float = 1.0) -> tuple[tuple[float, ...], ...]:
    """Rows of a dog's head with a muzzle of relative length `muzzle` and a skull `broad`."""
    m = 0.15 + 0.17 * muzzle
    return ((-0.10, 0.02, 0.02, 0.02), (-0.07, 0.07, 0.07, 0.075 * broad), (0.0, 0.108, 0.095, 0.105 * broad),
            (0.07, 0.106, 0.098, 0.106 * broad), (0.125, 0.078, 0.088, 0.084 * broad), (0.16, 0.058, 0.078, 0.064),
            (0.16 + (m - 0.16) * 0.5, 0.053, 0.070, 0.055), (m - 0.03, 0.048, 0.060, 0.048),
            (m - 0.005, 0.032, 0.04, 0.034), (m + 0.008, 0.006, 0.008, 0.008))


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


def _skull(rig: Rig, frame: Frame, rows: tuple[tuple[float, ...], ...], coat: Material, part: str, *,
           squareness: float = 0.2) -> tuple[Surface, Array]:
    """Add the skull's loft; returns its shape and the array of its rows."""
    table = np.array(rows)
    start, length = table[0, 0], table[-1, 0] - table[0, 0]
    spine = frame.points([[start, 0, 0], [start + length * 0.5, 0, 0], [start + length, 0, 0]])
    keys = table.copy()
    keys[:, 0] = (table[:, 0] - start) / length
    shape = rig.tube(part, spine, keys, coat, side=frame.turn[:, 2], stations=28, around=26, blend=0.03,
                     slant=0.3, squareness=squareness)
    high = table[:, 1:].max()
    corners = np.array([[start, 1.5 * high, high], [start, -high, -high], [start + length, high, -high],
                        [start + length, -high, high], [start, 1.5 * high, -high]])
    rig.head_points.append(frame.points(corners))
    return shape, table


def _at(table: Array, s: float) -> float:
    """The loft's u of a row position (stations are denser at the ends, see `geometry.surface`)."""
    t = (s - table[0, 0]) / (table[-1, 0] - table[0, 0])
    grid = np.linspace(0, 1, 200)
    return float(np.interp(t, 0.75 * grid + 0.25 * (0.5 - 0.5 * np.cos(np.pi * grid)), grid))


def _ear(rig: Rig, frame: Frame, part: str, root: tuple[float, float, float], direction: Array, facing: Array,
         length: float, width: float, material: Material, *, droop: float = 0.0, shape: str = "leaf",
         inner: RGB = (0.55, 0.38, 0.33)) -> None:
    """Add one ear: a thin cupped leaf whose inside faces `facing`."""
    base = frame.at(*root)
    out = unit(frame.turn @ unit(np.asarray(direction, np.float64)))
    front = unit(frame.turn @ np.asarray(facing, np.float64))
    t = np.array([0.0, 0.5, 1.0])
    spine = base + out * (t * length)[:, None] + np.array([0, -1, 0]) * (droop * length * t ** 2)[:, None]
    if shape == "round":
        rows = ((0, 0.75, 0.75), (0.35, 1.0, 1.0), (0.7, 0.85, 0.85), (0.92, 0.45, 0.45), (1, 0.05, 0.05))
    elif shape == "flop":
        rows = ((0, 0.55, 0.55), (0.3, 0.9, 0.9), (0.65, 1.0, 1.0), (0.9, 0.6, 0.6), (1, 0.08, 0.08))
    else:
        rows = ((0, 0.7, 0.7), (0.3, 1.0, 1.0), (0.65, 0.72, 0.72), (0.9, 0.25, 0.25), (1, 0.04, 0.04))
    across = unit(np.cross(front, out))
    table = np.array([(u, 0.22 * width * w, 0.16 * width * w, width * w) for u, w, _ in rows])
    outer = material

    def paint(site: Site) -> Array:
        back = outer.flat(site)
        hollow = step(np.abs(site.v), 0.36, 0.22) * step(site.u, 1.0, 0.75)
        return mix(back, np.asarray(inner, np.float32), hollow * 0.9)

    rig.tube(part, spine, table, outer.with_(pattern=paint), side=across, stations=9, around=12, blend=0.006)


def _nostrils(rig: Rig, shape: Surface, table: Array, s: float, angle: float, size: float, part: str,
              colour: RGB = (0.05, 0.03, 0.03)) -> None:
    """Add two dark nostrils."""
    material = Material(colour, hair=0, gloss=0.2, mottle=0)
    for side in (-1, 1):
        centre, normal = shape.point(_at(table, s), side * angle)
        axis = unit(shape.tangent[-3] * 0.9 + shape.up[-3] * 0.5)
        axis = unit(axis - normal * (axis @ normal))
        rig.ball(part, centre - normal * size * 0.15, axis, size, size * 0.62, size * 0.35, material,
                 right=unit(np.cross(normal, axis)), bias=0.004, around=10)


def horse_head(rig: Rig, frame: Frame, look: Look) -> Surface:
    """Build a horse's head; the frame is at the poll, forward along the face."""
    part = look.prefix + "head"
    shape, table = _skull(rig, frame, HORSE_HEAD, look.coat, part)
    for side in (-1, 1):
        rig.eye(part, shape, _at(table, 0.125), side * 57, 0.0235, iris=look.iris, pupil="bar",
                lid=tuple(0.3 * c for c in look.coat.colour), sink=0.55)
        brow, normal = shape.point(_at(table, 0.125), side * 42)
        rig.ball(part, brow - normal * 0.012, shape.tangent[10], 0.042, 0.018, 0.02, look.coat, blend=0.012,
                 right=unit(np.cross(normal, shape.tangent[10])))
        _ear(rig, frame, look.prefix + ("right_ear" if side > 0 else "left_ear"), (-0.02, 0.055, side * 0.042),
             np.array([-0.22, 1.0, side * 0.22]), np.array([0.75, 0.3, side * 0.6]), 0.135, 0.032, look.ear)
        rig.line(part, shape, [(_at(table, 0.447), side * 125), (_at(table, 0.40), side * 122),
                               (_at(table, 0.345), side * 112)], 0.0045, (0.08, 0.05, 0.05))
        # The cheek's rounded edge and the ridge below the eye, which make the face bony.
        cheek = frame.at(0.07, -0.05, side * 0.055)
        rig.ball(part, cheek, frame.turn[:, 0], 0.09, 0.085, 0.034, look.coat, right=frame.turn[:, 2], blend=0.012)
        ridge = frame.at(0.20, -0.005, side * 0.058)
        rig.ball(part, ridge, frame.turn @ unit(np.array([1, -0.12, -side * 0.22])), 0.085, 0.010, 0.010, look.coat,
                 right=frame.turn[:, 2], blend=0.012)
    _nostrils(rig, shape, table, 0.412, 60, 0.021, part)
    lip = frame.at(0.395, -0.058, 0)
    rig.ball(part, lip, frame.turn[:, 0], 0.04, 0.02, 0.034, look.coat, right=frame.turn[:, 2], blend=0.008)
    return shape


def goat_head(rig: Rig, frame: Frame, look: Look) -> Surface:
    """Build a goat's head with horns and beard."""
    part = look.prefix + "head"
    shape, table = _skull(rig, frame, GOAT_HEAD, look.coat, part)
    for side in (-1, 1):
        rig.eye(part, shape, _at(table, 0.085), side * 56, 0.022, iris=look.iris, pupil="bar",
                lid=tuple(0.35 * c for c in look.coat.colour), sink=0.5)
        _ear(rig, frame, look.prefix + ("right_ear" if side > 0 else "left_ear"), (-0.025, 0.03, side * 0.062),
             np.array([-0.25, 0.12, side * 1.0]), np.array([0.8, -0.2, side * 0.2]),
             0.15 if look.ears == "side" else 0.19, 0.034, look.ear, droop=0.15 if look.ears == "side" else 0.75)
        rig.line(part, shape, [(_at(table, 0.333), side * 120), (_at(table, 0.29), side * 116),
                               (_at(table, 0.235), side * 104)], 0.004, (0.10, 0.06, 0.06))
        rig.line(part, shape, [(_at(table, 0.338), side * 20), (_at(table, 0.32), side * 62)], 0.005,
                 look.nose)
        if look.horns:
            horn(rig, frame, look, side)
    _nostrils(rig, shape, table, 0.315, 52, 0.014, part, look.nose)
    if look.beard:
        k = 26
        roots = frame.points(np.stack([rig.rng.uniform(0.16, 0.26, k), np.full(k, -0.06),
                                       rig.rng.uniform(-0.02, 0.02, k)], 1))
        away = np.tile(unit(np.array([-0.05, -1.0, 0.0])), (k, 1)) + rig.rng.normal(0, 0.12, (k, 3))
        rig.strands(look.prefix + "beard", roots, away, look.beard * rig.rng.uniform(0.6, 1.0, k), 0.012,
                    look.coat.with_(hair=0.9, length=23, vary=0.15, relief=None, ink=True), gravity=0.8)
    return shape


def horn(rig: Rig, frame: Frame, look: Look, side: int) -> None:
    """Add one swept-back ringed horn."""
    steps = np.linspace(0, 1, 9)
    turn = np.radians(62 + look.horn_curl * steps ** 1.1)
    spread = np.radians(look.horn_spread) * np.sin(np.pi * np.clip(steps * 0.8 + 0.1, 0, 1))
    heading = np.stack([np.cos(turn) * np.cos(spread), np.sin(turn) * np.cos(spread), side * np.sin(spread)], 1)
    path = np.cumsum(np.concatenate([[np.zeros(3)], heading[:-1]]) * look.horns / 8, 0)
    path = path + [0.015, 0.06, side * 0.032]
    base = 0.034 * (0.7 + 0.5 * look.horns)
    rows = np.array(((0, 1, 1, 0.85), (0.3, 0.86, 0.86, 0.75), (0.7, 0.55, 0.55, 0.5), (1, 0.08, 0.08, 0.08)))
    rows = rows * [1, base, base, base]
    rig.tube(look.prefix + "horns", frame.points(path), rows, look.horn, side=frame.turn[:, 2], stations=20,
             around=12, slant=0)
    rig.head_points.append(frame.points(path))


def _jaw(rig: Rig, frame: Frame, part: str, coat: Material, degrees: float, hinge: tuple[float, float],
         length: float, width: float, depth: float) -> None:
    """Add an open lower jaw with tongue and teeth, hinged at (x, y)."""
    opened = Frame(frame.at(hinge[0], hinge[1], 0), frame.turn @ rotation("z", -degrees))
    rows = ((0, 0.6 * depth, 0.9 * depth, width), (0.5, 0.45 * depth, 0.8 * depth, 0.85 * width),
            (0.88, 0.4 * depth, 0.65 * depth, 0.6 * width), (1, 0.1 * depth, 0.1 * depth, 0.1 * width))
    mouth = Material((0.32, 0.07, 0.07), hair=0, gloss=0.3)
    middle = unit(np.array([np.cos(np.radians(degrees / 2)), -np.sin(np.radians(degrees / 2)), 0]))
    cavity = frame.at(hinge[0], hinge[1], 0)
    rig.ball(part, cavity + frame.turn @ middle * length * 0.42, frame.turn @ middle, length * 0.45,
             length * np.sin(np.radians(degrees / 2)) * 0.75, width * 0.8, mouth, right=frame.turn[:, 2])
    rig.tube(part, opened.points([[-0.02, 0, 0], [length * 0.5, 0, 0], [length, 0, 0]]), rows, coat,
             side=frame.turn[:, 2], stations=12, around=14)
    rig.ball("tongue" if part == "head" else part, opened.at(length * 0.5, depth * 0.5, 0), opened.turn[:, 0],
             length * 0.4, depth * 0.22, width * 0.5, Material((0.78, 0.36, 0.36), hair=0, gloss=0.4),
             right=frame.turn[:, 2])
    tooth = Material((0.93, 0.9, 0.8), hair=0, gloss=0.4, mottle=0)
    for side in (-1, 1):
        rig.tube(part, opened.points([[length * 0.84, depth * 0.2, side * width * 0.5],
                                      [length * 0.86, depth * 0.2 + 0.05, side * width * 0.52]]),
                 ((0, 0.010, 0.010, 0.010), (1, 0.001, 0.001, 0.001)), tooth, stations=5, around=8, side=frame.turn[:, 2])
        rig.tube(part, frame.points([[length * 0.9 + hinge[0], hinge[1] + 0.02, side * width * 0.55],
                                     [length * 0.9 + hinge[0], hinge[1] - 0.05, side * width * 0.55]]),
                 ((0, 0.012, 0.012, 0.012), (1, 0.001, 0.001, 0.001)), tooth, stations=5, around=8, side=frame.turn[:, 2])


def lion_head(rig: Rig, frame: Frame, look: Look) -> Surface:
    """Build a lion's head (the mane is separate); the frame is at the back of the skull."""
    part = look.prefix + "head"
    shape, table = _skull(rig, frame, LION_HEAD, look.coat, part, squareness=0.25)
    pale = look.coat.with_(pattern=None, colour=look.pale)
    side_axis = frame.turn[:, 2]
    forward = frame.turn[:, 0]
    for side in (-1, 1):
        rig.eye(part, shape, _at(table, 0.165), side * 40, 0.023, iris=look.iris, sink=0.5, lid=(0.10, 0.06, 0.04))
        under, normal = shape.point(_at(table, 0.18), side * 62)
        rig.ball(part, under - normal * 0.012, forward, 0.03, 0.012, 0.016, pale, right=side_axis, blend=0.012)
        brow, normal = shape.point(_at(table, 0.135), side * 36)
        rig.ball(part, brow - normal * 0.008, forward, 0.045, 0.022, 0.03, look.coat, right=side_axis, blend=0.015)
        pad = frame.at(0.292, -0.038, side * 0.042)
        rig.ball(part, pad, frame.turn @ unit(np.array([1.0, 0.05, -side * 0.25])), 0.062, 0.048, 0.048, pale,
                 right=side_axis, blend=0.010)
        _ear(rig, frame, look.prefix + ("right_ear" if side > 0 else "left_ear"), (0.01, 0.095, side * 0.105),
             np.array([-0.15, 0.75, side * 0.65]), np.array([1.0, 0.1, side * 0.35]), 0.105, 0.058, look.ear,
             shape="round", inner=(0.45, 0.33, 0.25))
        # The dark lip line under the whisker pads, and the line down from the nose.
        start = frame.at(0.352, -0.058, 0.0)
        points = [start, frame.at(0.335, -0.084, side * 0.04), frame.at(0.285, -0.092, side * 0.082),
                  frame.at(0.24, -0.085, side * 0.093)]
        _stripe(rig, part, points, 0.006, (0.07, 0.04, 0.035), outward=frame.turn @ unit(
            np.array([0.6, -0.2, side * 0.75])))
        dots = Material((0.12, 0.08, 0.06), hair=0, mottle=0)
        for i in range(4):
            spot = frame.at(0.318 - 0.012 * i, -0.035 + 0.012 * (i % 2), side * (0.076 + 0.005 * i))
            rig.ball(part, spot, forward, 0.004, 0.004, 0.004, dots, right=side_axis, bias=0.012, around=6)
    if look.open_mouth < 8:
        rig.ball(part, frame.at(0.275, -0.098, 0), forward, 0.055, 0.04, 0.052, pale, right=side_axis, blend=0.01)
    else:
        _jaw(rig, frame, part, pale, look.open_mouth, (0.12, -0.085), 0.19, 0.07, 0.05)
    nose = Material(look.nose, hair=0, gloss=0.3, mottle=0.05)
    rig.ball(part, frame.at(0.330, 0.030, 0), frame.turn @ unit(np.array([1.0, -0.6, 0])), 0.034, 0.026, 0.044, nose,
             right=side_axis, bias=0.004)
    _stripe(rig, part, [frame.at(0.352, 0.008, 0), frame.at(0.357, -0.025, 0), frame.at(0.352, -0.058, 0)], 0.006,
            (0.07, 0.04, 0.035), outward=forward)
    return shape


def _stripe(rig: Rig, part: str, points: list[Array], width: float, colour: RGB, *, outward: Array) -> None:
    """Draw a dark line through world points, seen only from the side it faces."""
    from data.menagerie.geometry import ribbons
    if outward @ rig.towards < 0.0:
        return
    path = np.array(points)[None]
    across = np.cross(np.gradient(path[0], axis=0), rig.towards)[None]
    taper = width * np.array([1.0] * (len(points) - 1) + [0.4])[None]
    rig.add(ribbons(part, path, taper, across, rig.towards, Material(colour, hair=0, gloss=0, mottle=0), bias=0.02,
                    roundness=0.0))


def dog_head_build(rig: Rig, frame: Frame, look: Look) -> Surface:
    """Build a dog's head of the proportions in `look`."""
    part = look.prefix + "head"
    rows = dog_head(look.muzzle, look.broad)
    shape, table = _skull(rig, frame, rows, look.coat, part)
    end = table[-1, 0]
    side_axis, forward = frame.turn[:, 2], frame.turn[:, 0]
    for side in (-1, 1):
        rig.eye(part, shape, _at(table, 0.125), side * 42, 0.0185, iris=look.iris, sink=0.4, lid=(0.05, 0.035, 0.03))
        brow, normal = shape.point(_at(table, 0.095), side * 36)
        rig.ball(part, brow - normal * 0.008, forward, 0.03, 0.014, 0.02, look.coat, right=side_axis, blend=0.012)
        ear = look.prefix + ("right_ear" if side > 0 else "left_ear")
        if look.ears == "up":
            _ear(rig, frame, ear, (-0.01, 0.075, side * 0.06 * look.broad), np.array([-0.1, 1.0, side * 0.30]),
                 np.array([1.0, 0.1, side * 0.45]), 0.14, 0.048, look.ear)
        else:
            _ear(rig, frame, ear, (-0.01, 0.062, side * 0.085 * look.broad), np.array([0.05, -0.25, side * 0.55]),
                 np.array([0.1, 0.3, -side * 1.0]), 0.19, 0.062, look.ear, droop=0.75, shape="flop",
                 inner=look.ear.colour)
        if look.open_mouth < 8:
            rig.line(part, shape, [(_at(table, end - 0.006), side * 135), (_at(table, end - 0.06), side * 122),
                                   (_at(table, 0.19), side * 116), (_at(table, 0.15), side * 104)], 0.0055,
                     (0.06, 0.035, 0.03))
    if look.open_mouth >= 8:
        _jaw(rig, frame, part, look.coat, look.open_mouth, (0.11, -0.055), end - 0.15, 0.045, 0.035)
    nose = Material(look.nose, hair=0, gloss=0.6, mottle=0.0)
    rig.ball(part, frame.at(end - 0.008, 0.022, 0), frame.turn @ unit(np.array([1.0, -0.35, 0])), 0.026, 0.023, 0.030,
             nose, right=side_axis, bias=0.004)
    return shape


HEADS = {"horse": horse_head, "goat": goat_head, "lion": lion_head, "dog": dog_head_build}
