"""The colours of each species: coats of the four-footed, plumages, and skins with scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.menagerie import coats, hair
from scripts.menagerie.materials import RGB, Material, Pattern, Site, mix, step
from scripts.menagerie.wings import Plumage

Array = np.ndarray


def choose(rng: np.random.Generator, options: dict[str, float]) -> str:
    """Pick a random key, weighted by its value."""
    names = list(options)
    weights = np.array([options[n] for n in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


@dataclass
class Outfit:
    """Materials of a four-footed animal."""

    coat: Material
    legs: Material
    face: Material
    ear: Material
    feet: Material
    mane: Material
    base: RGB


HORSE_COLOURS: dict[str, RGB] = {
    "bay": (0.40, 0.19, 0.08),
    "chestnut": (0.50, 0.23, 0.10),
    "black": (0.115, 0.10, 0.10),
    "grey": (0.74, 0.73, 0.72),
    "palomino": (0.74, 0.53, 0.28),
    "brown": (0.24, 0.14, 0.09),
}


def horse_outfit(rng: np.random.Generator, colour: str | None = None) -> Outfit:
    """Draw a horse's coat."""
    name = colour or choose(
        rng, {"bay": 3, "chestnut": 3, "black": 1.2, "grey": 1.6, "palomino": 1.2, "brown": 1.4}
    )
    base = coats.vary(rng, HORSE_COLOURS[name])
    dark, white = (0.06, 0.05, 0.05), (0.92, 0.90, 0.87)
    body = coats.shaded(base, tuple(0.8 * c for c in base), start=0.6, end=1.0)
    pinto = colour is None and name in ("bay", "chestnut", "black", "brown") and rng.random() < 0.25
    if pinto:
        body = coats.patched(base, white, share=rng.uniform(0.35, 0.6), scale=0.55, shift=rng.uniform(0, 9))
    if name == "grey" and rng.random() < 0.5:
        body = coats.patched(
            base, tuple(0.86 * c for c in base), share=0.5, scale=1.9, shift=rng.uniform(0, 9)
        )
    stocking = white if rng.random() < 0.35 else (dark if name in ("bay", "brown") else base)
    legs = coats.points(body, stocking, start=0.48 if stocking == dark else rng.uniform(0.6, 0.75), end=0.8)
    blaze = white if rng.random() < 0.5 and name != "grey" else None
    muzzle = (0.30, 0.24, 0.23) if name in ("grey", "palomino") else tuple(0.45 * c for c in base)
    face = coats.masked(base, muzzle, start=0.78, end=0.95, blaze=blaze, width=rng.uniform(0.05, 0.2))
    mane = {
        "bay": dark,
        "brown": dark,
        "black": dark,
        "palomino": (0.90, 0.84, 0.70),
        "chestnut": tuple(0.85 * c for c in base),
        "grey": (0.82, 0.81, 0.79),
    }[name]
    if colour == "grey":
        mane = (0.93, 0.92, 0.9)
    gloss = 0.30 if name != "grey" else 0.12
    coat = coats.plain(base, hair=0.32, gloss=gloss, pattern=body)
    return Outfit(
        coat,
        coat.with_(pattern=legs),
        coat.with_(pattern=face),
        coats.plain(base, hair=0.3, mottle=0.05),
        Material(coats.vary(rng, (0.20, 0.16, 0.13)), hair=0, gloss=0.25),
        hair.strand_material(coats.vary(rng, mane, 0.03), tip=tuple(0.85 * c for c in mane)),
        base,
    )


def goat_outfit(rng: np.random.Generator) -> Outfit:
    """Draw a goat's coat."""
    name = choose(rng, {"white": 2, "brown": 2, "black": 1.3, "tan": 1.5, "red": 1})
    base = coats.vary(
        rng,
        {
            "white": (0.90, 0.88, 0.84),
            "brown": (0.36, 0.22, 0.13),
            "black": (0.12, 0.11, 0.11),
            "tan": (0.66, 0.52, 0.36),
            "red": (0.46, 0.20, 0.10),
        }[name],
        0.04,
    )
    white, dark = (0.92, 0.90, 0.87), (0.09, 0.08, 0.08)
    body = coats.shaded(base, mix(base, (0.9, 0.88, 0.84), 0.25), start=0.7, end=1.0)
    legs_end = base
    if name != "white" and rng.random() < 0.4:
        body = coats.patched(base, white, share=rng.uniform(0.3, 0.55), scale=0.6, shift=rng.uniform(0, 9))
    elif name in ("brown", "tan", "red"):
        legs_end = dark if rng.random() < 0.5 else base
    blaze = white if rng.random() < 0.4 else None
    face = coats.masked(
        base,
        mix(base, (0.2, 0.16, 0.15) if name != "white" else (0.8, 0.62, 0.58), 0.4),
        start=0.8,
        end=0.97,
        blaze=blaze,
        width=rng.uniform(0.06, 0.22),
    )
    rough = rng.random() < 0.4
    coat = coats.plain(base, hair=0.85 if rough else 0.6, gloss=0.05, length=23 if rough else 9, pattern=body)
    return Outfit(
        coat,
        coat.with_(pattern=coats.points(body, legs_end, start=0.5, end=0.75), length=9, hair=0.5),
        coat.with_(pattern=face, length=9),
        coats.plain(base, hair=0.4, mottle=0.05),
        Material((0.16, 0.14, 0.12), hair=0, gloss=0.25),
        hair.strand_material(base),
        base,
    )


def lion_outfit(rng: np.random.Generator, *, tint: RGB | None = None) -> Outfit:
    """Draw a lion's coat."""
    base = coats.vary(rng, tint or (0.67, 0.46, 0.24), 0.04)
    pale = tuple(float(v) for v in mix(base, (0.92, 0.85, 0.72), 0.65))
    body = coats.shaded(base, pale, start=0.6, end=0.95)
    coat = coats.plain(base, hair=0.42, gloss=0.06, pattern=body)
    face = coats.masked(base, mix(base, (0.85, 0.72, 0.55), 0.35), start=0.62, end=0.8, under=pale)
    dark = coats.vary(rng, (0.17, 0.10, 0.06), 0.05)
    return Outfit(
        coat,
        coat.with_(pattern=coats.points(body, pale, start=0.75, end=1.0)),
        coat.with_(pattern=face),
        coats.plain(base, hair=0.5, mottle=0.05),
        Material((0.10, 0.08, 0.07), hair=0, gloss=0.3),
        hair.strand_material(dark),
        base,
    )


def dog_outfit(rng: np.random.Generator, breed: str) -> Outfit:
    """Draw the coat of a dog of a breed."""
    black, tan, white = (0.10, 0.09, 0.085), (0.58, 0.34, 0.16), (0.92, 0.90, 0.86)
    base = coats.vary(
        rng,
        {
            "retriever": (0.78, 0.55, 0.29),
            "shepherd": (0.55, 0.36, 0.18),
            "wolf": (0.56, 0.53, 0.49),
            "hound": (0.58, 0.31, 0.13),
            "samoyed": (0.92, 0.90, 0.86),
            "labrador": [(0.80, 0.66, 0.44), black, (0.28, 0.16, 0.09)][int(rng.integers(3))],
            "terrier": [(0.86, 0.82, 0.74), (0.45, 0.28, 0.15), (0.2, 0.19, 0.19)][int(rng.integers(3))],
        }[breed],
        0.04,
    )
    pale = tuple(float(v) for v in mix(base, (0.93, 0.90, 0.84), 0.5))
    long = breed in ("retriever", "wolf", "samoyed", "terrier")
    body = coats.shaded(base, pale, start=0.5, end=0.95)
    legs = coats.points(body, pale, start=0.4, end=0.9)
    face = coats.masked(base, mix(base, pale, 0.5), start=0.65, end=0.85)
    ear: RGB = tuple(0.8 * c for c in base)
    if breed == "shepherd":
        body = coats.saddle(black, base, edge=0.42)
        face = coats.masked(base, black, start=0.55, end=0.75)
        ear = (0.10, 0.08, 0.07)
    elif breed == "wolf":
        body = coats.saddle(tuple(0.55 * c for c in base), pale, edge=0.45, fade=0.25)
        face = coats.masked(base, mix(base, (0.9, 0.88, 0.85), 0.3), under=(0.88, 0.86, 0.82))
    elif breed == "hound":
        body = coats.saddle(black, white, edge=0.5, fade=0.1)
        legs = coats.points(body, white, start=0.15, end=0.35)
        face = coats.masked(base, white, start=0.58, end=0.68, blaze=white, width=rng.uniform(0.05, 0.16))
        ear = tuple(0.85 * c for c in tan)
    coat = coats.plain(
        base, hair=0.9 if long else 0.4, gloss=0.05 if long else 0.16, length=23 if long else 9, pattern=body
    )
    return Outfit(
        coat,
        coat.with_(pattern=legs, length=9, hair=0.5),
        coat.with_(pattern=face, length=9, hair=0.5),
        coats.plain(ear, hair=0.5, length=23 if long else 9, mottle=0.05),
        Material((0.08, 0.07, 0.07), hair=0, gloss=0.3),
        hair.strand_material(base),
        base,
    )


def plumage(rng: np.random.Generator, name: str | None = None) -> tuple[Plumage, RGB, RGB, RGB]:
    """Draw a bird's colours: plumage, beak, cere, iris."""
    name = name or choose(rng, {"bald": 2.5, "golden": 2, "hawk": 2, "falcon": 1.5, "kite": 1})
    brown = coats.vary(rng, (0.22, 0.13, 0.08))
    if name in ("bald", "golden"):
        return _eagle_plumage(rng, name, brown)
    if name in ("hawk", "falcon"):
        return _hunter_plumage(rng, name)
    rust = coats.vary(rng, (0.60, 0.30, 0.14))
    return (
        Plumage(rust, (0.82, 0.80, 0.77), rust, brown, rust, 0.3, 0.2),
        (0.85, 0.7, 0.2),
        (0.9, 0.75, 0.2),
        (0.8, 0.7, 0.3),
    )


def _eagle_plumage(rng: np.random.Generator, name: str, brown: RGB) -> tuple[Plumage, RGB, RGB, RGB]:
    """Draw the colours of a 'bald' or 'golden' eagle."""
    yellow = (0.90, 0.62, 0.08)
    dark = tuple(0.7 * c for c in brown)
    if name == "bald":
        coat = Plumage(brown, (0.93, 0.92, 0.89), brown, dark, (0.92, 0.91, 0.88))
        return coat, yellow, yellow, (0.86, 0.74, 0.28)
    gold = coats.vary(rng, (0.55, 0.36, 0.16))
    body = coats.vary(rng, (0.30, 0.19, 0.11))
    covert = coats.vary(rng, (0.38, 0.25, 0.14))
    coat = Plumage(body, gold, covert, brown, tuple(0.8 * c for c in brown), 0.15)
    return coat, (0.20, 0.19, 0.20), yellow, (0.60, 0.34, 0.08)


def _hunter_plumage(rng: np.random.Generator, name: str) -> tuple[Plumage, RGB, RGB, RGB]:
    """Draw the colours of a 'hawk' or a 'falcon', barred and speckled."""
    if name == "hawk":
        cream = coats.vary(rng, (0.84, 0.74, 0.60))
        browns = ((0.45, 0.30, 0.18), (0.42, 0.28, 0.17), (0.40, 0.29, 0.20), (0.58, 0.30, 0.16))
        head, covert, flight, tail = (coats.vary(rng, colour) for colour in browns)
        coat = Plumage(cream, head, covert, flight, tail, 0.6, 0.75)
        return coat, (0.17, 0.17, 0.19), (0.85, 0.72, 0.15), (0.55, 0.30, 0.10)
    slate = coats.vary(rng, (0.36, 0.40, 0.46))
    head, flight = tuple(0.6 * c for c in slate), tuple(0.75 * c for c in slate)
    coat = Plumage((0.84, 0.82, 0.78), head, slate, flight, slate, 0.5, 0.7)
    return coat, (0.25, 0.27, 0.32), (0.92, 0.76, 0.10), (0.12, 0.07, 0.05)


def snake_colours(rng: np.random.Generator) -> tuple[str, RGB, RGB, RGB, RGB]:
    """Draw a snake's pattern, three colours and belly."""
    name = choose(
        rng, {"rattler": 3, "python": 2.5, "coral": 1, "black": 1, "blue": 0.8, "green": 1, "copper": 1.5}
    )
    table: dict[str, tuple[str, RGB, RGB, RGB, RGB]] = {
        "rattler": (
            "diamond",
            (0.56, 0.46, 0.33),
            (0.24, 0.17, 0.11),
            (0.86, 0.80, 0.66),
            (0.84, 0.78, 0.66),
        ),
        "python": ("blotch", (0.74, 0.60, 0.36), (0.33, 0.19, 0.09), (0.12, 0.08, 0.05), (0.90, 0.86, 0.76)),
        "coral": ("band", (0.72, 0.16, 0.10), (0.06, 0.05, 0.05), (0.92, 0.84, 0.52), (0.85, 0.5, 0.4)),
        "black": ("plain", (0.075, 0.075, 0.085), (0.1, 0.1, 0.1), (0.2, 0.2, 0.2), (0.22, 0.22, 0.24)),
        "blue": ("plain", (0.36, 0.68, 0.78), (0.2, 0.5, 0.7), (0.5, 0.8, 0.9), (0.78, 0.88, 0.90)),
        "green": ("plain", (0.30, 0.58, 0.16), (0.2, 0.4, 0.1), (0.5, 0.7, 0.2), (0.80, 0.84, 0.48)),
        "copper": ("band", (0.72, 0.46, 0.28), (0.42, 0.20, 0.10), (0.26, 0.12, 0.06), (0.86, 0.72, 0.58)),
    }
    kind, first, second, third, belly = table[name]
    return kind, coats.vary(rng, first), coats.vary(rng, second), coats.vary(rng, third), belly


FISH_KINDS = {
    "bass": 2.5,
    "blue": 1.5,
    "clown": 1.5,
    "gold": 1.2,
    "tuna": 1.5,
    "chromis": 1.5,
    "disc": 1.2,
    "red": 1,
}
FISH_SHAPES = {
    "bass": "bass",
    "blue": "reef",
    "clown": "reef",
    "gold": "bass",
    "tuna": "tuna",
    "chromis": "chromis",
    "disc": "disc",
    "red": "reef",
}


def fish_paint(rng: np.random.Generator) -> tuple[str, Pattern, RGB, RGB]:
    """Draw a fish's shape, pattern, fin colour and belly."""
    name = choose(rng, FISH_KINDS)
    table: dict[str, tuple[RGB, RGB, RGB, RGB]] = {
        "bass": ((0.20, 0.24, 0.12), (0.50, 0.54, 0.34), (0.88, 0.87, 0.80), (0.34, 0.36, 0.24)),
        "blue": ((0.03, 0.10, 0.55), (0.08, 0.26, 0.80), (0.10, 0.34, 0.84), (0.06, 0.20, 0.72)),
        "clown": ((0.90, 0.34, 0.04), (0.95, 0.42, 0.06), (0.96, 0.50, 0.12), (0.94, 0.42, 0.08)),
        "gold": ((0.86, 0.42, 0.06), (0.93, 0.58, 0.14), (0.96, 0.80, 0.50), (0.93, 0.60, 0.24)),
        "tuna": ((0.07, 0.14, 0.27), (0.52, 0.60, 0.67), (0.90, 0.91, 0.91), (0.20, 0.26, 0.34)),
        "chromis": ((0.08, 0.42, 0.42), (0.22, 0.68, 0.62), (0.62, 0.84, 0.76), (0.22, 0.60, 0.58)),
        "disc": ((0.88, 0.72, 0.10), (0.95, 0.84, 0.24), (0.96, 0.90, 0.5), (0.92, 0.80, 0.20)),
        "red": ((0.62, 0.10, 0.07), (0.82, 0.22, 0.14), (0.90, 0.58, 0.48), (0.72, 0.16, 0.12)),
    }
    back, flank, belly, fin = table[name]
    back, flank, fin = coats.vary(rng, back), coats.vary(rng, flank), coats.vary(rng, fin)
    pattern = _fish_pattern(name, back, flank, belly, stripes=int(rng.integers(2, 5)))
    return FISH_SHAPES[name], pattern, fin, belly


def _fish_pattern(name: str, back: RGB, flank: RGB, belly: RGB, *, stripes: int) -> Pattern:
    """Make a fish's pattern: dark back, flank, pale belly, and the marks of its kind."""

    def paint(site: Site) -> Array:
        across = np.abs(site.v)
        colour = mix(np.asarray(back, np.float32), flank, step(across, 0.12, 0.42))
        colour = mix(colour, belly, step(across, 0.58, 0.82))
        if name == "bass":
            mark = 0.045 * np.sin(site.u * 60) + 0.03 * np.sin(site.u * 23)
            band = 0.75 * step(np.abs(across - 0.42 + mark), 0.07, 0.03)
            colour = mix(colour, np.asarray(back) * 0.7, band)
        elif name == "clown":
            for place, width in ((0.26, 0.05), (0.55, 0.055), (0.88, 0.03)):
                gap = np.abs(site.u - place - 0.03 * np.cos(np.pi * site.v * 2))
                colour = mix(colour, (0.04, 0.03, 0.03), step(gap, width + 0.022, width + 0.012))
                colour = mix(colour, (0.95, 0.95, 0.93), step(gap, width, width - 0.012))
        elif name == "disc":
            wave = np.sin(site.u * np.pi * 2 * stripes + 0.6)
            colour = mix(colour, (0.07, 0.06, 0.08), step(wave, 0.55, 0.75))
        elif name == "tuna":
            wave = np.sin(site.u * 70 + 5 * across)
            share = 0.7 * step(wave, 0.2, 0.6) * step(across, 0.36, 0.22)
            colour = mix(colour, np.asarray(back) * 0.6, share)
        return colour

    return paint
