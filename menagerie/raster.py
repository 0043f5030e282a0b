"""Draw meshes into a G-buffer, which stores depth, normal, color and part of the nearest surface per pixel.

This is deferred shading (Saito and Takahashi, 1990). `shading.py` and `illustration.py` use the same buffer,
so the photo-like image and the flat drawing are pixel-aligned.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from menagerie.curves import rotation
from menagerie.geometry import Mesh
from menagerie.materials import Site

Array = np.ndarray

EMPTY = -1e9
NORMAL, PAINT, FLOW, HAIR, GLOSS, FLAT = slice(0, 3), slice(3, 6), slice(6, 8), 8, 9, slice(10, 13)


@dataclass
class Camera:
    """An almost parallel projection that maps `target` (3,) to the pixel `centre`.

    The rows of `turn` (3, 3) are the world directions right, up and towards the viewer. `scale` is in pixels
    per world unit. `perspective` is the growth in size per world unit towards the viewer.
    """

    turn: Array
    scale: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)
    target: Array = field(default_factory=lambda: np.zeros(3))
    perspective: float = 0.06

    @classmethod
    def looking(cls, yaw: float, pitch: float, roll: float, mirror: bool) -> Camera:
        """Return a camera that sees the right side at yaw 0 (nose to the right) and the face at yaw 90.

        It looks down by `pitch` degrees. `roll` tilts the image, and `mirror` flips it horizontally.
        """
        turn = rotation("z", roll) @ rotation("x", pitch) @ rotation("y", -yaw)
        return cls(np.diag([-1.0, 1.0, 1.0]) @ turn if mirror else turn)

    def project(self, points: Array) -> tuple[Array, Array]:
        """Return pixels (..., 2) as x and y, and depth (...) in pixels, which is larger for near points."""
        seen = (points - self.target) @ self.turn.T
        grow = self.scale * (1 + self.perspective * seen[..., 2:])
        xy = seen[..., :2] * grow * np.array([1.0, -1.0]) + np.asarray(self.centre)
        return xy, seen[..., 2] * self.scale

    def frame(self, points: Array, size: int, margin: float, anchor: tuple[float, float]) -> None:
        """Set scale and center so that points (N, 3) fill a square of `size` pixels except for a margin."""
        self.target = points.mean(0)
        self.scale, self.centre = 1.0, (0.0, 0.0)
        xy, _ = self.project(points)
        low, high = xy.min(0), xy.max(0)
        self.scale = size * (1 - 2 * margin) / float(max(high - low))
        spare = size - (high - low) * self.scale
        self.centre = tuple(spare * np.asarray(anchor) - low * self.scale)


class GBuffer:
    """The nearest surface at each pixel, in flat arrays (P,) with P = `size` x `size`.

    `depth` is in pixels, larger for near surfaces, EMPTY without a surface. `features` (P, 13) are normal,
    color, doubled hair direction, hair, gloss, and color without texture. `part` is an index into `parts` or
    -1, and `sub` is the number of a lock or feather. `length` marks long hair. `hard` marks strips and
    sheets, with which nothing blends. `ink` marks locks that an illustration separates by lines.
    """

    def __init__(self, size: int) -> None:
        """Allocate an empty buffer."""
        self.size = size
        self.depth = np.full(size * size, EMPTY, np.float32)
        self.features = np.zeros((size * size, 13), np.float32)
        self.part = np.full(size * size, -1, np.int16)
        self.sub = np.zeros(size * size, np.int32)
        self.length, self.hard, self.ink = (np.zeros(size * size, bool) for _ in range(3))
        self.parts: list[str] = []

    @property
    def solid(self) -> Array:
        """Return which pixels show a surface, (size, size) bool."""
        return (self.depth > EMPTY).reshape(self.size, self.size)

    def claim(self, mesh: Mesh, pixel: Array, sub: Array) -> None:
        """Record that pixels (N,) now show the locks or feathers `sub` (N,) of a mesh."""
        if mesh.part not in self.parts:
            self.parts.append(mesh.part)
        self.part[pixel] = self.parts.index(mesh.part)
        self.sub[pixel] = sub
        self.hard[pixel] = not mesh.cull
        self.length[pixel] = mesh.material.length > 12
        self.ink[pixel] = mesh.material.ink

    def image(self, channel: slice | int) -> Array:
        """Return feature channels as a view (size, size[, C])."""
        values = self.features[:, channel]
        return values.reshape(self.size, self.size, *values.shape[1:])

    def seen(self, least: int = 12) -> list[str]:
        """List the parts that are visible in at least `least` pixels."""
        counts = np.bincount(self.part[self.part >= 0], minlength=len(self.parts))
        return [name for name, count in zip(self.parts, counts, strict=True) if count >= least]


def draw(buffer: GBuffer, mesh: Mesh, camera: Camera) -> None:
    """Draw a mesh where it is nearest, and blend it with surfaces within `mesh.blend` of its depth."""
    chosen, xy, depth = _sorted_quads(mesh, camera, buffer.size)
    if not len(chosen):
        return
    normals = mesh.normals[chosen] @ camera.turn.T
    if not mesh.cull:
        # Thin sheets and strips are visible from both sides.
        normals = np.where(_total(normals[..., 2:])[:, None] < 0, -normals, normals)
    k, column, row = _covered(xy, buffer.size)
    if not len(k):
        return
    along, across = _coordinates(xy, k, column, row)
    pixel = row * buffer.size + column
    z = _interpolate(depth, k, along, across)
    old = buffer.depth[pixel]
    # Hair and feathers are on top of the skin and never blend with it.
    reach = np.where(buffer.hard[pixel], np.float32(0.75), np.float32(max(mesh.blend * camera.scale, 0.75)))
    weight = np.clip(0.5 + (z - old) * (0.5 / reach), 0, 1)
    weight[old == EMPTY] = 1
    shown = np.flatnonzero(weight > 0)
    if not len(shown):
        return
    fields = (pixel, z, old, weight, k, along, across, reach)
    pixel, z, old, weight, k, along, across, reach = (v[shown] for v in fields)
    corners = np.concatenate([normals, mesh.uv[chosen], mesh.corners[chosen]], -1)
    values = _interpolate(corners, k, along[:, None], across[:, None])
    new = _features(mesh, chosen, k, values, camera)
    m = np.flatnonzero(weight < 1)  # pixels that blend
    if len(m):
        w = weight[m]
        new[m] = w[:, None] * new[m] + (1 - w)[:, None] * buffer.features[pixel[m]]
        z[m] = np.maximum(z[m], old[m]) + (reach[m] * w * (1 - w) if mesh.blend else 0.0)
    buffer.features[pixel] = new
    buffer.depth[pixel] = z
    won = np.flatnonzero(weight >= 0.5)
    buffer.claim(mesh, pixel[won], mesh.sub[chosen][k[won]])


def _sorted_quads(mesh: Mesh, camera: Camera, size: int) -> tuple[Array, Array, Array]:
    """Project the visible quads, starting with the farthest.

    Returns:
        Indices (Q,), corners (Q, 4, 2) in pixels, and depth (Q, 4) with the bias of the mesh.
    """
    chosen = np.flatnonzero(~mesh.cull | (_total(mesh.normals @ camera.turn[2]) > -0.48))
    xy, depth = camera.project(mesh.corners[chosen])
    inside = np.all(np.any(xy > 0, axis=1) & np.any(xy < size - 1, axis=1), axis=1)
    chosen, xy, depth = chosen[inside], xy[inside], depth[inside]
    if len(chosen):
        order = np.argsort(_drawing_key(mesh, chosen, depth), kind="stable")
        chosen, xy, depth = chosen[order], xy[order], depth[order]
    return chosen, xy, depth + mesh.bias * camera.scale


def _covered(xy: Array, size: int) -> tuple[Array, Array, Array]:
    """Return quad, column and row (N,) of each pixel that quads (Q, 4, 2) cover; later quads are on top."""
    x0, y0 = np.maximum(np.floor(xy.min((0, 1))).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(xy.max((0, 1))).astype(int) + 2, size)
    ids = np.zeros((y1 - y0, x1 - x0), np.int32)
    fixed = np.round((xy - [x0, y0]) * 16).astype(np.int32)
    fill = cv2.fillConvexPoly
    for i, quad in enumerate(fixed, 1):
        fill(ids, quad, i, 8, 4)
    place = np.flatnonzero(ids)
    rows, columns = np.divmod(place, ids.shape[1])
    return ids.ravel()[place] - 1, columns + x0, rows + y0


def _total(corners: Array) -> Array:
    """Sum over the four corners of quads (Q, 4, ...)."""
    return corners[:, 0] + corners[:, 1] + corners[:, 2] + corners[:, 3]


def _drawing_key(mesh: Mesh, chosen: Array, depth: Array) -> Array:
    """Return a sort key of the chosen quads, farthest first, which keeps the quads of a strip together."""
    if mesh.order is not None:
        return mesh.order[chosen]
    key = _total(depth)
    if mesh.cull or mesh.sub[-1] == mesh.sub[0]:
        return key
    number = mesh.sub[chosen] - mesh.sub[0]
    mean = np.bincount(number, key) / np.maximum(np.bincount(number), 1)
    return mean[number] + number * 1e-6


def _edges(corners: Array) -> tuple[Array, Array, Array]:
    """Return the centers of quads (Q, 4, ...), and the vectors between the centers of opposite sides."""
    first, second = corners[:, 2] - corners[:, 0], corners[:, 1] - corners[:, 3]
    return _total(corners) / 4, (first + second) / 2, (first - second) / 2


def _coordinates(xy: Array, k: Array, column: Array, row: Array) -> tuple[Array, Array]:
    """Return the positions of pixels in their quads k, from -0.5 to 0.5 in both directions."""
    centre, e, f = _edges(xy)
    det = e[:, 0] * f[:, 1] - e[:, 1] * f[:, 0]
    det = np.where(np.abs(det) < 0.05, np.where(det < 0, -0.05, 0.05), det)
    inverse = np.stack([f[:, 1], -f[:, 0], -e[:, 1], e[:, 0]], 1) / det[:, None]
    table = np.concatenate([centre, inverse], 1).astype(np.float32)[k]
    dx, dy = column.astype(np.float32) - table[:, 0], row.astype(np.float32) - table[:, 1]
    along, across = table[:, 2] * dx + table[:, 3] * dy, table[:, 4] * dx + table[:, 5] * dy
    return np.clip(along, -0.55, 0.55), np.clip(across, -0.55, 0.55)


def _interpolate(corners: Array, k: Array, along: Array, across: Array) -> Array:
    """Interpolate corner values (Q, 4[, C]) linearly at positions in the quads k."""
    middle, first, second = (v.astype(np.float32) for v in _edges(corners))
    return middle[k] + along * first[k] + across * second[k]


def _features(mesh: Mesh, chosen: Array, k: Array, values: Array, camera: Camera) -> Array:
    """Return the features (N, 13) of the pixels of a mesh."""
    material = mesh.material
    u, v = np.clip(values[:, 3], 0, 1), np.clip(values[:, 4], -1, 1)
    site = Site(u, v, mesh.sub[chosen][k], values[:, 5:8])
    x, y = (mesh.flow[chosen] @ camera.turn[:2].T).T
    heading = np.stack([x * x - y * y, -2 * x * y], 1) / np.maximum(x * x + y * y, 1e-9)[:, None]
    out = np.empty((len(k), 13), np.float32)
    out[:, NORMAL] = values[:, :3]
    out[:, FLAT] = flat = material.flat(site)
    out[:, PAINT] = flat * material.tone(site)[:, None]
    out[:, FLOW] = heading.astype(np.float32)[k]
    out[:, HAIR], out[:, GLOSS] = material.hair, material.gloss
    return out
