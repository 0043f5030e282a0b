"""Make collages of animal photos, such as a pegasus, a griffin or a chimera.

Example:
    python scripts/make_collages.py --split held_out --count 48 --output datasets/animals/collages/held_out

The photos are the cut-outs from `bash datasets/download_animals.sh`. Their eyes are repainted, because an eye
is a single dark pixel in most of them. Each collage is a PNG file with transparency, and collages.json lists
each collage's animals. Collages of one split never use animals from the other split. The same seed gives the
same collages.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TypeAlias

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.animal_photos.photos import SPLITS, read_list
from scripts.collages.animals import Animal, load_animal, read_landmarks
from scripts.collages.eyes import Paint, clear_eyes
from scripts.collages.kinds import KINDS
from scripts.command import ANIMAL_PHOTOS, parser_of
from util.atomic import make_folder, write_bytes
from util.errors import UserError, run_command
from util.image import encode
from util.parsing import non_negative_int, positive_int

Chosen: TypeAlias = tuple[str, tuple[Animal, ...]]  # a kind, and the animals for it


def load_animals(photos: Path, split: str, paint: Paint = clear_eyes) -> list[Animal]:
    """Load all of a split's animals that have a photo and landmarks, and paint their eyes."""
    marks, animals = read_landmarks(), []
    for photo in read_list()[1]:
        path = photos / split / f"{photo.name}.png"
        if photo.split == split and photo.name in marks and path.is_file():
            animals.append(load_animal(path, photo, marks[photo.name], paint))
    return animals


def plan(animals: list[Animal], kinds: list[str], count: int, seed: int) -> list[Chosen]:
    """Choose each collage's kind and animals; use every combination once before repeating any."""
    rng = np.random.default_rng(seed)
    chosen: list[Chosen] = []
    while len(chosen) < count:
        left = {name: KINDS[name].combinations(animals) for name in kinds}
        for combinations in left.values():
            rng.shuffle(combinations)
        longest = range(max(map(len, left.values())))
        turns = [(name, left[name][i]) for i in longest for name in kinds if i < len(left[name])]
        if not turns:
            names = ", ".join(kinds)
            raise UserError(f"there are no animals for {names}: run bash datasets/download_animals.sh")
        chosen += turns
    return chosen[:count]


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="folder to write to")
    add("--photos", type=Path, default=ANIMAL_PHOTOS, metavar="DIR", help="photos folder")
    add("--split", choices=SPLITS, default="train", help="which animals to use")
    add("--count", type=positive_int, default=200, metavar="N", help="number of collages")
    add("--kinds", nargs="+", choices=KINDS, metavar="KIND", help="kinds of collages to make (default: all)")
    add("--seed", type=non_negative_int, default=0, metavar="N", help="random seed")
    args = parser.parse_args(argv)
    chosen = plan(load_animals(args.photos, args.split), args.kinds or list(KINDS), args.count, args.seed)
    output = make_folder(args.output, what="the output")
    record, numbers = {}, Counter[str]()
    for index, (kind, animals) in enumerate(chosen):
        numbers[kind] += 1
        name = f"{kind}_{numbers[kind]:04d}.png"
        rgba = KINDS[kind].make(animals, np.random.default_rng([args.seed, index]))
        write_bytes(output / name, encode(rgba, "png"))
        record[name] = [animal.name for animal in animals]
    write_bytes(output / "collages.json", json.dumps(record, indent=1).encode())
    print(f"{len(chosen)} collages in {output}")
    return 0


if __name__ == "__main__":
    run_command(main)
