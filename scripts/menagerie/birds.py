"""Birds of prey: head with a hooked beak, feathered body, wings, legs with talons."""

from __future__ import annotations

import numpy as np

from scripts.menagerie.curves import Frame, cross, unit
from scripts.menagerie.geometry import Surface
from scripts.menagerie.materials import RGB, Material, Site, mix, scale_relief, step
from scripts.menagerie.rig import RIGHT, Rig
from scripts.menagerie.textures import scales
from scripts.menagerie.wings import Plumage, folded_wing, spread_wing, tail_fan

Array = np.ndarray


def down(
    plumage: Plumage, colour: RGB, *, rows: float = 16, columns: float = 20, depth: float = 0.38
) -> Material:
    """Small body feathers of a colour, with the plumage's speckles."""

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
    """A bird of prey's head; the frame is at the skull's middle, forward along the beak."""
    part = prefix + "head"
    material = down(plumage, plumage.head, rows=9, columns=20, depth=0.25).with_(hair=0.6)
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
    shape = rig.tube(part, spine, table, material, side=frame.turn[:, 2], stations=20, around=20, blend=0.03)
    horn = Material(
        beak,
        hair=0,
        gloss=0.45,
        mottle=0.05,
        pattern=lambda site: mix(
            np.asarray(cere, np.float32),
            mix(np.asarray(beak, np.float32), np.asarray(beak) * 0.55, step(site.u, 0.6, 1)),
            step(site.u, 0.22, 0.32),
        ),
    )
    upper = frame.points(
        np.array(
            [[0.10, 0.008, 0], [0.165, 0.012, 0], [0.225, -0.010, 0], [0.248, -0.055, 0], [0.243, -0.092, 0]]
        )
        * s
    )
    rig.tube(
        prefix + "beak",
        upper,
        np.array(
            (
                (0, 0.050, 0.040, 0.044),
                (0.35, 0.045, 0.042, 0.036),
                (0.65, 0.030, 0.034, 0.024),
                (0.88, 0.012, 0.016, 0.012),
                (1, 0.002, 0.002, 0.002),
            )
        )
        * [1, s, s, s],
        horn,
        side=frame.turn[:, 2],
        stations=18,
        around=14,
        slant=0,
    )
    swing = np.radians(open_beak)
    tip = np.array([0.10 + 0.115 * np.cos(swing), -0.034 - 0.115 * np.sin(swing), 0])
    lower = frame.points(np.array([[0.09, -0.034, 0], (np.array([0.09, -0.034, 0]) + tip) / 2, tip]) * s)
    rig.tube(
        prefix + "beak",
        lower,
        np.array(((0, 0.02, 0.026, 0.032), (0.6, 0.014, 0.02, 0.024), (1, 0.002, 0.003, 0.004)))
        * [1, s, s, s],
        horn,
        side=frame.turn[:, 2],
        stations=10,
        around=12,
        slant=0,
    )
    if open_beak > 6:
        rig.ball(
            prefix + "beak",
            frame.points(np.array([0.12, -0.03, 0]) * s),
            frame.turn[:, 0],
            0.05 * s,
            0.018 * s,
            0.022 * s,
            Material((0.6, 0.2, 0.2), hair=0),
            right=frame.turn[:, 2],
        )
    for side in (-1, 1):
        rig.eye(part, shape, 0.66, side * 60, 0.026 * s, iris=iris, sink=0.42, forward=0.4)
        brow = frame.points(np.array([0.055, 0.062, side * 0.082]) * s)
        heading = frame.turn @ unit(np.array([1.0, -0.28, -side * 0.35]))
        rig.ball(
            part,
            brow,
            heading,
            0.06 * s,
            0.014 * s,
            0.022 * s,
            material.with_(relief=None, pattern=None),
            right=frame.turn[:, 2],
            blend=0.008,
            bias=0.006,
        )
        hole = frame.points(np.array([0.145, 0.018, side * 0.040]) * s)
        rig.ball(
            prefix + "beak",
            hole,
            frame.turn[:, 0],
            0.010 * s,
            0.006 * s,
            0.004 * s,
            Material((0.08, 0.06, 0.04), hair=0),
            right=frame.turn[:, 2],
            bias=0.006,
            around=8,
        )
    rig.head_points.append(
        frame.points(np.array([[-0.2, 0.15, 0.1], [-0.2, -0.25, -0.1], [0.27, 0, 0], [0.1, -0.2, 0.1]]) * s)
    )
    return shape


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
    """A tarsus from `ankle` to `ground` with three toes forward and one back, ending in hooked claws."""
    scaly = Material(skin, hair=0, gloss=0.25, relief=scale_relief(14, 8, 0.45))
    claw = Material((0.07, 0.06, 0.06), hair=0, gloss=0.5, mottle=0)
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
        length = 0.13 * reach * size
        middle = ground + toe * length * 0.5 - down_axis * 0.03 * size
        end = ground + toe * length + down_axis * grip * 0.06 * size
        rig.tube(
            part,
            [ground, middle, end],
            np.array(
                (
                    (0, 0.024, 0.024, 0.024),
                    (0.5, 0.020, 0.020, 0.020),
                    (0.9, 0.019, 0.019, 0.019),
                    (1, 0.010, 0.010, 0.010),
                )
            )
            * [1, size, size, size],
            scaly,
            side=cross(down_axis, toe),
            stations=7,
            around=8,
            slant=0,
        )
        tip = end + toe * 0.055 * size + down_axis * 0.05 * size
        bow = end + toe * 0.045 * size - down_axis * 0.005 * size
        rig.tube(
            part,
            [end - toe * 0.01 * size, bow, tip],
            np.array(((0, 0.015, 0.015, 0.013), (1, 0.001, 0.001, 0.001))) * [1, size, size, size],
            claw,
            side=cross(down_axis, toe),
            stations=6,
            around=8,
            slant=0,
        )


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
    """A bird sitting upright on a branch, a rock or the ground."""
    a = np.radians(tilt)
    axis = np.array([np.cos(a), np.sin(a), 0.0])
    hip = np.array([0.0, 0.36, 0.0])
    neck = hip + axis * 0.62 + np.array([0.02, 0.02, 0])
    tail = hip - axis * 0.28
    p = plump
    path = [
        neck + np.array([0.015, 0.05, 0]),
        hip + axis * 0.36 + np.array([0.02, 0, 0]),
        hip + axis * 0.05,
        tail,
    ]
    body = rig.tube(
        "body",
        path,
        (
            (0, 0.085, 0.085, 0.085),
            (0.14, 0.13, 0.14, 0.135),
            (0.38, 0.165 * p, 0.20 * p, 0.185 * p),
            (0.62, 0.15 * p, 0.19 * p, 0.175 * p),
            (0.85, 0.08, 0.12, 0.10),
            (1, 0.03, 0.03, 0.04),
        ),
        down(plumage, plumage.body),
        stations=24,
        around=22,
        slant=0,
        headfirst=True,
    )
    turn = Frame(neck + np.array([0.02, 0.10, 0]), np.eye(3))
    from scripts.menagerie.rig import head_frame

    face = head_frame(turn, head_pitch, head_yaw)
    bird_head(rig, face, plumage, beak=beak, cere=cere, iris=iris, open_beak=open_beak)
    for side in (-1, 1):
        folded_wing(rig, "right_wing" if side > 0 else "left_wing", body, side, plumage)
        knee = hip + np.array([0.10, -0.02, side * 0.085])
        ankle = np.array([0.07, 0.17, side * 0.075])
        foot = np.array([0.09, 0.025, side * 0.075])
        rig.tube(
            "right_leg" if side > 0 else "left_leg",
            [knee + axis * 0.1, knee, ankle],
            (
                (0, 0.05, 0.05, 0.05),
                (0.5, 0.085, 0.09, 0.075),
                (0.9, 0.045, 0.045, 0.045),
                (1, 0.02, 0.02, 0.02),
            ),
            down(plumage, plumage.body, rows=7, columns=12),
            stations=12,
            around=12,
            blend=0.03,
        )
        talons(
            rig,
            "right_talons" if side > 0 else "left_talons",
            ankle + np.array([0, 0.02, 0]),
            foot,
            np.array([1.0, 0, side * 0.15]),
            0.8,
            skin,
            grip=1.0 if perch == "branch" else 0.2,
        )
    tail_fan(
        rig,
        tail + axis * 0.12,
        -axis + np.array([0, -0.12, 0]),
        np.array([-axis[1], axis[0], 0]),
        0.44,
        22,
        plumage,
    )
    if perch == "none":
        return
    bark = Material((0.30, 0.23, 0.17), hair=0.8, gloss=0.02, length=23, mottle=0.5)
    if perch == "branch":
        bow = rig.near(-0.05, 0.05)
        path = [[0.06, -0.06 + bow, -0.9], [0.09, -0.03, -0.3], [0.09, -0.03, 0.3], [0.12, -0.05 + bow, 0.9]]
        if abs(rig.towards[2]) > 0.6:
            path = [[-0.8, -0.10 + bow, 0.02], [-0.25, -0.04, 0], [0.4, -0.02, 0], [0.9, 0.04 - bow, -0.05]]
        rig.tube(
            "perch",
            path,
            (
                (0, 0.002, 0.002, 0.002),
                (0.01, 0.06, 0.06, 0.06),
                (0.5, 0.05, 0.055, 0.055),
                (0.99, 0.04, 0.04, 0.04),
                (1, 0.002, 0.002, 0.002),
            ),
            bark,
            side=np.array([0.0, 1.0, 0.0]),
            stations=14,
            slant=0,
        )
    else:
        rock = Material((0.45, 0.43, 0.40), hair=0.0, gloss=0.02, mottle=0.6)
        rig.tube(
            "perch",
            [[0.05, 0.015, 0], [0.05, -0.15, 0], [0.02, -0.42, 0]],
            ((0, 0.12, 0.15, 0.14), (0.1, 0.22, 0.24, 0.21), (0.6, 0.28, 0.31, 0.27), (1, 0.33, 0.35, 0.33)),
            rock,
            side=RIGHT,
            stations=12,
        )


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
    """A bird in the air with both wings spread."""
    a = np.radians(tilt)
    axis = np.array([np.cos(a), np.sin(a), 0.0])
    up = np.array([-axis[1], axis[0], 0.0])
    hip = np.zeros(3)
    neck, tail = axis * 0.50, -axis * 0.34
    rig.tube(
        "body",
        [neck + 0.05 * axis, axis * 0.3 - 0.02 * up, axis * 0.0, tail],
        (
            (0, 0.07, 0.08, 0.08),
            (0.2, 0.12, 0.13, 0.13),
            (0.45, 0.14, 0.165, 0.155),
            (0.75, 0.09, 0.11, 0.11),
            (1, 0.03, 0.03, 0.04),
        ),
        down(plumage, plumage.body),
        stations=22,
        around=22,
        slant=0,
        headfirst=True,
    )
    from scripts.menagerie.rig import head_frame

    face = head_frame(Frame(neck + axis * 0.11 + up * 0.03, np.eye(3)), 0.4 * tilt - 8, head_yaw)
    bird_head(rig, face, plumage, beak=beak, cere=cere, iris=iris, open_beak=open_beak)
    d = np.radians(dihedral)
    for side in (-1, 1):
        out = np.array([0, 0, side * np.cos(d)]) + up * np.sin(d) - axis * sweep * 0.3
        spread_wing(
            rig,
            "right_wing" if side > 0 else "left_wing",
            axis * 0.30 + up * 0.07 + np.array([0, 0, side * 0.07]),
            out,
            -axis - 0.1 * up,
            1.0,
            plumage,
            bend=rig.near(-0.12, 0.12),
        )
        if legs_out:
            knee = hip + axis * 0.02 - up * 0.10 + np.array([0, 0, side * 0.07])
            ankle = knee + axis * 0.10 - up * 0.14
            rig.tube(
                "right_leg" if side > 0 else "left_leg",
                [hip + np.array([0, 0, side * 0.05]), knee, ankle],
                ((0, 0.05, 0.05, 0.05), (0.5, 0.07, 0.07, 0.06), (1, 0.03, 0.03, 0.03)),
                down(plumage, plumage.body, rows=7, columns=12),
                stations=10,
                around=12,
                blend=0.03,
            )
            talons(
                rig,
                "right_talons" if side > 0 else "left_talons",
                ankle,
                ankle + 0.10 * axis - 0.09 * up,
                axis * 0.8 - up * 0.6,
                0.9,
                skin,
                grip=1.4,
            )
    tail_fan(
        rig,
        tail + axis * 0.1,
        -axis - rig.near(0.1, 0.4) * up,
        up + rig.near(-0.5, 0.5) * RIGHT,
        0.42,
        rig.near(30, 75),
        plumage,
    )
