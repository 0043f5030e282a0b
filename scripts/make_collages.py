"""Make collages of animal photos, such as a pegasus, griffin or chimera, that serve as targets.

Example:
    python scripts/make_collages.py --split held_out --count 48 --output datasets/animals/collages/held_out

Takes the cut-outs that `bash datasets/download_animals.sh` wrote and writes one RGBA PNG per collage, named
after its kind, and collages.json, which lists the parts of each. Collages of one split never use animals of
the other. The same seed gives the same collages.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.animal_photos.photos import SPLITS, read_list
from scripts.collages.animals import Animal, load_animal, read_landmarks
from scripts.collages.kinds import KINDS
from scripts.command import ROOT, parser_of
from util.atomic import make_folder, write_bytes
from util.errors import UserError, run_command
from util.image import encode
from util.parsing import non_negative_int, positive_int


def load_animals(photos: Path, split: str) -> list[Animal]:
    """Load the listed animals of a split that exist and have landmarks."""
    marks = read_landmarks()
    return [
        load_animal(path, photo.group, photo.facing, marks[photo.name])
        for photo in read_list()[1]
        if photo.split == split
        and photo.name in marks
        and (path := photos / split / f"{photo.name}.png").is_file()
    ]


def plan(
    animals: list[Animal], kinds: list[str], count: int, seed: int
) -> list[tuple[str, tuple[Animal, ...]]]:
    """Choose kinds in turn as long as they have unused combinations of animals; then start over."""
    rng = np.random.default_rng(seed)
    chosen: list[tuple[str, tuple[Animal, ...]]] = []
    while len(chosen) < count:
        left = {name: KINDS[name].combinations(animals) for name in kinds}
        for combinations in left.values():
            rng.shuffle(combinations)
        turns = [
            (name, left[name][i])
            for i in range(max(map(len, left.values())))
            for name in kinds
            if i < len(left[name])
        ]
        if not turns:
            raise UserError(
                f"there are no animals for {', '.join(kinds)}: run bash datasets/download_animals.sh"
            )
        chosen += turns
    return chosen[:count]


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = _parse(argv)
    chosen = plan(load_animals(args.photos, args.split), args.kinds or list(KINDS), args.count, args.seed)
    output = make_folder(args.output, what="the output")
    record = {}
    numbers: dict[str, int] = {}
    for index, (kind, animals) in enumerate(chosen):
        numbers[kind] = numbers.get(kind, 0) + 1
        name = f"{kind}_{numbers[kind]:04d}.png"
        rgba = KINDS[kind].make(animals, np.random.default_rng([args.seed, index]))
        write_bytes(output / name, encode(rgba, "png"))
        record[name] = [animal.name for animal in animals]
    write_bytes(output / "collages.json", json.dumps(record, indent=1).encode())
    print(f"{len(chosen)} collages in {output}")
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="folder to write to")
    photos = ROOT / "datasets" / "animals" / "photos"
    add("--photos", type=Path, default=photos, metavar="DIR", help="folder of the photos")
    add("--split", choices=SPLITS, default="train", help="animals to take")
    add("--count", type=positive_int, default=200, metavar="N", help="number of collages")
    add("--kinds", nargs="+", choices=KINDS, metavar="KIND", help="kinds to make; all by default")
    add("--seed", type=non_negative_int, default=0, metavar="N", help="random seed")
    return parser.parse_args(argv)


if __name__ == "__main__":
    run_command(main)
