"""Poses of a four-footed body: where it puts its feet, how it holds its back, neck and head."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

LEGS = ("left_foreleg", "right_foreleg", "left_hindleg", "right_hindleg")


@dataclass
class Step:
    """Where a foot goes.

    Attributes:
        x: forward of its place at rest.
        y: above the ground, or above its place at rest relative to the root when `free`.
        bend: degrees that the last long bone tips its lower end backwards.
        free: move with the trunk (in the air) instead of standing in the world.
    """

    x: float = 0.0
    y: float = 0.0
    bend: float = 0.0
    free: bool = False


@dataclass
class Pose:
    """A whole-body pose; angles in degrees.

    Attributes:
        name: for menagerie.json.
        pitch: nose-up turn of the trunk about the hips.
        lift: rise of the hips, negative to sink.
        arch: extra bend of the trunk's front half.
        steps: one `Step` for each of `LEGS`.
        neck: added to the neck's angle at rest.
        head: nose-up angle of the head, absolute.
    """

    name: str = "stand"
    pitch: float = 0.0
    lift: float = 0.0
    arch: float = 0.0
    steps: tuple[Step, ...] = field(default_factory=lambda: tuple(Step() for _ in LEGS))
    neck: float = 0.0
    head: float = 0.0


def pose(name: str, rng: np.random.Generator) -> Pose:
    """Draw a pose of a kind: stand, walk, run, rear, sit, lie, graze.

    Raises:
        ValueError: no such pose.
    """
    r = rng.uniform
    if name in ("stand", "graze"):
        steps = tuple(Step(r(-0.05, 0.05)) for _ in LEGS)
        return Pose(name, steps=steps, neck=r(-14, 8) if name == "stand" else r(-88, -72), head=r(-8, 6))
    if name == "walk":
        s, side = r(0.11, 0.17), (1 if rng.random() < 0.5 else -1)
        fore = (Step(s * side, 0.0), Step(-s * side, 0.0))
        hind = [Step(-s * side * 0.9, 0.0), Step(s * side * 0.9, 0.0)]
        lifted = [Step(0.07, r(0.08, 0.16), 45), Step(-s, 0.0, 10)]
        fore = (fore[0], lifted[0]) if side < 0 else (lifted[0], fore[1])
        return Pose(name, steps=(*fore, *hind), neck=r(-16, 6), head=r(-8, 6))
    if name == "run":
        if rng.random() < 0.5:  # stretched out
            steps = (
                Step(r(0.30, 0.42), r(0.22, 0.34), 0, True),
                Step(r(0.18, 0.30), r(0.12, 0.22), 20, True),
                Step(r(-0.42, -0.30), r(0.10, 0.22), 30, True),
                Step(r(-0.30, -0.2), r(0.05, 0.12), 20, True),
            )
            return Pose(name, pitch=r(-4, 8), lift=0.06, steps=steps, neck=r(-22, -8), head=r(4, 14))
        steps = (
            Step(r(0.02, 0.12), r(0.20, 0.30), 80, True),
            Step(r(-0.12, 0.0), r(0.10, 0.2), 70, True),
            Step(r(0.10, 0.24), r(0.02, 0.10), -10, True),
            Step(r(-0.32, -0.2), r(0.02, 0.10), 25, True),
        )
        return Pose(name, pitch=r(0, 10), lift=0.05, steps=steps, neck=r(-16, 0), head=r(0, 10))
    if name == "rear":
        steps = (
            Step(r(0.05, 0.2), r(0.18, 0.32), 70, True),
            Step(r(-0.02, 0.14), r(0.12, 0.28), 80, True),
            Step(r(-0.02, 0.10)),
            Step(r(0.10, 0.22)),
        )
        return Pose(name, pitch=r(38, 58), lift=-0.06, steps=steps, neck=r(-4, 10), head=r(4, 22))
    if name == "sit":
        steps = (
            Step(r(-0.04, 0.0)),
            Step(r(0.0, 0.05)),
            Step(r(0.20, 0.25), 0, -72),
            Step(r(0.22, 0.28), 0, -72),
        )
        return Pose(name, pitch=r(44, 52), lift=-0.52, steps=steps, neck=r(4, 16), head=r(-6, 6))
    if name == "lie":
        steps = (
            Step(r(0.30, 0.38), 0, -10),
            Step(r(0.26, 0.36), 0, -10),
            Step(r(0.24, 0.30), 0, -75),
            Step(r(0.26, 0.32), 0, -75),
        )
        return Pose(name, pitch=r(0, 4), lift=-0.5, steps=steps, neck=r(-2, 14), head=r(-6, 6))
    raise ValueError(f"pose '{name}' is unknown; choose from stand, graze, walk, run, rear, sit, lie")
