"""Surfaces of body parts: lofts (closed tubes with an asymmetric section) and ribbons (locks, feathers).

World axes: x forward (towards the nose), y up, z to the animal's right. Lengths are in units of the
animal's shoulder height. Every surface becomes a `Mesh` of quads, which `raster.py` draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scripts.menagerie.curves import arc, cross, smooth, spline, unit
from scripts.menagerie.materials import Material

Array = np.ndarray


@dataclass
class Mesh:
    """A bag of quads that share a part name and a material.

    Attributes:
        part: name of the body part, as listed in menagerie.json.
        corners: (Q, 4, 3) world positions, in order around each quad.
        normals: (Q, 4, 3) outward unit normals.
        uv: (Q, 4, 2) surface coordinates: u in [0, 1] along, v in [-1, 1] across (0 is the back's ridge).
        flow: (Q, 3) direction in which hair lies.
        sub: (Q,) index of the lock or feather; 0 for a loft.
        material: how it is coloured.
        blend: width, in world units, over which it melts into a surface at the same depth.
        bias: added to the depth, in world units, to win or lose against its neighbours.
        cull: drop quads that face away.
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
    order: Array | None = field(default=None)


@dataclass
class Surface:
    """A loft's shape: spine and frame at n stations, and its three radii there."""

    centre: Array
    tangent: Array
    up: Array
    side: Array
    radii: Array

    def points(self, u: Array, angle: Array, lift: float = 1.0) -> tuple[Array, Array]:
        """Return positions (n, 3) and rough normals (n, 3) at u (n,) in [0, 1] along and `angle` (n,) around.

        Angles are degrees from the top towards the right side.
        """
        x = np.asarray(u) * (len(self.centre) - 1)
        i = np.minimum(x.astype(int), len(self.centre) - 2)
        f = (x - i)[:, None]
        centre, up, side, radii = (
            a[i] * (1 - f) + a[i + 1] * f for a in (self.centre, self.up, self.side, self.radii)
        )
        radians = np.radians(angle)[:, None]
        c, s = np.cos(radians), np.sin(radians)
        high = np.where(c > 0, radii[:, :1], radii[:, 1:2])
        wide = radii[:, 2:]
        normal = unit(up * c / np.maximum(high, 1e-6) + side * s / np.maximum(wide, 1e-6))
        return centre + lift * (up * c * high + side * s * wide), normal

    def point(self, u: float, angle: float, lift: float = 1.0) -> tuple[Array, Array]:
        """Return position (3,) and rough normal (3,) of one point, as `points` does for many."""
        position, normal = self.points(np.array([u]), np.array([angle]), lift)
        return position[0], normal[0]


def surface(
    spine: Array,
    rows: Array,
    side: Array,
    *,
    stations: int,
    straight: bool = False,
    keys: Array | None = None,
    upright: bool = False,
    headfirst: bool = False,
) -> Surface:
    """Sweep a section along a spine.

    Args:
        spine: (K, 3) points; a smooth curve is drawn through them.
        rows: (R, 4) radii: position in [0, 1] along the spine, then up, down and side radius.
        side: (3,) direction that the section's side radius should point to.
        stations: number of sections n.
        straight: join the spine's points by straight lines.
        keys: (K,) parameters of the spine's points; by default their arc length.
        upright: carry the section's up direction along the spine, back to front, instead of taking it from
            `side`; for bodies that wind about on the ground.
        headfirst: the spine runs from head to tail, so that up is up although it points backwards.
    """
    spine = np.asarray(spine, np.float64)
    rows = np.asarray(rows, np.float64)
    keys = arc(spine) if keys is None else np.asarray(keys, np.float64)
    # Denser stations at the ends keep round caps round.
    t = np.linspace(0, 1, stations)
    t = 0.75 * t + 0.25 * (0.5 - 0.5 * np.cos(np.pi * t))
    if straight:
        centre = np.stack([np.interp(t, keys, spine[:, i]) for i in range(3)], axis=1)
    else:
        centre = spline(keys, spine, t)
    tangent = unit(np.gradient(centre, axis=0))
    up = _carried_up(tangent) if upright else unit(cross(side, tangent))
    across = cross(tangent, up)
    if headfirst:
        up, across = -up, across
    radii = np.maximum(smooth(rows[:, 0], rows[:, 1:], t), 1e-4)
    return Surface(centre, tangent, up, across, radii)


def _carried_up(tangent: Array) -> Array:
    """Return the up directions (n, 3) along a curve: carried from its end and pulled gently upwards."""
    sky = np.array([0.0, 1.0, 0.0])
    up = np.empty_like(tangent)
    last = sky
    for i in range(len(tangent) - 1, -1, -1):
        t = tangent[i]
        level = 1 - t[1] * t[1]
        mixed = last + 0.25 * level * sky
        mixed = mixed - t * (mixed @ t)
        last = mixed / max(float(np.sqrt(mixed @ mixed)), 1e-6)
        up[i] = last
    return up


def loft(
    part: str,
    shape: Surface,
    material: Material,
    *,
    around: int = 18,
    blend: float = 0.0,
    bias: float = 0.0,
    slant: float = 0.35,
    squareness: float = 0.0,
) -> Mesh:
    """Make the closed tube of a `Surface`.

    Args:
        part: its name.
        shape: the swept section.
        material: its look.
        around: quads around the section.
        blend: see `Mesh`.
        bias: see `Mesh`.
        slant: how far hair turns from the spine's direction down the flank, 0 to 1.
        squareness: 0 for an ellipse, towards 1 for a boxier section.
    """
    angle = np.linspace(-np.pi, np.pi, around + 1)
    c, s = np.cos(angle), np.sin(angle)
    if squareness:
        fat = 1 + squareness * 0.35 * np.sin(2 * angle) ** 2
        c, s = c * fat, s * fat
    r = shape.radii
    high = np.where(c[None, :] > 0, r[:, :1], r[:, 1:2]) * c[None, :]
    points = (
        shape.centre[:, None]
        + shape.up[:, None] * high[..., None]
        + shape.side[:, None] * (r[:, 2:3] * s[None, :])[..., None]
    )
    along = np.gradient(points, axis=0)
    turn = np.roll(points[:, :-1], -1, axis=1) - np.roll(points[:, :-1], 1, axis=1)
    turn = np.concatenate([turn, turn[:, :1]], axis=1)
    normals = unit(cross(along, turn))
    outward = unit(
        shape.up[:, None] * c[None, :, None] / np.maximum(r[:, :1], 1e-3)[..., None]
        + shape.side[:, None] * s[None, :, None] / np.maximum(r[:, 2:3], 1e-3)[..., None]
    )
    flip = np.einsum("...i,...i->...", normals, outward)[..., None]
    normals = np.where(flip < 0, -normals, normals)
    normals = np.where(np.abs(flip) < 0.02, outward, normals)
    u = np.linspace(0, 1, len(points))[:, None].repeat(around + 1, 1)
    v = (angle / np.pi)[None].repeat(len(points), 0)
    hair = shape.tangent[:, None] - slant * shape.up[:, None] * np.abs(s)[None, :, None]
    return Mesh(
        part,
        _quads(points),
        _quads(normals),
        _quads(np.stack([u, v], -1)),
        _quads(hair).mean(1),
        np.zeros((len(points) - 1) * around, np.int32),
        material,
        blend,
        bias,
    )


def _quads(grid: Array) -> Array:
    """Return the corners (Q, 4, C) of the cells of a grid (m, n, C)."""
    cells = np.stack([grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]], axis=2)
    return cells.reshape(-1, 4, grid.shape[-1])


def ribbons(
    part: str,
    paths: Array,
    widths: Array,
    across: Array,
    normal: Array,
    material: Material,
    *,
    bias: float = 0.0,
    blend: float = 0.0,
    roundness: float = 0.6,
    ordered: bool = False,
    first: int = 1,
) -> Mesh:
    """Make k flat strips: locks of hair or feathers.

    Args:
        part: name.
        paths: (k, m, 3) centre lines, root first.
        widths: (k, m) half widths.
        across: (k, 3) or (k, m, 3) direction of the width.
        normal: (k, 3) or (3,) direction the strips face.
        material: look; it sees the strip's number as `sub`.
        bias: see `Mesh`.
        blend: see `Mesh`.
        roundness: how far normals lean outwards at the strip's edges.
        ordered: paint in the given order (last on top) instead of by depth.
        first: number of the first strip.
    """
    paths = np.asarray(paths, np.float64)
    k, m = paths.shape[:2]
    across = unit(
        np.broadcast_to(across if np.ndim(across) == 3 else np.asarray(across)[:, None], paths.shape)
    )
    normal = unit(np.broadcast_to(normal, (k, 3)))[:, None].repeat(m, 1)
    offset = across * np.asarray(widths)[..., None]
    points = np.stack([paths - offset, paths + offset], axis=2)
    lean = across * roundness
    normals = unit(np.stack([normal - lean, normal + lean], axis=2))
    u = np.linspace(0, 1, m)[None, :, None].repeat(k, 0).repeat(2, 2)
    v = np.broadcast_to(np.array([-1.0, 1.0]), u.shape)
    tangent = np.gradient(paths, axis=1)[:, :, None].repeat(2, 2)
    quads = [_strip_quads(grid) for grid in (points, normals, np.stack([u, v], -1), tangent)]
    number = np.repeat(np.arange(first, first + k, dtype=np.int32), m - 1)
    order = np.arange(k * (m - 1), dtype=np.float64) if ordered else None
    return Mesh(
        part, quads[0], quads[1], quads[2], quads[3].mean(1), number, material, blend, bias, False, order
    )


def sheet(part: str, points: Array, material: Material, *, bias: float = 0.0, blend: float = 0.0) -> Mesh:
    """Make a thin two-sided sheet, such as a fin, from a grid (m, n, 3): m along the rays, n across them.

    u runs along the rays and v across them.
    """
    points = np.asarray(points, np.float64)
    m, n = points.shape[:2]
    along, turn = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normals = unit(cross(along, turn))
    u = np.linspace(0, 1, m)[:, None].repeat(n, 1)
    v = np.linspace(-1, 1, n)[None].repeat(m, 0)
    return Mesh(
        part,
        _quads(points),
        _quads(normals),
        _quads(np.stack([u, v], -1)),
        _quads(along).mean(1),
        np.zeros((m - 1) * (n - 1), np.int32),
        material,
        blend,
        bias,
        False,
    )


def _strip_quads(grid: Array) -> Array:
    """Return the corners (k * (m - 1), 4, C) of strips given as a grid (k, m, 2, C)."""
    cells = np.stack([grid[:, :-1, 0], grid[:, 1:, 0], grid[:, 1:, 1], grid[:, :-1, 1]], axis=2)
    return cells.reshape(-1, 4, grid.shape[-1])
