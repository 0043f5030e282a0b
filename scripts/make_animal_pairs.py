"""Make the training pairs for checkpoints/animals from the photos that datasets/download_animals.sh fetches.

Example:
    python scripts/make_animal_pairs.py --output datasets/animals_384/train --size 384

Each pair is a photo and its lines over color hints. The pairs show whole animals at several sizes in the
frame, heads, close-ups from large photos, and collages. Eyes are repainted, because an eye is a single dark
pixel in most small photos. In half of the pairs, eyes are also drawn into the lines, as people draw them. The
same seed gives the same pairs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from data.hints import color_hint, shaded_coat, with_lines
from data.preprocess.pair import EdgeSettings, of_square, pair
from data.preprocess.records import write_records
from scripts.animal_photos.photos import Photo, read_list
from scripts.collages.animals import read_landmarks
from scripts.collages.eyes import Eyes, draw_eyes, find_eyes, mark_eyes, read_with_eyes
from scripts.collages.kinds import KINDS
from scripts.command import ANIMAL_PHOTOS, parser_of
from scripts.make_collages import load_animals, plan
from util.atomic import make_folder, write_bytes
from util.errors import UserError, run_command
from util.image import encode

SETTINGS = {
    edges: EdgeSettings(edges=edges, ground="white", hints="color") for edges in ("detail", "contour")
}
# Animals that chimeras are made of are shown most often.
_COMMON = {"bovid", "equine", "cat", "dog", "deer", "bear", "camel"}
_LARGE_PX = 1000  # close-ups of larger photos are sharp
# Fractions of the pairs that are recolored, so that the generator follows hints of any color; that have a
# synthetic coat under the lines, as for uncolored drawings; that have hints as simple as a child's coloring.
_RECOLORED, _COATED, _SIMPLE = 0.2, 0.4, 0.25
# Fractions of pairs with drawn eyes, and with rings and dots that are not eyes. Without the latter, the
# generator would paint an eye wherever a drawing has a ring.
_EYED, _SPOTTED = 0.5, 0.4
# How many collages to use of each kind that would otherwise outnumber winged animals, and these kinds.
_FEW, _FEW_KINDS = 22, {"bird_beast", "capricorn", "hippocampus", "ketos", "hybrid"}

View = tuple[np.ndarray, Eyes, str, float]  # cut-out, eyes, edge method, fraction of the frame


def place(
    rgba: np.ndarray, size_px: int, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put a cut-out at a random place on a white square of S = size_px; its longer side is a fraction of S.

    Returns:
        (S, S, 3) uint8, its mask (S, S) bool, and the (2, 3) matrix from the cut-out's pixels.
    """
    alpha = rgba[..., 3]
    rows, columns = np.flatnonzero(alpha.max(1) >= 128), np.flatnonzero(alpha.max(0) >= 128)
    box = rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = share * size_px / max(box.shape[:2])
    size = [max(1, round(side * scale)) for side in box.shape[1::-1]]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(np.ascontiguousarray(box), size, interpolation=how)
    left, top = (int((size_px - side) * rng.uniform(0.3, 0.7)) for side in size)
    canvas = np.full((size_px, size_px, 4), (255, 255, 255, 0), np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = scaled
    matrix = np.array([[scale, 0, left - scale * columns[0]], [0, scale, top - scale * rows[0]]])
    return canvas[..., :3], canvas[..., 3] >= 128, matrix


def spots(mask: np.ndarray, eyes: Eyes, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Choose one to three (x, y, radius) in pixels on an animal's mask, (S, S) bool, but not on its eyes."""
    rows, columns = np.nonzero(mask)
    chosen = rng.integers(0, max(1, len(rows)), min(len(rows), int(rng.integers(1, 4))))
    places = [(float(columns[k]), float(rows[k]), rng.uniform(2, 0.02 * len(mask))) for k in chosen]
    return [spot for spot in places if all(np.hypot(spot[0] - x, spot[1] - y) > 6 * r for x, y, r in eyes)]


def recolored(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give an animal colors that no animal in the photos has, with different colors at its two ends.

    Lightness is preserved, and with it fur, feathers and shading.
    """
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    height, width = rgb.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.2) * width
    across = (columns - width * rng.uniform(0.3, 0.7)) * np.cos(angle) + (rows - height / 2) * np.sin(angle)
    share = 1 / (1 + np.exp(-np.clip(across / soft, -30, 30)))
    angles, gains = rng.uniform(0, 2 * np.pi, 2), np.exp(rng.uniform(0, np.log(3), 2))
    if rng.random() < 0.4:
        angles[1], gains[1] = 0, 1
    # Grays get a little color, too.
    color = (lab[..., 1] + 4) + 1j * (lab[..., 2] + 9)
    turned = color * sum(
        part * gain * np.exp(1j * angle)
        for part, gain, angle in zip((share, 1 - share), gains, angles, strict=True)
    )
    lab[..., 1], lab[..., 2] = np.clip(turned.real, -75, 75), np.clip(turned.imag, -75, 75)
    return np.clip(np.rint(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255), 0, 255).astype(np.uint8)


def make_pair(
    rgba: np.ndarray, eyes: Eyes, edges: str, share: float, size_px: int, rng: np.random.Generator
) -> np.ndarray:
    """Make one pair, (S, 2 S, 3) uint8, from a cut-out and its eyes in pixels."""
    square, mask, matrix = place(rgba, size_px, share, rng)
    look = rng.random()
    if look < _RECOLORED:
        square = np.where(mask[..., None], recolored(square, rng), square)
    made = of_square(square, mask, SETTINGS[edges])
    lines, source = made.edges, made.square
    placed = [(*(matrix @ (x, y, 1)), radius * matrix[0, 0]) for x, y, radius in eyes]
    drawn = placed if rng.random() < _EYED else []
    if rng.random() < _SPOTTED:
        drawn = [*drawn, *spots(mask, placed, rng)]
    if drawn:
        lines = np.where(mask, draw_eyes(made.edges, drawn, rng), 0).astype(np.uint8)
    if look > 1 - _COATED:
        source = shaded_coat(mask, lines, tuple(np.median(square[mask], 0)))
    simple = {"colors": 5, "patch_px": 13} if rng.random() < _SIMPLE else {}
    return pair(made.square, with_lines(color_hint(source, mask, **simple), lines))


def head_of(photo: Photo, rgba: np.ndarray, marks: dict[str, Any]) -> np.ndarray | None:
    """Cut out the square around a head's landmarks; return None if there are too few landmarks."""
    single = [marks[name] for name in ("muzzle", "forehead") if name in marks]
    points = np.array([*single, *marks.get("neck", ())])
    if "muzzle" not in marks or len(points) < 2:
        return None
    points = points * (rgba.shape[1] / marks["size"][0])
    low, high = points.min(0), points.max(0)
    reach = max(0.675 * (high - low).max(), 0.16 * max(rgba.shape[:2]))
    left, top = np.maximum((low + high) / 2 - reach, 0).astype(int)
    right, bottom = ((low + high) / 2 + reach).astype(int)
    return rgba[top:bottom, left:right]


def close_ups(rgba: np.ndarray, count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Cut squares, each more than half filled by the animal, out of a large photo."""
    height, width = rgba.shape[:2]
    for _ in range(10 * count):
        side = min(int(max(height, width) * rng.uniform(0.34, 0.6)), height, width)
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        square = rgba[top : top + side, left : left + side]
        if (square[..., 3] > 128).mean() > 0.5:
            yield square
            count -= 1
        if not count:
            return


def views_of(photo: Photo, rgba: np.ndarray, eyes: Eyes, rng: np.random.Generator) -> Iterator[View]:
    """Choose one photo's views."""
    yield rgba, eyes, "detail", 0.92
    if photo.bright:
        return
    yield rgba, eyes, "detail", rng.uniform(0.5, 0.8)
    if photo.group == "fish":
        return
    yield rgba, eyes, "contour", 0.92
    if photo.group in _COMMON:
        yield rgba, eyes, "detail", 0.92
        yield rgba, eyes, "contour", rng.uniform(0.6, 0.92)
        yield rgba, eyes, "detail", rng.uniform(0.48, 0.8)
        head = head_of(photo, rgba, read_landmarks().get(photo.name, {}))
        if head is not None and (head[..., 3] >= 128).any():
            yield head, (), "detail", 0.92
            yield head, (), "detail", 0.76
    if max(photo.size) > _LARGE_PX and photo.group != "reptile":
        for k, square in enumerate(close_ups(rgba, 6, rng)):
            yield square, (), "detail" if k % 3 else "contour", 0.94


def collages_of(photos: Path, count: int, seed: int) -> Iterator[tuple[str, np.ndarray, Eyes]]:
    """Make collages from a folder of photos; yield their names, RGBA and eyes."""
    bright = {photo.name for photo in read_list()[1] if photo.bright}
    animals = [animal for animal in load_animals(photos, "train") if animal.name not in bright]
    marked = {animal.name: animal for animal in load_animals(photos, "train", mark_eyes)}
    used: dict[str, int] = {}
    for index, (kind, chosen) in enumerate(plan(animals, list(KINDS), count, seed)):
        used[kind] = used.get(kind, 0) + 1
        if kind in _FEW_KINDS and used[kind] > _FEW:
            continue
        same = [marked[animal.name] for animal in chosen]
        rgba, with_marks = (KINDS[kind].make(a, np.random.default_rng([seed, index])) for a in (chosen, same))
        yield f"{kind}_{used[kind]:04d}", rgba, find_eyes(rgba, with_marks)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = _parse(argv)
    listed = [photo for photo in read_list()[1] if photo.split == "train"]
    there = [photo for photo in listed if (args.photos / "train" / f"{photo.name}.png").is_file()]
    if not there:
        raise UserError(
            f"none of the listed photos is in {args.photos}/train: run bash datasets/download_animals.sh"
        )
    output, rng, count = make_folder(args.output, what="the output"), np.random.default_rng(args.seed), 0
    for photo in there:
        rgba, eyes = read_with_eyes(args.photos / "train" / f"{photo.name}.png", photo)
        for k, view in enumerate(views_of(photo, rgba, eyes, rng)):
            made = make_pair(*view, args.size, rng)
            write_bytes(output / f"{photo.name}_{k}.png", encode(made, "png"))
            count += 1
    for name, rgba, eyes in collages_of(args.photos, args.collages, args.seed):
        share = 0.92 if rng.random() < 0.6 else rng.uniform(0.52, 0.84)
        made = make_pair(rgba, eyes, "detail", share, args.size, rng)
        write_bytes(output / f"collage_{name}.png", encode(made, "png"))
        count += 1
    write_records(output, {"settings": {"size": args.size, **asdict(SETTINGS["detail"])}, "files": []})
    print(f"{count} pairs in {output}")
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="folder for the pairs")
    add("--photos", type=Path, default=ANIMAL_PHOTOS, metavar="DIR", help="photos folder")
    add("--size", type=int, default=256, metavar="PX", help="side of the images")
    add("--collages", type=int, default=440, metavar="N", help="number of collages")
    add("--seed", type=int, default=0, metavar="N", help="random seed, 0 or more")
    return parser.parse_args(argv)


if __name__ == "__main__":
    run_command(main)
