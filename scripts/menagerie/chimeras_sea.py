"""Creatures with a fish's tail: hippocampus, capricorn, ketos."""

from __future__ import annotations

import numpy as np

from scripts.menagerie import coats, plans
from scripts.menagerie.curves import spline, unit
from scripts.menagerie.fish import fish_tail, tail_fin
from scripts.menagerie.materials import Material, fin_relief, mix, scale_relief
from scripts.menagerie.outfits import (
    choose,
    dog_outfit,
    fish_paint,
    goat_outfit,
    horse_outfit,
)
from scripts.menagerie.poses import Pose, Step
from scripts.menagerie.quadruped import Body, build_body
from scripts.menagerie.rig import Rig, sided
from scripts.menagerie.species import dog_front, goat_front, horse_front

Array = np.ndarray


def _sea_rear(
    rig: Rig,
    plan: plans.BodyPlan,
    body: Body,
    coat: Material,
    *,
    curl: float,
    own: tuple[Material, Material] | None = None,
) -> None:
    """Build a fish's tail behind the front half of a four-footed body."""
    rng = rig.rng
    _, _, fin_colour, belly = fish_paint(rng)
    back = coats.vary(rng, mix(coat.colour, fin_colour, 0.75))
    under = tuple(float(v) for v in mix(back, belly, 0.6))
    skin = Material(
        back,
        hair=0,
        gloss=0.35,
        pattern=coats.shaded(back, under, start=0.35, end=0.8),
        relief=scale_relief(46, 26, 0.5),
    )
    fin = Material(fin_colour, hair=0, gloss=0.2, mottle=0.06, relief=fin_relief(8))
    skin, fin = own or (skin, fin)
    table = np.array(plan.trunk)
    x = 0.02
    top, low, side = (float(np.interp(x, table[:, 0], table[:, i])) for i in (1, 2, 3))
    middle = (top + low) / 2
    track = np.array(
        [
            [x + 0.14, middle, 0],
            [x - 0.10, middle - 0.02, 0],
            [x - 0.34, middle - 0.12, 0.02],
            [x - 0.62, middle - 0.26, 0.06],
            [x - 0.94, middle - 0.22, 0.06],
            [x - 1.12, middle + 0.04 * curl, 0.02],
            [x - 1.06, middle + 0.30 * curl, -0.02],
            [x - 0.98, middle + 0.46 * curl, 0],
        ]
    )
    path = body.trunk.points(track)
    dense = spline(np.linspace(0, 1, len(path)), path, np.linspace(0, 1, 40))
    half = (top - low) / 2
    fish_tail(rig, dense, (half * 0.98, half * 0.98, side * 0.99), skin, fin)


def _sea_front(
    rig: Rig, plan: plans.BodyPlan, coat: Material, *, legs: Material, feet: Material, forelegs: bool = True
) -> Body:
    """Build the front half of a four-footed body, swimming."""
    steps = (
        Step(rig.near(0.1, 0.25), rig.near(0.12, 0.28), 65, True),
        Step(rig.near(-0.05, 0.1), rig.near(0.08, 0.24), 70, True),
        Step(),
        Step(),
    )
    attitude = Pose("swim", pitch=rig.near(14, 32), steps=steps, neck=rig.near(-6, 8), head=rig.near(0, 12))
    body = build_body(
        rig, plan, attitude, coat, legs=legs, feet=feet, hindlegs=False, trunk_until=-0.07, forelegs=forelegs
    )
    rig.notes["pose"] = "swim"
    return body


def hippocampus(rig: Rig) -> None:
    """Build a horse in front, a fish behind."""
    outfit = horse_outfit(rig.rng, "grey" if rig.chance(0.4) else None)
    body = _sea_front(rig, plans.HORSE, outfit.coat, legs=outfit.legs, feet=outfit.feet)
    horse_front(rig, body, outfit, 4, rig.near(-8, 14))
    _sea_rear(rig, plans.HORSE, body, outfit.coat, curl=rig.near(0.6, 1.2))


def capricorn(rig: Rig) -> None:
    """Build a goat in front, a fish behind."""
    outfit = goat_outfit(rig.rng)
    body = _sea_front(rig, plans.GOAT, outfit.coat, legs=outfit.legs, feet=outfit.feet)
    goat_front(rig, body.poll, body.neck_angle, outfit, 4, rig.near(-15, 25), horns=rig.near(0.3, 0.58))
    _sea_rear(rig, plans.GOAT, body, outfit.coat, curl=rig.near(0.6, 1.2))


def ketos(rig: Rig) -> None:
    """Build a sea monster: a dog's head on a scaly neck, flippers, and a coiling fish's tail."""
    rng = rig.rng
    breed = choose(rng, {"wolf": 1, "shepherd": 1, "labrador": 1})
    outfit = dog_outfit(rng, breed)
    _, _, fin_colour, belly = fish_paint(rng)
    back = coats.vary(rng, mix(outfit.base, fin_colour, 0.8))
    under = tuple(float(v) for v in mix(back, belly, 0.65))
    skin = Material(
        back,
        hair=0,
        gloss=0.35,
        pattern=coats.shaded(back, under, start=0.35, end=0.75),
        relief=scale_relief(26, 26, 0.5),
    )
    plan = plans.DOG.stretched(depth=1.1)
    body = _sea_front(rig, plan, skin, legs=skin, feet=outfit.feet, forelegs=False)
    dog_front(rig, body.poll, breed, outfit, 6, rig.near(-8, 25), open_mouth=rig.near(16, 30))
    fin = Material(fin_colour, hair=0, gloss=0.2, mottle=0.06, relief=fin_relief(8))
    for side in (-1, 1):
        root = body.chest.at(0.27, 0.58, side * 0.12)
        out = unit(np.array([-0.35, -0.75, side * 0.55]))
        tail_fin(
            rig,
            sided("flipper", side),
            root,
            out,
            unit(np.array([1.0, -0.2, 0])),
            0.40,
            0.42,
            0.15,
            fin,
            width=0.06,
        )
    _sea_rear(
        rig,
        plan,
        body,
        skin,
        curl=rig.near(0.7, 1.3),
        own=(skin.with_(relief=scale_relief(46, 26, 0.5)), fin),
    )
