"""Heads of the four-footed animals: skull, muzzle, eyes, ears, nose, mouth."""

from __future__ import annotations

import numpy as np

from scripts.menagerie.curves import Frame, cross, unit
from scripts.menagerie.geometry import Surface
from scripts.menagerie.head_parts import Look, add_ear, at, horn, jaw, nostrils, skull, stripe
from scripts.menagerie.materials import Material
from scripts.menagerie.rig import Rig, sided

Array = np.ndarray

HORSE_HEAD = (
    (-0.075, 0.02, 0.02, 0.02),
    (-0.05, 0.06, 0.07, 0.05),
    (0.02, 0.075, 0.115, 0.072),
    (0.11, 0.075, 0.138, 0.082),
    (0.19, 0.064, 0.112, 0.074),
    (0.28, 0.052, 0.066, 0.055),
    (0.35, 0.047, 0.054, 0.049),
    (0.40, 0.048, 0.060, 0.050),
    (0.435, 0.036, 0.046, 0.038),
    (0.452, 0.008, 0.010, 0.010),
)
GOAT_HEAD = (
    (-0.065, 0.02, 0.02, 0.02),
    (-0.04, 0.055, 0.06, 0.05),
    (0.03, 0.080, 0.085, 0.072),
    (0.10, 0.078, 0.092, 0.074),
    (0.17, 0.063, 0.078, 0.060),
    (0.24, 0.050, 0.060, 0.047),
    (0.29, 0.046, 0.054, 0.045),
    (0.325, 0.034, 0.042, 0.036),
    (0.34, 0.008, 0.01, 0.01),
)
LION_HEAD = (
    (-0.12, 0.03, 0.03, 0.03),
    (-0.08, 0.10, 0.10, 0.10),
    (0.0, 0.130, 0.135, 0.135),
    (0.08, 0.126, 0.14, 0.145),
    (0.14, 0.111, 0.13, 0.120),
    (0.19, 0.098, 0.118, 0.092),
    (0.25, 0.086, 0.112, 0.084),
    (0.31, 0.074, 0.095, 0.074),
    (0.345, 0.05, 0.06, 0.05),
    (0.355, 0.008, 0.01, 0.01),
)
LIP = (0.07, 0.04, 0.035)


def dog_rows(muzzle: float = 1.0, broad: float = 1.0) -> tuple[tuple[float, ...], ...]:
    """Return the rows of a dog's head with a muzzle of relative length `muzzle` and a skull `broad`."""
    m = 0.15 + 0.18 * muzzle
    return (
        (-0.10, 0.02, 0.02, 0.02),
        (-0.07, 0.07, 0.07, 0.075 * broad),
        (0.0, 0.104, 0.092, 0.104 * broad),
        (0.06, 0.106, 0.092, 0.106 * broad),
        (0.105, 0.092, 0.084, 0.090 * broad),
        (0.14, 0.060, 0.074, 0.066 * broad),
        (0.175, 0.050, 0.064, 0.054),
        (0.175 + (m - 0.175) * 0.5, 0.046, 0.057, 0.048),
        (m - 0.03, 0.042, 0.050, 0.043),
        (m - 0.005, 0.030, 0.034, 0.032),
        (m + 0.008, 0.006, 0.008, 0.008),
    )


def horse_head(rig: Rig, frame: Frame, look: Look) -> Surface:
    """Build a horse's head; the frame is at the poll, forward along the face."""
    part = look.prefix + "head"
    shape, table = skull(rig, frame, HORSE_HEAD, look.coat, part)
    for side in (-1, 1):
        rig.eye(
            part,
            shape,
            at(table, 0.125),
            side * 57,
            0.020,
            iris=look.iris,
            pupil="bar",
            lid=tuple(0.3 * c for c in look.coat.colour),
            sink=0.55,
        )
        brow, normal = shape.point(at(table, 0.125), side * 42)
        along = shape.tangent[10]
        right, centre = unit(cross(normal, along)), brow - normal * 0.012
        rig.ball(part, centre, along, 0.042, 0.018, 0.02, look.coat, blend=0.012, right=right)
        add_ear(
            rig,
            frame,
            look.prefix + sided("ear", side),
            (-0.02, 0.055, side * 0.042),
            np.array([-0.22, 1.0, side * 0.22]),
            np.array([0.75, 0.3, side * 0.6]),
            0.135,
            0.032,
            look.ear,
        )
        mouth = [(at(table, s), side * angle) for s, angle in ((0.447, 125), (0.40, 122), (0.345, 112))]
        rig.line(part, shape, mouth, 0.0045, (0.08, 0.05, 0.05))
        _horse_cheek(rig, frame, part, look.coat, side)
    nostrils(rig, shape, table, 0.412, 60, 0.021, part)
    lip = frame.at(0.395, -0.058, 0)
    rig.ball(part, lip, frame.turn[:, 0], 0.04, 0.02, 0.034, look.coat, right=frame.turn[:, 2], blend=0.008)
    return shape


def _horse_cheek(rig: Rig, frame: Frame, part: str, coat: Material, side: int) -> None:
    """Build the cheek's rounded edge and the ridge below the eye, which make the face bony."""
    right = frame.turn[:, 2]
    cheek = frame.at(0.07, -0.05, side * 0.055)
    rig.ball(part, cheek, frame.turn[:, 0], 0.09, 0.085, 0.034, coat, right=right, blend=0.012)
    ridge = frame.at(0.20, -0.005, side * 0.058)
    along = frame.turn @ unit(np.array([1, -0.12, -side * 0.22]))
    rig.ball(part, ridge, along, 0.085, 0.010, 0.010, coat, right=right, blend=0.012)


def goat_head(rig: Rig, frame: Frame, look: Look) -> Surface:
    """Build a goat's head with horns and beard."""
    part = look.prefix + "head"
    shape, table = skull(rig, frame, GOAT_HEAD, look.coat, part)
    for side in (-1, 1):
        rig.eye(
            part,
            shape,
            at(table, 0.085),
            side * 56,
            0.019,
            iris=look.iris,
            pupil="bar",
            lid=tuple(0.35 * c for c in look.coat.colour),
            sink=0.5,
        )
        add_ear(
            rig,
            frame,
            look.prefix + sided("ear", side),
            (-0.025, 0.03, side * 0.062),
            np.array([-0.25, 0.12, side * 1.0]),
            np.array([0.8, -0.2, side * 0.2]),
            0.15 if look.ears == "side" else 0.19,
            0.034,
            look.ear,
            droop=0.15 if look.ears == "side" else 0.75,
        )
        rig.line(
            part,
            shape,
            [(at(table, 0.333), side * 120), (at(table, 0.29), side * 116), (at(table, 0.235), side * 104)],
            0.004,
            (0.10, 0.06, 0.06),
        )
        rig.line(part, shape, [(at(table, 0.338), side * 20), (at(table, 0.32), side * 62)], 0.005, look.nose)
        if look.horns:
            horn(rig, frame, look, side)
    nostrils(rig, shape, table, 0.315, 52, 0.014, part, look.nose)
    if look.beard:
        k = 26
        roots = frame.points(
            np.stack([rig.rng.uniform(0.16, 0.26, k), np.full(k, -0.06), rig.rng.uniform(-0.02, 0.02, k)], 1)
        )
        away = np.tile(unit(np.array([-0.05, -1.0, 0.0])), (k, 1)) + rig.rng.normal(0, 0.12, (k, 3))
        rig.strands(
            look.prefix + "beard",
            roots,
            away,
            look.beard * rig.rng.uniform(0.6, 1.0, k),
            0.012,
            look.coat.with_(hair=0.9, length=23, vary=0.15, relief=None, ink=True),
            gravity=0.8,
        )
    return shape


def lion_head(rig: Rig, frame: Frame, look: Look) -> Surface:
    """Build a lion's head (the mane is separate); the frame is at the back of the skull."""
    part = look.prefix + "head"
    shape, table = skull(rig, frame, LION_HEAD, look.coat, part, squareness=0.25)
    pale = look.coat.with_(pattern=None, colour=look.pale)
    side_axis, forward = frame.turn[:, 2], frame.turn[:, 0]
    for side in (-1, 1):
        _lion_eye(rig, frame, look, shape, table, pale, side)
        pad, along = (
            frame.at(0.302, -0.046, side * 0.037),
            frame.turn @ unit(np.array([1, 0.05, -side * 0.25])),
        )
        rig.ball(part, pad, along, 0.062, 0.048, 0.048, pale, right=side_axis, blend=0.010)
        add_ear(
            rig,
            frame,
            look.prefix + sided("ear", side),
            (0.01, 0.095, side * 0.105),
            np.array([-0.15, 0.75, side * 0.65]),
            np.array([1.0, 0.1, side * 0.35]),
            0.088,
            0.050,
            look.ear,
            shape="round",
            inner=(0.45, 0.33, 0.25),
        )
        _lion_lip(rig, frame, part, side)
        dots = Material((0.12, 0.08, 0.06), hair=0, mottle=0)
        for i in range(4):
            spot = frame.at(0.318 - 0.012 * i, -0.035 + 0.012 * (i % 2), side * (0.076 + 0.005 * i))
            rig.ball(part, spot, forward, 0.004, 0.004, 0.004, dots, right=side_axis, bias=0.012, around=6)
    if look.open_mouth < 8:
        chin = frame.at(0.275, -0.098, 0)
        rig.ball(part, chin, forward, 0.055, 0.04, 0.052, pale, right=side_axis, blend=0.01)
    else:
        jaw(rig, frame, part, pale, look.open_mouth, (0.12, -0.085), 0.19, 0.07, 0.05)
    nose, along = frame.at(0.342, 0.016, 0), frame.turn @ unit(np.array([0.75, -1.0, 0]))
    leather = Material(look.nose, hair=0, gloss=0.3, mottle=0.05)
    rig.ball(part, nose, along, 0.032, 0.022, 0.040, leather, right=side_axis, bias=0.004)
    cleft = [frame.at(0.362, -0.008, 0), frame.at(0.366, -0.030, 0), frame.at(0.360, -0.058, 0)]
    stripe(rig, part, cleft, 0.0038, LIP, outward=forward)
    return shape


def _lion_eye(
    rig: Rig, frame: Frame, look: Look, shape: Surface, table: Array, pale: Material, side: int
) -> None:
    """Build an eye, the pale patch below it and the brow above it."""
    part, right, forward = look.prefix + "head", frame.turn[:, 2], frame.turn[:, 0]
    rig.eye(
        part,
        shape,
        at(table, 0.172),
        side * 38,
        0.0205,
        iris=look.iris,
        sink=0.25,
        forward=0.9,
        lid=(0.10, 0.06, 0.04),
    )
    under, normal = shape.point(at(table, 0.19), side * 66)
    rig.ball(part, under - normal * 0.012, forward, 0.026, 0.010, 0.014, pale, right=right, blend=0.012)
    brow, normal = shape.point(at(table, 0.112), side * 33)
    rig.ball(part, brow - normal * 0.012, forward, 0.036, 0.020, 0.034, look.coat, right=right, blend=0.015)


def _lion_lip(rig: Rig, frame: Frame, part: str, side: int) -> None:
    """Draw the dark lip line under a whisker pad."""
    points = [
        frame.at(0.360, -0.058, 0.0),
        frame.at(0.335, -0.084, side * 0.04),
        frame.at(0.285, -0.092, side * 0.082),
        frame.at(0.24, -0.085, side * 0.093),
    ]
    outward = frame.turn @ unit(np.array([0.6, -0.2, side * 0.75]))
    stripe(rig, part, points, 0.0038, LIP, outward=outward)


def dog_head(rig: Rig, frame: Frame, look: Look) -> Surface:
    """Build a dog's head of the proportions in `look`."""
    part = look.prefix + "head"
    rows = dog_rows(look.muzzle, look.broad)
    shape, table = skull(rig, frame, rows, look.coat, part)
    end = table[-1, 0]
    side_axis, forward = frame.turn[:, 2], frame.turn[:, 0]
    for side in (-1, 1):
        rig.eye(
            part,
            shape,
            at(table, 0.125),
            side * 42,
            0.0165,
            iris=look.iris,
            sink=0.3,
            forward=0.7,
            lid=(0.05, 0.035, 0.03),
        )
        brow, normal = shape.point(at(table, 0.095), side * 36)
        rig.ball(
            part, brow - normal * 0.008, forward, 0.03, 0.014, 0.02, look.coat, right=side_axis, blend=0.012
        )
        _dog_ear(rig, frame, look, side)
        if look.open_mouth < 8:
            track = ((end - 0.006, 135), (end - 0.06, 122), (0.19, 116), (0.15, 104))
            mouth = [(at(table, s), side * angle) for s, angle in track]
            rig.line(part, shape, mouth, 0.0055, (0.06, 0.035, 0.03))
    if look.open_mouth >= 8:
        jaw(rig, frame, part, look.coat, look.open_mouth, (0.11, -0.055), end - 0.15, 0.045, 0.035)
    nose, along = frame.at(end - 0.008, 0.022, 0), frame.turn @ unit(np.array([1.0, -0.35, 0]))
    leather = Material(look.nose, hair=0, gloss=0.6, mottle=0.0)
    rig.ball(part, nose, along, 0.026, 0.023, 0.030, leather, right=side_axis, bias=0.004)
    return shape


def _dog_ear(rig: Rig, frame: Frame, look: Look, side: int) -> None:
    """Build an ear that stands up or hangs down, as `look` says."""
    part = look.prefix + sided("ear", side)
    if look.ears == "up":
        root = (-0.01, 0.075, side * 0.06 * look.broad)
        direction, facing = np.array([-0.12, 1.0, side * 0.22]), np.array([1.0, 0.1, side * 0.45])
        add_ear(rig, frame, part, root, direction, facing, 0.145, 0.040, look.ear)
        return
    add_ear(
        rig,
        frame,
        part,
        (-0.01, 0.062, side * 0.085 * look.broad),
        np.array([0.05, -0.25, side * 0.55]),
        np.array([0.1, 0.3, -side * 1.0]),
        0.19,
        0.062,
        look.ear,
        droop=0.75,
        shape="flop",
        inner=look.ear.colour,
    )


HEADS = {"horse": horse_head, "goat": goat_head, "lion": lion_head, "dog": dog_head}
