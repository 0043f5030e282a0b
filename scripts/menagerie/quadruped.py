"""Build a four-footed body: trunk, neck, and legs whose feet reach their marks by inverse kinematics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.menagerie.curves import Frame, rotation, unit
from scripts.menagerie.geometry import Surface
from scripts.menagerie.materials import Material, Site, mix, step
from scripts.menagerie.plans import BodyPlan, Leg
from scripts.menagerie.poses import LEGS, Pose, Step
from scripts.menagerie.rig import Rig

Array = np.ndarray


@dataclass
class Body:
    """A posed body: frames that other parts hang on.

    Attributes:
        trunk: frame whose local coordinates are the standing animal's.
        chest: the same for the front half, with the arch.
        poll: end of the neck.
        neck_angle: degrees the neck rises above the horizon.
        tail: root of the tail; forward axis points backwards along the croup.
        surfaces: shapes by part name.
    """

    trunk: Frame
    chest: Frame
    poll: Array
    neck_angle: float
    tail: Array
    surfaces: dict[str, Surface]


def _reach(root: Array, goal: Array, upper: float, lower: float, forward: bool) -> tuple[Array, Array]:
    """Find middle joint and end of a two-bone limb that reaches for `goal`, bent forward or back."""
    line = goal - root
    distance = np.linalg.norm(line)
    limit = np.clip(distance, abs(upper - lower) * 1.02 + 1e-3, (upper + lower) * 0.999)
    direction = line / max(distance, 1e-6)
    cosine = (upper**2 + limit**2 - lower**2) / (2 * upper * limit)
    along = upper * np.clip(cosine, -1, 1)
    high = np.sqrt(max(upper**2 - along**2, 0))
    normal = np.array([-direction[1], direction[0], 0.0])
    if (normal[0] > 0) != forward:
        normal = -normal
    return root + direction * along + normal * high, root + direction * limit


def _leg_joints(leg: Leg, side: int, fore: bool, frame: Frame, plan_step: Step) -> Array:
    """Return the world positions (4, 3) of a leg's joints in a pose."""
    rest = np.array([(x, y, side * leg.spread) for x, y in leg.joints])
    bones = np.linalg.norm(np.diff(rest, axis=0), axis=1)
    root = frame.at(*rest[0])
    last = rest[3] - rest[2]
    if plan_step.free:
        foot = root + (rest[3] - rest[0]) + np.array([plan_step.x, plan_step.y, 0])
    else:
        foot = np.array([root[0] + rest[3][0] - rest[0][0] + plan_step.x, rest[3][1] + plan_step.y, root[2]])
    foot[2] = root[2]
    ankle = foot - rotation("z", -plan_step.bend) @ last
    middle, end = _reach(root, ankle, bones[0], bones[1], forward=not fore)
    return np.stack([root, middle, end, end + (foot - ankle)])


def build_body(
    rig: Rig,
    plan: BodyPlan,
    attitude: Pose,
    coat: Material,
    *,
    legs: Material | None = None,
    feet: Material,
    neck: bool = True,
    forelegs: bool = True,
    hindlegs: bool = True,
    neck_turn: float = 0.0,
    trunk_until: float | None = None,
    paws: Material | None = None,
) -> Body:
    """Build trunk, neck, legs and feet.

    Args:
        rig: receives the meshes.
        plan: proportions.
        attitude: pose.
        coat: the trunk's and neck's material.
        legs: the legs' material, by default the coat.
        feet: hooves' or claws' material.
        neck: build a neck.
        forelegs: build forelegs.
        hindlegs: build hindlegs (left out for a fish's tail).
        neck_turn: degrees the neck bends to the animal's right.
        trunk_until: start the trunk here along x (its rear is left out).
        paws: material of paws, by default the legs'.
    """
    trunk, chest = _trunk_frames(plan, attitude)
    shapes = {"trunk": _build_trunk(rig, plan, trunk, chest, coat, trunk_until)}
    specs = []
    if forelegs:
        specs += [(0, -1, True), (1, 1, True)]
    if hindlegs:
        specs += [(2, -1, False), (3, 1, False)]
    for number, side, fore in specs:
        leg = plan.fore if fore else plan.hind
        joints = _leg_joints(leg, side, fore, chest if fore else trunk, attitude.steps[number])
        _build_leg(rig, LEGS[number], plan, leg, joints, legs or coat, feet, paws)
    rise = attitude.pitch * 0.45 if attitude.pitch > 20 else attitude.pitch
    angle = plan.neck_angle + attitude.neck + rise
    root, length = chest.at(*plan.neck_root, 0), plan.neck_length
    poll = root + length * _heading(angle, neck_turn)
    if neck:
        rows, base = np.array(plan.neck), attitude.pitch + 18
        shapes["neck"], poll = build_neck(rig, root, angle, length, rows, coat, turn=neck_turn, base=base)
    return Body(trunk, chest, poll, angle, trunk.at(*plan.tail_root, 0), shapes)


def _trunk_frames(plan: BodyPlan, attitude: Pose) -> tuple[Frame, Frame]:
    """Return the frames of the whole trunk, pitched about the hips, and of its front half, with the arch."""
    hip = np.array([plan.hind.joints[0][0], plan.hind.joints[0][1], 0.0])
    turn = rotation("z", attitude.pitch)
    # A lying animal rests on its belly, however deep that is.
    lift = -0.04 - min(row[2] for row in plan.trunk) if attitude.name == "lie" else attitude.lift
    trunk = Frame(hip + np.array([0, lift, 0]) - turn @ hip, turn)
    bend = rotation("z", attitude.arch)
    pivot = np.array([0.1, 0.8, 0.0])
    return trunk, Frame(trunk.at(*pivot) - turn @ bend @ pivot, turn @ bend)


def _build_trunk(
    rig: Rig, plan: BodyPlan, trunk: Frame, chest: Frame, coat: Material, start: float | None
) -> Surface:
    """Build the trunk, tail end first, from `start` along x if that is given."""
    rows = np.array(plan.trunk)
    if start is not None:
        rows = rows[rows[:, 0] >= start]
    middle = np.stack([rows[:, 0], (rows[:, 1] + rows[:, 2]) / 2, 0 * rows[:, 0]], 1)
    share = np.clip((rows[:, 0:1] + 0.1) / 0.4, 0, 1)
    spine = trunk.points(middle) * (1 - share) + chest.points(middle) * share
    keys = (rows[:, 0] - rows[0, 0]) / (rows[-1, 0] - rows[0, 0])
    half = (rows[:, 1] - rows[:, 2]) / 2
    table = np.stack([keys, half, half, rows[:, 3]], 1)
    return rig.tube("trunk", spine, table, coat, stations=32, around=24, keys=keys, slant=-0.5)


def _heading(angle: float, turn: float) -> Array:
    """Return the unit vector `angle` degrees above the horizon, turned to the right."""
    a, b = np.radians(angle), np.radians(turn)
    return np.array([np.cos(a) * np.cos(b), np.sin(a), np.cos(a) * np.sin(b)])


def build_neck(
    rig: Rig,
    root: Array,
    angle: float,
    length: float,
    rows: Array,
    coat: Material,
    *,
    turn: float = 0.0,
    base: float = 20.0,
    part: str = "neck",
    blend: float = 0.06,
) -> tuple[Surface, Array]:
    """Build an arched neck from `root`; returns its shape and the poll's position."""
    first = root + 0.40 * length * _heading(angle * 0.72 + base * 0.28, turn * 0.3)
    second = first + 0.35 * length * _heading(angle * 1.08, turn * 0.8)
    poll = second + 0.27 * length * _heading(angle * 0.98 - 6, turn)
    side = unit(np.array([-np.sin(np.radians(turn * 0.5)), 0, np.cos(np.radians(turn * 0.5))]))
    shape = rig.tube(
        part,
        [root, first, second, poll],
        rows,
        coat,
        side=side,
        stations=18,
        around=18,
        blend=blend,
        slant=0.2,
    )
    return shape, poll


def _build_leg(
    rig: Rig,
    part: str,
    plan: BodyPlan,
    leg: Leg,
    joints: Array,
    coat: Material,
    feet: Material,
    paws: Material | None,
) -> None:
    """Build one leg and its foot."""
    rows = np.array(leg.rows)
    lengths = np.linalg.norm(np.diff(joints, axis=0), axis=1)
    keys = np.concatenate([[0], np.cumsum(lengths)]) / lengths.sum()
    rows[:, 0] = np.interp(rows[:, 0], np.arange(4), keys)
    # Extra points beside the joints keep elbows and hocks angular.
    spine, spine_keys = [joints[0]], [0.0]
    near = 0.22
    for i in (1, 2):
        spine += [joints[i] + near * (joints[j] - joints[i]) for j in (i - 1, i + 1)]
        spine_keys += [keys[i] - near * (keys[i] - keys[i - 1]), keys[i] + near * (keys[i + 1] - keys[i])]
    spine.append(joints[3])
    spine_keys.append(1.0)
    rig.tube(
        part, spine, rows, coat, stations=22, around=14, blend=0.045, keys=np.array(spine_keys), slant=0.0
    )
    down = unit(joints[3] - joints[2])
    if plan.foot == "hoof":
        _build_hoof(rig, part, joints[3], down, plan.foot_size, coat, feet)
    else:
        _build_paw(rig, part, joints[3], down, plan.foot_size, _toes(paws or coat, feet))


def _build_hoof(
    rig: Rig, part: str, ankle: Array, down: Array, size: float, coat: Material, horn: Material
) -> None:
    """Build a furred pastern from `ankle` and the hoof below it; `down` is the shank's direction."""
    lean = unit(down + np.array([0.55, 0, 0]))
    coronet = ankle + lean * 0.055 * size
    tip = coronet + unit(lean + np.array([0.25, 0, 0])) * 0.055 * size
    pastern = ((0, 0.032, 0.036, 0.034), (1, 0.030, 0.030, 0.033))
    rig.tube(part, [ankle, coronet], pastern, coat, stations=5, around=10, blend=0.02)
    hoof = np.array(
        (
            (0, 0.006, 0.006, 0.006),
            (0.05, 0.033, 0.032, 0.034),
            (0.9, 0.046, 0.042, 0.047),
            (1, 0.044, 0.04, 0.045),
        )
    )
    spine = [coronet - 0.012 * lean, tip]
    name, rows = part.replace("leg", "hoof"), hoof * [1, size, size, size]
    rig.tube(name, spine, rows, horn, stations=7, around=12, slant=0)


def _build_paw(rig: Rig, part: str, ankle: Array, down: Array, size: float, material: Material) -> None:
    """Build a paw around `ankle`, as flat on the ground as the shank's direction `down` allows."""
    flat = unit(np.array([1.0, min(down[1] + 0.75, 0.0) * 1.4, 0]))
    heel = ankle - flat * 0.045 * size - np.array([0, 0.006, 0]) * size
    toe = ankle + flat * 0.12 * size - np.array([0, 0.014, 0]) * size
    paw = np.array(
        (
            (0, 0.01, 0.01, 0.01),
            (0.12, 0.040, 0.03, 0.044),
            (0.45, 0.046, 0.034, 0.056),
            (0.75, 0.037, 0.032, 0.058),
            (0.93, 0.022, 0.024, 0.044),
            (1, 0.004, 0.004, 0.01),
        )
    )
    name, rows = part.replace("leg", "paw"), paw * [1, size, size, size]
    rig.tube(name, [heel, toe], rows, material, stations=11, around=14, blend=0.02)


def _toes(coat: Material, claws: Material) -> Material:
    """Make a paw's material: the coat, with dark clefts between four toes and claws at the tip."""
    base = coat.pattern

    def paint(site: Site) -> Array:
        colour = (
            base(site) if base else np.broadcast_to(np.asarray(coat.colour, np.float32), (len(site.u), 3))
        )
        cleft = np.min([np.abs(site.v - c) for c in (-0.3, 0.0, 0.3)], axis=0)
        front = step(site.u, 0.5, 0.65)
        colour = mix(colour, np.asarray(coat.colour) * 0.25, 0.75 * front * step(cleft, 0.06, 0.02))
        return mix(colour, claws.colour, step(site.u, 0.93, 0.96) * step(cleft, 0.08, 0.12))

    return coat.with_(pattern=paint)
