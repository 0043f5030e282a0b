"""What a surface is made of: colour, hair, gloss, and the pattern that a coat lays over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from scripts.menagerie.textures import chances, noise_tile, sample, scales

Array = np.ndarray
RGB = tuple[float, ...] | np.ndarray
Pattern = Callable[["Site"], Array]


@dataclass
class Site:
    """The pixels of one part: surface coordinates u, v (N,), lock number sub (N,), world position (N, 3)."""

    u: Array
    v: Array
    sub: Array
    position: Array


@dataclass(frozen=True)
class Material:
    """A surface's look.

    Attributes:
        colour: RGB in [0, 1], linear-ish display values.
        hair: strength of fur strokes, 0 to 1.
        gloss: strength of the highlight, 0 to 1.
        length: hair length in pixels at 512 px: 9 or 23.
        vary: brightness differences between locks or feathers, 0 to 1.
        mottle: soft brightness noise, 0 to 1.
        pattern: function of a `Site` that returns RGB (N, 3), or None for the plain colour.
        relief: function of a `Site` that returns a brightness factor (N,), or None.
        ink: draw lines between locks in the illustration.
    """

    colour: RGB
    hair: float = 0.5
    gloss: float = 0.1
    length: int = 9
    vary: float = 0.0
    mottle: float = 0.12
    pattern: Pattern | None = None
    relief: Callable[[Site], Array] | None = None
    ink: bool = False

    def with_(self, **changes: object) -> Material:
        """Return a copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def flat(self, site: Site) -> Array:
        """Return the paint without texture (N, 3), as an illustrator would lay it."""
        if self.pattern is None:
            return np.broadcast_to(np.asarray(self.colour, np.float32), (len(site.u), 3))
        return self.pattern(site).astype(np.float32)

    def tone(self, site: Site) -> Array:
        """Return the brightness factor (N,) of mottling, lock differences and relief."""
        tone = np.ones(len(site.u), np.float32)
        if self.mottle:
            x = site.position[:, 0] + 0.4 * site.position[:, 2]
            y = site.position[:, 1] + 0.3 * site.position[:, 2]
            tone += self.mottle * 2 * (sample(noise_tile(), 0.8 * x, 0.8 * y) - 0.5)
        if self.vary:
            tone += self.vary * 2 * (chances(site.sub) - 0.5)
        if self.relief is not None:
            tone *= self.relief(site)
        return tone


def mix(a: RGB, b: RGB, amount: Array | float) -> Array:
    """Blend two colours, (3,) or (N, 3), linearly by `amount`, a number or (N,)."""
    w = np.clip(np.asarray(amount, np.float32), 0, 1)
    w = w[..., None] if w.ndim else w
    return np.asarray(a, np.float32) * (1 - w) + np.asarray(b, np.float32) * w


def step(x: Array, low: float, high: float) -> Array:
    """Smooth step from 0 at `low` to 1 at `high` (which may be the smaller one)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def blotches(site: Site, *, share: float, scale: float, shift: float, soft: float = 0.03) -> Array:
    """Return patches (N,) in [0, 1] that cover a share of the surface, about 1 / (4 scale) across."""
    x = site.position[:, 0] + 0.45 * site.position[:, 2] + shift
    y = site.position[:, 1] - 0.35 * site.position[:, 2] + 1.7 * shift
    value = sample(noise_tile(4, 3, 11), scale * x, scale * y)
    return step(value, share + soft, share - soft)


def scale_relief(rows: float, columns: float, depth: float = 0.5) -> Callable[[Site], Array]:
    """Make a relief of overlapping scales for `Material.relief`."""

    def relief(site: Site) -> Array:
        height, chance = scales(site.u, site.v, rows, columns)
        return (1 - depth) + depth * 1.25 * height + 0.22 * depth * (chance - 0.5)

    return relief


def feather_relief(site: Site) -> Array:
    """Return the brightness of one feather: a pale shaft, barbs, dark under the neighbour, a light rim."""
    across = np.abs(site.v)
    barbs = 0.05 * np.sin(site.u * 55 - across * 9)
    return (
        0.92 + barbs + 0.14 * (across < 0.09) - 0.3 * step(across, 0.72, 1.0) + 0.16 * step(site.u, 0.7, 1.0)
    )


def ring_relief(rings: float, depth: float = 0.3) -> Callable[[Site], Array]:
    """Make the growth rings of a horn."""

    def relief(site: Site) -> Array:
        saw = (site.u * rings) % 1.0
        return 1 - depth * (1 - step(saw, 0.0, 0.45)) * step(site.u, 1.0, 0.8)

    return relief


def fin_relief(rays: float, depth: float = 0.35) -> Callable[[Site], Array]:
    """Make bony rays across a fin, which run along u."""

    def relief(site: Site) -> Array:
        wave = 0.5 + 0.5 * np.cos(site.v * np.pi * rays)
        return 1 - depth * (1 - wave) * (0.4 + 0.6 * site.u)

    return relief
