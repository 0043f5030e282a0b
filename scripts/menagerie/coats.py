"""Colours and patterns of coats."""

from __future__ import annotations

import numpy as np

from scripts.menagerie.materials import RGB, Material, Pattern, Site, blotches, mix, step

Array = np.ndarray


def vary(rng: np.random.Generator, colour: RGB, amount: float = 0.05) -> RGB:
    """Draw a colour near another: a little lighter or darker, warmer or cooler."""
    shade = float(np.exp(rng.normal(0, 2.2 * amount)))
    tint = rng.normal(0, amount * 0.4, 3)
    return tuple(float(v) for v in np.clip(np.asarray(colour) * shade + tint, 0.015, 0.97))  # type: ignore[return-value]


def shaded(back: RGB, belly: RGB, *, start: float = 0.55, end: float = 0.95) -> Pattern:
    """Make a pattern that pales from the back (v = 0) to the belly (v = 1)."""

    def paint(site: Site) -> Array:
        return mix(np.asarray(back, np.float32), belly, step(np.abs(site.v), start, end))

    return paint


def points(coat: Pattern | RGB, dark: RGB, *, start: float, end: float) -> Pattern:
    """Make a leg's pattern that turns to another colour between `start` and `end` along it."""

    def paint(site: Site) -> Array:
        base = (
            coat(site) if callable(coat) else np.broadcast_to(np.asarray(coat, np.float32), (len(site.u), 3))
        )
        return mix(base, dark, step(site.u, start, end))

    return paint


def patched(base: RGB, other: RGB, *, share: float, scale: float, shift: float) -> Pattern:
    """Make a pattern of large irregular patches."""

    def paint(site: Site) -> Array:
        return mix(np.asarray(base, np.float32), other, blotches(site, share=share, scale=scale, shift=shift))

    return paint


def saddle(back: RGB, flank: RGB, *, edge: float = 0.45, fade: float = 0.12) -> Pattern:
    """Make a pattern of a dark saddle over a pale underside."""

    def paint(site: Site) -> Array:
        wave = 0.05 * np.sin(site.u * 17)
        return mix(np.asarray(back, np.float32), flank, step(np.abs(site.v) + wave, edge - fade, edge + fade))

    return paint


def masked(
    face: Pattern | RGB,
    muzzle: RGB,
    *,
    start: float = 0.6,
    end: float = 0.85,
    blaze: RGB | None = None,
    width: float = 0.1,
    under: RGB | None = None,
) -> Pattern:
    """Make a face's pattern: a muzzle of another colour, a pale underside, an optional blaze."""

    def paint(site: Site) -> Array:
        base = (
            face(site) if callable(face) else np.broadcast_to(np.asarray(face, np.float32), (len(site.u), 3))
        )
        if under is not None:
            base = mix(base, under, step(np.abs(site.v), 0.55, 0.8))
        if blaze is not None:
            base = mix(base, blaze, step(np.abs(site.v), width * 1.3, width * 0.8) * step(site.u, 0.2, 0.32))
        return mix(base, muzzle, step(site.u, start, end))

    return paint


def plain(
    colour: RGB,
    *,
    hair: float = 0.5,
    gloss: float = 0.1,
    length: int = 9,
    pattern: Pattern | None = None,
    mottle: float = 0.12,
) -> Material:
    """Make a furry material."""
    return Material(colour, hair=hair, gloss=gloss, length=length, pattern=pattern, mottle=mottle)
