"""Creatures put together from the parts of the seven species: the catalogue."""

from __future__ import annotations

import numpy as np

from scripts.menagerie import coats, hair, plans
from scripts.menagerie.chimeras_sea import capricorn, hippocampus, ketos
from scripts.menagerie.chimeras_winged import (
    griffin,
    hippogriff,
    horse_body,
    lion_body,
    pegasus,
    wing_colours,
    winged_lion,
    wings,
)
from scripts.menagerie.curves import spline
from scripts.menagerie.materials import Material, scale_relief
from scripts.menagerie.outfits import (
    choose,
    dog_outfit,
    goat_outfit,
    lion_outfit,
    snake_colours,
)
from scripts.menagerie.poses import pose
from scripts.menagerie.quadruped import Body, build_body, build_neck
from scripts.menagerie.rig import Rig
from scripts.menagerie.snakes import snake_body, snake_head, snake_skin
from scripts.menagerie.species import dog_front, goat_front
from scripts.menagerie.views import Kind, View

Array = np.ndarray


def _snake_tail(rig: Rig, body: Body) -> None:
    """Build a living snake in place of a tail, rearing over the croup."""
    rng = rig.rng
    kind, first, second, third, belly = snake_colours(rng)
    root = body.tail
    sway = rig.near(-0.16, 0.16)
    track = np.array(
        [
            [0.12, -0.04, 0],
            [-0.06, 0.02, 0],
            [-0.24, 0.10, sway],
            [-0.34, 0.30, 1.4 * sway],
            [-0.26, 0.50, 0.6 * sway],
            [-0.12, 0.60, -0.4 * sway],
            [-0.10, 0.74, -sway],
            [-0.22, 0.82, -0.6 * sway],
            [-0.36, 0.80, -0.3 * sway],
        ]
    )
    path = (root + track)[::-1]
    dense = spline(np.linspace(0, 1, len(path)), path, np.linspace(0, 1, 60))
    radius = 0.055
    length = float(np.linalg.norm(np.diff(dense, axis=0), axis=1).sum()) / (2 * radius)
    skin = snake_skin(kind, first, second, third, length=length, belly=belly)
    snake_body(rig, dense, radius, skin, part="snake_tail", stations=70, tail=1.0, neck=0.75, blend=0.05)
    snake_head(rig, dense[0], dense[0] - dense[4], radius, skin, iris=(0.85, 0.62, 0.12), prefix="snake_")


def chimera(rig: Rig) -> None:
    """Build a lion with a goat's head on its back and a snake for a tail."""
    outfit = lion_outfit(rig.rng)
    body = lion_body(rig, outfit, {"stand": 2, "walk": 3})
    goat = goat_outfit(rig.rng)
    root = body.chest.at(-0.12, 0.78, 0)
    angle = rig.near(68, 92)
    rows = np.array(plans.GOAT.neck) * [1, 0.95, 0.8, 1.0]
    _, poll = build_neck(rig, root, angle, 0.52, rows, goat.coat, base=60, part="goat_neck", blend=0.07)
    goat_front(
        rig, poll, 50, goat, rig.near(-6, 10), rig.near(-20, 20), prefix="goat_", horns=rig.near(0.28, 0.45)
    )
    _snake_tail(rig, body)


def unicorn(rig: Rig) -> None:
    """Build a horse with a twisted horn."""
    horse_body(rig, "grey" if rig.chance(0.6) else None, horn=True)


def cerberus(rig: Rig) -> None:
    """Build a dog with three heads."""
    rng = rig.rng
    breed = choose(rng, {"shepherd": 2, "labrador": 1, "wolf": 1})
    outfit = dog_outfit(rng, breed)
    name = choose(rng, {"stand": 3, "walk": 2})
    attitude = pose(name, rng)
    plan = plans.DOG.stretched(depth=1.12, bulk=1.25)
    body = build_body(rig, plan, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck=False)
    near = 1.0 if rig.towards[2] >= 0 else -1.0
    for number, (turn, rise, pitch, long) in enumerate(
        ((-20, 46, 8, 0.72), (-4, 4, 0, 0.66), (48, -30, -8, 0.54))
    ):
        aside = near * (turn + rig.near(-8, 8))
        root = body.chest.at(plan.neck_root[0], plan.neck_root[1], near * (number - 1) * 0.10)
        rows = np.array(plan.neck) * [1, 0.86, 0.86, 0.86]
        prefix = ("far_", "", "near_")[number]
        _, poll = build_neck(
            rig,
            root,
            body.neck_angle + rise - 10,
            long,
            rows,
            outfit.coat,
            turn=0.8 * aside,
            part=prefix + "neck",
        )
        dog_front(
            rig,
            poll,
            breed,
            outfit,
            attitude.head + pitch,
            aside,
            prefix=prefix,
            open_mouth=rig.near(14, 28) if rig.chance(0.7) else 0.0,
            iris=(0.85, 0.30, 0.06),
        )
    hair.dog_tail(rig, body.tail, body.trunk.turn, outfit.coat, bushy=0.05, style="up")
    rig.notes["pose"], rig.notes["breed"] = name, breed


def sphinx(rig: Rig) -> None:
    """Build a lion's body, lying or sitting, with a ram's horned head (a criosphinx) and wings or none."""
    outfit = lion_outfit(rig.rng)
    name = choose(rig.rng, {"lie": 3, "sit": 1.5, "stand": 1})
    attitude = pose(name, rig.rng)
    body = build_body(
        rig, plans.LION, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=0.0
    )
    goat = goat_outfit(rig.rng)
    goat.face = outfit.coat.with_(
        pattern=coats.masked(outfit.base, tuple(0.6 * c for c in outfit.base), start=0.8, end=0.97)
    )
    goat.ear = outfit.ear
    goat_front(rig, body.poll, 50, goat, rig.near(0, 10), rig.near(-10, 25), horns=rig.near(0.5, 0.62))
    if rig.chance(0.5):
        wings(rig, body, wing_colours(rig.rng), x=0.22, y=0.86)
    hair.lion_tail(rig, body.tail, body.trunk.turn, outfit.coat, outfit.mane)
    rig.notes["pose"] = name


def hydra(rig: Rig) -> None:
    """Build a lion's trunk and legs with five snakes for heads, and a snake for a tail."""
    kind, first, second, third, belly = snake_colours(rig.rng)
    skin = snake_skin(kind, first, second, third, length=11, belly=belly)
    hide = Material(
        first,
        hair=0,
        gloss=0.3,
        pattern=coats.shaded(first, belly, start=0.55, end=0.85),
        relief=scale_relief(44, 34, 0.45),
    )
    legs = hide.with_(relief=scale_relief(26, 16, 0.45))
    name = choose(rig.rng, {"stand": 1, "walk": 1})
    claws = Material((0.9, 0.86, 0.74), hair=0, gloss=0.4)
    body = build_body(rig, plans.LION, pose(name, rig.rng), hide, legs=legs, feet=claws, neck=False)
    for i in range(5):
        _hydra_neck(rig, body, skin, i)
    angles = (-30, -45, -15, 20, 40)
    turn = body.trunk.turn
    hair.tube_tail(rig, body.tail, turn, skin, length=1.0, thick=0.085, angles=angles, tip=0.3)
    rig.notes["pose"] = name


def _hydra_neck(rig: Rig, body: Body, skin: Material, i: int) -> None:
    """Build the i-th of five snakes that fan out from the chest."""
    share = i / 4 - 0.5
    root = body.chest.at(0.46, 0.78, 0.16 * share)
    fan = np.radians(-3 + 31 * i + rig.near(-5, 5))
    out = np.array([np.cos(fan), np.sin(fan), 0])
    # The neck bows upwards on its way out, and the head at its end looks forward.
    bow, aside = np.array([0, 0.10, 0]), np.array([0, 0, 0.4 * share * (1 if i % 2 else -1)])
    track = np.array(
        [
            [-0.12, -0.05, 0],
            0.18 * out + 0.6 * bow,
            0.44 * out + bow + 0.6 * aside,
            0.72 * out + bow + aside,
            0.94 * out + 0.8 * bow + aside + [0.10, 0, 0],
            1.02 * out + 0.3 * bow + aside + [0.26, 0, 0],
        ]
    )
    dense = spline(np.linspace(0, 1, 6), (root + track)[::-1], np.linspace(0, 1, 40))
    neck = f"neck_{i + 1}"
    snake_body(rig, dense, 0.10, skin, part=neck, stations=40, tail=1.15, neck=0.55, blend=0.06)
    heading, tongue = dense[0] - dense[4], rig.chance(0.5)
    iris = (0.88, 0.64, 0.10)
    snake_head(rig, dense[0], heading, 0.058, skin, iris=iris, tongue=tongue, prefix=f"{i + 1}_")


_LAND = {"": (1.0, View((-8, 38), (2, 9), True, ("grass", "grass", "sand")))}
_SEA = {"": (1.0, View((-10, 34), (-4, 10), False, ("water",)))}
CHIMERAS: dict[str, Kind] = {
    "chimera": Kind(chimera, _LAND),
    "pegasus": Kind(pegasus, _LAND),
    "griffin": Kind(griffin, _LAND),
    "hippogriff": Kind(hippogriff, _LAND),
    "ketos": Kind(ketos, _SEA),
    "hippocampus": Kind(hippocampus, _SEA),
    "cerberus": Kind(cerberus, _LAND),
    "sphinx": Kind(sphinx, _LAND),
    "winged_lion": Kind(winged_lion, _LAND),
    "capricorn": Kind(capricorn, _SEA),
    "unicorn": Kind(unicorn, _LAND),
    "hydra": Kind(hydra, _LAND),
}
