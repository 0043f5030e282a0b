"""Birds of prey in flight."""

from __future__ import annotations

import numpy as np

from menagerie.curves import RIGHT, Frame, cross, spline, unit
from menagerie.geometry import ribbons
from menagerie.materials import Material, Site, bare, darker, mix, scale_relief, step, vary
from menagerie.outfits import Plumage
from menagerie.rig import Rig, head_frame, sided

Array = np.ndarray
SKULL = (
    (0, 0.004, 0.004, 0.004), (0.016, 0.04, 0.05, 0.04), (0.095, 0.085, 0.10, 0.08),
    (0.35, 0.118, 0.13, 0.112), (0.6, 0.112, 0.115, 0.105), (0.79, 0.082, 0.085, 0.078),
    (0.92, 0.058, 0.06, 0.05), (1, 0.03, 0.03, 0.03),
)  # fmt: skip
UPPER_BEAK = (
    (0, 0.050, 0.040, 0.044), (0.35, 0.045, 0.042, 0.036), (0.65, 0.030, 0.034, 0.024),
    (0.88, 0.012, 0.016, 0.012), (1, 0.002, 0.002, 0.002),
)  # fmt: skip
LOWER_BEAK = ((0, 0.02, 0.026, 0.032), (0.6, 0.014, 0.02, 0.024), (1, 0.002, 0.003, 0.004))
BODY = (
    (0, 0.07, 0.08, 0.08), (0.2, 0.12, 0.13, 0.13), (0.45, 0.14, 0.165, 0.155), (0.75, 0.09, 0.11, 0.11),
    (1, 0.03, 0.03, 0.04),
)  # fmt: skip
TOE = ((0, 0.024, 0.024, 0.024), (0.5, 0.02, 0.02, 0.02), (0.9, 0.019, 0.019, 0.019), (1, 0.01, 0.01, 0.01))


def bird_head(rig: Rig, frame: Frame, look: Plumage, size: float = 1.0) -> None:
    """Build the head of a bird of prey. The frame is in the middle of the skull and points along the beak."""
    s, right = size, frame.turn[:, 2]
    feathers = look.down(look.head, 9, 20).with_(hair=0.6)
    spine = frame.points(np.array([[-0.16, 0, 0], [0, 0, 0], [0.155, -0.012, 0]]) * s)
    shape = rig.tube("head", spine, SKULL, feathers, side=right, scale=s, stations=20, around=20, blend=0.03)

    def horn(site: Site) -> Array:
        tipped = mix(look.beak, darker(look.beak, 0.55), step(site.u, 0.6, 1))
        return mix((0.90, 0.68, 0.10), tipped, step(site.u, 0.22, 0.32))

    beak = bare(look.beak, 0.45, pattern=horn)
    ridge = [[0.10, 0.008, 0], [0.165, 0.012, 0], [0.225, -0.010, 0], [0.248, -0.055, 0], [0.243, -0.092, 0]]
    jaw = [[0.09, -0.034, 0], [0.15, -0.034, 0], [0.215, -0.034, 0]]
    for line, rows in ((ridge, UPPER_BEAK), (jaw, LOWER_BEAK)):
        path = frame.points(np.array(line) * s)
        rig.tube("beak", path, rows, beak, side=right, scale=s, stations=18, around=14, slant=0)
    for side in (-1, 1):
        rig.eye("head", shape, 0.66, side * 60, 0.026 * s, look.iris, sink=0.42, forward=0.4)
        # The ridge above the eye is typical of birds of prey.
        brow, along = np.array([0.055, 0.062, side * 0.082]), frame.turn @ unit([1.0, -0.28, -side * 0.35])
        plain, radii = feathers.with_(relief=None, pattern=None), (0.06 * s, 0.014 * s, 0.022 * s)
        rig.ball("head", frame.points(brow * s), along, radii, plain, right=right, blend=0.008, bias=0.006)
    corners = np.array([[-0.2, 0.15, 0.1], [-0.2, -0.25, -0.1], [0.27, 0, 0], [0.1, -0.2, 0.1]])
    rig.close_up.append(frame.points(corners * size))


def talons(
    rig: Rig, part: str, ankle: Array, ground: Array, heading: Array, size: float, grip: float
) -> None:
    """Build a leg from `ankle` to `ground` with three toes in front and one behind, bent by `grip`."""
    skin = bare(vary(rig.rng, (0.88, 0.66, 0.14)), 0.25, relief=scale_relief(14, 8, 0.45))
    claw = bare((0.07, 0.06, 0.06), 0.5)
    shank = ((0, 0.034, 0.034, 0.034), (0.5, 0.024, 0.024, 0.024), (1, 0.030, 0.030, 0.030))
    tube = {"scale": size, "stations": 8, "around": 10, "slant": 0.0}
    rig.tube(part, [ankle, (ankle + ground) / 2, ground], shank, skin, **tube)  # type: ignore[arg-type]
    heading, down = unit(heading), unit(ground - ankle)
    side = unit(cross(heading, down))
    for angle, reach in ((-38, 1.0), (0, 1.15), (38, 1.0), (180, 0.75)):
        toe = np.cos(np.radians(angle)) * heading + np.sin(np.radians(angle)) * side
        right, long = cross(down, toe), 0.13 * reach * size
        end = ground + toe * long + down * grip * 0.06 * size
        path = [ground, ground + toe * long * 0.5 - down * 0.03 * size, end]
        rig.tube(part, path, TOE, skin, side=right, **tube)  # type: ignore[arg-type]
        hook = np.array([[-0.01, 0], [0.045, -0.005], [0.055, 0.05]]) * size
        path = end + hook[:, :1] * toe + hook[:, 1:] * down
        rows = ((0, 0.015, 0.015, 0.013), (1, 0.001, 0.001, 0.001))
        rig.tube(part, path, rows, claw, side=right, **tube)  # type: ignore[arg-type]


def flying_bird(rig: Rig, look: Plumage) -> None:
    """Build a flying bird with both wings spread."""
    tilt, dihedral = rig.near(-10, 35), np.radians(rig.near(5, 62))
    sweep = rig.near(-0.3, 0.9)
    axis = np.array([np.cos(np.radians(tilt)), np.sin(np.radians(tilt)), 0.0])
    up = np.array([-axis[1], axis[0], 0.0])
    neck, tail = axis * 0.50, -axis * 0.34
    path = [neck + 0.05 * axis, axis * 0.3 - 0.02 * up, 0 * axis, tail]
    rig.tube("body", path, BODY, look.down(look.body), stations=22, around=22, slant=0, headfirst=True)
    bird_head(rig, head_frame(neck + axis * 0.11 + up * 0.03, 0.4 * tilt - 8, rig.near(-15, 30)), look)
    for side in (-1, 1):
        root = axis * 0.30 + up * 0.07 + side * 0.07 * RIGHT
        out = side * np.cos(dihedral) * RIGHT + up * np.sin(dihedral) - axis * sweep * 0.3
        spread_wing(rig, sided("wing", side), root, out, -axis - 0.1 * up, 1.0, look)
        knee = axis * 0.02 - up * 0.10 + side * 0.07 * RIGHT
        ankle = knee + axis * 0.10 - up * 0.14
        rows = ((0, 0.05, 0.05, 0.05), (0.5, 0.07, 0.07, 0.06), (1, 0.03, 0.03, 0.03))
        thigh, path = look.down(look.body, 7, 12), [side * 0.05 * RIGHT, knee, ankle]
        rig.tube(sided("leg", side), path, rows, thigh, stations=10, around=12, blend=0.03)
        foot = ankle + 0.10 * axis - 0.09 * up
        talons(rig, sided("talons", side), ankle, foot, axis * 0.8 - up * 0.6, 0.9, 1.4)
    # The tail is a fan of eleven feathers, with the middle feather on top.
    order = sorted(range(11), key=lambda i: -abs(i - 5))
    angle = np.radians(np.linspace(-0.5, 0.5, 11)[order] * rig.near(30, 75))[:, None]
    back = unit(-axis - rig.near(0.1, 0.4) * up)
    plane = unit(up + rig.near(-0.5, 0.5) * RIGHT)
    headings = np.cos(angle) * back + np.sin(angle) * unit(cross(back, plane))
    plane = plane if plane @ rig.towards > 0 else -plane
    roots = np.tile(tail + axis * 0.1, (11, 1))
    _feathers(rig, "tail", roots, headings, np.full(11, 0.42), 0.04, plane, look.feather(look.tail))


_BLADE = np.array([0.35, 0.8, 1.0, 1.0, 0.95, 0.72, 0.12])


def _feathers(
    rig: Rig, part: str, roots: Array, directions: Array, lengths: Array, width: float, plane: Array,
    material: Material, *, bend: Array | float = 0.0, bias: float = 0.0, first: int = 1,
) -> None:  # fmt: skip
    """Add k flat feathers, in painting order, at `roots` (k, 3) in a wing with the normal `plane` (3,).

    `bend` (k, 3) curves the feathers, `first` is the number of the first feather, `bias` is as in `Mesh`.
    """
    t, directions = np.linspace(0, 1, len(_BLADE))[None, :, None], unit(directions)
    bend = np.broadcast_to(bend, roots.shape)[:, None]
    paths = roots[:, None] + directions[:, None] * lengths[:, None, None] * t + bend * t**2
    widths, across = np.tile(width * _BLADE, (len(roots), 1)), cross(directions, plane)
    look = {"bias": bias, "roundness": 0.45, "ordered": True, "first": first}
    rig.meshes.append(ribbons(part, paths, widths, across, plane, material, **look))  # type: ignore[arg-type]


def spread_wing(
    rig: Rig, part: str, shoulder: Array, out: Array, back: Array, size: float, look: Plumage
) -> None:
    """Build a spread wing with the span `size` at `shoulder` (3,).

    `out` (3,) points along the span, and `back` (3,) points from the leading to the trailing edge.
    """
    out, bend = unit(out), rig.near(-0.13, 0.1)
    back = unit(back - out * (back @ out))
    plane = unit(cross(out, back))
    plane = plane if plane @ rig.towards >= 0 else -plane
    bones = np.array([[0, 0.02], [0.24, 0.07], [0.52, -0.05], [0.66, 0.0]])

    def arm(t: Array) -> Array:
        """Return points (n, 3) on the bones of the arm from the shoulder (t = 0) to the tip (t = 1)."""
        span, depth = spline(np.array([0, 0.35, 0.7, 1.0]), bones, t).T[..., None]
        return shoulder + size * (span * out + depth * back + bend * span**2 * plane)

    flight, covert = look.feather(look.flight), look.feather(look.covert)
    middle = look.feather(mix(look.flight, look.covert, 0.5))
    # Number of feathers; their lengths at shoulder, elbow and fingertip; half width; material; bias.
    rows = ((22, (0.36, 0.42, 0.52), 0.036, flight, 0.0), (24, (0.22, 0.24, 0.26), 0.028, middle, 0.010),
            (24, (0.145, 0.15, 0.14), 0.024, covert, 0.020), (22, (0.085, 0.085, 0.07), 0.022, covert, 0.028)
            )  # fmt: skip
    for i, (count, length, width, material, bias) in enumerate(rows):
        # Inner feathers cover outer feathers.
        t = np.linspace(0.98, 0.02, count)
        fan = np.interp(t, [0, 0.55, 0.72, 1.0], [-14, 4, 24, 64]) + rig.rng.normal(0, 1.2, count)
        fan = np.radians(fan)[:, None]
        reach = size * np.interp(t, [0, 0.55, 1.0], length) * rig.rng.uniform(0.96, 1.04, count)
        ways, sag = np.sin(fan) * out + np.cos(fan) * back, reach[:, None] * (0.06 * out - 0.10 * plane)
        more = {"bend": sag, "bias": bias, "first": 1 + 100 * i}
        _feathers(rig, part, arm(t), ways, reach, width * size, plane, material, **more)  # type: ignore[arg-type]
    girth = ((0, 0.8, 0.8, 0.7), (0.5, 1, 1, 0.7), (0.9, 0.6, 0.6, 0.5), (1, 0.08, 0.08, 0.08))
    down, path = covert.with_(relief=None, pattern=None, hair=0.5, ink=False), arm(np.linspace(0, 1, 6))
    rig.tube(part, path, girth, down, side=plane, scale=size * 0.038, stations=14, around=10, bias=0.012)
