"""Show animals with their landmarks: a grid in the photo's pixels, and what every cut separates.

Example:
    python scripts/show_landmarks.py lion harrier --output landmarks.jpg
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.animal_photos.photos import SPLITS, read_list  # noqa: E402
from scripts.collages.animals import CUTS, Animal, beyond, load_animal, read_landmarks  # noqa: E402
from util.errors import UserError, run_command  # noqa: E402
from util.image import write_image  # noqa: E402
from util.parsing import OneLineParser  # noqa: E402

TILE_PX = 460
TINTS = {
    "neck": (255, 60, 60),
    "waist": (60, 90, 255),
    "tail": (200, 0, 200),
    "rear": (0, 160, 160),
    "horn": (255, 150, 0),
}


def draw(animal: Animal, facing: str) -> Image.Image:
    """Draw one animal on a tile, as its photo shows it: grid, tinted cuts, points."""
    pixels = animal.pixels + np.array([0.75, 0.85, 0.75, 1]) * (1 - animal.pixels[..., 3:])
    rgb = pixels[..., :3].copy()
    for mark in CUTS & animal.marks.keys():
        separated = beyond(animal, mark)
        rgb[separated] = 0.55 * rgb[separated] + 0.45 * np.array(TINTS[mark]) / 255
    height, width = rgb.shape[:2]
    mirrored = facing == "left"
    if mirrored:
        rgb = rgb[:, ::-1]
    scale = TILE_PX / max(height, width)
    image = Image.fromarray((np.clip(rgb, 0, 1) * 255).astype(np.uint8))
    image = image.resize((round(width * scale), round(height * scale)), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(image)
    step = 10 * math.ceil(max(height, width) / 200)
    for at in range(0, max(height, width), step):
        pen.line((at * scale, 0, at * scale, image.height), fill=(255, 255, 120))
        pen.line((0, at * scale, image.width, at * scale), fill=(255, 255, 120))
        if at % (2 * step) == 0:
            pen.text((at * scale + 1, 0), str(at), fill=(160, 0, 0))
            pen.text((0, at * scale), str(at), fill=(160, 0, 0))

    def place(points: np.ndarray) -> list[tuple[float, float]]:
        return [(((width - 1 - x) if mirrored else x) * scale, y * scale) for x, y in points]

    for outline, root, _ in animal.wings:
        pen.line(place(np.vstack([outline, outline[:1]])), fill=(0, 0, 0), width=2)
        pen.line(place(root), fill=(255, 0, 0), width=3)
    for points in animal.marks.values():
        pen.line(place(points[:2]), fill=(255, 255, 255), width=2)
        for x, y in place(points):
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=(255, 0, 0))
    return image


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = OneLineParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", help="animals (default: all with landmarks)")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="PNG or JPEG to write")
    photos = ROOT / "datasets" / "animals" / "photos"
    parser.add_argument(
        "--photos", type=Path, default=photos, metavar="DIR", help="default: datasets/animals/photos"
    )
    args = parser.parse_args(argv)
    listed = {photo.name: photo for photo in read_list()[1]}
    tiles = []
    for name in args.names or read_landmarks():
        if name not in listed or name not in read_landmarks():
            raise UserError(f"{name} has no landmarks: choose from {', '.join(read_landmarks())}")
        photo = listed[name]
        path = next((p for s in SPLITS if (p := args.photos / s / f"{name}.png").is_file()), None)
        if not path:
            raise UserError(f"there is no {name}.png in {args.photos}: run bash datasets/download_animals.sh")
        marks = read_landmarks()[name]
        facing = marks.get("facing", photo.facing)
        tiles.append(draw(load_animal(path, photo.group, photo.facing, marks), facing))
    columns = min(4, len(tiles))
    sheet = Image.new("RGB", (columns * TILE_PX, math.ceil(len(tiles) / columns) * TILE_PX), "gray")
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i % columns * TILE_PX, i // columns * TILE_PX))
    write_image(args.output, np.asarray(sheet))
    return 0


if __name__ == "__main__":
    run_command(main)
