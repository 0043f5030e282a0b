"""Build the trunk, the neck and the legs of a quadruped, whose feet are placed by inverse kinematics."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from menagerie.curves import RIGHT, UP, Frame, rotation, unit
from menagerie.geometry import Surface
from menagerie.materials import Material
from menagerie.plans import BodyPlan, Leg
from menagerie.poses import LEGS, Pose, Step
from menagerie.rig import Rig

Array = np.ndarray


class Body(NamedTuple):
    """A posed body, to which other parts are added.

    The frame of the trunk has the coordinates of the standing animal, and `shape` goes from the tail to the
    chest. The neck (None if absent) ends at `poll` and rises by `neck_angle`. `tail` is the root of the tail.
    """

    plan: BodyPlan
    pose: Pose
    trunk: Frame
    shape: Surface
    neck: Surface | None
    poll: Array
    neck_angle: float
    tail: Array


def reach(root: Array, goal: Array, upper: float, lower: float, forward: bool) -> tuple[Array, Array]:
    """Find the middle joint and the end of a limb of two bones that reaches for `goal`."""
    line = goal - root
    distance = np.linalg.norm(line)
    limit = np.clip(distance, abs(upper - lower) * 1.02 + 1e-3, (upper + lower) * 0.999)
    direction = line / max(distance, 1e-6)
    along = upper * np.clip((upper**2 + limit**2 - lower**2) / (2 * upper * limit), -1, 1)
    normal = np.array([-direction[1], direction[0], 0.0]) * np.sqrt(max(upper**2 - along**2, 0))
    if (normal[0] > 0) != forward:
        normal = -normal
    return root + direction * along + normal, root + direction * limit


def _leg_joints(leg: Leg, side: int, fore: bool, frame: Frame, place: Step) -> Array:
    """Return the world positions (4, 3) of the joints of a leg in a pose."""
    rest = np.array([(x, y, side * leg.spread) for x, y in leg.joints])
    bones = np.linalg.norm(np.diff(rest, axis=0), axis=1)
    root = frame.at(*rest[0])
    foot = root + rest[3] - rest[0] + np.array([place.x, place.y, 0])
    if not place.free:
        foot[1] = rest[3][1] + place.y
    foot[2] = root[2]
    ankle = foot - rotation("z", -place.bend) @ (rest[3] - rest[2])
    middle, end = reach(root, ankle, bones[0], bones[1], forward=not fore)
    return np.stack([root, middle, end, end + (foot - ankle)])


def build_body(
    rig: Rig, plan: BodyPlan, pose: Pose, coat: Material, legs: Material, feet: Material, *,
    neck_turn: float = 0.0, neck: bool = True, forelegs: bool = True, rear: bool = True,
) -> Body:  # fmt: skip
    """Build trunk, legs, feet, and a neck that turns by `neck_turn` degrees to the animal's right.

    `coat` is the material of trunk and neck; `feet` is used for hooves. Neck, forelegs and rear are optional.
    """
    hip = np.array([*plan.hind.joints[0], 0.0])
    turn = rotation("z", pose.pitch)
    trunk = Frame(hip + UP * pose.lift - turn @ hip, turn)
    rows = np.array([row for row in plan.trunk if rear or row[0] >= -0.07])
    middle, half = (rows[:, 1] + rows[:, 2]) / 2, (rows[:, 1] - rows[:, 2]) / 2
    keys = (rows[:, 0] - rows[0, 0]) / (rows[-1, 0] - rows[0, 0])
    spine = trunk.points(np.stack([rows[:, 0], middle, 0 * middle], 1))
    table = np.stack([keys, half, half, rows[:, 3]], 1)
    shape = rig.tube("trunk", spine, table, coat, stations=32, around=24, keys=keys, slant=-0.5)
    for i in [*(range(2) if forelegs else ()), *(range(2, 4) if rear else ())]:
        leg = plan.fore if i < 2 else plan.hind
        joints = _leg_joints(leg, 2 * (i % 2) - 1, i < 2, trunk, pose.steps[i])
        _build_leg(rig, LEGS[i], plan, leg, joints, legs, feet)
    angle = plan.neck_angle + pose.neck + pose.pitch * (0.45 if pose.pitch > 20 else 1)
    root, surface = trunk.at(*plan.neck_root, 0), None
    poll = root + plan.neck_length * _heading(angle, neck_turn)
    if neck:
        base = pose.pitch + 18
        surface, poll = build_neck(rig, root, angle, plan.neck_length, plan.neck, coat, neck_turn, base)
    return Body(plan, pose, trunk, shape, surface, poll, angle, trunk.at(*plan.tail_root, 0))


def _heading(angle: float, turn: float) -> Array:
    """Return the unit vector `angle` degrees above the horizontal, turned to the right."""
    a, b = np.radians(angle), np.radians(turn)
    return np.array([np.cos(a) * np.cos(b), np.sin(a), np.cos(a) * np.sin(b)])


def build_neck(
    rig: Rig, root: Array, angle: float, length: float, rows: ArrayLike, coat: Material,
    turn: float = 0.0, base: float = 20.0, part: str = "neck",
) -> tuple[Surface, Array]:  # fmt: skip
    """Build an arched neck from `root`; return its shape and its end."""
    first = root + 0.40 * length * _heading(angle * 0.72 + base * 0.28, turn * 0.3)
    second = first + 0.35 * length * _heading(angle * 1.08, turn * 0.8)
    poll = second + 0.27 * length * _heading(angle * 0.98 - 6, turn)
    side, path = rotation("y", -turn * 0.5) @ RIGHT, [root, first, second, poll]
    return rig.tube(part, path, rows, coat, side=side, stations=18, around=18, blend=0.06, slant=0.2), poll


def _build_leg(
    rig: Rig, part: str, plan: BodyPlan, leg: Leg, joints: Array, coat: Material, feet: Material
) -> None:
    """Build a leg with its foot."""
    rows = np.array(leg.rows)
    lengths = np.linalg.norm(np.diff(joints, axis=0), axis=1)
    keys = np.concatenate([[0], np.cumsum(lengths)]) / lengths.sum()
    rows[:, 0] = np.interp(rows[:, 0], np.arange(4), keys)
    # Additional points next to the joints keep elbows and hocks angular.
    places = [0.0, 0.78, 1.22, 1.78, 2.22, 3.0]
    spine = np.stack([np.interp(places, np.arange(4), column) for column in joints.T], 1)
    spine_keys = np.interp(places, np.arange(4), keys)
    rig.tube(part, spine, rows, coat, stations=22, around=14, blend=0.045, keys=spine_keys, slant=0.0)
    down, foot, size = unit(joints[3] - joints[2]), joints[3], plan.foot_size
    if plan.foot == "hoof":
        _build_hoof(rig, part, foot, down, size, coat, feet)
        return
    # The foot is as flat on the ground as the shank allows.
    flat = unit([1.0, min(down[1] + 0.75, 0.0) * 1.4, 0])
    ends = [foot - (flat * 0.045 + UP * 0.006) * size, foot + (flat * 0.12 - UP * 0.014) * size]
    name = part.replace("leg", "paw")
    rig.tube(name, ends, _PAW, coat, scale=size, stations=11, around=14, blend=0.02)


_HOOF = (
    (0, 0.006, 0.006, 0.006), (0.05, 0.033, 0.032, 0.034), (0.9, 0.046, 0.042, 0.047), (1, 0.044, 0.04, 0.045)
)  # fmt: skip
_PAW = (
    (0, 0.01, 0.01, 0.01), (0.12, 0.040, 0.03, 0.044), (0.45, 0.046, 0.034, 0.056),
    (0.75, 0.037, 0.032, 0.058), (0.93, 0.022, 0.024, 0.044), (1, 0.004, 0.004, 0.01),
)  # fmt: skip


def _build_hoof(
    rig: Rig, part: str, ankle: Array, down: Array, size: float, coat: Material, horn: Material
) -> None:
    """Build a pastern at `ankle` and the hoof below it; `down` is the direction of the shank."""
    lean = unit(down + np.array([0.55, 0, 0]))
    coronet = ankle + lean * 0.055 * size
    tip = coronet + unit(lean + np.array([0.25, 0, 0])) * 0.055 * size
    pastern = ((0, 0.032, 0.036, 0.034), (1, 0.030, 0.030, 0.033))
    rig.tube(part, [ankle, coronet], pastern, coat, stations=5, around=10, blend=0.02)
    name, path = part.replace("leg", "hoof"), [coronet - 0.012 * lean, tip]
    rig.tube(name, path, _HOOF, horn, scale=size, stations=7, around=12, slant=0)
