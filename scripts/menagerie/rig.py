"""A creature under construction: its meshes, and the small helpers every body part is built with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scripts.menagerie.curves import Frame, cross, rotation, unit
from scripts.menagerie.geometry import Mesh, Surface, loft, ribbons, surface
from scripts.menagerie.materials import RGB, Material, Pattern, Site, mix, step

Array = np.ndarray
RIGHT = np.array([0.0, 0.0, 1.0])


@dataclass
class Rig:
    """Meshes of one creature, and what its parts need to know while they are built.

    Attributes:
        rng: the image's own generator.
        towards: (3,) world direction to the viewer, for strands that face it.
        detail: 1 for a whole body, about 2 when the head fills the image.
        meshes: what was built so far.
        close_up_points: (N, 3) blocks that a close-up should show.
        close_up: what they are, for menagerie.json.
        notes: pose words for menagerie.json.
    """

    rng: np.random.Generator
    towards: Array
    detail: float = 1.0
    meshes: list[Mesh] = field(default_factory=list)
    close_up_points: list[Array] = field(default_factory=list)
    close_up: str = "head"
    notes: dict[str, object] = field(default_factory=dict)

    def add(self, mesh: Mesh) -> Mesh:
        """Keep a mesh."""
        self.meshes.append(mesh)
        return mesh

    def near(self, low: float, high: float) -> float:
        """Draw a uniform random number."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """Return True with probability `share`."""
        return bool(self.rng.random() < share)

    def tube(
        self,
        part: str,
        spine: object,
        rows: object,
        material: Material,
        *,
        side: Array = RIGHT,
        stations: int = 16,
        around: int = 16,
        blend: float = 0.0,
        bias: float = 0.0,
        slant: float = 0.35,
        straight: bool = False,
        keys: Array | None = None,
        squareness: float = 0.0,
        upright: bool = False,
        headfirst: bool = False,
    ) -> Surface:
        """Add a loft (arguments as in `geometry.surface` and `geometry.loft`) and return its shape."""
        stations, around = int(stations * self.detail), int(around * min(self.detail, 1.6)) // 2 * 2
        if self.detail > 1:
            # From near, single hairs show.
            material = material.with_(hair=min(1.5 * material.hair, 1.0))
        shape = surface(
            np.asarray(spine),
            np.asarray(rows),
            side,
            stations=stations,
            straight=straight,
            keys=keys,
            upright=upright,
            headfirst=headfirst,
        )
        self.add(
            loft(
                part,
                shape,
                material,
                around=around,
                blend=blend,
                bias=bias,
                slant=slant,
                squareness=squareness,
            )
        )
        return shape

    def ball(
        self,
        part: str,
        centre: Array,
        axis: Array,
        length: float,
        up: float,
        side: float,
        material: Material,
        *,
        right: Array = RIGHT,
        blend: float = 0.0,
        bias: float = 0.0,
        around: int = 12,
    ) -> Surface:
        """Add an ellipsoid: half `length` along `axis`, half height `up`, half width `side`."""
        t = np.linspace(0, 1, 9)
        profile = np.sqrt(np.clip(1 - (2 * t - 1) ** 2, 0.0004, 1))
        rows = np.stack([t, profile * up, profile * up, profile * side], 1)
        axis = unit(np.asarray(axis, np.float64))
        return self.tube(
            part,
            [centre - axis * length, centre + axis * length],
            rows,
            material,
            side=right,
            stations=9,
            around=around,
            blend=blend,
            bias=bias,
        )

    def eye(
        self,
        part: str,
        shape: Surface,
        u: float,
        angle: float,
        radius: float,
        *,
        iris: RGB,
        pupil: str = "round",
        lid: RGB | None = None,
        sink: float = 0.35,
        forward: float = 0.0,
    ) -> None:
        """Set an eyeball into a surface, with a dark rim; `forward` turns its gaze along the spine."""
        centre, normal = shape.point(u, angle)
        tangent = shape.tangent[min(int(u * len(shape.tangent)), len(shape.tangent) - 1)]
        normal = unit(normal + forward * tangent)
        if normal @ self.towards < -0.35:
            return
        along = unit(tangent - normal * (tangent @ normal))
        right = unit(cross(normal, along))
        rim = Material(lid or (0.06, 0.045, 0.04), hair=0.0, gloss=0.1, mottle=0.0)
        base = centre - normal * radius * sink
        self.ball(
            part,
            base - normal * radius * 0.06,
            along,
            radius * 1.42,
            radius * 0.9,
            radius * 0.98,
            rim,
            right=right,
            bias=0.003,
        )
        ball = Material(iris, hair=0.0, gloss=0.9, mottle=0.0, pattern=_iris_pattern(iris, pupil))
        self.ball(part, base, normal, radius, radius, radius, ball, right=along, bias=radius * 0.4)
        spot = unit(normal + 0.5 * np.array([0, 1, 0]) + 0.35 * self.towards)
        glint = Material((1.0, 1.0, 1.0), hair=0.0, gloss=1.0, mottle=0.0)
        self.ball(
            part,
            base + spot * radius * 0.98,
            spot,
            radius * 0.06,
            radius * 0.17,
            radius * 0.17,
            glint,
            right=along,
            bias=radius * 0.75,
            around=8,
        )

    def line(
        self,
        part: str,
        shape: Surface,
        track: Sequence[tuple[float, float]],
        width: float,
        colour: RGB,
        *,
        lift: float = 1.0,
        steps: int = 10,
    ) -> None:
        """Draw a tapering line over a surface through (u, angle) points, such as a mouth or a gill."""
        keys = np.linspace(0, 1, len(track))
        dense = np.linspace(0, 1, steps)
        place = np.array(track)
        path, facing = shape.points(
            np.interp(dense, keys, place[:, 0]), np.interp(dense, keys, place[:, 1]), lift
        )
        path = path[None]
        across = cross(np.gradient(path[0], axis=0), facing)[None]
        taper = width * (0.35 + 0.65 * np.sin(np.pi * np.linspace(0.08, 0.9, steps)))[None]
        material = Material(colour, hair=0.0, gloss=0.0, mottle=0.0)
        mesh = ribbons(
            part,
            path + 0.002 * facing[None],
            taper,
            across,
            facing.mean(0),
            material,
            bias=0.006,
            roundness=0.0,
        )
        towards = facing @ self.towards
        hidden = (towards[:-1] + towards[1:]) < 0
        if hidden.all():
            return
        keep = ~hidden
        for name in ("corners", "normals", "uv", "flow", "sub"):
            setattr(mesh, name, getattr(mesh, name)[keep])
        self.add(mesh)

    def strands(
        self,
        part: str,
        roots: Array,
        directions: Array,
        lengths: Array | float,
        widths: Array | float,
        material: Material,
        *,
        gravity: float = 0.5,
        wave: float = 0.1,
        steps: int = 6,
        bias: float = 0.0,
        facing: Array | None = None,
        blend: float = 0.0,
        tip: float = 0.1,
    ) -> Mesh:
        """Add locks of hair that leave `roots` (k, 3) along `directions` (k, 3) and bend down."""
        k = len(roots)
        t = np.linspace(0, 1, steps)
        heading = unit(np.asarray(directions, np.float64))
        lengths = np.broadcast_to(lengths, (k,))
        bend = heading[:, None] * t[None, :, None] + np.array([0, -1, 0]) * (gravity * t**2)[None, :, None]
        travel = np.diff(bend, axis=1, prepend=0)
        path = np.cumsum(
            unit(travel) * np.concatenate([[0], np.full(steps - 1, 1 / (steps - 1))])[None, :, None], 1
        )
        side = unit(cross(heading, self.towards))
        phase = self.rng.uniform(0, 2 * np.pi, (k, 1))
        sway = wave * np.sin(phase + 5 * t[None]) * t[None]
        paths = roots[:, None] + lengths[:, None, None] * (path + sway[..., None] * side[:, None])
        profile = np.clip(
            np.minimum(0.55 + 2 * t, 1.0) * np.sqrt(np.clip(1 - t, 0, 1)) + tip * (1 - t), 0.02, None
        )
        across = cross(np.gradient(paths, axis=1), self.towards)
        normal = unit(cross(across.mean(1), heading))
        normal = np.where(np.sum(normal * self.towards, 1, keepdims=True) < 0, -normal, normal)
        if facing is not None:
            normal = unit(normal * 0.4 + facing)
        return self.add(
            ribbons(
                part,
                paths,
                np.broadcast_to(widths, (k,))[:, None] * profile[None],
                across,
                normal,
                material,
                bias=bias,
                blend=blend,
                roundness=0.7,
            )
        )


def _iris_pattern(iris: RGB, pupil: str) -> Pattern:
    """Make an eyeball's pattern: a dark rim, the iris, and a pupil: 'round', 'slit' or 'bar'."""

    def paint(site: Site) -> Array:
        # u runs from the back pole of the ball to the middle of the cornea.
        polar = np.degrees(np.arccos(np.clip(2 * site.u - 1, -1, 1)))
        colour = mix((0.05, 0.035, 0.03), iris, step(polar, 62, 56))
        around = np.pi * site.v
        if pupil == "slit":
            wide = np.hypot(polar * np.cos(around) * 1.0, polar * np.sin(around) * 3.2)
        elif pupil == "bar":
            wide = np.hypot(polar * np.cos(around) * 2.6, polar * np.sin(around) * 0.9)
        else:
            wide = polar
        return mix(colour, (0.015, 0.012, 0.012), step(wide, 36, 30))

    return paint


def sided(name: str, side: int) -> str:
    """Name the part on the right (side 1) or on the left (side -1), such as 'left_wing'."""
    return f"{'right' if side > 0 else 'left'}_{name}"


def head_frame(frame: Frame, pitch: float, yaw: float, roll: float = 0.0) -> Frame:
    """Return a head's frame, turned nose up by `pitch`, right by `yaw` and tilted by `roll` degrees."""
    return Frame(frame.origin, rotation("y", -yaw) @ rotation("z", pitch) @ rotation("x", roll))
