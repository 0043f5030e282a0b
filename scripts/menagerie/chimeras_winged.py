"""Winged creatures: pegasus, winged lion, griffin, hippogriff."""

from __future__ import annotations

import numpy as np

from scripts.menagerie import coats, hair, plans
from scripts.menagerie.birds import bird_head, down, talons
from scripts.menagerie.curves import Frame
from scripts.menagerie.materials import RGB, Material, Site, mix, scale_relief, step
from scripts.menagerie.outfits import (
    Outfit,
    choose,
    horse_outfit,
    lion_outfit,
    plumage,
)
from scripts.menagerie.poses import Pose, Step, pose
from scripts.menagerie.quadruped import Body, build_body, build_neck
from scripts.menagerie.rig import Rig, head_frame, sided
from scripts.menagerie.species import horse_front, lion_front
from scripts.menagerie.wings import Plumage, spread_wing

Array = np.ndarray


def wings(
    rig: Rig, body: Body, look: Plumage, *, size: float = 0.95, x: float = 0.26, y: float = 0.86
) -> None:
    """Build a pair of raised wings on the shoulders."""
    lift = rig.near(48, 68)
    sweep = rig.near(0.35, 0.85)
    for side in (-1, 1):
        root = body.chest.at(x, y, side * 0.10)
        d = np.radians(lift)
        out = body.chest.turn @ np.array([-sweep * 0.8, np.sin(d), side * np.cos(d) * 0.75])
        back = body.chest.turn @ np.array([-1.0, -0.32, side * 0.05])
        spread_wing(
            rig,
            sided("wing", side),
            root,
            out,
            back,
            size,
            look,
            bend=rig.near(-0.15, 0.1),
            open_hand=rig.near(0.6, 1.0),
        )


def wing_colours(rng: np.random.Generator, base: RGB | None = None) -> Plumage:
    """Draw plumage for wings: a bird's, or in the colour of a coat."""
    if base is None:
        return plumage(rng, choose(rng, {"bald": 1, "golden": 2, "hawk": 1, "kite": 1}))[0]
    pale = tuple(float(v) for v in mix(base, (0.95, 0.94, 0.92), 0.35))
    return Plumage(base, base, base, pale, pale)


def lion_body(
    rig: Rig, outfit: Outfit, poses: dict[str, float], *, mane: bool = True, tail: bool = False
) -> Body:
    """Build a lion's body and head."""
    name = choose(rig.rng, poses)
    attitude = pose(name, rig.rng)
    yaw = rig.near(0, 35) * (1 if rig.towards[2] >= 0 else -1)
    body = build_body(
        rig, plans.LION, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=0.4 * yaw
    )
    lion_front(rig, body, outfit, attitude.head, yaw, mane=mane)
    if tail:
        hair.lion_tail(rig, body.tail, body.trunk.turn, outfit.coat, outfit.mane)
    rig.notes["pose"] = name
    return body


def horse_body(
    rig: Rig, colour: str | None, *, horn: bool = False, front: bool = True
) -> tuple[Body, Outfit]:
    """Build a horse's body, head and tail; returns body and outfit."""
    outfit = horse_outfit(rig.rng, colour)
    name = choose(rig.rng, {"stand": 1.5, "walk": 2, "run": 2, "rear": 2})
    attitude = pose(name, rig.rng)
    yaw = rig.near(-8, 14)
    body = build_body(
        rig, plans.HORSE, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=yaw
    )
    horse_front(rig, body, outfit, attitude.head, yaw, horn=horn)
    hair.horse_tail(rig, body.tail, body.trunk.turn, outfit.mane, lift=rig.near(0.3, 0.9))
    rig.notes["pose"] = name
    return body, outfit


def pegasus(rig: Rig) -> None:
    """Build a winged horse."""
    colour = "grey" if rig.chance(0.6) else None
    body, outfit = horse_body(rig, colour)
    wings(
        rig,
        body,
        wing_colours(rig.rng, (0.93, 0.92, 0.90) if colour else outfit.base if rig.chance(0.4) else None),
        size=1.05,
    )


def winged_lion(rig: Rig) -> None:
    """Build a lion with wings."""
    outfit = lion_outfit(rig.rng)
    body = lion_body(rig, outfit, {"stand": 2, "walk": 2, "sit": 1, "run": 1}, tail=True)
    wings(rig, body, wing_colours(rig.rng), x=0.22, y=0.86)


def _eagle_front(
    rig: Rig,
    body_plan: plans.BodyPlan,
    attitude: Pose,
    coat: Material,
    rear_feet: Material,
    colours: tuple[Plumage, RGB, RGB, RGB],
) -> Body:
    """Build an eagle's neck, head, wings and taloned forelegs on the hindquarters of another animal."""
    look, beak, cere, iris = colours
    front = _feathered_front(coat, look)
    body = build_body(rig, body_plan, attitude, front, feet=rear_feet, legs=coat, neck=False, forelegs=False)
    angle = body.neck_angle + rig.near(8, 20)
    rows = np.array(
        ((0, 0.19, 0.20, 0.13), (0.4, 0.135, 0.16, 0.115), (0.8, 0.105, 0.12, 0.10), (1, 0.10, 0.11, 0.095))
    )
    neck = down(look, look.head, rows=12, columns=22)
    _, poll = build_neck(rig, body.chest.at(*body_plan.neck_root, 0), angle, 0.46, rows, neck, base=30)
    yaw = rig.near(-15, 30)
    face = head_frame(Frame(poll + np.array([0.02, 0.03, 0]), np.eye(3)), rig.near(-14, 4), yaw)
    open_beak = rig.near(14, 24) if rig.chance(0.4) else 0
    bird_head(rig, face, look, beak=beak, cere=cere, iris=iris, size=1.12, open_beak=open_beak)
    skin = coats.vary(rig.rng, (0.88, 0.66, 0.14))
    for number, side in ((0, -1), (1, 1)):
        _taloned_foreleg(rig, body, attitude.steps[number], look, skin, side)
    wings(rig, body, look, size=1.0)
    return body


def _feathered_front(coat: Material, look: Plumage) -> Material:
    """Make a trunk's material that melts from fur at the rear into feathers at the front."""
    feathered = scale_relief(30, 26, 0.38)
    base = coat.pattern

    def paint(site: Site) -> Array:
        rear = base(site) if base else np.broadcast_to(np.asarray(coat.colour, np.float32), (len(site.u), 3))
        edge = 0.60 + 0.06 * np.sin(site.v * 21)
        return mix(rear, look.body, step(site.u, edge - 0.03, edge + 0.03))

    def relief(site: Site) -> Array:
        return 1 + (feathered(site) - 1) * step(site.u, 0.58, 0.64)

    return coat.with_(pattern=paint, relief=relief)


def _taloned_foreleg(rig: Rig, body: Body, place: Step, look: Plumage, skin: RGB, side: int) -> None:
    """Build a feathered foreleg with an eagle's talons."""
    root = body.chest.at(0.36, 0.70, side * 0.11)
    if place.free:
        ankle = root + np.array([0.10 + place.x, -0.44 + place.y, 0])
    else:
        ankle = root + np.array([place.x, -root[1] + 0.16 + place.y, 0])
    elbow = (root + ankle) / 2 + np.array([-0.05, 0.03, 0])
    rows = (
        (0, 0.12, 0.12, 0.05),
        (0.35, 0.105, 0.11, 0.08),
        (0.8, 0.05, 0.055, 0.05),
        (1, 0.028, 0.028, 0.028),
    )
    feathered = down(look, look.body, rows=12, columns=14)
    path = [root + np.array([0, 0.05, 0]), elbow, ankle]
    rig.tube(sided("foreleg", side), path, rows, feathered, stations=16, around=14, blend=0.05)
    talons(
        rig,
        sided("foretalons", side),
        ankle + np.array([0, 0.03, 0]),
        ankle + np.array([0.035, -0.125, 0]),
        np.array([1.0, -0.3 if place.free else 0.0, side * 0.1]),
        1.15,
        skin,
        grip=0.6 if place.free else 0.25,
    )


def griffin(rig: Rig) -> None:
    """Build an eagle's head, wings and talons on a lion's body."""
    outfit = lion_outfit(rig.rng)
    name = choose(rig.rng, {"stand": 2, "walk": 2, "rear": 1, "sit": 1})
    attitude = pose(name, rig.rng)
    colours = plumage(rig.rng, choose(rig.rng, {"bald": 1.6, "golden": 1, "kite": 0.8}))
    body = _eagle_front(rig, plans.LION, attitude, outfit.coat, outfit.feet, colours)
    hair.lion_tail(rig, body.tail, body.trunk.turn, outfit.coat, outfit.mane)
    rig.notes["pose"] = name


def hippogriff(rig: Rig) -> None:
    """Build an eagle's head, wings and talons on a horse's body."""
    outfit = horse_outfit(rig.rng)
    name = choose(rig.rng, {"stand": 2, "walk": 2, "rear": 1.5, "run": 1})
    attitude = pose(name, rig.rng)
    colours = plumage(rig.rng, choose(rig.rng, {"bald": 1, "golden": 1, "falcon": 1, "hawk": 1}))
    body = _eagle_front(rig, plans.HORSE, attitude, outfit.coat, outfit.feet, colours)
    hair.horse_tail(rig, body.tail, body.trunk.turn, outfit.mane, lift=0.5)
    rig.notes["pose"] = name
