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
        """Make the material of separate feathers of one colour."""
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


@dataclass(frozen=True)
class _OpenWing:
    """The frame of a spread wing.

    Attributes:
        root: (3,) shoulder.
        out: (3,) unit vector along the span.
        back: (3,) unit vector from the leading edge to the trailing edge.
        plane: (3,) normal, towards the viewer.
        size: span.
        bend: how far the tip curves along the normal.
        open_hand: 1 fans the long feathers out fully, less gathers them.
    """

    root: Array
    out: Array
    back: Array
    plane: Array
    size: float
    bend: float
    open_hand: float

    def place(self, points: Array) -> Array:
        """Place points (n, 2), in spans along the span and back from the arm, in the world: (n, 3)."""
        lift = self.bend * points[:, 0:1] ** 2
        return self.root + self.size * (
            points[:, 0:1] * self.out + points[:, 1:2] * self.back + lift * self.plane
        )

    @staticmethod
    def arm(t: Array) -> Array:
        """Return points (n, 2) on the arm's bones, from the shoulder (t = 0) to the fingertip (t = 1)."""
        keys = np.array([0, 0.35, 0.7, 1.0])
        return spline(keys, np.array([[0, 0.02], [0.24, 0.07], [0.52, -0.05], [0.66, 0.0]]), t)

    def add_row(
        self,
        rig: Rig,
        part: str,
        span: tuple[float, float],
        count: int,
        length: tuple[float, float, float],
        width: float,
        material: Material,
        *,
        bias: float,
        first: int,
        offset: float = 0.0,
    ) -> None:
        """Add a row of feathers; outer ones lie under inner ones.

        Args:
            rig: receives the mesh.
            part: name.
            span: where the row starts and ends along the arm, 0 to 1.
            count: number of feathers.
            length: at the shoulder, the elbow and the fingertip, in spans.
            width: half width, in spans.
            material: look.
            bias: see `Mesh`.
            first: number of the first feather.
            offset: shift towards the trailing edge, in spans.
        """
        t = np.linspace(span[1], span[0], count)
        base = self.arm(t) + np.array([0, offset])
        fan = np.interp(t, [0, 0.55, 0.72, 1.0], [-14, 4, 24, 24 + 48 * self.open_hand])
        fan = np.radians(fan + rig.rng.normal(0, 1.2, count))
        reach = np.interp(t, [0, 0.55, 1.0], length) * rig.rng.uniform(0.96, 1.04, count)
        directions = np.sin(fan)[:, None] * self.out + np.cos(fan)[:, None] * self.back
        sag = np.outer(reach * self.size * 0.10, -self.plane) + np.outer(reach * self.size * 0.06, self.out)
        lengths, widths = reach * self.size, np.full(count, width * self.size)
        roots, plane = self.place(base), self.plane
        feathers(
            rig, part, roots, directions, lengths, widths, plane, material, bend=sag, bias=bias, first=first
        )

    def add_arm(self, rig: Rig, part: str, material: Material) -> None:
        """Add the arm that carries the feathers."""
        spine = self.place(np.concatenate([[[-0.05, 0.03]], self.arm(np.linspace(0, 1, 6))]))
        thick = self.size * 0.038
        rows = (
            (0, 0.8 * thick, 0.8 * thick, 0.7 * thick),
            (0.5, thick, thick, 0.7 * thick),
            (0.9, 0.6 * thick, 0.6 * thick, 0.5 * thick),
            (1, 0.003, 0.003, 0.003),
        )
        rig.tube(part, spine, rows, material, side=self.plane, stations=14, around=10, bias=0.012)


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
    """Build a spread wing.

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
    wing = _OpenWing(root, out, back, plane, size, bend, open_hand)
    between = tuple(0.5 * (a + b) for a, b in zip(plumage.flight, plumage.covert, strict=True))
    flight, middle, covert = (plumage.feather(c) for c in (plumage.flight, between, plumage.covert))
    wing.add_row(rig, part, (0.02, 1.0), 22, (0.36, 0.42, 0.52), 0.036, flight, bias=0.0, first=1)
    wing.add_row(rig, part, (0.02, 0.98), 24, (0.22, 0.24, 0.26), 0.028, middle, bias=0.010, first=101)
    wing.add_row(rig, part, (0.02, 0.97), 24, (0.145, 0.15, 0.14), 0.024, covert, bias=0.020, first=201)
    small = (0.085, 0.085, 0.07)
    wing.add_row(rig, part, (0.0, 0.96), 22, small, 0.022, covert, bias=0.028, first=301, offset=-0.005)
    wing.add_arm(rig, part, covert.with_(relief=None, pattern=None, hair=0.5, ink=False))


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
    """Build a wing folded along a bird's flank; the body's surface runs from head to tail.

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
    """Build a fan of eleven tail feathers `spread` degrees wide."""
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
