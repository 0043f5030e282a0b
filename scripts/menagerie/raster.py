"""Draw meshes into a G-buffer: for every pixel the nearest surface's depth, normal, paint and part.

Deferred shading (Saito and Takahashi, 1990): geometry is drawn once, and `shading.py` (photograph) and
`illustration.py` (flat drawing) both work from the same buffer, so the two are aligned to the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from scripts.menagerie.curves import rotation
from scripts.menagerie.geometry import Mesh
from scripts.menagerie.materials import Site

Array = np.ndarray

EMPTY = -1e9
NORMAL, PAINT, FLOW, HAIR, GLOSS, FLAT = slice(0, 3), slice(3, 6), slice(6, 8), 8, 9, slice(10, 13)


@dataclass
class Camera:
    """An almost parallel view.

    Attributes:
        turn: (3, 3) rows are the image's right, up and towards-the-viewer directions in the world.
        scale: pixels per world unit.
        centre: (2,) pixel where `target` lands.
        target: (3,) world point looked at.
        perspective: growth per world unit of nearness.
    """

    turn: Array
    scale: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)
    target: Array = field(default_factory=lambda: np.zeros(3))
    perspective: float = 0.06

    @classmethod
    def looking(cls, *, yaw: float, pitch: float, roll: float, mirror: bool) -> Camera:
        """Return a camera that sees the right flank at yaw 0 (nose to the right), the face at yaw 90.

        Args:
            yaw: degrees the animal turns its face to the viewer.
            pitch: degrees the camera looks down.
            roll: degrees the image tilts.
            mirror: swap left and right.
        """
        turn = rotation("z", roll) @ rotation("x", pitch) @ rotation("y", -yaw)
        if mirror:
            turn = np.diag([-1.0, 1.0, 1.0]) @ turn
        return cls(turn)

    @property
    def towards(self) -> Array:
        """World direction to the viewer."""
        return self.turn[2]

    def project(self, points: Array) -> tuple[Array, Array]:
        """Return pixels (..., 2) as x, y and depth (...) in pixels; larger is nearer."""
        seen = (points - self.target) @ self.turn.T
        grow = self.scale * (1 + self.perspective * seen[..., 2:])
        xy = seen[..., :2] * grow * np.array([1.0, -1.0]) + np.asarray(self.centre)
        return xy, seen[..., 2] * self.scale

    def frame(
        self, points: Array, *, size: int, margin: float, anchor: tuple[float, float] = (0.5, 0.5)
    ) -> None:
        """Set scale and centre so that points (N, 3) fill a square of `size` pixels but for a margin."""
        self.target = points.mean(0)
        self.scale, self.centre = 1.0, (0.0, 0.0)
        xy, _ = self.project(points)
        low, high = xy.min(0), xy.max(0)
        extent = float(max(high - low))
        self.scale = size * (1 - 2 * margin) / extent
        spare = size - (high - low) * self.scale
        start = spare * np.asarray(anchor)
        self.centre = tuple(start - low * self.scale)


class GBuffer:
    """Per-pixel record of the nearest surface, `size` x `size`, flattened.

    Attributes:
        depth: (P,) pixels, larger is nearer, EMPTY where nothing is.
        features: (P, 10 or 13): normal, paint, doubled hair direction, hair, gloss, and flat paint if kept.
        part: (P,) index into `parts`, -1 where nothing is.
        sub: (P,) lock or feather number.
        length: (P,) True where hair is long.
        hard: (P,) True where a strip or sheet is, into which nothing melts.
        ink: (P,) True where locks are told apart by lines in an illustration.
        parts: names in order of first drawing.
    """

    def __init__(self, size: int, *, flat: bool = True) -> None:
        """Allocate an empty buffer; `flat` keeps the paint that an illustration needs."""
        self.size = size
        self.depth = np.full(size * size, EMPTY, np.float32)
        self.features = np.zeros((size * size, 13 if flat else 10), np.float32)
        self.part = np.full(size * size, -1, np.int16)
        self.sub = np.zeros(size * size, np.int32)
        self.length = np.zeros(size * size, bool)
        self.hard = np.zeros(size * size, bool)
        self.ink = np.zeros(size * size, bool)
        self.parts: list[str] = []

    def index(self, part: str) -> int:
        """Return a part's number; a new name gets the next one."""
        if part not in self.parts:
            self.parts.append(part)
        return self.parts.index(part)

    def claim(self, mesh: Mesh, pixel: Array, sub: Array) -> None:
        """Note that pixels (N,) now show a mesh's locks or feathers `sub` (N,)."""
        self.part[pixel] = self.index(mesh.part)
        self.sub[pixel] = sub
        self.hard[pixel] = not mesh.cull
        self.length[pixel] = mesh.material.length > 12
        self.ink[pixel] = mesh.material.ink

    def image(self, channel: slice | int) -> Array:
        """Return a view of feature channels as (size, size[, C])."""
        values = self.features[:, channel]
        return (
            values.reshape(self.size, self.size, -1)
            if values.ndim == 2
            else values.reshape(self.size, self.size)
        )

    def boxes(self, shrink: int, least: int = 3) -> dict[str, list[int]]:
        """Return the visible box [x0, y0, x1, y1] (x1, y1 exclusive) of each part.

        Boxes are in pixels of a `shrink` times smaller image. Parts that show fewer than `least` * shrink^2
        pixels are left out.
        """
        found = {}
        seen = self.part.reshape(self.size, self.size)
        for i, name in enumerate(self.parts):
            mask = seen == i
            if np.count_nonzero(mask) < least * shrink * shrink:
                continue
            columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
            found[name] = [
                int(columns[0] // shrink),
                int(rows[0] // shrink),
                int(columns[-1] // shrink + 1),
                int(rows[-1] // shrink + 1),
            ]
        return found


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
    if len(shown) < len(pixel):
        pixel, z, old, weight, k, along, across, reach = (
            v[shown] for v in (pixel, z, old, weight, k, along, across, reach)
        )
    corners = np.concatenate([normals, mesh.uv[chosen], mesh.corners[chosen]], -1)
    values = _interpolate(corners, k, along[:, None], across[:, None])
    new = _features(mesh, chosen, k, values, camera, buffer.features.shape[1])
    melting = np.flatnonzero(weight < 1)
    if len(melting):
        w = weight[melting, None]
        new[melting] = w * new[melting] + (1 - w) * buffer.features[pixel[melting]]
        w = weight[melting]
        swell = reach[melting] * w * (1 - w) if mesh.blend else 0.0
        z[melting] = np.maximum(z[melting], old[melting]) + swell
    buffer.features[pixel] = new
    buffer.depth[pixel] = z
    won = np.flatnonzero(weight >= 0.5)
    buffer.claim(mesh, pixel[won], mesh.sub[chosen][k[won]])


def _sorted_quads(mesh: Mesh, camera: Camera, size: int) -> tuple[Array, Array, Array]:
    """Project the quads that can be seen, farthest first.

    Returns:
        Their indices (Q,), corners (Q, 4, 2) in pixels and depth (Q, 4) with the mesh's bias.
    """
    if mesh.cull:
        chosen = np.flatnonzero(_total(mesh.normals @ camera.turn[2]) > -0.48)
    else:
        chosen = np.arange(len(mesh.normals))
    xy, depth = camera.project(mesh.corners[chosen])
    inside = np.all(np.any(xy > 0, axis=1) & np.any(xy < size - 1, axis=1), axis=1)
    order = np.flatnonzero(inside)
    if len(order):
        order = order[np.argsort(_drawing_key(mesh, chosen, depth)[order], kind="stable")]
    return chosen[order], xy[order], depth[order] + mesh.bias * camera.scale


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
    return (
        np.clip(table[:, 2] * dx + table[:, 3] * dy, -0.55, 0.55),
        np.clip(table[:, 4] * dx + table[:, 5] * dy, -0.55, 0.55),
    )


def _interpolate(corners: Array, k: Array, along: Array, across: Array) -> Array:
    """Interpolate corner values (Q, 4[, C]) affinely at places within the quads k."""
    middle, first, second = (v.astype(np.float32) for v in _edges(corners))
    return middle[k] + along * first[k] + across * second[k]


def _features(mesh: Mesh, chosen: Array, k: Array, values: Array, camera: Camera, channels: int) -> Array:
    """Return the feature row (N, channels) of each pixel of a mesh."""
    material = mesh.material
    site = Site(
        np.clip(values[:, 3], 0, 1), np.clip(values[:, 4], -1, 1), mesh.sub[chosen][k], values[:, 5:8]
    )
    x, y = (mesh.flow[chosen] @ camera.turn[:2].T).T
    heading = np.stack([x * x - y * y, -2 * x * y], 1) / np.maximum(x * x + y * y, 1e-9)[:, None]
    heading = heading.astype(np.float32)
    out = np.empty((len(k), channels), np.float32)
    out[:, NORMAL] = values[:, :3]
    flat = material.flat(site)
    out[:, PAINT] = flat * material.tone(site)[:, None]
    if channels > 10:
        out[:, FLAT] = flat
    out[:, FLOW] = heading[k]
    out[:, HAIR] = material.hair
    out[:, GLOSS] = material.gloss
    return out
