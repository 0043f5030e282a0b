"""Draw meshes into a G-buffer: for every pixel the nearest surface's depth, normal, paint and part.

Deferred shading (Saito and Takahashi, 1990): geometry is drawn once, and `shading.py` (photograph) and
`illustration.py` (flat drawing) both work from the same buffer, so the two are aligned to the pixel.
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
    """An almost parallel view of `target` (3,), which lands at the pixel `centre`.

    Rows of `turn` (3, 3) are the image's right, up and towards-the-viewer directions in the world; `scale` is
    in pixels per world unit, `perspective` the growth per world unit of nearness.
    """

    turn: Array
    scale: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)
    target: Array = field(default_factory=lambda: np.zeros(3))
    perspective: float = 0.06

    @classmethod
    def looking(cls, yaw: float, pitch: float, roll: float, mirror: bool) -> Camera:
        """Return a camera that sees the right flank at yaw 0 (nose to the right), the face at yaw 90.

        It looks down by `pitch` degrees, the image tilts by `roll`, and `mirror` swaps left and right.
        """
        turn = rotation("z", roll) @ rotation("x", pitch) @ rotation("y", -yaw)
        return cls(np.diag([-1.0, 1.0, 1.0]) @ turn if mirror else turn)

    def project(self, points: Array) -> tuple[Array, Array]:
        """Return pixels (..., 2) as x, y and depth (...) in pixels; larger is nearer."""
        seen = (points - self.target) @ self.turn.T
        grow = self.scale * (1 + self.perspective * seen[..., 2:])
        xy = seen[..., :2] * grow * np.array([1.0, -1.0]) + np.asarray(self.centre)
        return xy, seen[..., 2] * self.scale

    def frame(self, points: Array, size: int, margin: float, anchor: tuple[float, float]) -> None:
        """Set scale and centre so that points (N, 3) fill a square of `size` pixels but for a margin."""
        self.target = points.mean(0)
        self.scale, self.centre = 1.0, (0.0, 0.0)
        xy, _ = self.project(points)
        low, high = xy.min(0), xy.max(0)
        self.scale = size * (1 - 2 * margin) / float(max(high - low))
        spare = size - (high - low) * self.scale
        self.centre = tuple(spare * np.asarray(anchor) - low * self.scale)


class GBuffer:
    """Per-pixel record (P,) of the nearest surface, `size` x `size`, flattened.

    `depth` is in pixels, larger is nearer, EMPTY where nothing is; `features` (P, 13) are normal, paint,
    doubled hair direction, hair, gloss, and paint without texture; `part` is an index into `parts` or -1 and
    `sub` the number of a lock or feather. `length` tells where hair is long, `hard` where strips or sheets
    are, into which nothing melts, and `ink` where an illustration tells locks apart by lines.
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
        """(size, size) bool: True where something is."""
        return (self.depth > EMPTY).reshape(self.size, self.size)

    def claim(self, mesh: Mesh, pixel: Array, sub: Array) -> None:
        """Note that pixels (N,) now show a mesh's locks or feathers `sub` (N,)."""
        if mesh.part not in self.parts:
            self.parts.append(mesh.part)
        self.part[pixel] = self.parts.index(mesh.part)
        self.sub[pixel] = sub
        self.hard[pixel] = not mesh.cull
        self.length[pixel] = mesh.material.length > 12
        self.ink[pixel] = mesh.material.ink

    def image(self, channel: slice | int) -> Array:
        """Return a view of feature channels as (size, size[, C])."""
        values = self.features[:, channel]
        return values.reshape(self.size, self.size, *values.shape[1:])

    def seen(self, least: int = 12) -> list[str]:
        """List the parts that show in at least so many pixels."""
        counts = np.bincount(self.part[self.part >= 0], minlength=len(self.parts))
        return [name for name, count in zip(self.parts, counts, strict=True) if count >= least]


def draw(buffer: GBuffer, mesh: Mesh, camera: Camera) -> None:
    """Draw one mesh, nearest surface wins, melting into what is within `mesh.blend` of its depth."""
    chosen, xy, depth = _sorted_quads(mesh, camera, buffer.size)
    if not len(chosen):
        return
    normals = mesh.normals[chosen] @ camera.turn.T
    if not mesh.cull:
        # Thin sheets and strips are seen from both sides.
        normals = np.where(_total(normals[..., 2:])[:, None] < 0, -normals, normals)
    k, column, row = _covered(xy, buffer.size)
    if not len(k):
        return
    along, across = _coordinates(xy, k, column, row)
    pixel = row * buffer.size + column
    z = _interpolate(depth, k, along, across)
    old = buffer.depth[pixel]
    # Hair and feathers lie on the skin; they never melt into it.
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
    m = np.flatnonzero(weight < 1)  # what melts
    if len(m):
        w = weight[m]
        new[m] = w[:, None] * new[m] + (1 - w)[:, None] * buffer.features[pixel[m]]
        z[m] = np.maximum(z[m], old[m]) + (reach[m] * w * (1 - w) if mesh.blend else 0.0)
    buffer.features[pixel] = new
    buffer.depth[pixel] = z
    won = np.flatnonzero(weight >= 0.5)
    buffer.claim(mesh, pixel[won], mesh.sub[chosen][k[won]])


def _sorted_quads(mesh: Mesh, camera: Camera, size: int) -> tuple[Array, Array, Array]:
    """Project the quads that can be seen, farthest first.

    Returns:
        Their indices (Q,), corners (Q, 4, 2) in pixels and depth (Q, 4) with the mesh's bias.
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
    """Return quad, column and row (N,) of each pixel that quads (Q, 4, 2) cover; later quads lie on top."""
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
    """Sort key of the chosen quads, farthest first; a strip's quads stay together."""
    if mesh.order is not None:
        return mesh.order[chosen]
    key = _total(depth)
    if mesh.cull or mesh.sub[-1] == mesh.sub[0]:
        return key
    number = mesh.sub[chosen] - mesh.sub[0]
    mean = np.bincount(number, key) / np.maximum(np.bincount(number), 1)
    return mean[number] + number * 1e-6


def _edges(corners: Array) -> tuple[Array, Array, Array]:
    """Return the middle of quads (Q, 4, ...), and the steps between the middles of opposite sides."""
    first, second = corners[:, 2] - corners[:, 0], corners[:, 1] - corners[:, 3]
    return _total(corners) / 4, (first + second) / 2, (first - second) / 2


def _coordinates(xy: Array, k: Array, column: Array, row: Array) -> tuple[Array, Array]:
    """Place of pixels within their quads k along both directions, -0.5 to 0.5."""
    centre, e, f = _edges(xy)
    det = e[:, 0] * f[:, 1] - e[:, 1] * f[:, 0]
    det = np.where(np.abs(det) < 0.05, np.where(det < 0, -0.05, 0.05), det)
    inverse = np.stack([f[:, 1], -f[:, 0], -e[:, 1], e[:, 0]], 1) / det[:, None]
    table = np.concatenate([centre, inverse], 1).astype(np.float32)[k]
    dx, dy = column.astype(np.float32) - table[:, 0], row.astype(np.float32) - table[:, 1]
    along, across = table[:, 2] * dx + table[:, 3] * dy, table[:, 4] * dx + table[:, 5] * dy
    return np.clip(along, -0.55, 0.55), np.clip(across, -0.55, 0.55)


def _interpolate(corners: Array, k: Array, along: Array, across: Array) -> Array:
    """Interpolate corner values (Q, 4[, C]) affinely at places within the quads k."""
    middle, first, second = (v.astype(np.float32) for v in _edges(corners))
    return middle[k] + along * first[k] + across * second[k]


def _features(mesh: Mesh, chosen: Array, k: Array, values: Array, camera: Camera) -> Array:
    """Return the feature row (N, 13) of each pixel of a mesh."""
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
