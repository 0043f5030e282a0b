"""Wings of overlapping feathers, spread or folded, and tail fans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.menagerie.curves import cross, spline, unit
from scripts.menagerie.geometry import Surface, ribbons
from scripts.menagerie.materials import RGB, Material, Site, feather_relief, mix, step
from scripts.menagerie.rig import Rig

Array = np.ndarray


@dataclass(frozen=True)
class Plumage:
    """Colours of a bird's coat.

    Attributes:
        body: breast and back.
        head: head and neck.
        covert: small feathers of the wing.
        flight: long feathers of the wing.
        tail: tail feathers.
        bars: strength of dark bars across feathers, 0 to 1.
        speckle: strength of drops on the breast, 0 to 1.
    """

    body: RGB
    head: RGB
    covert: RGB
    flight: RGB
    tail: RGB
    bars: float = 0.0
    speckle: float = 0.0

    def feather(self, colour: RGB, *, bars: float | None = None, pale_rim: float = 0.25) -> Material:
        """The material of separate feathers of one colour."""
        strength = self.bars if bars is None else bars

        def paint(site: Site) -> Array:
            base = np.broadcast_to(np.asarray(colour, np.float32), (len(site.u), 3))
            if strength:
                band = step(np.sin(site.u * 26), 0.1, 0.5)
                base = mix(base, np.asarray(colour) * 0.45, strength * band)
            rim = step(np.abs(site.v), 0.6, 0.95) * pale_rim + step(site.u, 0.85, 1.0) * pale_rim
            return mix(base, 0.6 * np.asarray(colour) + 0.38, rim)

        return Material(
            colour,
            hair=0.12,
            gloss=0.12,
            vary=0.10,
            mottle=0.06,
            pattern=paint,
            relief=feather_relief,
            ink=True,
        )


_BLADE = np.array([0.35, 0.8, 1.0, 1.0, 0.95, 0.72, 0.12])


def feathers(
    rig: Rig,
    part: str,
    roots: Array,
    directions: Array,
    lengths: Array,
    widths: Array,
    plane: Array,
    material: Material,
    *,
    bend: Array | None = None,
    bias: float = 0.0,
    first: int = 1,
) -> None:
    """Add k flat feathers in painting order.

    Args:
        rig: receives the mesh.
        part: name.
        roots: (k, 3) quills.
        directions: (k, 3) where they point.
        lengths: (k,) lengths.
        widths: (k,) half widths.
        plane: (3,) or (k, 3) normal of the wing.
        material: look.
        bend: (k, 3) displacement of the tips, a curve.
        bias: see `Mesh`.
        first: number of the first feather.
    """
    t = np.linspace(0, 1, len(_BLADE))
    paths = roots[:, None] + unit(directions)[:, None] * (np.asarray(lengths)[:, None] * t)[..., None]
    if bend is not None:
        paths = paths + bend[:, None] * (t**2)[None, :, None]
    across = cross(unit(directions), plane)
    rig.add(
        ribbons(
            part,
            paths,
            np.asarray(widths)[:, None] * _BLADE,
            across,
            plane,
            material,
            bias=bias,
            roundness=0.45,
            ordered=True,
            first=first,
        )
    )


def spread_wing(
    rig: Rig,
    part: str,
    root: Array,
    out: Array,
    back: Array,
    size: float,
    plumage: Plumage,
    *,
    bend: float = 0.0,
    open_hand: float = 1.0,
) -> None:
    """A spread wing.

    Args:
        rig: receives the meshes.
        part: name.
        root: (3,) shoulder.
        out: (3,) direction of the span.
        back: (3,) direction from the leading edge to the trailing edge.
        size: span of one wing.
        plumage: colours.
        bend: how far the tip curves along the wing's normal.
        open_hand: 1 fans the long feathers out fully, less gathers them.
    """
    out = unit(np.asarray(out, np.float64))
    back = np.asarray(back, np.float64)
    back = unit(back - out * (back @ out))
    plane = unit(cross(out, back))
    if plane @ rig.towards < 0:
        plane = -plane
    arm_t = np.array([0, 0.35, 0.7, 1.0])
    arm = np.array([[0, 0.02], [0.24, 0.07], [0.52, -0.05], [0.66, 0.0]])

    def place(points: Array) -> Array:
        lift = bend * points[:, 0:1] ** 2
        return root + size * (points[:, 0:1] * out + points[:, 1:2] * back + lift * plane)

    def row(
        part_from: float,
        part_to: float,
        count: int,
        length: tuple[float, float, float],
        width: float,
        material: Material,
        bias: float,
        first: int,
        offset: float = 0.0,
    ) -> None:
        # Outer feathers lie under inner ones.
        t = np.linspace(part_to, part_from, count)
        base = spline(arm_t, arm, t) + np.array([0, offset])
        fan = np.interp(t, [0, 0.55, 0.72, 1.0], [-14, 4, 24, 24 + 48 * open_hand])
        fan = np.radians(fan + rig.rng.normal(0, 1.2, count))
        reach = np.interp(t, [0, 0.55, 1.0], length) * rig.rng.uniform(0.96, 1.04, count)
        directions = np.sin(fan)[:, None] * out + np.cos(fan)[:, None] * back
        sag = np.outer(reach * size * 0.10, -plane) + np.outer(reach * size * 0.06, out)
        feathers(
            rig,
            part,
            place(base),
            directions,
            reach * size,
            np.full(count, width * size),
            plane,
            material,
            bend=sag,
            bias=bias,
            first=first,
        )

    flight = plumage.feather(plumage.flight)
    covert = plumage.feather(plumage.covert)
    row(0.02, 1.0, 22, (0.36, 0.42, 0.52), 0.036, flight, 0.0, 1)
    row(
        0.02,
        0.98,
        24,
        (0.22, 0.24, 0.26),
        0.028,
        plumage.feather(tuple(0.5 * (a + b) for a, b in zip(plumage.flight, plumage.covert, strict=True))),
        0.010,
        101,
    )
    row(0.02, 0.97, 24, (0.145, 0.15, 0.14), 0.024, covert, 0.020, 201)
    row(0.0, 0.96, 22, (0.085, 0.085, 0.07), 0.022, covert, 0.028, 301, -0.005)
    spine = place(np.concatenate([[[-0.05, 0.03]], spline(arm_t, arm, np.linspace(0, 1, 6))]))
    skin = covert.with_(relief=None, pattern=None, hair=0.5, ink=False)
    thick = size * 0.038
    rig.tube(
        part,
        spine,
        (
            (0, 0.8 * thick, 0.8 * thick, 0.7 * thick),
            (0.5, thick, thick, 0.7 * thick),
            (0.9, 0.6 * thick, 0.6 * thick, 0.5 * thick),
            (1, 0.003, 0.003, 0.003),
        ),
        skin,
        side=plane,
        stations=14,
        around=10,
        bias=0.012,
    )


def folded_wing(
    rig: Rig,
    part: str,
    body: Surface,
    side: int,
    plumage: Plumage,
    *,
    start: float = 0.22,
    end: float = 0.9,
    angle: float = 62.0,
) -> None:
    """A wing folded along a bird's flank; the body's surface runs from head to tail.

    Args:
        rig: receives the meshes.
        part: name.
        body: the trunk's surface.
        side: -1 or 1.
        plumage: colours.
        start: where the shoulder sits along the body.
        end: where the wing ends.
        angle: degrees from the back's ridge to the wing's middle.
    """
    rows = (
        (0.58, 9, 0.42, 0.032, plumage.flight, 0.0),
        (0.46, 10, 0.26, 0.03, plumage.flight, 0.010),
        (0.34, 10, 0.17, 0.028, plumage.covert, 0.018),
        (0.22, 9, 0.13, 0.026, plumage.covert, 0.026),
        (0.12, 8, 0.11, 0.026, plumage.covert, 0.034),
        (0.04, 6, 0.09, 0.026, plumage.covert, 0.042),
    )
    size = float(np.linalg.norm(body.centre[-1] - body.centre[0]))
    for place, count, length, width, colour, bias in rows:
        spread = np.linspace(angle + 44 * (1 - 0.5 * place), angle - 46, count)
        roots, directions, planes = [], [], []
        for a in spread:
            low = (a - angle) / 45
            u = start + (end - start) * place - 0.05 * low**2 - 0.035 * low
            point, normal = body.point(float(np.clip(u, 0.02, 0.98)), side * a, 1.04)
            tangent = body.tangent[int(np.clip(u, 0, 0.99) * len(body.tangent))]
            roots.append(point)
            planes.append(normal)
            directions.append(tangent + normal * 0.03 + body.up[0] * 0.05 * low)
        k = len(roots)
        lengths = size * length * (1 + (0.12 * np.linspace(-0.5, 1, k) if place > 0.5 else 0)) * np.ones(k)
        feathers(
            rig,
            part,
            np.array(roots),
            np.array(directions),
            lengths,
            np.full(k, size * width * 1.15),
            np.array(planes),
            plumage.feather(colour),
            bias=bias,
            first=1 + 100 * int(place * 10),
        )


def tail_fan(
    rig: Rig,
    root: Array,
    direction: Array,
    up: Array,
    length: float,
    spread: float,
    plumage: Plumage,
    *,
    part: str = "tail",
) -> None:
    """A fan of ten tail feathers `spread` degrees wide."""
    direction, up = unit(direction), unit(up)
    side = cross(direction, up)
    order = sorted(range(11), key=lambda i: -abs(i - 5))
    angle = np.radians(np.linspace(-spread / 2, spread / 2, 11)[order])
    headings = np.cos(angle)[:, None] * direction + np.sin(angle)[:, None] * side
    plane = up if up @ rig.towards > 0 else -up
    feathers(
        rig,
        part,
        np.repeat(root[None], 11, 0),
        headings,
        np.full(11, length),
        np.full(11, length * 0.095),
        plane,
        plumage.feather(plumage.tail),
    )
