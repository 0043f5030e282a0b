"""Proportions of quadrupeds in shoulder heights, standing, seen from the right, with the ground at y = 0."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Rows = tuple[tuple[float, ...], ...]


class Leg(NamedTuple):
    """A leg with its joints (x, y), its distance from the middle plane of the body, and its radii.

    The joints are the root, elbow or stifle, wrist or hock, and fetlock or ball. Rows are (joint number,
    front, back, side) radii, where fractional numbers are between joints.
    """

    joints: Rows
    spread: float
    rows: Rows


class BodyPlan(NamedTuple):
    """The body of a quadruped; `foot` is 'hoof' or 'paw', and angles are in degrees above the horizontal.

    The rows of the trunk are (x, top, bottom, half width), from the tail end. The rows of the neck, from
    inside the trunk to the back of the skull, are (position, up, down, side).
    """

    trunk: Rows
    fore: Leg
    hind: Leg
    foot: str
    foot_size: float
    neck_root: tuple[float, float]
    neck_length: float
    neck_angle: float
    neck: Rows
    tail_root: tuple[float, float]

    def stretched(self, length: float, depth: float, leg: float, bulk: float) -> BodyPlan:
        """Return a body that is longer or deeper, or has longer or thicker legs."""
        drop = self.hind.joints[0][1] * (1 - leg)
        x, top, bottom, wide = np.array(self.trunk).T
        middle, half = (top + bottom) / 2 - drop, (top - bottom) / 2 * depth
        trunk = np.stack([x * length, middle + half, middle - half, wide * depth], 1)

        def limb(plan: Leg) -> Leg:
            shift, root = plan.joints[0][0] * (length - 1), plan.joints[0][1]
            joints = tuple((x + shift, max(y - drop * min(1.0, y / root), 0.03)) for x, y in plan.joints)
            rows = np.array(plan.rows) * [1, bulk, bulk, bulk]
            return Leg(joints, plan.spread * depth, tuple(map(tuple, rows)))

        return self._replace(
            trunk=tuple(map(tuple, trunk)),
            fore=limb(self.fore),
            hind=limb(self.hind),
            foot_size=self.foot_size * bulk,
            neck_root=(self.neck_root[0] * length, self.neck_root[1] - drop),
            neck=tuple(map(tuple, np.array(self.neck) * [1, depth, depth, depth])),
            tail_root=(self.tail_root[0] * length, self.tail_root[1] - drop),
        )


HORSE = BodyPlan(
    trunk=((-0.575, 0.8, 0.78, 0.02), (-0.56, 0.855, 0.7, 0.065), (-0.525, 0.915, 0.635, 0.105),
        (-0.43, 0.975, 0.585, 0.155), (-0.26, 1, 0.56, 0.18), (-0.06, 0.955, 0.53, 0.185),
        (0.12, 0.94, 0.51, 0.185), (0.28, 0.985, 0.495, 0.165), (0.4, 0.975, 0.525, 0.145),
        (0.48, 0.92, 0.575, 0.115), (0.525, 0.85, 0.64, 0.08), (0.545, 0.77, 0.72, 0.02)),
    fore=Leg(((0.36, 0.74), (0.27, 0.54), (0.3, 0.3), (0.29, 0.105)), 0.095,
        ((0, 0.09, 0.11, 0.05), (0.5, 0.1, 0.1, 0.07), (1, 0.075, 0.08, 0.065),
            (1.5, 0.05, 0.052, 0.048), (2, 0.04, 0.034, 0.038), (2.3, 0.026, 0.026, 0.026),
            (2.75, 0.025, 0.027, 0.026), (3, 0.031, 0.036, 0.033))),
    hind=Leg(((-0.37, 0.78), (-0.25, 0.58), (-0.46, 0.36), (-0.43, 0.105)), 0.1,
        ((0, 0.14, 0.15, 0.06), (0.5, 0.15, 0.16, 0.09), (1, 0.11, 0.12, 0.085),
            (1.5, 0.062, 0.062, 0.058), (1.9, 0.04, 0.052, 0.042), (2.05, 0.036, 0.048, 0.042),
            (2.35, 0.026, 0.03, 0.028), (2.75, 0.026, 0.029, 0.027), (3, 0.032, 0.037, 0.034))),
    foot="hoof", foot_size=1, neck_root=(0.36, 0.8), neck_length=0.68, neck_angle=50,
    neck=((0, 0.2, 0.21, 0.11), (0.3, 0.155, 0.175, 0.09), (0.6, 0.115, 0.13, 0.072),
        (0.85, 0.09, 0.1, 0.06), (1, 0.07, 0.09, 0.05)),
    tail_root=(-0.545, 0.9),
)  # fmt: skip
GOAT = BodyPlan(
    trunk=((-0.515, 0.85, 0.82, 0.02), (-0.5, 0.89, 0.74, 0.06), (-0.465, 0.925, 0.655, 0.095),
        (-0.34, 0.97, 0.56, 0.145), (-0.12, 0.955, 0.48, 0.185), (0.08, 0.945, 0.45, 0.185),
        (0.26, 0.975, 0.46, 0.155), (0.37, 0.95, 0.51, 0.125), (0.435, 0.885, 0.565, 0.09),
        (0.465, 0.82, 0.63, 0.055), (0.48, 0.75, 0.71, 0.015)),
    fore=Leg(((0.32, 0.72), (0.25, 0.51), (0.29, 0.28), (0.28, 0.1)), 0.085,
        ((0, 0.09, 0.1, 0.05), (0.5, 0.09, 0.09, 0.06), (1, 0.068, 0.07, 0.055),
            (1.5, 0.045, 0.045, 0.042), (2, 0.037, 0.032, 0.036), (2.3, 0.025, 0.025, 0.025),
            (2.75, 0.025, 0.026, 0.026), (3, 0.032, 0.036, 0.034))),
    hind=Leg(((-0.34, 0.78), (-0.23, 0.56), (-0.42, 0.33), (-0.39, 0.1)), 0.09,
        ((0, 0.12, 0.12, 0.05), (0.5, 0.12, 0.12, 0.07), (1, 0.09, 0.1, 0.07), (1.5, 0.052, 0.056, 0.05),
            (1.9, 0.036, 0.046, 0.038), (2.3, 0.027, 0.028, 0.027), (2.75, 0.026, 0.028, 0.027),
            (3, 0.033, 0.036, 0.034))),
    foot="hoof", foot_size=0.9, neck_root=(0.32, 0.8), neck_length=0.47, neck_angle=52,
    neck=((0, 0.15, 0.19, 0.1), (0.4, 0.11, 0.135, 0.075), (0.8, 0.085, 0.1, 0.062),
        (1, 0.07, 0.09, 0.055)),
    tail_root=(-0.48, 0.9),
)  # fmt: skip
LION = BodyPlan(
    trunk=((-0.67, 0.78, 0.76, 0.02), (-0.655, 0.83, 0.68, 0.06), (-0.61, 0.89, 0.61, 0.1),
        (-0.5, 0.945, 0.57, 0.135), (-0.3, 0.93, 0.575, 0.145), (-0.05, 0.9, 0.53, 0.165),
        (0.2, 0.92, 0.47, 0.175), (0.42, 0.97, 0.45, 0.165), (0.56, 0.935, 0.5, 0.135),
        (0.645, 0.86, 0.56, 0.095), (0.68, 0.79, 0.63, 0.055), (0.695, 0.72, 0.7, 0.015)),
    fore=Leg(((0.46, 0.74), (0.35, 0.47), (0.42, 0.18), (0.46, 0.055)), 0.11,
        ((0, 0.11, 0.12, 0.06), (0.5, 0.12, 0.12, 0.085), (1, 0.095, 0.1, 0.085),
            (1.5, 0.07, 0.07, 0.068), (2, 0.058, 0.055, 0.062), (2.6, 0.056, 0.052, 0.064),
            (3, 0.045, 0.045, 0.06))),
    hind=Leg(((-0.5, 0.77), (-0.33, 0.5), (-0.61, 0.28), (-0.53, 0.055)), 0.11,
        ((0, 0.14, 0.14, 0.06), (0.5, 0.15, 0.15, 0.09), (1, 0.11, 0.125, 0.085),
            (1.5, 0.068, 0.078, 0.065), (1.9, 0.048, 0.058, 0.05), (2.3, 0.043, 0.046, 0.048),
            (2.75, 0.043, 0.046, 0.052), (3, 0.042, 0.042, 0.056))),
    foot="paw", foot_size=1.15, neck_root=(0.48, 0.78), neck_length=0.4, neck_angle=32,
    neck=((0, 0.17, 0.21, 0.14), (0.5, 0.15, 0.19, 0.13), (1, 0.13, 0.15, 0.11)),
    tail_root=(-0.65, 0.84),
)  # fmt: skip
DOG = BodyPlan(
    trunk=((-0.53, 0.84, 0.81, 0.02), (-0.515, 0.88, 0.74, 0.055), (-0.48, 0.92, 0.67, 0.085),
        (-0.37, 0.96, 0.6, 0.12), (-0.15, 0.95, 0.56, 0.135), (0.08, 0.94, 0.49, 0.15),
        (0.27, 0.97, 0.44, 0.15), (0.4, 0.955, 0.475, 0.13), (0.47, 0.89, 0.53, 0.095),
        (0.505, 0.82, 0.6, 0.055), (0.52, 0.74, 0.69, 0.015)),
    fore=Leg(((0.33, 0.76), (0.23, 0.49), (0.29, 0.17), (0.32, 0.05)), 0.085,
        ((0, 0.09, 0.1, 0.05), (0.5, 0.095, 0.095, 0.065), (1, 0.07, 0.07, 0.06),
            (1.5, 0.047, 0.047, 0.045), (2, 0.04, 0.038, 0.042), (2.6, 0.038, 0.036, 0.042),
            (3, 0.034, 0.034, 0.042))),
    hind=Leg(((-0.38, 0.8), (-0.24, 0.54), (-0.51, 0.28), (-0.46, 0.05)), 0.09,
        ((0, 0.12, 0.12, 0.05), (0.5, 0.125, 0.125, 0.075), (1, 0.09, 0.1, 0.07),
            (1.5, 0.05, 0.056, 0.05), (1.9, 0.034, 0.044, 0.038), (2.3, 0.031, 0.033, 0.034),
            (2.75, 0.031, 0.033, 0.038), (3, 0.032, 0.033, 0.042))),
    foot="paw", foot_size=0.85, neck_root=(0.33, 0.8), neck_length=0.42, neck_angle=52,
    neck=((0, 0.15, 0.18, 0.12), (0.5, 0.115, 0.13, 0.095), (1, 0.09, 0.1, 0.08)),
    tail_root=(-0.51, 0.9),
)  # fmt: skip
