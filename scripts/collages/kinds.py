"""The kinds of collages, such as pegasus, griffin and chimera, and the parts that make up each kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from scripts.collages.animals import Animal
from scripts.collages.compose import BODY_PX, Collage, fit, length

Test = Callable[[Animal], bool]
Step = Callable[[Collage, Animal], None]


def has(marks: str, *groups: str) -> Test:
    """Return a test for animals of these groups (or of any) with these marks; ``wing`` is a spread wing."""
    names = set(marks.split())

    def test(animal: Animal) -> bool:
        there = animal.marks.keys() | ({"wing"} if animal.wings else set())
        return names <= there and (not groups or animal.group in groups)

    return test


def named(mark: str, *names: str) -> Test:
    """Return a test for animals with one of these names and a landmark."""
    return lambda animal: animal.name in names and mark in animal.marks


def wings(collage: Collage, bird: Animal) -> None:
    """Add a near and a far wing. Both are usually copies of the same wing."""
    span, turn = BODY_PX * collage.rng.uniform(0.58, 0.78), collage.jitter(0.15)
    near, far = collage.rng.integers(len(bird.wings), size=2)
    far = near if collage.rng.random() < 0.7 else far
    collage.add_wing(bird, int(far), far=True, length_px=0.95 * span, turn=turn + 0.3)
    collage.add_wing(bird, int(near), far=False, length_px=span, turn=turn)


def bird_head(collage: Collage, bird: Animal) -> None:
    """Replace the head with a bird's, whose feathers cover part of the chest."""
    collage.swap("neck", bird, "neck", reach=0.4, most=0.45, match=0.5, most_px=125)


def head(collage: Collage, animal: Animal) -> None:
    """Replace the head with another mammal's."""
    collage.swap("neck", animal, "neck", reach=0.25, most=0.35, match=0.8, most_px=140)


def fish_tail(collage: Collage, fish: Animal) -> None:
    """Replace everything behind the forelegs with a fish's rear half."""
    collage.swap("waist", fish, "rear", reach=0.35, most=0.6, match=0.8, most_px=320)


def reptile_tail(collage: Collage, reptile: Animal) -> None:
    """Replace the tail with a reptile's."""
    root = collage.at("tail")[:2]
    collage.remove("tail", 0.2)
    first, second, tip = reptile.marks["tail"]
    thickness = 70 * length(second - first) / length(tip - (first + second) / 2)
    middle, half = root.mean(0) + [14, 4], np.array([0, min(thickness, 15.0)])
    root = np.array([middle - half, middle + half])
    matrix = fit(reptile.marks["tail"][:2], root, turn=collage.jitter(0.15))
    collage.add_behind(reptile, "tail", matrix, 0.95)


def goat_head(collage: Collage, goat: Animal) -> None:
    """Add a goat's neck and head in the middle of the back."""
    middle, neck = collage.at("wings").mean(0) - [0, 8], goat.marks["neck"][:2]
    half = (neck[1] - neck[0]) / length(neck[1] - neck[0]) * 32
    matrix = fit(neck, np.array([middle - half, middle + half]), turn=collage.jitter(0.1))
    collage.add_behind(goat, "neck", matrix, 0.95)


def two_more_heads(collage: Collage, animal: Animal) -> None:
    """Add one head above and one head below the body's own head, both behind the body."""
    own = collage.at("neck")
    along = own[1] - own[0]
    for side in (-1, 1):
        place = own + side * 0.4 * along
        turn = side * 0.25 + collage.jitter(0.08)
        matrix = fit(animal.marks["neck"][:2], place, scale=0.95, turn=turn, most=0.3)
        collage.add_behind(animal, "neck", matrix, 0.85)


def horn(collage: Collage, animal: Animal) -> None:
    """Add a horn, pointing forward and up, to the forehead."""
    forehead = collage.at("forehead")[0]
    first, second, tip = animal.marks["horn"]
    tilt, size = collage.rng.uniform(0.9, 1.15), collage.rng.uniform(60, 80)
    end = forehead + size * np.array([np.cos(tilt), -np.sin(tilt)])
    collage.add_behind(animal, "horn", fit(np.array([(first + second) / 2, tip]), np.array([forehead, end])))


def head_length(animal: Animal) -> float:
    """Return the distance from the neck to the muzzle, divided by the width of the neck."""
    neck = animal.marks["neck"][:2]
    return length(animal.marks["muzzle"][0] - neck.mean(0)) / length(neck[1] - neck[0])


@dataclass(frozen=True)
class Kind:
    """The recipe for a kind of collage.

    Attributes:
        body: test that selects animals for the body.
        steps: functions that add a part, each with a test that selects animals for the part.
        own: whether parts may come from the same animal as the body.
    """

    body: Test
    steps: tuple[tuple[Step, Test], ...]
    own: bool = False

    def combinations(self, animals: Sequence[Animal]) -> list[tuple[Animal, ...]]:
        """Return all valid combinations of animals. The first animal in each provides the body."""
        tests = [self.body, *(test for _, test in self.steps)]
        choices = product(*([a for a in animals if test(a)] for test in tests))
        return [
            chosen for chosen in choices if self.own or chosen[0] not in chosen[1:] and self._suits(chosen)
        ]

    def _suits(self, chosen: tuple[Animal, ...]) -> bool:
        """Return whether new heads are about as large as the original head."""
        others = [other for (step, _), other in zip(self.steps, chosen[1:], strict=True) if step is head]
        return all(0.7 < head_length(other) / head_length(chosen[0]) < 1.4 for other in others)

    def make(self, chosen: Sequence[Animal], rng: np.random.Generator) -> np.ndarray:
        """Make a collage, (h, w, 4) uint8 RGBA, that faces left or right at random."""
        collage = Collage(chosen[0], rng)
        for (step, _), animal in zip(self.steps, chosen[1:], strict=True):
            step(collage, animal)
        rgba = collage.flatten()
        return np.ascontiguousarray(rgba[:, ::-1]) if rng.random() < 0.5 else rgba


_MAMMALS = ("equine", "bovid", "deer", "cat", "dog", "bear")
_GOATS = ("goat", "ibex", "blackbuck", "chamois")
_WINGS = (wings, has("wing", "bird"))
_BIRD_HEAD = (bird_head, has("neck", "bird"))
_FISH_TAIL = (fish_tail, has("rear"))


def _in_profile(animal: Animal) -> bool:
    """Return whether the head is seen from the side, so that a straight cut can separate it."""
    return has("neck", *_MAMMALS)(animal) and "neck_outline" not in animal.marks and not animal.frontal


KINDS: dict[str, Kind] = {
    "pegasus": Kind(has("wings", "equine"), (_WINGS,)),
    "winged_lion": Kind(has("wings", "cat"), (_WINGS,)),
    "winged_bull": Kind(has("wings", "bovid"), (_WINGS,)),
    "peryton": Kind(has("wings", "deer"), (_WINGS,)),
    "griffin": Kind(has("wings neck", "cat"), (_BIRD_HEAD, _WINGS)),
    "hippogriff": Kind(has("wings neck", "equine"), (_BIRD_HEAD, _WINGS)),
    "manticore": Kind(
        has("tail wings", "cat"), ((reptile_tail, has("tail", "reptile")), (wings, has("wing", "bat")))
    ),
    "chimera": Kind(
        has("tail wings", "cat"),
        ((reptile_tail, has("tail", "reptile", "mustelid")), (goat_head, named("neck", *_GOATS))),
    ),
    "unicorn": Kind(has("forehead", "equine"), ((horn, has("horn")),)),
    "capricorn": Kind(has("waist", "bovid"), (_FISH_TAIL,)),
    "hippocampus": Kind(has("waist", "equine", "deer"), (_FISH_TAIL,)),
    "ketos": Kind(has("waist", "dog", "cat", "bear"), (_FISH_TAIL,)),
    "cerberus": Kind(has("neck", "dog"), ((two_more_heads, has("neck", "dog")),), own=True),
    "bird_beast": Kind(_in_profile, (_BIRD_HEAD,)),
    "hybrid": Kind(_in_profile, ((head, _in_profile),)),
}
