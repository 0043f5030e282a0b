"""Show animals with their landmarks and a pixel grid. Parts that the cuts separate are colored.

Example:
    python scripts/show_landmarks.py lion harrier --output landmarks.jpg

This command needs matplotlib (requirements-dev.txt).
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.animal_photos.photos import SPLITS, read_list
from scripts.collages.animals import CUTS, Animal, beyond, load_animal, read_landmarks
from scripts.command import ANIMAL_PHOTOS, parser_of
from util.errors import UserError, run_command

TINTS = {"neck": "red", "waist": "blue", "tail": "purple", "rear": "teal", "horn": "orange"}


def draw(axes: Any, animal: Animal, *, mirrored: bool) -> None:
    """Draw an animal with its colored parts, landmarks and wings."""
    from matplotlib.colors import to_rgb

    rgb = animal.pixels[..., :3] + np.array([0.75, 0.85, 0.75]) * (1 - animal.pixels[..., 3:])
    for mark in CUTS & animal.marks.keys():
        where = beyond(animal, mark)
        rgb[where] = 0.55 * rgb[where] + 0.45 * np.array(to_rgb(TINTS[mark]))
    width = rgb.shape[1]
    axes.imshow(np.clip(rgb[:, ::-1] if mirrored else rgb, 0, 1))

    def place(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (width - 1 - points[:, 0] if mirrored else points[:, 0]), points[:, 1]

    for outline, root, _ in animal.wings:
        axes.plot(*place(np.vstack([outline, outline[:1]])), color="black")
        axes.plot(*place(root), color="red")
    for points in animal.marks.values():
        axes.plot(*place(points[:2]), color="white")
        axes.plot(*place(points), "ro", ms=3)
    axes.set_title(animal.name)
    axes.grid(alpha=0.6)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("names", nargs="*", help="animals to show (default: all animals with landmarks)")
    add("--output", type=Path, required=True, metavar="FILE", help="PNG or JPEG to write")
    add("--photos", type=Path, default=ANIMAL_PHOTOS, metavar="DIR", help="photos folder")
    args = parser.parse_args(argv)
    from matplotlib.figure import Figure

    listed, landmarks = {photo.name: photo for photo in read_list()[1]}, read_landmarks()
    names = args.names or list(landmarks)
    columns = min(4, len(names))
    rows = math.ceil(len(names) / columns)
    figure = Figure((5 * columns, 5 * rows), layout="constrained")
    for axes, name in zip(figure.subplots(rows, columns, squeeze=False).flat, names, strict=False):
        if name not in listed or name not in landmarks:
            raise UserError(f"{name} has no landmarks: choose from {', '.join(landmarks)}")
        path = next((p for s in SPLITS if (p := args.photos / s / f"{name}.png").is_file()), None)
        if not path:
            raise UserError(f"there is no {name}.png in {args.photos}: run bash datasets/download_animals.sh")
        photo, marks = listed[name], landmarks[name]
        animal = load_animal(path, photo, marks)
        draw(axes, animal, mirrored=marks.get("facing", photo.facing) == "left")
    figure.savefig(args.output)
    return 0


if __name__ == "__main__":
    run_command(main)
