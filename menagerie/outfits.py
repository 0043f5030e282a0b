"""The colors of each species: coats, plumages, and skins with scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from menagerie import materials as paint
from menagerie.hair import strand_material
from menagerie.materials import DARK, RGB, WHITE, Material, Pattern, Site, bare, darker, mix, step, vary
from menagerie.rig import Rig
from menagerie.textures import scales

Array = np.ndarray


@dataclass
class Outfit:
    """The materials of a quadruped."""

    base: RGB
    coat: Material
    legs: Material
    face: Material
    ear: Material
    feet: Material
    mane: Material


def _outfit(
    base: RGB, body: Pattern, legs: Pattern, face: Pattern, feet: RGB, mane: Material, ear: RGB | None = None,
    *, hair: float = 0.5, gloss: float = 0.1, long: bool = False,
) -> Outfit:  # fmt: skip
    """Make an outfit of one kind of hair, which is short on the legs and the face."""
    short = Material(base, hair=min(hair, 0.5), gloss=gloss)
    coat = Material(base, hair=hair, gloss=gloss, length=23 if long else 9, pattern=body)
    ears = Material(base if ear is None else ear, hair=0.4, mottle=0.05)
    return Outfit(
        base, coat, short.with_(pattern=legs), short.with_(pattern=face), ears, bare(feet, 0.3), mane
    )


HORSES: dict[str, tuple[float, RGB, RGB]] = {
    # name: weight, coat, mane
    "bay": (3, (0.40, 0.19, 0.08), DARK),
    "chestnut": (3, (0.50, 0.23, 0.10), (0.43, 0.19, 0.08)),
    "black": (1.2, (0.115, 0.10, 0.10), DARK),
    "grey": (1.6, (0.74, 0.73, 0.72), (0.84, 0.83, 0.81)),
    "palomino": (1.2, (0.74, 0.53, 0.28), (0.90, 0.84, 0.70)),
    "brown": (1.4, (0.24, 0.14, 0.09), DARK),
}


def horse_outfit(rig: Rig, name: str | None = None) -> Outfit:
    """Choose the coat of a horse; `name` is a key of `HORSES`."""
    rng, name = rig.rng, name or rig.choose({name: row[0] for name, row in HORSES.items()})
    base, mane = vary(rng, HORSES[name][1]), HORSES[name][2]
    body, pale = paint.shaded(base, darker(base, 0.8), 0.6, 1.0), name in ("grey", "palomino")
    if not pale and rig.chance(0.25):
        body = paint.patched(base, WHITE, rig.near(0.35, 0.6), 0.55, rig.near(0, 9))
    if rig.chance(0.35):
        legs = paint.along(body, WHITE, rig.near(0.6, 0.75), 0.8)
    else:
        legs = paint.along(body, DARK if name in ("bay", "brown") else base, 0.48, 0.8)
    blaze = rig.near(0.05, 0.2) if name != "grey" and rig.chance(0.5) else 0.0
    face = paint.masked(base, (0.30, 0.24, 0.23) if pale else darker(base, 0.45), 0.78, 0.95, blaze)
    hair = strand_material(vary(rng, mane, 0.03), darker(mane, 0.85))
    gloss = 0.12 if name == "grey" else 0.3
    return _outfit(base, body, legs, face, vary(rng, (0.20, 0.16, 0.13)), hair, hair=0.32, gloss=gloss)


GOATS = ((0.90, 0.88, 0.84), (0.36, 0.22, 0.13), (0.12, 0.11, 0.11), (0.66, 0.52, 0.36), (0.46, 0.20, 0.10))


def goat_outfit(rig: Rig) -> Outfit:
    """Choose the coat of a goat."""
    kind = int(rig.rng.integers(len(GOATS)))
    base, white = vary(rig.rng, GOATS[kind], 0.04), kind == 0
    body, stocking = paint.shaded(base, mix(base, WHITE, 0.25), 0.7, 1.0), base
    if not white and rig.chance(0.4):
        body = paint.patched(base, WHITE, rig.near(0.3, 0.55), 0.6, rig.near(0, 9))
    elif not white and rig.chance(0.5):
        stocking = DARK
    muzzle = mix(base, (0.8, 0.62, 0.58) if white else (0.2, 0.16, 0.15), 0.4)
    face = paint.masked(base, muzzle, 0.8, 0.97, rig.near(0.06, 0.22) if rig.chance(0.4) else 0.0)
    rough, legs, hair = rig.chance(0.4), paint.along(body, stocking, 0.5, 0.75), strand_material(base)
    hoof = (0.16, 0.14, 0.12)
    return _outfit(base, body, legs, face, hoof, hair, hair=0.85 if rough else 0.6, gloss=0.05, long=rough)


def lion_outfit(rig: Rig) -> Outfit:
    """Choose the coat of a lion."""
    base = vary(rig.rng, (0.67, 0.46, 0.24), 0.04)
    pale = mix(base, (0.92, 0.85, 0.72), 0.65)
    body = paint.shaded(base, pale, 0.6, 0.95)
    face = paint.masked(base, mix(base, (0.85, 0.72, 0.55), 0.35), 0.62, 0.8, under=pale)
    tuft = strand_material(vary(rig.rng, (0.17, 0.10, 0.06)))
    return _outfit(base, body, paint.along(body, pale, 0.75, 1.0), face, DARK, tuft, hair=0.42, gloss=0.06)


def dog_outfit(rig: Rig, breed: str) -> Outfit:
    """Choose the coat of a 'retriever', 'shepherd' or 'hound'."""
    gold, brown = (0.80, 0.60, 0.36), (0.28, 0.16, 0.09)
    colours = {"retriever": gold if rig.chance(0.7) else brown, "shepherd": (0.55, 0.36, 0.18)}
    base = vary(rig.rng, colours.get(breed, (0.58, 0.31, 0.13)), 0.04)
    pale, ear = mix(base, (0.93, 0.90, 0.84), 0.5), darker(base, 0.8)
    body = paint.shaded(base, pale, 0.5, 0.95)
    legs, face = paint.along(body, pale, 0.4, 0.9), paint.masked(base, mix(base, pale, 0.5), 0.65, 0.85)
    if breed == "shepherd":
        body, ear = paint.saddle(DARK, base, 0.42), DARK
        face = paint.masked(base, DARK, 0.55, 0.75)
    elif breed == "hound":
        body, legs = paint.saddle(DARK, WHITE, 0.5), paint.along(DARK, WHITE, 0.15, 0.35)
        face = paint.masked(base, WHITE, 0.58, 0.68, rig.near(0.05, 0.16))
    long = breed == "retriever"
    hair, gloss = (0.9, 0.05) if long else (0.4, 0.16)
    return _outfit(
        base, body, legs, face, DARK, strand_material(base), ear, hair=hair, gloss=gloss, long=long
    )


@dataclass(frozen=True)
class Plumage:
    """The colors of a bird. Coverts are the small feathers of a wing.

    `bars` is the strength, from 0 to 1, of dark bars on feathers and of spots on the breast.
    """

    body: RGB
    head: RGB
    covert: RGB
    flight: RGB
    tail: RGB
    beak: RGB = (0.20, 0.19, 0.20)
    iris: RGB = (0.60, 0.34, 0.08)
    bars: float = 0.0

    def feather(self, colour: RGB) -> Material:
        """Make the material of large feathers of one color."""

        def colour_of(site: Site) -> Array:
            base = mix(colour, darker(colour, 0.45), self.bars * step(np.sin(site.u * 26), 0.1, 0.5))
            rim = 0.25 * (step(np.abs(site.v), 0.6, 0.95) + step(site.u, 0.85, 1.0))
            return mix(base, 0.6 * np.asarray(colour) + 0.38, rim)

        look = Material(colour, hair=0.12, gloss=0.12, vary=0.10, mottle=0.06, pattern=colour_of, ink=True)
        return look.with_(relief=paint.feather_relief)

    def down(self, colour: RGB, rows: float = 16, columns: float = 20) -> Material:
        """Make the material of small feathers, with spots if the plumage has bars."""

        def colour_of(site: Site) -> Array:
            relief, chance = scales(site.u, site.v, rows, columns)
            drop = step(relief, 0.72, 0.9) * (chance > 0.3)
            base = np.broadcast_to(np.asarray(colour, np.float32), (len(site.u), 3))
            return mix(base, darker(self.covert, 0.8), 1.3 * self.bars * drop)

        relief = paint.scale_relief(rows, columns, 0.35)
        return Material(colour, hair=0.45, gloss=0.05, pattern=colour_of, relief=relief)


def plumage(rig: Rig, name: str | None = None) -> Plumage:
    """Choose the colors of a 'bald' or 'golden' eagle, a 'hawk' or a 'falcon'."""
    rng, name = rig.rng, name or rig.choose({"bald": 2.5, "golden": 2, "hawk": 2, "falcon": 1.5})
    brown = vary(rng, (0.22, 0.13, 0.08))
    dark = darker(brown, 0.7)
    if name == "bald":
        white = (0.93, 0.92, 0.89)
        return Plumage(brown, white, brown, dark, white, (0.90, 0.62, 0.08), (0.86, 0.74, 0.28))
    if name == "golden":
        body, head = vary(rng, (0.32, 0.20, 0.12)), vary(rng, (0.55, 0.36, 0.16))
        return Plumage(body, head, body, brown, dark, bars=0.15)
    if name == "hawk":
        cream, rust = vary(rng, (0.84, 0.74, 0.60)), vary(rng, (0.58, 0.30, 0.16))
        return Plumage(
            cream, vary(rng, (0.45, 0.30, 0.18)), vary(rng, (0.42, 0.28, 0.17)), brown, rust, bars=0.6
        )
    slate = vary(rng, (0.36, 0.40, 0.46))
    return Plumage((0.84, 0.82, 0.78), darker(slate, 0.6), slate, darker(slate, 0.75), slate, bars=0.5)


SNAKES: dict[str, tuple[str, RGB, RGB, RGB, RGB]] = {
    # name: pattern, three colors, belly
    "rattler": ("diamond", (0.56, 0.46, 0.33), (0.24, 0.17, 0.11), (0.86, 0.80, 0.66), (0.84, 0.78, 0.66)),
    "python": ("diamond", (0.74, 0.60, 0.36), (0.33, 0.19, 0.09), (0.12, 0.08, 0.05), (0.90, 0.86, 0.76)),
    "coral": ("band", (0.72, 0.16, 0.10), (0.06, 0.05, 0.05), (0.92, 0.84, 0.52), (0.85, 0.5, 0.4)),
    "copper": ("band", (0.72, 0.46, 0.28), (0.42, 0.20, 0.10), (0.26, 0.12, 0.06), (0.86, 0.72, 0.58)),
    "black": ("plain", (0.075, 0.075, 0.085), (0.1, 0.1, 0.1), (0.2, 0.2, 0.2), (0.22, 0.22, 0.24)),
    "green": ("plain", (0.30, 0.58, 0.16), (0.2, 0.4, 0.1), (0.5, 0.7, 0.2), (0.80, 0.84, 0.48)),
}


def snake_skin(rig: Rig, length: float) -> Material:
    """Choose the skin of a snake whose length is `length` times its width."""
    kind, *colours = SNAKES[list(SNAKES)[int(rig.rng.integers(len(SNAKES)))]]
    first, second, third, belly = (vary(rig.rng, colour) for colour in colours)

    def colour_of(site: Site) -> Array:
        base = np.broadcast_to(np.asarray(first, np.float32), (len(site.u), 3))
        there, across = np.abs((site.u * length / 5.2) % 1.0 - 0.5), np.abs(site.v)
        if kind == "diamond":
            reach = 2.1 * there + 1.75 * across
            base = mix(base, third, step(reach, 0.95, 0.85))
            base = mix(base, second, step(reach, 0.78, 0.68))
            base = mix(base, first, step(reach, 0.34, 0.26))
        elif kind == "band":
            base = mix(base, second, step(there, 0.27, 0.23))
            base = mix(base, third, step(np.abs(there - 0.29), 0.045, 0.025))
        return mix(base, belly, step(across, 0.66, 0.78))

    relief, gloss = paint.scale_relief(length * 2.6, 26), 0.6 if kind == "plain" else 0.35
    return Material(first, hair=0, gloss=gloss, mottle=0.05, pattern=colour_of, relief=relief)


FISH: dict[str, tuple[str, RGB, RGB, RGB, RGB]] = {
    # name: shape, back, flank, belly, fins
    "bass": ("bass", (0.20, 0.24, 0.12), (0.50, 0.54, 0.34), (0.88, 0.87, 0.80), (0.34, 0.36, 0.24)),
    "gold": ("bass", (0.86, 0.42, 0.06), (0.93, 0.58, 0.14), (0.96, 0.80, 0.50), (0.93, 0.60, 0.24)),
    "blue": ("reef", (0.03, 0.10, 0.55), (0.08, 0.26, 0.80), (0.10, 0.34, 0.84), (0.06, 0.20, 0.72)),
    "clown": ("reef", (0.90, 0.34, 0.04), (0.95, 0.42, 0.06), (0.96, 0.50, 0.12), (0.94, 0.42, 0.08)),
    "red": ("reef", (0.62, 0.10, 0.07), (0.82, 0.22, 0.14), (0.90, 0.58, 0.48), (0.72, 0.16, 0.12)),
    "tuna": ("tuna", (0.07, 0.14, 0.27), (0.52, 0.60, 0.67), (0.90, 0.91, 0.91), (0.20, 0.26, 0.34)),
    "chromis": ("tuna", (0.08, 0.42, 0.42), (0.22, 0.68, 0.62), (0.62, 0.84, 0.76), (0.22, 0.60, 0.58)),
}


def fish_paint(rig: Rig) -> tuple[str, Pattern, RGB, RGB]:
    """Choose the shape, pattern, fin color and belly color of a fish."""
    name = list(FISH)[int(rig.rng.integers(len(FISH)))]
    shape, back, flank, belly, fin = FISH[name]
    back, flank, fin = (vary(rig.rng, colour) for colour in (back, flank, fin))

    def colour_of(site: Site) -> Array:
        across = np.abs(site.v)
        colour = mix(mix(back, flank, step(across, 0.12, 0.42)), belly, step(across, 0.58, 0.82))
        if name == "bass":
            mark = 0.045 * np.sin(site.u * 60) + 0.03 * np.sin(site.u * 23)
            colour = mix(colour, darker(back, 0.7), 0.75 * step(np.abs(across - 0.42 + mark), 0.07, 0.03))
        elif name == "clown":
            for place, width in ((0.26, 0.05), (0.55, 0.055), (0.88, 0.03)):
                gap = np.abs(site.u - place - 0.03 * np.cos(np.pi * site.v * 2))
                colour = mix(colour, (0.04, 0.03, 0.03), step(gap, width + 0.022, width + 0.012))
                colour = mix(colour, (0.95, 0.95, 0.93), step(gap, width, width - 0.012))
        return colour

    return shape, colour_of, fin, belly
