"""Creatures put together from the parts of the seven species."""

from __future__ import annotations

import numpy as np

from data.menagerie import coats, hair, plans
from data.menagerie.birds import bird_head, down, talons
from data.menagerie.geometry import Frame, spline, unit
from data.menagerie.materials import Material, Site, fin_relief, mix, scale_relief, step
from data.menagerie.outfits import (
    Outfit,
    choose,
    dog_outfit,
    fish_paint,
    goat_outfit,
    horse_outfit,
    lion_outfit,
    plumage,
    snake_colours,
)
from data.menagerie.quadruped import Body, Pose, Step, build_body, build_neck, pose
from data.menagerie.rig import Rig, head_frame
from data.menagerie.species import dog_front, goat_front, horse_front, lion_front
from data.menagerie.swimmers import fish_tail, snake_body, snake_head, snake_skin, tail_fin
from data.menagerie.views import Kind, View
from data.menagerie.wings import Plumage, spread_wing

Array = np.ndarray
RGB = tuple[float, float, float]


def _wings(rig: Rig, body: Body, look: Plumage, *, size: float = 0.95, x: float = 0.26, y: float = 0.86) -> None:
    """A pair of raised wings on the shoulders."""
    lift = rig.near(48, 68)
    sweep = rig.near(0.35, 0.85)
    for side in (-1, 1):
        root = body.chest.at(x, y, side * 0.10)
        d = np.radians(lift)
        out = body.chest.turn @ np.array([-sweep * 0.8, np.sin(d), side * np.cos(d) * 0.75])
        back = body.chest.turn @ np.array([-1.0, -0.32, side * 0.05])
        spread_wing(rig, "right_wing" if side > 0 else "left_wing", root, out, back, size, look,
                    bend=rig.near(-0.15, 0.1), open_hand=rig.near(0.6, 1.0))


def _wing_colours(rng: np.random.Generator, base: RGB | None = None) -> Plumage:
    """Plumage for wings: a bird's, or in the colour of a coat."""
    if base is None:
        return plumage(rng, choose(rng, {"bald": 1, "golden": 2, "hawk": 1, "kite": 1}))[0]
    pale = tuple(float(v) for v in mix(base, (0.95, 0.94, 0.92), 0.35))
    return Plumage(base, base, base, pale, pale)


def _snake_tail(rig: Rig, body: Body) -> None:
    """A living snake in place of a tail, rearing over the croup."""
    rng = rig.rng
    kind, first, second, third, belly = snake_colours(rng)
    root = body.tail
    sway = rig.near(-0.16, 0.16)
    track = np.array([[0.12, -0.04, 0], [-0.06, 0.02, 0], [-0.24, 0.10, sway], [-0.34, 0.30, 1.4 * sway],
                      [-0.26, 0.50, 0.6 * sway], [-0.12, 0.60, -0.4 * sway], [-0.10, 0.74, -sway], [-0.22, 0.82, -0.6 * sway],
                      [-0.36, 0.80, -0.3 * sway]])
    path = (root + track)[::-1]
    dense = spline(np.linspace(0, 1, len(path)), path, np.linspace(0, 1, 60))
    radius = 0.055
    length = float(np.linalg.norm(np.diff(dense, axis=0), axis=1).sum()) / (2 * radius)
    skin = snake_skin(kind, first, second, third, length=length, belly=belly)
    snake_body(rig, dense, radius, skin, part="snake_tail", stations=70, tail=1.0, neck=0.75, blend=0.05)
    snake_head(rig, dense[0], dense[0] - dense[4], radius, skin, iris=(0.85, 0.62, 0.12), prefix="snake_")


def chimera(rig: Rig) -> None:
    """A lion with a goat's head on its back and a snake for a tail."""
    outfit = lion_outfit(rig.rng)
    body = _lion_body(rig, outfit, {"stand": 2, "walk": 3, "sit": 0.5})
    goat = goat_outfit(rig.rng)
    root = body.chest.at(-0.12, 0.78, 0)
    angle = rig.near(68, 92)
    rows = np.array(plans.GOAT.neck) * [1, 0.95, 0.8, 1.0]
    _, poll = build_neck(rig, root, angle, 0.52, rows, goat.coat, base=60, part="goat_neck", blend=0.07)
    goat_front(rig, poll, 50, goat, rig.near(-6, 10), rig.near(-20, 20), prefix="goat_", horns=rig.near(0.28, 0.45))
    _snake_tail(rig, body)


def _lion_body(rig: Rig, outfit: Outfit, poses: dict[str, float], *, mane: bool = True, tail: bool = False) -> Body:
    """A lion's body and head."""
    name = choose(rig.rng, poses)
    attitude = pose(name, rig.rng)
    yaw = rig.near(0, 35) * (1 if rig.towards[2] >= 0 else -1)
    body = build_body(rig, plans.LION, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=0.4 * yaw)
    lion_front(rig, body, outfit, attitude.head, yaw, mane=mane)
    if tail:
        hair.lion_tail(rig, body.tail, body.trunk.turn, outfit.coat, outfit.mane)
    rig.notes["pose"] = name
    return body


def _horse_body(rig: Rig, colour: str | None, *, horn: bool = False, front: bool = True) -> tuple[Body, Outfit]:
    """A horse's body, head and tail; returns body and outfit."""
    outfit = horse_outfit(rig.rng, colour)
    name = choose(rig.rng, {"stand": 1.5, "walk": 2, "run": 2, "rear": 2})
    attitude = pose(name, rig.rng)
    yaw = rig.near(-8, 14)
    body = build_body(rig, plans.HORSE, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=yaw)
    horse_front(rig, body, outfit, attitude.head, yaw, horn=horn)
    hair.horse_tail(rig, body.tail, body.trunk.turn, outfit.mane, lift=rig.near(0.3, 0.9))
    rig.notes["pose"] = name
    return body, outfit


def pegasus(rig: Rig) -> None:
    """A winged horse."""
    colour = "grey" if rig.chance(0.6) else None
    body, outfit = _horse_body(rig, colour)
    _wings(rig, body, _wing_colours(rig.rng, (0.93, 0.92, 0.90) if colour else outfit.base if rig.chance(0.4) else None),
           size=1.05)


def unicorn(rig: Rig) -> None:
    """A horse with a twisted horn."""
    _horse_body(rig, "grey" if rig.chance(0.6) else None, horn=True)


def winged_lion(rig: Rig) -> None:
    """A lion with wings."""
    outfit = lion_outfit(rig.rng)
    body = _lion_body(rig, outfit, {"stand": 2, "walk": 2, "sit": 1, "run": 1}, tail=True)
    _wings(rig, body, _wing_colours(rig.rng), x=0.22, y=0.86)


def _eagle_front(rig: Rig, body_plan: plans.BodyPlan, attitude: Pose, coat: Material, rear_feet: Material, colours, *,
                 hooves: bool) -> Body:
    """A body with a bird's neck, head and taloned forelegs, on the hindquarters of another animal."""
    look, beak, cere, iris = colours
    front = down(look, look.body, rows=30, columns=26)
    base = coat.pattern

    def paint(site: Site) -> Array:
        # The feathered front melts into the furred rear.
        rear = base(site) if base else np.broadcast_to(np.asarray(coat.colour, np.float32), (len(site.u), 3))
        edge = 0.60 + 0.06 * np.sin(site.v * 21)
        return mix(rear, look.body, step(site.u, edge - 0.03, edge + 0.03))

    def relief(site: Site) -> Array:
        return 1 + (front.relief(site) - 1) * step(site.u, 0.58, 0.64)

    body = build_body(rig, body_plan, attitude, coat.with_(pattern=paint, relief=relief), feet=rear_feet, legs=coat,
                      neck=False, forelegs=False)
    angle = body.neck_angle + rig.near(8, 20)
    rows = np.array(((0, 0.19, 0.20, 0.13), (0.4, 0.135, 0.16, 0.115), (0.8, 0.105, 0.12, 0.10), (1, 0.10, 0.11, 0.095)))
    neck = down(look, look.head, rows=12, columns=22)
    _, poll = build_neck(rig, body.chest.at(*body_plan.neck_root, 0), angle, 0.46, rows, neck, base=30)
    yaw = rig.near(-15, 30)
    face = head_frame(Frame(poll + np.array([0.02, 0.03, 0]), np.eye(3)), rig.near(-14, 4), yaw)
    bird_head(rig, face, look, beak=beak, cere=cere, iris=iris, size=1.12, open_beak=rig.near(14, 24) if rig.chance(0.4) else 0)
    skin = coats.vary(rig.rng, (0.88, 0.66, 0.14))
    for number, side in ((0, -1), (1, 1)):
        place = attitude.steps[number]
        root = body.chest.at(0.36, 0.70, side * 0.11)
        free = np.array([0.10 + place.x, -0.44 + place.y, 0]) if place.free else np.array([place.x, -root[1] + 0.16 + place.y, 0])
        ankle = root + free
        name = "right_foreleg" if side > 0 else "left_foreleg"
        elbow = (root + ankle) / 2 + np.array([-0.05, 0.03, 0])
        rig.tube(name, [root + np.array([0, 0.05, 0]), elbow, ankle], ((0, 0.12, 0.12, 0.05), (0.35, 0.105, 0.11, 0.08),
                                                                       (0.8, 0.05, 0.055, 0.05), (1, 0.028, 0.028, 0.028)),
                 down(look, look.body, rows=12, columns=14), stations=16, around=14, blend=0.05)
        heading = np.array([1.0, -0.3 if place.free else 0.0, side * 0.1])
        talons(rig, name.replace("leg", "talons"), ankle + np.array([0, 0.03, 0]), ankle + np.array([0.035, -0.125, 0]), heading, 1.15,
               skin, grip=0.6 if place.free else 0.25)
    _wings(rig, body, look, size=1.0)
    return body


def griffin(rig: Rig) -> None:
    """An eagle's head, wings and talons on a lion's body."""
    outfit = lion_outfit(rig.rng)
    name = choose(rig.rng, {"stand": 2, "walk": 2, "rear": 1, "sit": 1})
    attitude = pose(name, rig.rng)
    colours = plumage(rig.rng, choose(rig.rng, {"bald": 1, "golden": 1.5, "kite": 0.6}))
    body = _eagle_front(rig, plans.LION, attitude, outfit.coat, outfit.feet, colours, hooves=False)
    hair.lion_tail(rig, body.tail, body.trunk.turn, outfit.coat, outfit.mane)
    rig.notes["pose"] = name


def hippogriff(rig: Rig) -> None:
    """An eagle's head, wings and talons on a horse's body."""
    outfit = horse_outfit(rig.rng)
    name = choose(rig.rng, {"stand": 2, "walk": 2, "rear": 1.5, "run": 1})
    attitude = pose(name, rig.rng)
    colours = plumage(rig.rng, choose(rig.rng, {"bald": 1, "golden": 1, "falcon": 1, "hawk": 1}))
    body = _eagle_front(rig, plans.HORSE, attitude, outfit.coat, outfit.feet, colours, hooves=True)
    hair.horse_tail(rig, body.tail, body.trunk.turn, outfit.mane, lift=0.5)
    rig.notes["pose"] = name


def cerberus(rig: Rig) -> None:
    """A dog with three heads."""
    rng = rig.rng
    breed = choose(rng, {"shepherd": 2, "labrador": 1, "wolf": 1})
    outfit = dog_outfit(rng, breed)
    name = choose(rng, {"stand": 3, "walk": 2, "sit": 1})
    attitude = pose(name, rng)
    plan = plans.DOG.stretched(depth=1.12, bulk=1.25)
    body = build_body(rig, plan, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck=False)
    near = 1.0 if rig.towards[2] >= 0 else -1.0
    for number, (turn, rise, pitch) in enumerate(((-38, 10, 6), (6, 24, 8), (48, -12, -10))):
        turn = near * (turn + rig.near(-8, 8))
        root = body.chest.at(plan.neck_root[0], plan.neck_root[1] + 0.0, near * (number - 1) * 0.09)
        rows = np.array(plan.neck) * [1, 0.86, 0.86, 0.86]
        prefix = ("far_", "", "near_")[number]
        _, poll = build_neck(rig, root, body.neck_angle + rise - 12, 0.5, rows, outfit.coat, turn=0.8 * turn,
                             part=prefix + "neck")
        dog_front(rig, poll, breed, outfit, attitude.head + pitch, turn, prefix=prefix,
                  open_mouth=rig.near(14, 28) if rig.chance(0.7) else 0.0, iris=(0.85, 0.30, 0.06))
    hair.dog_tail(rig, body.tail, body.trunk.turn, outfit.coat, bushy=0.05, style="up")
    rig.notes["pose"], rig.notes["breed"] = name, breed


def sphinx(rig: Rig) -> None:
    """A lion's body, lying or sitting, with the horned head of a ram (the criosphinx) and wings or none."""
    outfit = lion_outfit(rig.rng)
    name = choose(rig.rng, {"lie": 3, "sit": 1.5, "stand": 1})
    attitude = pose(name, rig.rng)
    body = build_body(rig, plans.LION, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=0.0, )
    goat = goat_outfit(rig.rng)
    goat.face = outfit.coat.with_(pattern=coats.masked(outfit.base, tuple(0.6 * c for c in outfit.base), start=0.8, end=0.97))
    goat.ear = outfit.ear
    goat_front(rig, body.poll, 50, goat, rig.near(0, 10), rig.near(-10, 25), horns=rig.near(0.5, 0.62))
    if rig.chance(0.5):
        _wings(rig, body, _wing_colours(rig.rng), x=0.22, y=0.86)
    hair.lion_tail(rig, body.tail, body.trunk.turn, outfit.coat, outfit.mane)
    rig.notes["pose"] = name


def _sea_rear(rig: Rig, plan: plans.BodyPlan, body: Body, coat: Material, *, curl: float) -> None:
    """A fish's tail behind the front half of a four-footed body."""
    rng = rig.rng
    _, _, fin_colour, belly = fish_paint(rng)
    back = coats.vary(rng, mix(coat.colour, fin_colour, 0.75))
    under = tuple(float(v) for v in mix(back, belly, 0.6))
    skin = Material(back, hair=0, gloss=0.35, pattern=coats.shaded(back, under, start=0.35, end=0.8),
                    relief=scale_relief(46, 26, 0.5))
    fin = Material(fin_colour, hair=0, gloss=0.2, mottle=0.06, relief=fin_relief(8))
    table = np.array(plan.trunk)
    x = 0.02
    top, low, side = (float(np.interp(x, table[:, 0], table[:, i])) for i in (1, 2, 3))
    middle = (top + low) / 2
    track = np.array([[x + 0.14, middle, 0], [x - 0.10, middle - 0.02, 0], [x - 0.34, middle - 0.12, 0.02],
                      [x - 0.62, middle - 0.26, 0.06], [x - 0.94, middle - 0.22, 0.06], [x - 1.12, middle + 0.04 * curl, 0.02],
                      [x - 1.06, middle + 0.30 * curl, -0.02], [x - 0.98, middle + 0.46 * curl, 0]])
    path = body.trunk.points(track)
    dense = spline(np.linspace(0, 1, len(path)), path, np.linspace(0, 1, 40))
    half = (top - low) / 2
    fish_tail(rig, dense, (half * 0.98, half * 0.98, side * 0.99), skin, fin)


def _sea_front(rig: Rig, plan: plans.BodyPlan, coat: Material, *, legs: Material, feet: Material, forelegs: bool = True) -> Body:
    """The front half of a four-footed body, swimming."""
    steps = (Step(rig.near(0.1, 0.25), rig.near(0.12, 0.28), 65, True), Step(rig.near(-0.05, 0.1), rig.near(0.08, 0.24), 70, True),
             Step(), Step())
    attitude = Pose("swim", pitch=rig.near(14, 32), steps=steps, neck=rig.near(-6, 8), head=rig.near(0, 12))
    body = build_body(rig, plan, attitude, coat, legs=legs, feet=feet, hindlegs=False, trunk_until=-0.07, forelegs=forelegs)
    rig.notes["pose"] = "swim"
    return body


def hippocampus(rig: Rig) -> None:
    """A horse in front, a fish behind."""
    outfit = horse_outfit(rig.rng, "grey" if rig.chance(0.4) else None)
    body = _sea_front(rig, plans.HORSE, outfit.coat, legs=outfit.legs, feet=outfit.feet)
    horse_front(rig, body, outfit, 4, rig.near(-8, 14))
    _sea_rear(rig, plans.HORSE, body, outfit.coat, curl=rig.near(0.6, 1.2))


def capricorn(rig: Rig) -> None:
    """A goat in front, a fish behind."""
    outfit = goat_outfit(rig.rng)
    body = _sea_front(rig, plans.GOAT, outfit.coat, legs=outfit.legs, feet=outfit.feet)
    goat_front(rig, body.poll, body.neck_angle, outfit, 4, rig.near(-15, 25), horns=rig.near(0.3, 0.58))
    _sea_rear(rig, plans.GOAT, body, outfit.coat, curl=rig.near(0.6, 1.2))


def ketos(rig: Rig) -> None:
    """A sea monster: a dog's head on a scaly neck, flippers, and a coiling fish's tail."""
    rng = rig.rng
    breed = choose(rng, {"wolf": 1, "shepherd": 1, "labrador": 1})
    outfit = dog_outfit(rng, breed)
    _, _, fin_colour, belly = fish_paint(rng)
    back = coats.vary(rng, mix(outfit.base, fin_colour, 0.8))
    under = tuple(float(v) for v in mix(back, belly, 0.65))
    skin = Material(back, hair=0, gloss=0.35, pattern=coats.shaded(back, under, start=0.35, end=0.75),
                    relief=scale_relief(26, 26, 0.5))
    plan = plans.DOG.stretched(depth=1.1)
    body = _sea_front(rig, plan, skin, legs=skin, feet=outfit.feet, forelegs=False)
    dog_front(rig, body.poll, breed, outfit, 6, rig.near(-8, 25), open_mouth=rig.near(16, 30))
    fin = Material(fin_colour, hair=0, gloss=0.2, mottle=0.06, relief=fin_relief(8))
    for side in (-1, 1):
        root = body.chest.at(0.27, 0.58, side * 0.12)
        out = unit(np.array([-0.35, -0.75, side * 0.55]))
        tail_fin(rig, "right_flipper" if side > 0 else "left_flipper", root, out, unit(np.array([1.0, -0.2, 0])), 0.40, 0.42, 0.15,
                 fin, width=0.06)
    _sea_rear(rig, plan, body, skin, curl=rig.near(0.7, 1.3))


def hydra(rig: Rig) -> None:
    """A lion's trunk and legs with five snakes for heads, and a snake for a tail."""
    rng = rig.rng
    kind, first, second, third, belly = snake_colours(rng)
    skin = snake_skin(kind, first, second, third, length=11, belly=belly)
    hide = Material(first, hair=0, gloss=0.3, pattern=coats.shaded(first, belly, start=0.55, end=0.85),
                    relief=scale_relief(44, 34, 0.45))
    legs = hide.with_(relief=scale_relief(26, 16, 0.45))
    name = choose(rng, {"stand": 1, "walk": 1})
    body = build_body(rig, plans.LION, pose(name, rng), hide, legs=legs, feet=Material((0.9, 0.86, 0.74), hair=0, gloss=0.4),
                      neck=False)
    for i in range(5):
        share = i / 4 - 0.5
        root = body.chest.at(0.46, 0.78, 0.16 * share)
        reach, rise = 0.42 - 0.10 * i + rig.near(-0.04, 0.04), 0.22 + 0.16 * i + rig.near(-0.04, 0.04)
        drift = 0.8 * share * (1 if i % 2 else -1)
        track = np.array([[-0.12, -0.05, 0], [0.12, 0.10, 0.2 * drift], [0.10 + 0.25 * reach, 0.20 + 0.42 * rise, 0.8 * drift],
                          [0.02 + 0.6 * reach, 0.28 + 0.85 * rise, drift], [0.14 + 0.9 * reach, 0.32 + rise, drift],
                          [0.28 + reach, 0.26 + rise, drift]])
        path = (root + track)[::-1]
        dense = spline(np.linspace(0, 1, 6), path, np.linspace(0, 1, 40))
        snake_body(rig, dense, 0.10, skin, part=f"neck_{i + 1}", stations=40, tail=1.15, neck=0.55, blend=0.06)
        snake_head(rig, dense[0], dense[0] - dense[4], 0.058, skin, iris=(0.88, 0.64, 0.10), tongue=rig.chance(0.5), prefix=f"{i + 1}_")
    _ = hair.tube_tail(rig, body.tail, body.trunk.turn, skin, length=1.0, thick=0.085, angles=(-30, -45, -15, 20, 40), tip=0.3)
    rig.notes["pose"] = name


_LAND = {"": (1.0, View((-8, 38), (2, 9), True, ("grass", "grass", "woods", "sand", "sky")))}
_SEA = {"": (1.0, View((-10, 34), (-4, 10), False, ("water",)))}
CHIMERAS: dict[str, Kind] = {
    "chimera": Kind(chimera, _LAND), "pegasus": Kind(pegasus, _LAND), "griffin": Kind(griffin, _LAND),
    "hippogriff": Kind(hippogriff, _LAND), "ketos": Kind(ketos, _SEA), "hippocampus": Kind(hippocampus, _SEA),
    "cerberus": Kind(cerberus, _LAND), "sphinx": Kind(sphinx, _LAND), "winged_lion": Kind(winged_lion, _LAND),
    "capricorn": Kind(capricorn, _SEA), "unicorn": Kind(unicorn, _LAND), "hydra": Kind(hydra, _LAND),
}
