"""Poses of a quadruped: the positions of its feet, and the angles of its trunk, neck and head."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEGS = ("left_foreleg", "right_foreleg", "left_hindleg", "right_hindleg")


class Step(NamedTuple):
    """The position of a foot.

    `x` is the distance forward of the resting position, and `y` the height above the ground. `bend` is the
    angle, in degrees, by which the last long bone tilts backwards. A `free` foot moves with the trunk.
    """

    x: float = 0.0
    y: float = 0.0
    bend: float = 0.0
    free: bool = False


class Pose(NamedTuple):
    """The pose of the whole body, with a `Step` for each of `LEGS`, and angles in degrees.

    `neck` is added to the resting angle of the neck, and `head` is the upward angle of the head. `pitch`
    rotates the trunk upwards about the hips, which rise by `lift`.
    """

    steps: tuple[Step, ...]
    neck: float
    head: float
    pitch: float = 0.0
    lift: float = 0.0


def pose(name: str, rng: np.random.Generator) -> Pose:
    """Choose a pose of the kind stand, walk, stretch, gather, rear, sit or swim."""
    r = rng.uniform
    if name == "walk":
        stride = r(0.11, 0.17)
        lifted = Step(0.07, r(0.08, 0.16), 45)
        fore = (lifted, Step(-stride)) if rng.random() < 0.5 else (Step(-stride), lifted)
        side = 0.9 * stride if fore[0].y else -0.9 * stride
        return Pose((*fore, Step(-side), Step(side)), r(-16, 6), r(-8, 6))
    if name == "stretch":  # the stretched phase of a gallop
        fore = (Step(r(0.30, 0.42), r(0.22, 0.34), 0, True), Step(r(0.18, 0.30), r(0.12, 0.22), 20, True))
        hind = (Step(r(-0.42, -0.3), r(0.10, 0.22), 30, True), Step(r(-0.3, -0.2), r(0.05, 0.12), 20, True))
        return Pose((*fore, *hind), r(-22, -8), r(4, 14), r(-4, 8), 0.06)
    if name == "gather":  # the gathered phase of a gallop
        fore = (Step(r(0.02, 0.12), r(0.20, 0.30), 80, True), Step(r(-0.12, 0.0), r(0.10, 0.2), 70, True))
        hind = (Step(r(0.10, 0.24), r(0.02, 0.10), -10, True), Step(r(-0.32, -0.2), r(0.02, 0.1), 25, True))
        return Pose((*fore, *hind), r(-16, 0), r(0, 10), r(0, 10), 0.05)
    if name == "rear":
        fore = (Step(r(0.05, 0.2), r(0.18, 0.32), 70, True), Step(r(-0.02, 0.14), r(0.12, 0.28), 80, True))
        return Pose((*fore, Step(r(-0.02, 0.1)), Step(r(0.1, 0.22))), r(-4, 10), r(4, 22), r(38, 58), -0.06)
    if name == "sit":
        hind = (Step(r(0.20, 0.25), 0, -72), Step(r(0.22, 0.28), 0, -72))
        return Pose((Step(r(-0.04, 0)), Step(r(0, 0.05)), *hind), r(4, 16), r(-6, 6), r(44, 52), -0.52)
    if name == "swim":
        fore = (Step(r(0.1, 0.25), r(0.12, 0.28), 65, True), Step(r(-0.05, 0.1), r(0.08, 0.24), 70, True))
        return Pose((*fore, Step(), Step()), r(-6, 8), r(0, 12), r(14, 32))
    return Pose(tuple(Step(r(-0.05, 0.05)) for _ in LEGS), r(-14, 8), r(-8, 6))
