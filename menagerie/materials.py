"""Materials of surfaces: color, hair, gloss, patterns and reliefs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from menagerie.textures import chances, noise_tile, sample, scales

Array = np.ndarray
RGB = tuple[float, ...] | np.ndarray
Pattern = Callable[["Site"], Array]
DARK, WHITE = (0.08, 0.07, 0.07), (0.92, 0.90, 0.87)


@dataclass
class Site:
    """Pixels of a part, with surface coordinates u, v (N,), lock numbers sub (N,), and positions (N, 3)."""

    u: Array
    v: Array
    sub: Array
    position: Array


@dataclass(frozen=True)
class Material:
    """A material with an RGB color in [0, 1], and the strengths of fur and of the highlight, from 0 to 1.

    Hair is 9 or 23 px long at 512 px. `vary` is the difference in brightness between locks or feathers, and
    `mottle` the strength of soft noise. For a `Site`, `pattern` returns colors (N, 3), and `relief` returns
    brightness factors (N,). With `ink`, the illustration has lines between locks.
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
        """Return the colors without texture (N, 3)."""
        return painted(self.pattern or self.colour, site)

    def tone(self, site: Site) -> Array:
        """Return the brightness factors (N,) of mottling, differences between locks, and relief."""
        tone = np.ones(len(site.u), np.float32)
        if self.mottle:
            x, y, z = site.position.T
            tone += self.mottle * 2 * (sample(noise_tile(), 0.8 * x + 0.32 * z, 0.8 * y + 0.24 * z) - 0.5)
        if self.vary:
            tone += self.vary * 2 * (chances(site.sub) - 0.5)
        return tone if self.relief is None else tone * self.relief(site)


def bare(colour: RGB, gloss: float = 0.0, **more: object) -> Material:
    """Make a material without hair, such as skin, horn or teeth."""
    return Material(colour, **{"hair": 0.0, "gloss": gloss, "mottle": 0.03, **more})  # type: ignore[arg-type]


def painted(paint: Pattern | RGB, site: Site) -> Array:
    """Return the colors (N, 3) of a pattern or of a single color."""
    if callable(paint):
        return paint(site).astype(np.float32)
    return np.broadcast_to(np.asarray(paint, np.float32), (len(site.u), 3))


def darker(colour: RGB, share: float) -> RGB:
    """Multiply the brightness of a color."""
    return tuple(share * float(c) for c in colour)


def vary(rng: np.random.Generator, colour: RGB, amount: float = 0.05) -> RGB:
    """Choose a similar color, which may be lighter or darker, warmer or cooler."""
    shade = np.exp(rng.normal(0, 2.2 * amount))
    return tuple(np.clip(np.asarray(colour) * shade + rng.normal(0, amount * 0.4, 3), 0.015, 0.97).tolist())


def mix(a: RGB, b: RGB, amount: Array | float) -> Array:
    """Blend two colors, (3,) or (N, 3), linearly by `amount`, a number or (N,)."""
    w = np.clip(np.asarray(amount, np.float32), 0, 1)
    w = w[..., None] if w.ndim else w
    return np.asarray(a, np.float32) * (1 - w) + np.asarray(b, np.float32) * w


def step(x: Array, low: float, high: float) -> Array:
    """Interpolate smoothly from 0 at `low` to 1 at `high`, which may be smaller than `low`."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def shaded(back: RGB, belly: RGB, start: float = 0.55, end: float = 0.95) -> Pattern:
    """Make a pattern that becomes lighter from the back (v = 0) to the belly (v = 1)."""
    return lambda site: mix(back, belly, step(np.abs(site.v), start, end))


def saddle(back: RGB, flank: RGB, edge: float = 0.45) -> Pattern:
    """Make a pattern with a dark back and a light underside."""

    def paint(site: Site) -> Array:
        place = np.abs(site.v) + 0.05 * np.sin(site.u * 17)
        return mix(back, flank, step(place, edge - 0.12, edge + 0.12))

    return paint


def along(coat: Pattern | RGB, end_colour: RGB, start: float, end: float) -> Pattern:
    """Make a pattern, for example of a leg, that changes to another color between `start` and `end`."""
    return lambda site: mix(painted(coat, site), end_colour, step(site.u, start, end))


def patched(base: RGB, other: RGB, share: float, scale: float, shift: float) -> Pattern:
    """Make a pattern of irregular patches, 1 / (4 scale) wide, on a fraction of the surface."""

    def paint(site: Site) -> Array:
        x, y, z = site.position.T
        value = sample(
            noise_tile(4, 3, 11), scale * (x + 0.45 * z + shift), scale * (y - 0.35 * z + 1.7 * shift)
        )
        return mix(base, other, step(value, share + 0.03, share - 0.03))

    return paint


def masked(
    face: RGB, muzzle: RGB, start: float, end: float, blaze: float = 0.0, under: RGB | None = None
) -> Pattern:
    """Make the pattern of a face with a muzzle color, a white blaze, and a light underside."""

    def paint(site: Site) -> Array:
        base, across = painted(face, site), np.abs(site.v)
        if under is not None:
            base = mix(base, under, step(across, 0.55, 0.8))
        if blaze:
            base = mix(base, WHITE, step(across, blaze * 1.3, blaze * 0.8) * step(site.u, 0.2, 0.32))
        return mix(base, muzzle, step(site.u, start, end))

    return paint


def scale_relief(rows: float, columns: float, depth: float = 0.5) -> Callable[[Site], Array]:
    """Make a relief of overlapping scales."""

    def relief(site: Site) -> Array:
        height, chance = scales(site.u, site.v, rows, columns)
        return (1 - depth) + depth * 1.25 * height + 0.22 * depth * (chance - 0.5)

    return relief


def feather_relief(site: Site) -> Array:
    """Return the brightness of a feather with a light shaft, barbs, a shadow and a light rim."""
    across = np.abs(site.v)
    rim = 0.16 * step(site.u, 0.7, 1.0) - 0.3 * step(across, 0.72, 1.0)
    return 0.92 + 0.05 * np.sin(site.u * 55 - across * 9) + 0.14 * (across < 0.09) + rim


def ring_relief(site: Site) -> Array:
    """Return the brightness of the rings of a horn."""
    return 1 - 0.3 * (1 - step((site.u * 12) % 1.0, 0.0, 0.45)) * step(site.u, 1.0, 0.8)


def fin_relief(site: Site) -> Array:
    """Return the brightness of the rays of a fin, which are parallel to u."""
    return 1 - 0.35 * (0.5 - 0.5 * np.cos(site.v * np.pi * 8)) * (0.4 + 0.6 * site.u)
