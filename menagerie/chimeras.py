"""Chimeras, which are composed of parts of the seven species."""

from __future__ import annotations

import numpy as np

from menagerie import hair, heads, plans
from menagerie import outfits as look_of
from menagerie.birds import bird_head, spread_wing, talons
from menagerie.curves import RIGHT, dense
from menagerie.fish import fin_material, fish_tail
from menagerie.materials import RGB, Material, Site, mix, painted, scale_relief, shaded, step, vary
from menagerie.outfits import Outfit, Plumage
from menagerie.plans import BodyPlan
from menagerie.quadruped import Body, build_neck
from menagerie.rig import Rig, head_frame, sided
from menagerie.snakes import length_in_widths, snake_body, snake_head
from menagerie.species import HORSE_POSES, LION_POSES, Kind, beast, goat_front, horse_front
from menagerie.species import horse_with_tail as horse
from menagerie.species import lion_with_tail as lion

Array = np.ndarray


def chimera(rig: Rig) -> None:
    """Build a lion with a goat's head on its back and a snake for a tail."""
    body = lion(rig, look_of.lion_outfit(rig), {"stand": 2, "walk": 3}, mane=True, tail=False)
    goat, rows = look_of.goat_outfit(rig), np.array(plans.GOAT.neck) * [1, 0.95, 0.8, 1.0]
    root, angle = body.trunk.at(-0.12, 0.78, 0), rig.near(68, 92)
    _, poll = build_neck(rig, root, angle, 0.52, rows, goat.coat, base=60, part="goat_neck")
    frame = head_frame(poll, -27 + rig.near(-6, 10), rig.near(-20, 20))
    heads.goat_head(rig, frame, goat, horns=rig.near(0.28, 0.45), prefix="goat_")
    # The snake rises above the hind part of the lion.
    sway, radius = rig.near(-0.16, 0.16), 0.055
    track = [[-0.36, 0.80, -0.3 * sway], [-0.22, 0.82, -0.6 * sway], [-0.10, 0.74, -sway],
             [-0.12, 0.60, -0.4 * sway], [-0.26, 0.50, 0.6 * sway], [-0.34, 0.30, 1.4 * sway],
             [-0.24, 0.10, sway], [-0.06, 0.02, 0], [0.12, -0.04, 0]]  # fmt: skip
    path = body.tail + dense(track, 70)
    skin = look_of.snake_skin(rig, length_in_widths(path, radius))
    snake_body(rig, path, radius, skin, part="snake_tail", tail=1.0, neck=0.75, blend=0.05)
    snake_head(rig, path[0], path[0] - path[4], radius, skin, prefix="snake_")


def unicorn(rig: Rig) -> None:
    """Build a horse with a twisted horn."""
    horse(rig, look_of.horse_outfit(rig, "grey" if rig.chance(0.6) else None), horn=True)


def pegasus(rig: Rig) -> None:
    """Build a winged horse."""
    outfit = look_of.horse_outfit(rig, "grey" if rig.chance(0.6) else None)
    body = horse(rig, outfit)
    _wings(rig, body, _in_colour(outfit.base) if rig.chance(0.6) else look_of.plumage(rig))


def winged_lion(rig: Rig) -> None:
    """Build a lion with wings."""
    body = lion(rig, look_of.lion_outfit(rig), LION_POSES, mane=True, tail=True)
    _wings(rig, body, look_of.plumage(rig))


def griffin(rig: Rig) -> None:
    """Build an eagle's head, wings and talons on a lion's body."""
    outfit = look_of.lion_outfit(rig)
    body = _eagle_front(rig, plans.LION, outfit, {"stand": 2, "walk": 2, "rear": 1, "sit": 1})
    hair.lion_tail(rig, body.tail, body.trunk.turn, outfit.coat, outfit.mane)


def hippogriff(rig: Rig) -> None:
    """Build an eagle's head, wings and talons on a horse's body."""
    outfit = look_of.horse_outfit(rig)
    body = _eagle_front(rig, plans.HORSE, outfit, HORSE_POSES)
    hair.horse_tail(rig, body.tail, body.trunk.turn, outfit.mane, 0.5)


def hippocampus(rig: Rig) -> None:
    """Build the front of a horse with the tail of a fish."""
    outfit, yaw = look_of.horse_outfit(rig, "grey" if rig.chance(0.4) else None), rig.near(-8, 14)
    body = beast(rig, plans.HORSE, outfit, {"swim": 1}, neck_turn=yaw, rear=False)
    horse_front(rig, body, outfit, yaw)
    _sea_rear(rig, body, outfit.base)


def capricorn(rig: Rig) -> None:
    """Build the front of a goat with the tail of a fish."""
    outfit = look_of.goat_outfit(rig)
    body = beast(rig, plans.GOAT, outfit, {"swim": 1}, rear=False)
    goat_front(rig, body, outfit, rig.near(-15, 25), rig.near(0.3, 0.58))
    _sea_rear(rig, body, outfit.base)


def _in_colour(base: RGB) -> Plumage:
    """Make plumage with the color of a coat."""
    pale = mix(base, (0.95, 0.94, 0.92), 0.35)
    return Plumage(base, base, base, pale, pale)


def _wings(rig: Rig, body: Body, look: Plumage) -> None:
    """Build a pair of raised wings on the shoulders."""
    lift, sweep = np.radians(rig.near(48, 68)), rig.near(0.35, 0.85)
    turn = body.trunk.turn
    for side in (-1, 1):
        root = body.trunk.at(0.24, 0.86, side * 0.10)
        out = turn @ np.array([-sweep * 0.8, np.sin(lift), side * np.cos(lift) * 0.75])
        back = turn @ np.array([-1.0, -0.32, side * 0.05])
        spread_wing(rig, sided("wing", side), root, out, back, 1.0, look)


def _eagle_front(rig: Rig, plan: BodyPlan, outfit: Outfit, poses: dict[str, float]) -> Body:
    """Build the neck, head, wings and legs of an eagle on the hind part of another animal."""
    look, fur = look_of.plumage(rig), outfit.coat
    feathers = scale_relief(30, 26, 0.38)

    def paint(site: Site) -> Array:
        edge = 0.60 + 0.06 * np.sin(site.v * 21)
        rear = painted(fur.pattern or fur.colour, site)
        return mix(rear, look.body, step(site.u, edge - 0.03, edge + 0.03))

    outfit.coat = fur.with_(
        pattern=paint, relief=lambda site: 1 + (feathers(site) - 1) * step(site.u, 0.58, 0.64)
    )
    body = beast(rig, plan, outfit, poses, neck=False, forelegs=False)
    outfit.coat = fur
    rows = (
        (0, 0.19, 0.20, 0.13),
        (0.4, 0.135, 0.16, 0.115),
        (0.8, 0.105, 0.12, 0.10),
        (1, 0.10, 0.11, 0.095),
    )
    angle, root = body.neck_angle + rig.near(8, 20), body.trunk.at(*body.plan.neck_root, 0)
    _, poll = build_neck(rig, root, angle, 0.46, rows, look.down(look.head, 12, 22), base=30)
    face = head_frame(poll + np.array([0.02, 0.03, 0]), rig.near(-14, 4), rig.near(-15, 30))
    bird_head(rig, face, look, size=1.12)
    for side in (-1, 1):
        _taloned_foreleg(rig, body, look, side)
    _wings(rig, body, look)
    return body


def _taloned_foreleg(rig: Rig, body: Body, look: Plumage, side: int) -> None:
    """Build a feathered foreleg with the talons of an eagle."""
    step_, root = body.pose.steps[0 if side < 0 else 1], body.trunk.at(0.36, 0.70, side * 0.11)
    drop = step_.y - 0.44 if step_.free else step_.y + 0.16 - root[1]
    ankle = root + np.array([step_.x + 0.10 * step_.free, drop, 0])
    elbow = (root + ankle) / 2 + np.array([-0.05, 0.03, 0])
    rows = (
        (0, 0.12, 0.12, 0.05),
        (0.35, 0.105, 0.11, 0.08),
        (0.8, 0.05, 0.055, 0.05),
        (1, 0.028, 0.028, 0.028),
    )
    path, down = [root + np.array([0, 0.05, 0]), elbow, ankle], look.down(look.body, 12, 14)
    rig.tube(sided("foreleg", side), path, rows, down, around=14, blend=0.05)
    top, foot = ankle + np.array([0, 0.03, 0]), ankle + np.array([0.035, -0.125, 0])
    heading = np.array([1.0, -0.3 * step_.free, 0]) + side * 0.1 * RIGHT
    talons(rig, sided("foretalons", side), top, foot, heading, 1.15, 0.6 if step_.free else 0.25)


def _sea_rear(rig: Rig, body: Body, coat: RGB) -> None:
    """Build the tail of a fish behind the front half of a quadruped."""
    _, _, colour, belly = look_of.fish_paint(rig)
    back, curl = vary(rig.rng, mix(coat, colour, 0.75)), rig.near(0.6, 1.2)
    scaly = Material(back, hair=0, gloss=0.35, pattern=shaded(back, mix(back, belly, 0.6), 0.35, 0.8))
    rows = np.array(body.plan.trunk)
    top, low, side = (float(np.interp(0.02, rows[:, 0], rows[:, i])) for i in (1, 2, 3))
    track = [[0.16, 0, 0], [-0.08, -0.02, 0], [-0.32, -0.12, 0.02], [-0.6, -0.26, 0.06], [-0.92, -0.22, 0.06],
             [-1.10, 0.04 * curl, 0.02], [-1.04, 0.30 * curl, -0.02], [-0.96, 0.46 * curl, 0]]  # fmt: skip
    path = body.trunk.points(dense(track, 40) + [0, (top + low) / 2, 0])
    skin = scaly.with_(relief=scale_relief(46, 26))
    fish_tail(rig, path, 0.98 * (top - low) / 2, 0.99 * side, skin, fin_material(colour))


_LAND, _SEA = ((-8, 38), (2, 9)), ((-10, 34), (-4, 10))
CHIMERAS: dict[str, Kind] = {
    "chimera": Kind(chimera, *_LAND),
    "pegasus": Kind(pegasus, *_LAND),
    "griffin": Kind(griffin, *_LAND),
    "hippogriff": Kind(hippogriff, *_LAND),
    "hippocampus": Kind(hippocampus, *_SEA),
    "winged_lion": Kind(winged_lion, *_LAND),
    "capricorn": Kind(capricorn, *_SEA),
    "unicorn": Kind(unicorn, *_LAND),
}
