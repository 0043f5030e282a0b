"""Heads of quadrupeds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from menagerie.curves import UP, Frame, cross, unit
from menagerie.geometry import Surface
from menagerie.hair import strand_material
from menagerie.materials import RGB, Material, Site, bare, darker, mix, ring_relief, step, vary
from menagerie.outfits import Outfit
from menagerie.rig import Rig, sided

Array = np.ndarray
# Rows of (position along the head, up, down, side radius), from the back of the skull to the nose.
HORSE_HEAD = (
    (-0.075, 0.02, 0.02, 0.02), (-0.05, 0.06, 0.07, 0.05), (0.02, 0.075, 0.115, 0.072),
    (0.11, 0.075, 0.138, 0.082), (0.19, 0.064, 0.112, 0.074), (0.28, 0.052, 0.066, 0.055),
    (0.35, 0.047, 0.054, 0.049), (0.40, 0.048, 0.060, 0.050), (0.435, 0.036, 0.046, 0.038),
    (0.452, 0.008, 0.010, 0.010),
)  # fmt: skip
GOAT_HEAD = (
    (-0.065, 0.02, 0.02, 0.02), (-0.04, 0.055, 0.06, 0.05), (0.03, 0.080, 0.085, 0.072),
    (0.10, 0.078, 0.092, 0.074), (0.17, 0.063, 0.078, 0.060), (0.24, 0.050, 0.060, 0.047),
    (0.29, 0.046, 0.054, 0.045), (0.325, 0.034, 0.042, 0.036), (0.34, 0.008, 0.01, 0.01),
)  # fmt: skip
LION_HEAD = (
    (-0.12, 0.03, 0.03, 0.03), (-0.08, 0.10, 0.10, 0.10), (0.0, 0.130, 0.135, 0.135),
    (0.08, 0.126, 0.14, 0.145), (0.14, 0.111, 0.13, 0.120), (0.19, 0.098, 0.118, 0.092),
    (0.25, 0.086, 0.112, 0.084), (0.31, 0.074, 0.095, 0.074), (0.345, 0.05, 0.06, 0.05),
    (0.355, 0.008, 0.01, 0.01),
)  # fmt: skip
LIP = (0.08, 0.045, 0.04)


def dog_head_rows(muzzle: float) -> tuple[tuple[float, ...], ...]:
    """Return the rows of the head of a dog whose muzzle has the relative length `muzzle`."""
    m = 0.15 + 0.18 * muzzle
    return (
        (-0.10, 0.02, 0.02, 0.02), (-0.07, 0.07, 0.07, 0.075), (0.0, 0.104, 0.092, 0.104),
        (0.06, 0.106, 0.092, 0.106), (0.105, 0.092, 0.084, 0.090), (0.14, 0.060, 0.074, 0.066),
        (0.175, 0.050, 0.064, 0.054), (0.0875 + m * 0.5, 0.046, 0.057, 0.048),
        (m - 0.03, 0.042, 0.050, 0.043), (m - 0.005, 0.030, 0.034, 0.032), (m + 0.008, 0.006, 0.008, 0.008),
    )  # fmt: skip


class Skull:
    """The loft of a head in a frame, to which eyes, ears and other parts are added.

    Places are (s, angle): s is a position in the rows, and the angle is in degrees from the top to the right.
    """

    def __init__(self, rig: Rig, frame: Frame, rows: ArrayLike, coat: Material, part: str) -> None:
        """Add the loft."""
        table = np.array(rows)
        self.rig, self.frame, self.coat, self.part = rig, frame, coat, part
        self.forward, self.right = frame.turn[:, 0], frame.turn[:, 2]
        self.start, self.length = table[0, 0], table[-1, 0] - table[0, 0]
        end, high = self.start + self.length, table[:, 1:].max()
        table[:, 0] = (table[:, 0] - self.start) / self.length
        spine = frame.points([[self.start, 0, 0], [self.start + self.length / 2, 0, 0], [end, 0, 0]])
        self.shape: Surface = rig.tube(
            part, spine, table, coat, side=self.right, stations=28, around=26, blend=0.03, slant=0.3
        )
        corners = [[self.start, 1.5 * high, high], [self.start, -high, -high], [end, high, -high]]
        rig.close_up.append(frame.points([*corners, [end, -high, high], [self.start, 1.5 * high, -high]]))

    def u(self, s: float) -> float:
        """Convert a position in the rows to u of the loft, which has more stations at the ends."""
        grid = np.linspace(0, 1, 200)
        places = 0.75 * grid + 0.25 * (0.5 - 0.5 * np.cos(np.pi * grid))
        return float(np.interp((s - self.start) / self.length, places, grid))

    def bump(
        self, place: tuple[float, float, float], axis: ArrayLike, radii: tuple[float, float, float],
        material: Material | None = None, blend: float = 0.012, bias: float = 0.0,
    ) -> None:  # fmt: skip
        """Add an ellipsoid, such as a cheek, a lip or a nose, at a point and along an axis of the frame."""
        centre, way = self.frame.at(*place), self.frame.turn @ unit(axis)
        material = material or self.coat
        self.rig.ball(self.part, centre, way, radii, material, right=self.right, blend=blend, bias=bias)

    def brow(self, s: float, angle: float, radii: tuple[float, float, float]) -> None:
        """Build the ridge above an eye."""
        place, normal = self.shape.point(self.u(s), angle)
        centre = place - normal * 0.011
        self.rig.ball(self.part, centre, self.forward, radii, self.coat, right=self.right, blend=0.012)

    def eye(self, s: float, angle: float, radius: float, iris: RGB, **more: float | RGB) -> None:
        """Add an eye; see `Rig.eye`."""
        self.rig.eye(self.part, self.shape, self.u(s), angle, radius, iris, **more)  # type: ignore[arg-type]

    def mouth(self, side: int, track: tuple[tuple[float, float], ...], width: float) -> None:
        """Draw a line through places on one side of the head."""
        self.rig.line(self.part, self.shape, [(self.u(s), side * a) for s, a in track], width, LIP)

    def ear(
        self, name: str, root: tuple[float, float, float], direction: ArrayLike, facing: ArrayLike,
        length: float, width: float, outside: Material, *, droop: float = 0.0, shape: str = "leaf",
        inner: RGB = (0.55, 0.38, 0.33),
    ) -> None:  # fmt: skip
        """Add an ear whose inside faces `facing`; `shape` is 'leaf', 'round' or 'flop'."""
        out, front = (unit(self.frame.turn @ unit(way)) for way in (direction, facing))
        t = np.array([0.0, 0.5, 1.0])[:, None]
        spine = self.frame.at(*root) + out * t * length - UP * droop * length * t**2
        profile = {
            "leaf": ((0, 0.7), (0.3, 1.0), (0.65, 0.72), (0.9, 0.25), (1, 0.04)),
            "round": ((0, 0.75), (0.35, 1.0), (0.7, 0.85), (0.92, 0.45), (1, 0.05)),
            "flop": ((0, 0.55), (0.3, 0.9), (0.65, 1.0), (0.9, 0.6), (1, 0.08)),
        }[shape]
        rows = [(u, 0.22 * w, 0.16 * w, w) for u, w in profile]

        def paint(site: Site) -> Array:
            hollow = step(np.abs(site.v), 0.36, 0.22) * step(site.u, 1.0, 0.75)
            return mix(outside.flat(site), inner, hollow * 0.9)

        look, side = outside.with_(pattern=paint), unit(cross(out, front))
        self.rig.tube(name, spine, rows, look, side=side, scale=width, stations=9, around=12, blend=0.006)


def horse_head(rig: Rig, frame: Frame, outfit: Outfit) -> None:
    """Build the head of a horse. The frame is at the back of the skull and points along the face."""
    head = Skull(rig, frame, HORSE_HEAD, outfit.face, "head")
    for side in (-1, 1):
        lid = darker(outfit.base, 0.3)
        head.eye(0.125, side * 57, 0.020, (0.16, 0.09, 0.05), lid=lid, sink=0.55)
        head.brow(0.125, side * 42, (0.042, 0.018, 0.02))
        facing = [0.75, 0.3, side * 0.6]
        ear, root, out = sided("ear", side), (-0.02, 0.055, side * 0.042), [-0.22, 1.0, side * 0.22]
        head.ear(ear, root, out, facing, 0.135, 0.032, outfit.ear)
        head.mouth(side, ((0.447, 125), (0.40, 122), (0.345, 112)), 0.0045)
        # The rounded cheek and the ridge below the eye make the face look bony.
        head.bump((0.07, -0.05, side * 0.055), [1, 0, 0], (0.09, 0.085, 0.034))
        head.bump((0.20, -0.005, side * 0.058), [1, -0.12, -side * 0.22], (0.085, 0.010, 0.010))
        head.bump((0.412, 0.026, side * 0.037), [0.9, 0.5, 0], (0.02, 0.013, 0.008), bare(LIP), 0, 0.004)
    head.bump((0.395, -0.058, 0), [1, 0, 0], (0.04, 0.02, 0.034), blend=0.008)


def goat_head(rig: Rig, frame: Frame, outfit: Outfit, *, horns: float, prefix: str = "") -> None:
    """Build the head of a goat, usually with a beard. The length of the horns may be 0."""
    head = Skull(rig, frame, GOAT_HEAD, outfit.face, prefix + "head")
    flop, curl = rig.chance(0.3), rig.near(60, 215)
    spread, horn = rig.near(10, 38), bare(vary(rig.rng, (0.36, 0.29, 0.22), 0.04), 0.35, relief=ring_relief)
    for side in (-1, 1):
        lid = darker(outfit.base, 0.35)
        head.eye(0.085, side * 56, 0.019, (0.72, 0.52, 0.16), lid=lid, sink=0.5)
        root, out = (-0.025, 0.03, side * 0.062), [-0.25, 0.12, side * 1.0]
        length, droop, facing = 0.19 if flop else 0.15, 0.75 if flop else 0.15, [0.8, -0.2, side * 0.2]
        head.ear(prefix + sided("ear", side), root, out, facing, length, 0.034, outfit.ear, droop=droop)
        head.mouth(side, ((0.333, 120), (0.29, 116), (0.235, 104)), 0.004)
        head.bump((0.315, 0.024, side * 0.031), [0.9, 0.5, 0], (0.014, 0.009, 0.006), bare(LIP), 0, 0.004)
        if horns:
            _horn(rig, frame, prefix + "horns", horn, side, horns, curl, spread)
    if rig.chance(0.8):
        k = 26
        chin = [rig.rng.uniform(0.16, 0.26, k), np.full(k, -0.06), rig.rng.uniform(-0.02, 0.02, k)]
        away = np.array([-0.05, -1.0, 0.0]) + rig.rng.normal(0, 0.12, (k, 3))
        lengths = rig.near(0.10, 0.19) * rig.rng.uniform(0.6, 1.0, k)
        hair = strand_material(outfit.base)
        rig.strands(
            prefix + "beard", frame.points(np.stack(chin, 1)), away, lengths, 0.012, hair, gravity=0.8
        )


def _horn(
    rig: Rig, frame: Frame, part: str, look: Material, side: int, length: float, curl: float, spread: float
) -> None:
    """Add a ringed horn that curves backwards by `curl` degrees."""
    t = np.linspace(0, 1, 9)
    turn = np.radians(62 + curl * t**1.1)
    apart = np.radians(spread) * np.sin(np.pi * np.clip(t * 0.8 + 0.1, 0, 1))
    heading = np.stack([np.cos(turn) * np.cos(apart), np.sin(turn) * np.cos(apart), side * np.sin(apart)], 1)
    path = np.cumsum(np.concatenate([[np.zeros(3)], heading[:-1]]) * length / 8, 0)
    path = frame.points(path + [0.015, 0.06, side * 0.032])
    rows = ((0, 1, 1, 0.85), (0.3, 0.86, 0.86, 0.75), (0.7, 0.55, 0.55, 0.5), (1, 0.08, 0.08, 0.08))
    thick, right = 0.034 * (0.7 + 0.5 * length), frame.turn[:, 2]
    rig.tube(part, path, rows, look, side=right, scale=thick, stations=20, around=12, slant=0)
    rig.close_up.append(path)


def lion_head(rig: Rig, frame: Frame, outfit: Outfit) -> None:
    """Build the head of a lion without its mane. The frame is at the back of the skull."""
    head = Skull(rig, frame, LION_HEAD, outfit.face, "head")
    pale = outfit.face.with_(pattern=None, colour=(0.88, 0.80, 0.68))
    for side in (-1, 1):
        head.eye(0.172, side * 38, 0.0205, (0.72, 0.50, 0.14), lid=(0.10, 0.06, 0.04), sink=0.25, forward=0.9)
        head.brow(0.112, side * 33, (0.036, 0.020, 0.034))
        head.bump((0.302, -0.046, side * 0.037), [1, 0.05, -side * 0.25], (0.062, 0.048, 0.048), pale, 0.010)
        ear, root, out = sided("ear", side), (0.01, 0.095, side * 0.105), [-0.15, 0.75, side * 0.65]
        facing, inner = [1.0, 0.1, side * 0.35], (0.45, 0.33, 0.25)
        head.ear(ear, root, out, facing, 0.088, 0.050, outfit.ear, shape="round", inner=inner)
        lip = [[0.360, -0.058, 0], [0.335, -0.084, side * 0.04], [0.285, -0.092, side * 0.082],
               [0.24, -0.085, side * 0.093]]  # fmt: skip
        _lip(rig, frame, lip, [0.6, -0.2, side * 0.75])
    head.bump((0.275, -0.098, 0), [1, 0, 0], (0.055, 0.04, 0.052), pale, 0.01)
    nose = bare(vary(rig.rng, (0.26, 0.14, 0.12)), 0.3)
    head.bump((0.342, 0.016, 0), [0.75, -1.0, 0], (0.032, 0.022, 0.040), nose, blend=0, bias=0.004)
    _lip(rig, frame, [[0.362, -0.008, 0], [0.366, -0.030, 0], [0.360, -0.058, 0]], [1, 0, 0])


def _lip(rig: Rig, frame: Frame, points: ArrayLike, outward: ArrayLike) -> None:
    """Draw a dark line through points of the face."""
    path = frame.points(points)
    rig.stripe("head", path, 0.0045, np.tile(frame.turn @ unit(outward), (len(path), 1)), LIP)


def dog_head(rig: Rig, frame: Frame, outfit: Outfit, *, upright: bool, muzzle: float) -> None:
    """Build the head of a dog with upright or hanging ears."""
    head = Skull(rig, frame, dog_head_rows(muzzle), outfit.face, "head")
    end = head.start + head.length
    for side in (-1, 1):
        head.eye(0.125, side * 42, 0.0165, (0.24, 0.13, 0.05), sink=0.3, forward=0.7)
        head.brow(0.095, side * 36, (0.03, 0.014, 0.02))
        ear = sided("ear", side)
        if upright:
            out, facing = [-0.12, 1.0, side * 0.22], [1.0, 0.1, side * 0.45]
            head.ear(ear, (-0.01, 0.075, side * 0.06), out, facing, 0.145, 0.040, outfit.ear)
        else:
            root, out, facing = (-0.01, 0.062, side * 0.085), [0.05, -0.25, side * 0.55], [0.1, 0.3, -side]
            inner = outfit.ear.colour
            head.ear(ear, root, out, facing, 0.19, 0.062, outfit.ear, droop=0.75, shape="flop", inner=inner)
        head.mouth(side, ((end - 0.006, 135), (end - 0.06, 122), (0.19, 116), (0.15, 104)), 0.0055)
    leather = bare((0.08, 0.06, 0.06), 0.6)
    head.bump((end - 0.008, 0.022, 0), [1.0, -0.35, 0], (0.026, 0.023, 0.030), leather, blend=0, bias=0.004)
