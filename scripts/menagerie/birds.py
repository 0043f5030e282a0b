"""Birds of prey: head with a hooked beak, feathered body, wings, legs with talons."""

from __future__ import annotations

import numpy as np

from scripts.menagerie.curves import Frame, cross, unit
from scripts.menagerie.geometry import Surface
from scripts.menagerie.materials import RGB, Material, Site, mix, scale_relief, step
from scripts.menagerie.rig import RIGHT, Rig, head_frame, sided
from scripts.menagerie.textures import scales
from scripts.menagerie.wings import Plumage, folded_wing, spread_wing, tail_fan

Array = np.ndarray


def down(
    plumage: Plumage, colour: RGB, *, rows: float = 16, columns: float = 20, depth: float = 0.38
) -> Material:
    """Make the material of small body feathers of a colour, with the plumage's speckles."""

    def paint(site: Site) -> Array:
        base = np.broadcast_to(np.asarray(colour, np.float32), (len(site.u), 3))
        if not plumage.speckle:
            return base
        relief, chance = scales(site.u, site.v, rows, columns)
        drop = step(relief, 0.72, 0.9) * (chance > 0.3)
        return mix(base, np.asarray(plumage.covert) * 0.8, plumage.speckle * drop)

    return Material(colour, hair=0.45, gloss=0.05, pattern=paint, relief=scale_relief(rows, columns, depth))


def bird_head(
    rig: Rig,
    frame: Frame,
    plumage: Plumage,
    *,
    beak: RGB,
    cere: RGB,
    iris: RGB,
    size: float = 1.0,
    open_beak: float = 0.0,
    prefix: str = "",
) -> Surface:
    """Build a bird of prey's head; the frame is at the skull's middle, forward along the beak."""
    part = prefix + "head"
    material = down(plumage, plumage.head, rows=9, columns=20, depth=0.25).with_(hair=0.6)
    shape = _bird_skull(rig, frame, part, material, size)
    _beak(rig, frame, prefix + "beak", _beak_horn(beak, cere), size, open_beak)
    for side in (-1, 1):
        rig.eye(part, shape, 0.66, side * 60, 0.026 * size, iris=iris, sink=0.42, forward=0.4)
        _bird_brow(rig, frame, part, material.with_(relief=None, pattern=None), size, side)
        _beak_nostril(rig, frame, prefix + "beak", size, side)
    corners = np.array([[-0.2, 0.15, 0.1], [-0.2, -0.25, -0.1], [0.27, 0, 0], [0.1, -0.2, 0.1]])
    rig.close_up_points.append(frame.points(corners * size))
    return shape


def _bird_skull(rig: Rig, frame: Frame, part: str, material: Material, size: float) -> Surface:
    """Build the feathered skull, from the nape to the root of the beak."""
    s = size
    skull = np.array(
        (
            (-0.16, 0.004, 0.004, 0.004),
            (-0.155, 0.04, 0.05, 0.04),
            (-0.13, 0.085, 0.10, 0.08),
            (-0.05, 0.118, 0.13, 0.112),
            (0.03, 0.112, 0.115, 0.105),
            (0.09, 0.082, 0.085, 0.078),
            (0.13, 0.058, 0.06, 0.05),
            (0.155, 0.03, 0.03, 0.03),
        )
    )
    spine = frame.points([[-0.16 * s, 0, 0], [0, 0.0, 0], [0.155 * s, -0.012 * s, 0]])
    table = skull * [1, s, s, s]
    table[:, 0] = (skull[:, 0] + 0.16) / 0.315
    return rig.tube(part, spine, table, material, side=frame.turn[:, 2], stations=20, around=20, blend=0.03)


def _beak_horn(beak: RGB, cere: RGB) -> Material:
    """Make horn of the colour `beak`, darker at the tip, with a bare `cere` at its root."""

    def paint(site: Site) -> Array:
        colour = np.asarray(beak, np.float32)
        tipped = mix(colour, np.asarray(beak) * 0.55, step(site.u, 0.6, 1))
        return mix(np.asarray(cere, np.float32), tipped, step(site.u, 0.22, 0.32))

    return Material(beak, hair=0, gloss=0.45, mottle=0.05, pattern=paint)


def _beak(rig: Rig, frame: Frame, part: str, horn: Material, size: float, degrees: float) -> None:
    """Build a hooked beak, open by `degrees`; a tongue shows above 6."""
    s, side = size, frame.turn[:, 2]
    scale = [1, s, s, s]
    ridge = [[0.10, 0.008, 0], [0.165, 0.012, 0], [0.225, -0.010, 0], [0.248, -0.055, 0], [0.243, -0.092, 0]]
    upper = np.array(
        (
            (0, 0.050, 0.040, 0.044),
            (0.35, 0.045, 0.042, 0.036),
            (0.65, 0.030, 0.034, 0.024),
            (0.88, 0.012, 0.016, 0.012),
            (1, 0.002, 0.002, 0.002),
        )
    )
    spine = frame.points(np.array(ridge) * s)
    rig.tube(part, spine, upper * scale, horn, side=side, stations=18, around=14, slant=0)
    swing = np.radians(degrees)
    hinge = np.array([0.09, -0.034, 0])
    tip = np.array([0.10 + 0.115 * np.cos(swing), -0.034 - 0.115 * np.sin(swing), 0])
    lower = np.array(((0, 0.02, 0.026, 0.032), (0.6, 0.014, 0.02, 0.024), (1, 0.002, 0.003, 0.004)))
    spine = frame.points(np.array([hinge, (hinge + tip) / 2, tip]) * s)
    rig.tube(part, spine, lower * scale, horn, side=side, stations=10, around=12, slant=0)
    if degrees > 6:
        tongue, red = frame.points(np.array([0.12, -0.03, 0]) * s), Material((0.6, 0.2, 0.2), hair=0)
        rig.ball(part, tongue, frame.turn[:, 0], 0.05 * s, 0.018 * s, 0.022 * s, red, right=side)


def _bird_brow(rig: Rig, frame: Frame, part: str, material: Material, size: float, side: int) -> None:
    """Build the ridge above an eye, which makes a bird of prey look stern."""
    s = size
    rig.ball(
        part,
        frame.points(np.array([0.055, 0.062, side * 0.082]) * s),
        frame.turn @ unit(np.array([1.0, -0.28, -side * 0.35])),
        0.06 * s,
        0.014 * s,
        0.022 * s,
        material,
        right=frame.turn[:, 2],
        blend=0.008,
        bias=0.006,
    )


def _beak_nostril(rig: Rig, frame: Frame, part: str, size: float, side: int) -> None:
    """Build one nostril in the cere."""
    s = size
    rig.ball(
        part,
        frame.points(np.array([0.145, 0.018, side * 0.040]) * s),
        frame.turn[:, 0],
        0.010 * s,
        0.006 * s,
        0.004 * s,
        Material((0.08, 0.06, 0.04), hair=0),
        right=frame.turn[:, 2],
        bias=0.006,
        around=8,
    )


def talons(
    rig: Rig,
    part: str,
    ankle: Array,
    ground: Array,
    heading: Array,
    size: float,
    skin: RGB,
    *,
    grip: float = 0.2,
) -> None:
    """Build a tarsus from `ankle` to `ground`, with three toes forward and one back."""
    scaly = Material(skin, hair=0, gloss=0.25, relief=scale_relief(14, 8, 0.45))
    rig.tube(
        part,
        [ankle, (ankle + ground) / 2, ground],
        np.array(((0, 0.034, 0.034, 0.034), (0.5, 0.024, 0.024, 0.024), (1, 0.030, 0.030, 0.030)))
        * [1, size, size, size],
        scaly,
        stations=8,
        around=10,
        slant=0,
    )
    heading = unit(heading)
    down_axis = unit(ground - ankle)
    side = unit(cross(heading, down_axis))
    for angle, reach in ((-38, 1.0), (0, 1.15), (38, 1.0), (180, 0.75)):
        a = np.radians(angle)
        toe = np.cos(a) * heading + np.sin(a) * side
        _toe(rig, part, ground, toe, down_axis, 0.13 * reach * size, size, scaly, grip)


def _toe(
    rig: Rig,
    part: str,
    root: Array,
    heading: Array,
    down_axis: Array,
    length: float,
    size: float,
    skin: Material,
    grip: float,
) -> None:
    """Build one toe from `root` along `heading`, ending in a hooked claw; `grip` bends it down."""
    scale, side = [1, size, size, size], cross(down_axis, heading)
    middle = root + heading * length * 0.5 - down_axis * 0.03 * size
    end = root + heading * length + down_axis * grip * 0.06 * size
    rows = np.array(
        (
            (0, 0.024, 0.024, 0.024),
            (0.5, 0.020, 0.020, 0.020),
            (0.9, 0.019, 0.019, 0.019),
            (1, 0.010, 0.010, 0.010),
        )
    )
    rig.tube(part, [root, middle, end], rows * scale, skin, side=side, stations=7, around=8, slant=0)
    tip = end + heading * 0.055 * size + down_axis * 0.05 * size
    bow = end + heading * 0.045 * size - down_axis * 0.005 * size
    hook = np.array(((0, 0.015, 0.015, 0.013), (1, 0.001, 0.001, 0.001)))
    claw = Material((0.07, 0.06, 0.06), hair=0, gloss=0.5, mottle=0)
    spine = [end - heading * 0.01 * size, bow, tip]
    rig.tube(part, spine, hook * scale, claw, side=side, stations=6, around=8, slant=0)


def perched_bird(
    rig: Rig,
    plumage: Plumage,
    *,
    beak: RGB,
    cere: RGB,
    iris: RGB,
    skin: RGB,
    tilt: float,
    head_yaw: float,
    head_pitch: float,
    plump: float = 1.0,
    perch: str = "branch",
    open_beak: float = 0.0,
) -> None:
    """Build a bird sitting upright on a perch: 'branch', 'rock', or 'none' for the ground."""
    a = np.radians(tilt)
    axis = np.array([np.cos(a), np.sin(a), 0.0])
    hip = np.array([0.0, 0.36, 0.0])
    neck = hip + axis * 0.62 + np.array([0.02, 0.02, 0])
    tail = hip - axis * 0.28
    body = _sitting_trunk(rig, plumage, hip, neck, tail, axis, plump)
    face = head_frame(Frame(neck + np.array([0.02, 0.10, 0]), np.eye(3)), head_pitch, head_yaw)
    bird_head(rig, face, plumage, beak=beak, cere=cere, iris=iris, open_beak=open_beak)
    for side in (-1, 1):
        folded_wing(rig, sided("wing", side), body, side, plumage)
        _sitting_leg(rig, plumage, hip, axis, side, skin, grip=1.0 if perch == "branch" else 0.2)
    up = np.array([-axis[1], axis[0], 0])
    tail_fan(rig, tail + axis * 0.12, -axis + np.array([0, -0.12, 0]), up, 0.44, 22, plumage)
    if perch == "branch":
        _branch(rig)
    elif perch != "none":
        _rock(rig)


def _sitting_trunk(
    rig: Rig, plumage: Plumage, hip: Array, neck: Array, tail: Array, axis: Array, plump: float
) -> Surface:
    """Build the trunk of a sitting bird; `plump` scales its girth."""
    p = plump
    path = [
        neck + np.array([0.015, 0.05, 0]),
        hip + axis * 0.36 + np.array([0.02, 0, 0]),
        hip + axis * 0.05,
        tail,
    ]
    rows = (
        (0, 0.085, 0.085, 0.085),
        (0.14, 0.13, 0.14, 0.135),
        (0.38, 0.165 * p, 0.20 * p, 0.185 * p),
        (0.62, 0.15 * p, 0.19 * p, 0.175 * p),
        (0.85, 0.08, 0.12, 0.10),
        (1, 0.03, 0.03, 0.04),
    )
    skin = down(plumage, plumage.body)
    return rig.tube("body", path, rows, skin, stations=24, around=22, slant=0, headfirst=True)


def _sitting_leg(
    rig: Rig, plumage: Plumage, hip: Array, axis: Array, side: int, skin: RGB, *, grip: float
) -> None:
    """Build a feathered leg that stands, and its talons."""
    knee = hip + np.array([0.10, -0.02, side * 0.085])
    ankle = np.array([0.07, 0.17, side * 0.075])
    foot = np.array([0.09, 0.025, side * 0.075])
    rows = (
        (0, 0.05, 0.05, 0.05),
        (0.5, 0.085, 0.09, 0.075),
        (0.9, 0.045, 0.045, 0.045),
        (1, 0.02, 0.02, 0.02),
    )
    feathered = down(plumage, plumage.body, rows=7, columns=12)
    path = [knee + axis * 0.1, knee, ankle]
    rig.tube(sided("leg", side), path, rows, feathered, stations=12, around=12, blend=0.03)
    heading = np.array([1.0, 0, side * 0.15])
    root = ankle + np.array([0, 0.02, 0])
    talons(rig, sided("talons", side), root, foot, heading, 0.8, skin, grip=grip)


def _branch(rig: Rig) -> None:
    """Build a branch under the feet that runs across the view."""
    bark = Material((0.30, 0.23, 0.17), hair=0.8, gloss=0.02, length=23, mottle=0.5)
    bow = rig.near(-0.05, 0.05)
    path = [[0.06, -0.06 + bow, -0.9], [0.09, -0.03, -0.3], [0.09, -0.03, 0.3], [0.12, -0.05 + bow, 0.9]]
    if abs(rig.towards[2]) > 0.6:
        path = [[-0.8, -0.10 + bow, 0.02], [-0.25, -0.04, 0], [0.4, -0.02, 0], [0.9, 0.04 - bow, -0.05]]
    rows = (
        (0, 0.002, 0.002, 0.002),
        (0.01, 0.06, 0.06, 0.06),
        (0.5, 0.05, 0.055, 0.055),
        (0.99, 0.04, 0.04, 0.04),
        (1, 0.002, 0.002, 0.002),
    )
    rig.tube("perch", path, rows, bark, side=np.array([0.0, 1.0, 0.0]), stations=14, slant=0)


def _rock(rig: Rig) -> None:
    """Build a rock under the feet."""
    rock = Material((0.45, 0.43, 0.40), hair=0.0, gloss=0.02, mottle=0.6)
    path = [[0.05, 0.015, 0], [0.05, -0.15, 0], [0.02, -0.42, 0]]
    rows = ((0, 0.12, 0.15, 0.14), (0.1, 0.22, 0.24, 0.21), (0.6, 0.28, 0.31, 0.27), (1, 0.33, 0.35, 0.33))
    rig.tube("perch", path, rows, rock, side=RIGHT, stations=12)


def flying_bird(
    rig: Rig,
    plumage: Plumage,
    *,
    beak: RGB,
    cere: RGB,
    iris: RGB,
    skin: RGB,
    tilt: float,
    dihedral: float,
    head_yaw: float,
    sweep: float,
    legs_out: bool,
    open_beak: float = 0.0,
) -> None:
    """Build a bird in the air with both wings spread."""
    a = np.radians(tilt)
    axis = np.array([np.cos(a), np.sin(a), 0.0])
    up = np.array([-axis[1], axis[0], 0.0])
    neck, tail = axis * 0.50, -axis * 0.34
    path = [neck + 0.05 * axis, axis * 0.3 - 0.02 * up, axis * 0.0, tail]
    rows = (
        (0, 0.07, 0.08, 0.08),
        (0.2, 0.12, 0.13, 0.13),
        (0.45, 0.14, 0.165, 0.155),
        (0.75, 0.09, 0.11, 0.11),
        (1, 0.03, 0.03, 0.04),
    )
    feathered = down(plumage, plumage.body)
    rig.tube("body", path, rows, feathered, stations=22, around=22, slant=0, headfirst=True)
    face = head_frame(Frame(neck + axis * 0.11 + up * 0.03, np.eye(3)), 0.4 * tilt - 8, head_yaw)
    bird_head(rig, face, plumage, beak=beak, cere=cere, iris=iris, open_beak=open_beak)
    d = np.radians(dihedral)
    for side in (-1, 1):
        root = axis * 0.30 + up * 0.07 + np.array([0, 0, side * 0.07])
        out = np.array([0, 0, side * np.cos(d)]) + up * np.sin(d) - axis * sweep * 0.3
        bend = rig.near(-0.12, 0.12)
        spread_wing(rig, sided("wing", side), root, out, -axis - 0.1 * up, 1.0, plumage, bend=bend)
        if legs_out:
            _flying_leg(rig, plumage, axis, up, side, skin)
    back = -axis - rig.near(0.1, 0.4) * up
    plane = up + rig.near(-0.5, 0.5) * RIGHT
    tail_fan(rig, tail + axis * 0.1, back, plane, 0.42, rig.near(30, 75), plumage)


def _flying_leg(rig: Rig, plumage: Plumage, axis: Array, up: Array, side: int, skin: RGB) -> None:
    """Build a leg stretched out in flight, talons open."""
    hip = np.zeros(3)
    knee = hip + axis * 0.02 - up * 0.10 + np.array([0, 0, side * 0.07])
    ankle = knee + axis * 0.10 - up * 0.14
    path = [hip + np.array([0, 0, side * 0.05]), knee, ankle]
    rows = ((0, 0.05, 0.05, 0.05), (0.5, 0.07, 0.07, 0.06), (1, 0.03, 0.03, 0.03))
    feathered = down(plumage, plumage.body, rows=7, columns=12)
    rig.tube(sided("leg", side), path, rows, feathered, stations=10, around=12, blend=0.03)
    foot = ankle + 0.10 * axis - 0.09 * up
    talons(rig, sided("talons", side), ankle, foot, axis * 0.8 - up * 0.6, 0.9, skin, grip=1.4)
