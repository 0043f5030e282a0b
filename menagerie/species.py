"""The seven species. Each call builds an animal with individual proportions, coat and pose."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from menagerie import hair, heads, plans
from menagerie.birds import flying_bird
from menagerie.fish import fish
from menagerie.materials import Site, bare, vary
from menagerie.outfits import Outfit, dog_outfit, goat_outfit, horse_outfit, lion_outfit, plumage, snake_skin
from menagerie.plans import BodyPlan
from menagerie.poses import pose
from menagerie.quadruped import Body, build_body
from menagerie.rig import Rig, head_frame
from menagerie.snakes import length_in_widths, snake_body, snake_head, snake_path

Array = np.ndarray


class Kind(NamedTuple):
    """A species or a kind of chimera, with the settings of its camera.

    The creature turns to the viewer by `yaw` degrees, and the camera looks down by `pitch` degrees. `busts`
    is the fraction of images that show only the head or, for a fish, the tail.
    """

    build: Callable[[Rig], object]
    yaw: tuple[float, float]
    pitch: tuple[float, float]
    busts: float = 0.0


def beast(
    rig: Rig, plan: BodyPlan, outfit: Outfit, poses: dict[str, float], *, neck_turn: float = 0.0,
    leg: float = 1.0, neck: bool = True, forelegs: bool = True, rear: bool = True,
) -> Body:  # fmt: skip
    """Build the body of a quadruped with individual proportions in one of the poses; see `build_body`."""
    name = rig.notes["pose"] = "stand" if rig.bust else rig.choose(poses)
    legs = leg * rig.near(0.92, 1.05)
    plan = plan.stretched(rig.near(0.94, 1.06), rig.near(0.94, 1.1), legs, rig.near(0.94, 1.15))
    how, coats = pose(name, rig.rng), (outfit.coat, outfit.legs, outfit.feet)
    return build_body(rig, plan, how, *coats, neck_turn=neck_turn, neck=neck, forelegs=forelegs, rear=rear)


def turned_head(rig: Rig) -> float:
    """Choose an angle in degrees by which the head turns, sometimes towards the viewer."""
    side = 1.0 if rig.towards[2] >= 0 else -1.0
    return side * (rig.near(25, 65) if rig.chance(0.3) else rig.near(-10, 15))


HORSE_POSES = {"stand": 4, "walk": 3, "stretch": 1.2, "gather": 1.2, "rear": 1.5}
LION_POSES = {"stand": 3, "walk": 3.5, "stretch": 1.2, "sit": 1.5}


def horse(rig: Rig) -> None:
    """Build a horse."""
    horse_with_tail(rig, horse_outfit(rig))


def horse_with_tail(rig: Rig, outfit: Outfit, *, horn: bool = False) -> Body:
    """Build a horse with or without a horn."""
    yaw = rig.near(-12, 20)
    body = beast(rig, plans.HORSE, outfit, HORSE_POSES, neck_turn=yaw)
    horse_front(rig, body, outfit, yaw, horn=horn)
    hair.horse_tail(rig, body.tail, body.trunk.turn, outfit.mane, rig.near(0.1, 0.9))
    return body


def horse_front(rig: Rig, body: Body, outfit: Outfit, yaw: float, *, horn: bool = False) -> None:
    """Build the head and the mane of a horse on a body with a neck."""
    pitch = max(min(-78 + 0.62 * body.neck_angle + body.pose.head, -20), -92)
    frame = head_frame(body.poll, pitch, yaw * 1.1)
    heads.horse_head(rig, frame, outfit)
    assert body.neck is not None
    hair.horse_mane(rig, body.neck, frame, outfit.mane)
    if horn:

        def twisted(site: Site) -> Array:
            return 0.78 + 0.28 * np.clip(np.sin(site.u * 55 + site.v * np.pi), -0.6, 1)

        path = frame.points([[0.10, 0.07, 0], [0.12, 0.28, 0], [0.15, 0.48, 0]])
        rows, ivory = ((0, 0.026, 0.026, 0.026), (1, 0.002, 0.002, 0.002)), (0.92, 0.84, 0.62)
        rig.tube("horn", path, rows, bare(ivory, 0.5, relief=twisted), side=frame.turn[:, 2])


def goat(rig: Rig) -> None:
    """Build a goat."""
    outfit, yaw = goat_outfit(rig), turned_head(rig)
    poses = {"stand": 4, "walk": 3, "stretch": 1, "rear": 0.6}
    body = beast(rig, plans.GOAT, outfit, poses, neck_turn=0.5 * yaw)
    goat_front(rig, body, outfit, yaw, 0.0 if rig.chance(0.1) else rig.near(0.14, 0.6))
    lift = rig.near(20, 75)
    coat = outfit.coat.with_(hair=0.9)
    hair.tube_tail(rig, body.tail, body.trunk.turn, coat, 0.17, 0.045, (lift, lift + 20), tip=0.6)


def goat_front(rig: Rig, body: Body, outfit: Outfit, yaw: float, horns: float) -> None:
    """Build the head of a goat on a body with a neck."""
    pitch = max(-52 + 0.5 * body.neck_angle + body.pose.head, -75)
    heads.goat_head(rig, head_frame(body.poll, pitch, yaw), outfit, horns=horns)


def lion(rig: Rig) -> None:
    """Build a lion. Three out of four are males with a mane."""
    lion_with_tail(rig, lion_outfit(rig), LION_POSES, mane=rig.chance(0.78), tail=True)


def lion_with_tail(rig: Rig, outfit: Outfit, poses: dict[str, float], *, mane: bool, tail: bool) -> Body:
    """Build a lion in one of the poses, with or without a mane and a tail."""
    yaw = turned_head(rig)
    body = beast(rig, plans.LION, outfit, poses, neck_turn=0.4 * yaw, leg=0.98)
    frame = head_frame(body.poll, body.pose.head - 4, yaw)
    heads.lion_head(rig, frame, outfit)
    if mane:
        inner = vary(rig.rng, (0.66, 0.42, 0.18), 0.06)
        outer = vary(rig.rng, (0.46, 0.24, 0.10) if rig.chance(0.6) else (0.15, 0.09, 0.06), 0.07)
        front = float((body.trunk.turn.T @ (body.shape.centre[-1] - body.trunk.origin))[0])
        hair.lion_mane(rig, frame, body.trunk.at(front - 0.16, 0.72, 0), inner, outer)
    if tail:
        hair.lion_tail(rig, body.tail, body.trunk.turn, outfit.coat, outfit.mane)
    return body


BREEDS = {
    # breed: length of the legs, length of the muzzle, upright ears, angles of the tail
    "retriever": (0.97, 0.95, False, (-10, 0, 15, 25)),
    "shepherd": (0.98, 1.1, True, (-50, -70, -60, -40)),
    "hound": (0.90, 0.95, False, (35, 55, 70, 80)),
}


def dog(rig: Rig) -> None:
    """Build a dog of one of three breeds."""
    breed = list(BREEDS)[int(rig.rng.integers(len(BREEDS)))]
    leg, muzzle, upright, tail = BREEDS[breed]
    outfit, yaw = dog_outfit(rig, breed), turned_head(rig)
    poses = {"stand": 3, "walk": 2.5, "stretch": 1, "sit": 2}
    body = beast(rig, plans.DOG, outfit, poses, neck_turn=0.4 * yaw, leg=leg)
    frame = head_frame(body.poll, body.pose.head - 6, yaw)
    heads.dog_head(rig, frame, outfit, upright=upright, muzzle=muzzle * rig.near(0.94, 1.06))
    coat, thick = outfit.coat.with_(hair=0.8), 0.8 if breed == "hound" else 1.5
    hair.tube_tail(rig, body.tail, body.trunk.turn, coat, 0.42, 0.045, tail, middle=thick)
    rig.notes["breed"] = breed


def bird(rig: Rig) -> None:
    """Build a bird of prey in flight."""
    flying_bird(rig, plumage(rig))
    rig.notes["pose"] = "fly"


def snake(rig: Rig) -> None:
    """Build a snake, which slithers if it is seen from above, and otherwise coils or raises its head."""
    style = "slither" if rig.towards[1] > 0.45 else rig.choose({"coil": 1, "rear": 1})
    radius = rig.near(0.062, 0.085) if style == "slither" else rig.near(0.075, 0.10)
    path = snake_path(style, rig.rng, radius)
    skin = snake_skin(rig, length_in_widths(path, radius))
    snake_body(rig, path, radius, skin)
    heading = path[0] - path[3]
    heading[1] = heading[1] * 0.3 - 0.02
    snake_head(rig, path[0], heading, radius * 0.95, skin)
    rig.notes["pose"] = style


SPECIES: dict[str, Kind] = {
    "lion": Kind(lion, (-10, 50), (2, 9), busts=0.30),
    "goat": Kind(goat, (-12, 48), (3, 13), busts=0.32),
    "snake": Kind(snake, (-60, 60), (8, 55), busts=0.12),
    "dog": Kind(dog, (-10, 55), (3, 12), busts=0.25),
    "horse": Kind(horse, (-12, 40), (2, 10), busts=0.27),
    "bird": Kind(bird, (5, 72), (-14, 22), busts=0.22),
    "fish": Kind(fish, (-22, 35), (-8, 14), busts=0.25),
}
