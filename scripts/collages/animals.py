"""Read cut-out photos with landmarks, make them face right, and cut them into parts at the landmarks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from scripts.animal_photos.photos import Photo
from scripts.collages.eyes import Paint, clear_eyes, read_with_eyes
from util.errors import UserError

LANDMARKS = Path(__file__).with_name("landmarks.json")
CUTS = {"neck", "waist", "tail", "rear", "horn"}


@dataclass(frozen=True, eq=False)
class Animal:
    """A cut-out photo that faces right.

    Attributes:
        name, group: as in the photo list.
        pixels: (H, W, 4) float32 RGBA in [0, 1], premultiplied by alpha.
        marks: a dict from landmark to points (x, y) in pixels, (N, 2) float32. ``neck`` is nape and throat;
            ``waist`` is back and belly; ``wings`` is the front and back of where wings attach. ``tail``,
            ``horn`` and a fish's ``rear`` are both ends of the root, then the tip. ``muzzle`` and
            ``forehead`` are one point each.
        wings: for each of a bird's wings, its outline, its root (front, back), and whether to flip it.
        frontal: whether the face looks at the viewer.
    """

    name: str
    group: str
    pixels: np.ndarray
    marks: dict[str, np.ndarray]
    wings: tuple[tuple[np.ndarray, np.ndarray, bool], ...] = ()
    frontal: bool = False


def load_animal(path: Path, photo: Photo, landmarks: dict[str, Any], paint: Paint = clear_eyes) -> Animal:
    """Read a cut-out, paint its eyes and place its landmarks.

    Raises:
        UserError: if the file is not a cut-out.
    """
    rgba, _ = read_with_eyes(path, photo, paint)
    on_white, alpha = rgba[..., :3], rgba[..., 3]
    if (alpha == 255).all():
        raise UserError(f"{path} is not a cut-out: it has no transparent pixels")
    opacity = alpha[..., None].astype(np.float32) / 255
    pixels = np.dstack([np.clip(on_white / np.float32(255) - (1 - opacity), 0, opacity), opacity])
    height, width = alpha.shape
    scale = np.array([width, height], np.float32) / landmarks["size"]
    mirrored = landmarks.get("facing", photo.facing) == "left"

    def points(values: Any) -> np.ndarray:
        placed = np.atleast_2d(np.array(values, np.float32)) * scale
        return np.column_stack([width - 1 - placed[:, 0], placed[:, 1]]) if mirrored else placed

    marks = {k: points(v) for k, v in landmarks.items() if k not in ("size", "facing", "wing")}
    wings = tuple(
        (points(w["outline"]), points(w["root"]), w.get("flip", False)) for w in landmarks.get("wing", ())
    )
    pixels = np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels
    return Animal(path.stem, photo.group, pixels, marks, wings, frontal=photo.facing == "front")


@lru_cache(maxsize=1)
def read_landmarks() -> dict[str, Any]:
    """Read the landmarks of all photos: a dict from name to landmarks in the photo's pixels."""
    return json.loads(LANDMARKS.read_text("utf-8"))


def smoothstep(x: np.ndarray) -> np.ndarray:
    """Interpolate smoothly from 0 for x <= 0 to 1 for x >= 1."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def seam_coordinates(
    shape: tuple[int, int], seam: np.ndarray, side: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the position of each pixel relative to a seam, in units of the seam's length.

    Args:
        shape: (H, W).
        seam: both ends, (2, 2).
        side: a point on the side where distances are positive, (2,).

    Returns:
        Distance from the seam, and position along the seam from 0 to 1; each (H, W) float32.
    """
    first, second = seam.astype(np.float64)
    direction = (second - first) / np.sum((second - first) ** 2)
    normal = np.array([-direction[1], direction[0]])
    if np.dot(side - (first + second) / 2, normal) < 0:
        normal = -normal
    ys, xs = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    dx, dy = xs - first[0], ys - first[1]
    return dx * normal[0] + dy * normal[1], dx * direction[0] + dy * direction[1]


def beyond(animal: Animal, mark: str) -> np.ndarray:
    """Return the (H, W) bool mask of the part cut off by a line through a landmark's first two points.

    If a straight cut cannot separate the part, the landmark ``MARK_outline`` is the part's outline.
    """
    alpha, points = animal.pixels[..., 3], animal.marks[mark]
    if f"{mark}_outline" in animal.marks:
        outline = np.rint(animal.marks[f"{mark}_outline"]).astype(np.int32)
        return cv2.fillPoly(np.zeros(alpha.shape, np.uint8), [outline], 1) > 0
    first, second = points[0], points[1]
    over = (second - first) * 0.15  # the cut is a little longer than the seam
    solid = (alpha > 0.05).astype(np.uint8)
    ends = np.rint([first - over, second + over]).astype(int)
    cv2.line(solid, ends[0].tolist(), ends[1].tolist(), 0, 2)
    _, parts = cv2.connectedComponents(solid, connectivity=4)
    ys, xs = np.nonzero(parts)
    seed = seed_of(animal, mark)
    nearest = np.argmin((xs - seed[0]) ** 2 + (ys - seed[1]) ** 2)
    chosen = parts == parts[ys[nearest], xs[nearest]]
    around = (
        cv2.dilate(chosen.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    )  # also the part's faint border
    return chosen | (around & (parts == 0))


def seed_of(animal: Animal, mark: str) -> np.ndarray:
    """Return a point in the part: the landmark's third point, the muzzle, or a point behind the waist."""
    points = animal.marks[mark]
    if len(points) > 2:
        return points[2]
    muzzle = animal.marks["muzzle"][0]
    return 2 * points.mean(0) - muzzle if mark == "waist" else muzzle


def part_weight(animal: Animal, mark: str, reach: float) -> np.ndarray:
    """Return a part's weights, (H, W). They fade out within ``reach`` seam lengths of the seam."""
    separated = beyond(animal, mark)
    across, along = seam_coordinates(separated.shape, animal.marks[mark][:2], seed_of(animal, mark))
    rim = (along > -0.15) & (along < 1.15) & (across > -reach) & (across < 0.3)
    soft = smoothstep((across + reach) / (0.8 * reach))
    return np.where(rim, soft, np.where(separated, 1.0, 0.0)).astype(np.float32)


def rest_weight(animal: Animal, mark: str, fade: float) -> np.ndarray:
    """Return weights, (H, W), for the animal without the part.

    They fade out within ``fade`` seam lengths of the seam.
    """
    separated = beyond(animal, mark)
    across, along = seam_coordinates(separated.shape, animal.marks[mark][:2], seed_of(animal, mark))
    stump = separated & (along > 0) & (along < 1) & (across < fade)
    soft = 1 - smoothstep(across / fade)
    return np.where(stump, soft, np.where(separated, 0.0, 1.0)).astype(np.float32)
