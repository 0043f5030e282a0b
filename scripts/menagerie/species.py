"""The seven species: each call builds one animal with its own proportions, coat and pose."""

from __future__ import annotations

import numpy as np

from scripts.menagerie import coats, hair, heads, plans
from scripts.menagerie.birds import flying_bird, perched_bird
from scripts.menagerie.curves import Frame
from scripts.menagerie.fish import fish
from scripts.menagerie.materials import RGB, Material, Site, fin_relief
from scripts.menagerie.outfits import (
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
from scripts.menagerie.poses import pose
from scripts.menagerie.quadruped import Body, build_body
from scripts.menagerie.rig import Rig, head_frame
from scripts.menagerie.snakes import snake_body, snake_head, snake_path, snake_skin
from scripts.menagerie.views import Kind, View

Array = np.ndarray


def _turn_head(rig: Rig) -> float:
    """Draw the degrees a head turns sideways, sometimes towards the viewer."""
    side = 1.0 if rig.towards[2] >= 0 else -1.0
    return side * (rig.near(25, 65) if rig.chance(0.3) else rig.near(-10, 15))


def horse(rig: Rig, *, bust: bool, style: str) -> None:
    """Build a horse."""
    rng = rig.rng
    outfit = horse_outfit(rng)
    name = "stand" if bust else choose(rng, {"stand": 4, "walk": 3, "run": 2.5, "rear": 1.5, "graze": 1})
    attitude = pose(name, rng)
    plan = plans.HORSE.stretched(
        length=rig.near(0.94, 1.06),
        depth=rig.near(0.93, 1.1),
        leg=rig.near(0.95, 1.08),
        bulk=rig.near(0.92, 1.12),
    )
    yaw = rig.near(-12, 20) if name != "graze" else 0.0
    body = build_body(rig, plan, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=yaw)
    horse_front(rig, body, outfit, attitude.head, yaw)
    hair.horse_tail(
        rig,
        body.tail,
        body.trunk.turn,
        outfit.mane,
        lift=0.9 if name in ("run", "rear") else rig.near(0.1, 0.5),
    )
    rig.notes["pose"] = name


def horse_front(
    rig: Rig, body: Body, outfit: Outfit, lift: float, yaw: float, *, horn: bool = False
) -> Frame:
    """Build a horse's head and mane on a body that has a neck; returns the head's frame."""
    pitch = -78 + 0.62 * (body.neck_angle) + lift
    pitch = max(min(pitch, -20), -92)
    frame = head_frame(Frame(body.poll, np.eye(3)), pitch, yaw * 1.1)
    look = heads.Look(outfit.face, outfit.ear, iris=(0.16, 0.09, 0.05))
    heads.horse_head(rig, frame, look)
    hair.horse_mane(rig, body.surfaces["neck"], frame, outfit.mane, length=rig.near(0.13, 0.24))
    if horn:
        ivory = Material((0.92, 0.84, 0.62), hair=0, gloss=0.5, relief=_spiral)
        path = frame.points([[0.10, 0.07, 0], [0.12, 0.28, 0], [0.15, 0.48, 0]])
        rig.tube(
            "horn",
            path,
            ((0, 0.026, 0.026, 0.026), (0.6, 0.015, 0.015, 0.015), (1, 0.002, 0.002, 0.002)),
            ivory,
            side=frame.turn[:, 2],
            stations=14,
            around=12,
        )
        rig.close_up_points.append(path)
    return frame


def _spiral(site: Site) -> Array:
    """Return the brightness of a twisted horn."""
    return 0.78 + 0.28 * np.clip(np.sin(site.u * 55 + site.v * np.pi), -0.6, 1)


def goat(rig: Rig, *, bust: bool, style: str) -> None:
    """Build a goat."""
    rng = rig.rng
    outfit = goat_outfit(rng)
    name = (
        "stand" if bust else choose(rng, {"stand": 4, "walk": 3, "run": 1, "rear": 0.6, "lie": 1, "graze": 1})
    )
    attitude = pose(name, rng)
    plan = plans.GOAT.stretched(
        length=rig.near(0.92, 1.06),
        depth=rig.near(0.92, 1.1),
        leg=rig.near(0.88, 1.04),
        bulk=rig.near(0.95, 1.2),
    )
    yaw = _turn_head(rig) if name in ("stand", "lie") else 0.0
    body = build_body(
        rig, plan, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=0.5 * yaw
    )
    goat_front(rig, body.poll, body.neck_angle, outfit, attitude.head, yaw)
    hair.goat_tail(rig, body.tail, body.trunk.turn, outfit.coat)
    rig.notes["pose"] = name


def goat_front(
    rig: Rig,
    poll: Array,
    neck_angle: float,
    outfit: Outfit,
    lift: float,
    yaw: float,
    *,
    prefix: str = "",
    horns: float | None = None,
) -> Frame:
    """Build a goat's head at a poll."""
    pitch = max(-52 + 0.5 * neck_angle + lift, -75)
    frame = head_frame(Frame(poll, np.eye(3)), pitch, yaw)
    style = rig.near(0, 1)
    size = (
        horns
        if horns is not None
        else (0.0 if style < 0.08 else rig.near(0.14, 0.24) if style < 0.4 else rig.near(0.28, 0.6))
    )
    look = heads.Look(
        outfit.face,
        outfit.ear,
        iris=(0.72, 0.52, 0.16),
        nose=(0.16, 0.11, 0.11),
        horns=size,
        horn_curl=rig.near(60, 110) if size < 0.4 else rig.near(120, 215),
        horn_spread=rig.near(10, 38),
        beard=rig.near(0.10, 0.19) if rig.chance(0.8) else 0.0,
        ears="side" if rig.chance(0.7) else "flop",
        prefix=prefix,
    )
    look.horn = look.horn.with_(colour=coats.vary(rig.rng, (0.36, 0.29, 0.22), 0.04))
    heads.goat_head(rig, frame, look)
    return frame


def lion(rig: Rig, *, bust: bool, style: str) -> None:
    """Build a lion; three in four are males with a mane."""
    rng = rig.rng
    outfit = lion_outfit(rng)
    name = "stand" if bust else choose(rng, {"stand": 3, "walk": 3.5, "run": 1.2, "sit": 1.5, "lie": 2})
    attitude = pose(name, rng)
    plan = plans.LION.stretched(
        length=rig.near(0.94, 1.04),
        depth=rig.near(0.95, 1.1),
        leg=rig.near(0.92, 1.02),
        bulk=rig.near(0.95, 1.15),
    )
    yaw = _turn_head(rig)
    body = build_body(
        rig, plan, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=0.4 * yaw
    )
    lion_front(rig, body, outfit, attitude.head, yaw, mane=rig.chance(0.78))
    hair.lion_tail(rig, body.tail, body.trunk.turn, outfit.coat, outfit.mane)
    rig.notes["pose"] = name


def lion_front(
    rig: Rig,
    body: Body,
    outfit: Outfit,
    lift: float,
    yaw: float,
    *,
    mane: bool,
    open_mouth: float | None = None,
    colours: tuple[RGB, RGB] | None = None,
) -> Frame:
    """Build a lion's head, with or without a mane."""
    rng = rig.rng
    frame = head_frame(Frame(body.poll, np.eye(3)), lift - 4, yaw)
    roar = open_mouth if open_mouth is not None else (rig.near(18, 32) if rig.chance(0.18) else 0.0)
    look = heads.Look(
        outfit.face,
        outfit.ear,
        nose=coats.vary(rng, (0.26, 0.14, 0.12)),
        iris=(0.72, 0.50, 0.14),
        pale=(0.88, 0.80, 0.68),
        open_mouth=roar,
    )
    heads.lion_head(rig, frame, look)
    if mane:
        inner = coats.vary(rng, (0.66, 0.42, 0.18), 0.06)
        outer = coats.vary(rng, (0.46, 0.24, 0.10) if rng.random() < 0.6 else (0.15, 0.09, 0.06), 0.07)
        inner, outer = colours or (inner, outer)
        chest = body.chest.at(body_front(body) - 0.16, 0.72, 0)
        hair.lion_mane(rig, frame, chest, inner, outer, length=rig.near(0.17, 0.27))
    return frame


def body_front(body: Body) -> float:
    """Return the local x of the chest's front."""
    trunk = body.surfaces["trunk"]
    return float((body.chest.turn.T @ (trunk.centre[-1] - body.chest.origin))[0])


BREEDS: dict[str, tuple[float, float, float, float, str, float, str]] = {
    # breed: length, depth, leg, muzzle, ears, bushiness, tail
    "retriever": (1.0, 1.08, 0.97, 0.95, "flop", 0.10, "out"),
    "labrador": (1.0, 1.06, 0.97, 0.92, "flop", 0.01, "out"),
    "shepherd": (1.06, 1.02, 0.98, 1.1, "up", 0.08, "down"),
    "wolf": (1.02, 1.04, 1.04, 1.12, "up", 0.10, "down"),
    "hound": (1.0, 0.98, 0.90, 0.95, "flop", 0.0, "up"),
    "samoyed": (0.95, 1.2, 0.95, 0.85, "up", 0.16, "curl"),
    "terrier": (0.90, 1.02, 0.82, 0.80, "flop", 0.02, "up"),
}


def dog(rig: Rig, *, bust: bool, style: str) -> None:
    """Build a dog of one of seven breeds."""
    rng = rig.rng
    breed = list(BREEDS)[int(rng.integers(len(BREEDS)))]
    length, depth, leg, _, _, bushy, tail = BREEDS[breed]
    outfit = dog_outfit(rng, breed)
    name = "stand" if bust else choose(rng, {"stand": 3, "walk": 2.5, "run": 1.5, "sit": 3, "lie": 1.5})
    attitude = pose(name, rng)
    plan = plans.DOG.stretched(
        length=length * rig.near(0.96, 1.04),
        depth=depth * rig.near(0.95, 1.06),
        leg=leg,
        bulk=rig.near(0.95, 1.15) * (1.2 if breed == "samoyed" else 1),
    )
    yaw = _turn_head(rig)
    body = build_body(
        rig, plan, attitude, outfit.coat, legs=outfit.legs, feet=outfit.feet, neck_turn=0.4 * yaw
    )
    face = dog_front(rig, body.poll, breed, outfit, attitude.head, yaw)
    if bushy >= 0.08:
        hair.ruff(rig, body.surfaces["neck"], face, outfit.coat, length=0.3 * bushy + 0.07)
    hair.dog_tail(rig, body.tail, body.trunk.turn, outfit.coat, bushy=bushy, style=tail)
    rig.notes["pose"], rig.notes["breed"] = name, breed


def dog_front(
    rig: Rig,
    poll: Array,
    breed: str,
    outfit: Outfit,
    lift: float,
    yaw: float,
    *,
    prefix: str = "",
    open_mouth: float | None = None,
    iris: RGB | None = None,
) -> Frame:
    """Build a dog's head at a poll."""
    _, _, _, muzzle, ears, _, _ = BREEDS[breed]
    frame = head_frame(Frame(poll, np.eye(3)), lift - 6, yaw)
    mouth = open_mouth if open_mouth is not None else (rig.near(12, 20) if rig.chance(0.3) else 0.0)
    look = heads.Look(
        outfit.face,
        outfit.ear,
        iris=iris or ((0.62, 0.50, 0.20) if breed == "wolf" else (0.24, 0.13, 0.05)),
        ears=ears,
        muzzle=muzzle * rig.near(0.94, 1.06),
        broad=1.12 if breed in ("samoyed", "labrador") else 1.0,
        open_mouth=mouth,
        prefix=prefix,
    )
    heads.dog_head(rig, frame, look)
    return frame


def bird(rig: Rig, *, bust: bool, style: str) -> None:
    """Build a bird of prey, perched or flying."""
    rng = rig.rng
    look, beak, cere, iris = plumage(rng)
    skin = coats.vary(rng, (0.88, 0.66, 0.14))
    mouth = rig.near(14, 26) if rig.chance(0.25) else 0.0
    if style == "fly" and not bust:
        flying_bird(
            rig,
            look,
            beak=beak,
            cere=cere,
            iris=iris,
            skin=skin,
            tilt=rig.near(-10, 35),
            dihedral=rig.near(5, 62),
            head_yaw=rig.near(-15, 30),
            sweep=rig.near(-0.3, 0.9),
            legs_out=rig.chance(0.75),
            open_beak=mouth,
        )
        rig.notes["pose"] = "fly"
        return
        return View((5, 72), (-14, 22), grounded=False, outdoors=("sky", "sky", "sky", "woods"))
    perch = "none" if bust else choose(rng, {"branch": 3, "rock": 1.2})
    perched_bird(
        rig,
        look,
        beak=beak,
        cere=cere,
        iris=iris,
        skin=skin,
        tilt=rig.near(52, 72),
        head_yaw=rig.near(-30, 40),
        head_pitch=rig.near(-10, 6),
        plump=rig.near(0.9, 1.1),
        perch=perch,
        open_beak=mouth,
    )
    rig.notes["pose"] = "perch"


def snake(rig: Rig, *, bust: bool, style: str) -> None:
    """Build a snake: slithering, coiled, or with its head high."""
    rng = rig.rng
    kind, first, second, third, belly = snake_colours(rng)
    if bust:
        style = "strike"
    radius = rig.near(0.062, 0.085) if style == "slither" else rig.near(0.075, 0.10)
    path = snake_path(style, rng, radius)
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) / (2 * radius)
    skin = snake_skin(kind, first, second, third, length=length, belly=belly)
    if kind == "plain":
        skin = skin.with_(gloss=0.6)
    snake_body(rig, path, radius, skin, stations=130)
    heading = path[0] - path[3]
    heading[1] = heading[1] * 0.3 - 0.02
    iris = (0.80, 0.62, 0.14) if rng.random() < 0.6 else (0.62, 0.22, 0.08)
    snake_head(rig, path[0], heading, radius * 0.95, skin, iris=iris, tongue=rig.chance(0.45))
    rig.notes["pose"] = style


def fish_(rig: Rig, *, bust: bool, style: str) -> None:
    """Build a fish, or now and then a small school."""
    rng = rig.rng
    shape, paint, fin, belly = fish_paint(rng)
    skin = Material(fin, hair=0, gloss=0.2, mottle=0.08, relief=fin_relief(9))
    iris = (0.88, 0.78, 0.36) if rng.random() < 0.6 else (0.82, 0.82, 0.80)
    curved = rig.chance(0.5)
    school = not bust and not curved and rig.chance(0.10)
    for i in range(3 if school else 1):
        origin = (
            np.array([rig.near(-0.15, 0.15), 0.42 * (i - 1), rig.near(-0.1, 0.1)]) if school else np.zeros(3)
        )
        fish(
            rig,
            shape,
            paint,
            skin,
            belly=belly,
            iris=iris,
            bend=rig.near(-0.16, 0.16),
            origin=origin,
            size=1.0,
            rows=rig.near(26, 42),
            slender=rig.near(0.3, 0.9) if curved else 1.0,
            course=_course(rig) if curved else None,
        )
    if bust and rig.chance(0.75):
        # What sea monsters borrow of a fish.
        fins = [m for m in rig.meshes if m.part in ("tail_fin", "dorsal_fin", "anal_fin")]
        rig.close_up, rig.close_up_points = "tail", [m.corners[:, ::2].reshape(-1, 3) for m in fins]
    rig.notes["pose"] = "school" if school else "turn" if curved else "swim"


def _course(rig: Rig) -> Array:
    """Draw how the body of a turning or a leaping fish rises, in degrees, from nose to tail."""
    t = np.linspace(0, 1, 24)
    turn = rig.near(40, 150) * (1 if rig.chance(0.6) else -1)
    wave = rig.near(-45, 45) * np.sin(2 * np.pi * np.clip((t - 0.1) / 0.9, 0, 1))
    return rig.near(-35, 25) + turn * np.clip((t - 0.25) / 0.75, 0, 1) ** 1.3 + wave


LAND = ("grass", "grass", "sand")
SPECIES: dict[str, Kind] = {
    "lion": Kind(lion, {"": (1, View((-10, 50), (2, 9), True, LAND))}, 0.30),
    "goat": Kind(goat, {"": (1, View((-12, 48), (3, 13), True, LAND))}, 0.32),
    "snake": Kind(
        snake,
        {
            "slither": (2, View((-60, 60), (28, 62), True, ("sand", "sand", "grass"))),
            "coil": (2, View((-60, 60), (16, 38), True, ("sand", "sand", "grass"))),
            "strike": (1.6, View((-60, 60), (12, 30), True, ("sand", "sand", "grass"))),
            "rear": (2, View((-50, 50), (2, 20), True, ("sand", "sand", "grass"))),
        },
        0.12,
    ),
    "dog": Kind(dog, {"": (1, View((-10, 55), (3, 12), True, LAND))}, 0.25),
    "horse": Kind(horse, {"": (1, View((-12, 40), (2, 10), True, LAND))}, 0.27),
    "bird": Kind(
        bird,
        {
            "fly": (1, View((5, 72), (-14, 22), False, ("sky", "sky", "sky", "woods"))),
            "perch": (1, View((-8, 55), (-2, 8), False, ("sky", "sky", "woods", "woods"))),
        },
        0.22,
    ),
    "fish": Kind(fish_, {"": (1, View((-22, 35), (-8, 14), False, ("water",)))}, 0.25),
}
