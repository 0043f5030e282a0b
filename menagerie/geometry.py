"""Surfaces of body parts, which are lofts (closed tubes) and ribbons (locks of hair, feathers).

The x axis points to the nose, y up, and z to the animal's right. The unit of length is the animal's shoulder
height. Every surface becomes a `Mesh` of quads, which `raster.py` draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from menagerie.curves import UP, cross, smooth, spline, unit
from menagerie.materials import Material

Array = np.ndarray


@dataclass
class Mesh:
    """Quads with a common part name, which menagerie.json lists, and a common material.

    Attributes:
        corners: (Q, 4, 3) world positions, in order around each quad. The normals are unit vectors.
        uv: (Q, 4, 2) surface coordinates, u in [0, 1] along and v in [-1, 1] around (0 is on top).
        flow: (Q, 3) direction of the hair.
        sub: (Q,) index of the lock or feather; 0 for a loft.
        blend: width, in world units, over which the mesh blends with a surface at the same depth.
        bias: added to the depth, in world units, to be in front of or behind other meshes.
        cull: whether to omit quads that face away.
        order: (Q,) painting order, or None to paint by depth.
    """

    part: str
    corners: Array
    normals: Array
    uv: Array
    flow: Array
    sub: Array
    material: Material
    blend: float = 0.0
    bias: float = 0.0
    cull: bool = True
    order: Array | None = None


@dataclass
class Surface:
    """The shape of a loft, with its spine, frame and three radii at n stations."""

    centre: Array
    tangent: Array
    up: Array
    side: Array
    radii: Array

    def points(self, u: Array, angle: Array, lift: float = 1.0) -> tuple[Array, Array]:
        """Return positions (n, 3) and approximate normals (n, 3) at u (n,) in [0, 1] and `angle` (n,).

        Angles are in degrees from the top to the right side.
        """
        x = u * (len(self.centre) - 1)
        i = np.minimum(x.astype(int), len(self.centre) - 2)
        f = (x - i)[:, None]
        fields = (self.centre, self.up, self.side, self.radii)
        centre, up, side, radii = (a[i] * (1 - f) + a[i + 1] * f for a in fields)
        radians = np.radians(angle)[:, None]
        c, s = np.cos(radians), np.sin(radians)
        high, wide = np.where(c > 0, radii[:, :1], radii[:, 1:2]), radii[:, 2:]
        normal = unit(up * c / np.maximum(high, 1e-6) + side * s / np.maximum(wide, 1e-6))
        return centre + lift * (up * c * high + side * s * wide), normal

    def point(self, u: float, angle: float, lift: float = 1.0) -> tuple[Array, Array]:
        """Return the position (3,) and the approximate normal (3,) of one point, like `points`."""
        position, normal = self.points(np.array([u]), np.array([angle]), lift)
        return position[0], normal[0]


def surface(
    spine: ArrayLike,
    rows: ArrayLike,
    side: Array,
    stations: int,
    *,
    keys: Array | None = None,
    upright: bool = False,
    headfirst: bool = False,
) -> Surface:
    """Make a surface from sections along a smooth curve through the points (K, 3) of a spine.

    `rows` (R, 4) are the position in [0, 1] along the spine and the up, down and side radius. The side radius
    points to `side` (3,). `keys` (K,) are the parameters of the points, by default their arc length.
    `upright` transports the up direction along the spine, from back to front, for bodies that wind.
    `headfirst` means that the spine goes from head to tail, which would otherwise flip the up direction.
    """
    spine, rows = np.asarray(spine, np.float64), np.asarray(rows, np.float64)
    if keys is None:
        length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(spine, axis=0), axis=1))])
        keys = length / length[-1]
    # More stations at the ends keep the caps round.
    t = np.linspace(0, 1, stations)
    t = 0.75 * t + 0.25 * (0.5 - 0.5 * np.cos(np.pi * t))
    centre = spline(keys, spine, t)
    tangent = unit(np.gradient(centre, axis=0))
    up = _carried_up(tangent) if upright else unit(cross(side, tangent))
    across = cross(tangent, up)
    radii = np.maximum(smooth(rows[:, 0], rows[:, 1:], t), 1e-4)
    return Surface(centre, tangent, -up if headfirst else up, across, radii)


def _carried_up(tangent: Array) -> Array:
    """Return the up directions (n, 3) along a curve, transported from its end and slightly pulled upwards."""
    up, last = np.empty_like(tangent), UP
    for i in range(len(tangent) - 1, -1, -1):
        t = tangent[i]
        mixed = last + 0.25 * (1 - t[1] * t[1]) * UP
        last = up[i] = unit(mixed - t * (mixed @ t))
    return up


def loft(
    part: str, shape: Surface, material: Material, *, around: int = 18, blend: float = 0.0, bias: float = 0.0,
    slant: float = 0.35,
) -> Mesh:  # fmt: skip
    """Make the closed tube of a `Surface`, with `around` quads in each section.

    `slant` (0 to 1) turns the hair from the direction of the spine downwards.
    """
    angle = np.linspace(-np.pi, np.pi, around + 1)
    c, s = np.cos(angle)[None, :, None], np.sin(angle)[None, :, None]
    up, side, r = shape.up[:, None], shape.side[:, None], shape.radii[:, None]
    points = shape.centre[:, None] + up * np.where(c > 0, r[..., :1], r[..., 1:2]) * c + side * r[..., 2:] * s
    ring = points[:, :-1]
    turn = np.roll(ring, -1, axis=1) - np.roll(ring, 1, axis=1)
    turn = np.concatenate([turn, turn[:, :1]], axis=1)
    normals = unit(cross(np.gradient(points, axis=0), turn))
    outward = unit(up * c / np.maximum(r[..., :1], 1e-3) + side * s / np.maximum(r[..., 2:], 1e-3))
    flip = np.einsum("...i,...i->...", normals, outward)[..., None]
    normals = np.where(np.abs(flip) < 0.02, outward, np.where(flip < 0, -normals, normals))
    u, v = np.broadcast_arrays(np.linspace(0, 1, len(points))[:, None], (angle / np.pi)[None])
    hair = shape.tangent[:, None] - slant * up * np.abs(s)
    mesh = _mesh(part, (points, normals, np.stack([u, v], -1), hair), material, blend, bias)
    mesh.cull = True
    return mesh


def _mesh(part: str, grids: tuple[Array, ...], material: Material, blend: float, bias: float) -> Mesh:
    """Make a mesh from grids (..., m, n, C) of points, normals, uv and hair directions."""
    corners, normals, uv, flow = (_quads(grid) for grid in grids)
    sub = np.zeros(len(corners), np.int32)
    return Mesh(part, corners, normals, uv, flow.mean(1), sub, material, blend, bias, False)


def _quads(grid: Array) -> Array:
    """Return the corners (Q, 4, C) of the cells of a grid (..., m, n, C)."""
    first, last = grid[..., :-1, :, :], grid[..., 1:, :, :]
    ring = (first[..., :-1, :], last[..., :-1, :], last[..., 1:, :], first[..., 1:, :])
    return np.stack(ring, axis=-2).reshape(-1, 4, grid.shape[-1])


def ribbons(
    part: str, paths: Array, widths: Array, across: Array, normal: Array, material: Material, *,
    bias: float = 0.0, roundness: float = 0.6, ordered: bool = False, first: int = 1,
) -> Mesh:  # fmt: skip
    """Make k flat strips, such as locks of hair or feathers, along `paths` (k, m, 3) from their roots.

    `widths` (k, m) are half widths, `across` (k, 3) or (k, m, 3) is their direction, and `normal` (k, 3) or
    (3,) is the direction that the strips face. `roundness` tilts the normals outwards at the edges. `ordered`
    draws the strips in the given order instead of by depth. The first strip has the number `first`.
    """
    k, m = paths.shape[:2]
    across = unit(np.broadcast_to(across if across.ndim == 3 else across[:, None], paths.shape))
    facing = unit(np.broadcast_to(normal, (k, 3)))[:, None].repeat(m, 1)
    offset = across * widths[..., None]
    points = np.stack([paths - offset, paths + offset], axis=2)
    normals = unit(np.stack([facing - across * roundness, facing + across * roundness], axis=2))
    u = np.linspace(0, 1, m)[None, :, None].repeat(k, 0).repeat(2, 2)
    v = np.broadcast_to(np.array([-1.0, 1.0]), u.shape)
    tangent = np.gradient(paths, axis=1)[:, :, None].repeat(2, 2)
    mesh = _mesh(part, (points, normals, np.stack([u, v], -1), tangent), material, 0.0, bias)
    mesh.sub = np.repeat(np.arange(first, first + k, dtype=np.int32), m - 1)
    mesh.order = np.arange(k * (m - 1), dtype=np.float64) if ordered else None
    return mesh


def sheet(part: str, points: Array, material: Material, bias: float = 0.0) -> Mesh:
    """Make a thin two-sided sheet, such as a fin, from a grid (m, n, 3), with u along m and v along n."""
    m, n = points.shape[:2]
    rise = np.gradient(points, axis=0)
    u, v = np.broadcast_arrays(np.linspace(0, 1, m)[:, None], np.linspace(-1, 1, n)[None])
    normals = unit(cross(rise, np.gradient(points, axis=1)))
    return _mesh(part, (points, normals, np.stack([u, v], -1), rise), material, 0.0, bias)
