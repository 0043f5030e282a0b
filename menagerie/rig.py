"""The meshes of a creature, and functions that build its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from menagerie.curves import RIGHT, UP, Frame, cross, rotation, unit
from menagerie.geometry import Mesh, Surface, loft, ribbons, surface
from menagerie.materials import RGB, Material, Pattern, Site, bare, mix, step

Array = np.ndarray


@dataclass
class Rig:
    """The meshes of a creature, and settings for building its parts.

    Attributes:
        rng: the random generator of the image.
        towards: (3,) world direction to the viewer, which strands of hair face.
        bust: whether the image is a close-up of the head.
        meshes: the meshes built so far.
        close_up: blocks of points (N, 3) that a close-up should show.
        notes: words about the pose for menagerie.json.
    """

    rng: np.random.Generator
    towards: Array
    bust: bool = False
    meshes: list[Mesh] = field(default_factory=list)
    close_up: list[Array] = field(default_factory=list)
    notes: dict[str, object] = field(default_factory=dict)

    def near(self, low: float, high: float) -> float:
        """Draw a uniform random number."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """Return True with probability `share`."""
        return bool(self.rng.random() < share)

    def choose(self, options: dict[str, float]) -> str:
        """Choose a random key, weighted by its value."""
        weights = np.array(list(options.values()))
        return list(options)[int(self.rng.choice(len(weights), p=weights / weights.sum()))]

    def tube(
        self, part: str, spine: ArrayLike, rows: ArrayLike, material: Material, *, side: Array = RIGHT,
        stations: int = 16, around: int = 16, scale: float = 1.0, blend: float = 0.0, bias: float = 0.0,
        slant: float = 0.35, keys: Array | None = None, upright: bool = False,
        headfirst: bool = False,
    ) -> Surface:  # fmt: skip
        """Add a loft (see `geometry.surface` and `loft`) with radii times `scale`; return its shape."""
        if self.bust:
            # Up close, individual hairs are visible.
            stations, around = int(1.5 * stations), int(1.5 * around) // 2 * 2
            material = material.with_(hair=min(1.5 * material.hair, 1.0))
        rows = np.asarray(rows, np.float64) * [1, scale, scale, scale]
        shape = surface(spine, rows, side, stations, keys=keys, upright=upright, headfirst=headfirst)
        mesh = loft(part, shape, material, around=around, blend=blend, bias=bias, slant=slant)
        self.meshes.append(mesh)
        return shape

    def ball(
        self, part: str, centre: Array, axis: ArrayLike, radii: tuple[float, ...], material: Material,
        *, right: Array = RIGHT, blend: float = 0.0, bias: float = 0.0, around: int = 12,
    ) -> None:  # fmt: skip
        """Add an ellipsoid; `radii` are half its length along `axis`, half its height and half its width."""
        t = np.linspace(0, 1, 9)
        profile = np.sqrt(np.clip(1 - (2 * t - 1) ** 2, 0.0004, 1))
        length, up, wide = radii
        rows, way = np.stack([t, profile * up, profile * up, profile * wide], 1), unit(axis) * length
        ends = [centre - way, centre + way]
        self.tube(part, ends, rows, material, side=right, stations=9, around=around, blend=blend, bias=bias)

    def eye(
        self, part: str, shape: Surface, u: float, angle: float, radius: float, iris: RGB, *,
        lid: RGB = (0.06, 0.045, 0.04), sink: float = 0.35, forward: float = 0.0,
    ) -> None:  # fmt: skip
        """Add an eyeball with a dark rim to a surface; `forward` turns it towards the spine."""
        centre, normal = shape.point(u, angle)
        tangent = shape.tangent[min(int(u * len(shape.tangent)), len(shape.tangent) - 1)]
        normal = unit(normal + forward * tangent)
        if normal @ self.towards < -0.35:
            return
        along = unit(tangent - normal * (tangent @ normal))
        base, r = centre - normal * radius * sink, radius
        rim = (1.42 * r, 0.9 * r, 0.98 * r)
        self.ball(
            part, base - normal * r * 0.06, along, rim, bare(lid), right=cross(normal, along), bias=0.003
        )
        ball = bare(iris, 0.9, pattern=_iris_pattern(iris))
        self.ball(part, base, normal, (r, r, r), ball, right=along, bias=r * 0.4)
        spot = unit(normal + 0.5 * UP + 0.35 * self.towards)
        glint, size = base + spot * r * 0.98, (0.06 * r, 0.17 * r, 0.17 * r)
        self.ball(part, glint, spot, size, bare((1.0, 1.0, 1.0), 1.0), right=along, bias=0.75 * r, around=8)

    def line(
        self, part: str, shape: Surface, track: Sequence[tuple[float, float]], width: float, colour: RGB
    ) -> None:
        """Draw a tapering line, such as a mouth or a gill, on a surface through points (u, angle)."""
        keys, t = np.linspace(0, 1, len(track)), np.linspace(0, 1, 10)
        u, angle = (np.interp(t, keys, column) for column in np.array(track).T)
        path, facing = shape.points(u, angle)
        self.stripe(part, path + 0.002 * facing, width, facing, colour)

    def stripe(self, part: str, path: Array, width: float, facing: Array, colour: RGB) -> None:
        """Add a tapering strip along `path` (m, 3), visible where `facing` (m, 3) points to the viewer."""
        widths = width * (0.35 + 0.65 * np.sin(np.pi * np.linspace(0.08, 0.9, len(path))))
        across, normal = cross(np.gradient(path, axis=0), facing), facing.mean(0)
        mesh = ribbons(part, path[None], widths[None], across[None], normal, bare(colour), bias=0.006)
        towards = facing @ self.towards
        keep = towards[:-1] + towards[1:] >= 0
        for name in ("corners", "normals", "uv", "flow", "sub"):
            setattr(mesh, name, getattr(mesh, name)[keep])
        if keep.any():
            self.meshes.append(mesh)

    def strands(
        self, part: str, roots: Array, directions: Array, lengths: Array | float, width: float,
        material: Material, *, gravity: float = 0.5, wave: float = 0.1, steps: int = 6, bias: float = 0.0,
    ) -> None:  # fmt: skip
        """Add locks of hair that start at `roots` (k, 3) in `directions` (k, 3) and bend down."""
        k, t = len(roots), np.linspace(0, 1, steps)
        heading, lengths = unit(directions), np.broadcast_to(lengths, (k,))
        bend = heading[:, None] * t[None, :, None] - UP * (gravity * t**2)[None, :, None]
        pace = np.concatenate([[0], np.full(steps - 1, 1 / (steps - 1))])[None, :, None]
        path = np.cumsum(unit(np.diff(bend, axis=1, prepend=0)) * pace, 1)
        sway = wave * np.sin(self.rng.uniform(0, 2 * np.pi, (k, 1)) + 5 * t[None]) * t[None]
        path = path + sway[..., None] * unit(cross(heading, self.towards))[:, None]
        paths = roots[:, None] + lengths[:, None, None] * path
        profile = np.minimum(0.55 + 2 * t, 1.0) * np.sqrt(1 - t) + 0.1 * (1 - t)
        across = cross(np.gradient(paths, axis=1), self.towards)
        normal = unit(cross(across.mean(1), heading))
        normal = np.where((normal @ self.towards)[:, None] < 0, -normal, normal)
        widths = np.tile(width * np.maximum(profile, 0.02), (k, 1))
        self.meshes.append(ribbons(part, paths, widths, across, normal, material, bias=bias, roundness=0.7))


def _iris_pattern(iris: RGB) -> Pattern:
    """Make the pattern of an eyeball with a dark rim, an iris, and a round pupil."""

    def paint(site: Site) -> Array:
        # u goes from the back of the ball to the middle of the cornea.
        polar = np.degrees(np.arccos(np.clip(2 * site.u - 1, -1, 1)))
        colour = mix((0.05, 0.035, 0.03), iris, step(polar, 62, 56))
        return mix(colour, (0.015, 0.012, 0.012), step(polar, 36, 30))

    return paint


def sided(name: str, side: int) -> str:
    """Return the name of a part on the right (side 1) or left (side -1), such as 'left_wing'."""
    return f"{'right' if side > 0 else 'left'}_{name}"


def head_frame(origin: Array, pitch: float, yaw: float) -> Frame:
    """Return the frame of a head, turned up by `pitch` and to the right by `yaw` degrees."""
    return Frame(origin, rotation("y", -yaw) @ rotation("z", pitch))
