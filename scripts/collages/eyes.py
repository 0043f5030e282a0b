"""Paint clear eyes into photos, find them again in collages, and draw eyes into lines.

In most stamps, an eye is a single dark pixel, which a generator does not learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np

from scripts.animal_photos.photos import Photo
from util.image import read_rgba

Eyes: TypeAlias = Sequence[tuple[float, float, float]]  # (x, y, radius) of each eye in pixels
Paint: TypeAlias = Callable[[np.ndarray, Eyes], np.ndarray]

# An eye's radius as a fraction of the photo's longer side, and the longer side at which it has enough pixels.
_EYE, _EYE_PX = (0.0105, 0.016), 420
_MARK = (255, 0, 255)


def clear_eyes(rgb: np.ndarray, eyes: Eyes) -> np.ndarray:
    """Paint dark eyes with a highlight and a rim.

    Args:
        rgb: (H, W, 3) uint8.
        eyes: (x, y, radius) of each eye in pixels.
    """
    image = rgb.astype(np.float32)
    rows, columns = np.mgrid[: rgb.shape[0], : rgb.shape[1]].astype(np.float32)
    for x, y, radius in eyes:
        distance = np.hypot(columns - x, rows - y)
        around = image[distance < 4 * radius].mean(0)
        rim = np.clip(1.25 * around + 35, 0, 235) if around.mean() < 150 else 0.8 * around
        light = np.hypot(columns - x + 0.35 * radius, rows - y + 0.35 * radius)
        for far, to, color, opacity in (
            (distance, 1.7 * radius, rim, 0.45),
            (distance, radius, np.array([24, 17, 12]), 0.93),
            (light, max(0.3 * radius, 0.7), np.array([245] * 3), 0.9),
        ):
            cover = opacity * np.clip(to - far + 0.5, 0, 1)[..., None]
            image = image * (1 - cover) + color * cover
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def mark_eyes(rgb: np.ndarray, eyes: Eyes) -> np.ndarray:
    """Paint eyes as disks in a color that no animal has; arguments as for `clear_eyes`."""
    image = np.ascontiguousarray(rgb)
    for x, y, radius in eyes:
        cv2.circle(image, (round(x), round(y)), max(1, round(radius)), _MARK, -1)
    return image


def read_with_eyes(path: Path, photo: Photo, paint: Paint = clear_eyes) -> tuple[np.ndarray, Eyes]:
    """Read a photo, enlarge it if it is small, and paint its eyes unless they are large.

    Returns:
        (H, W, 4) uint8 RGBA on white, and its eyes: those painted, or a fish's own, which are never painted.
    """
    rgb, alpha = read_rgba(path)
    height, width = rgb.shape[:2]
    rgba = np.dstack([rgb, np.full((height, width), 255, np.uint8) if alpha is None else alpha])
    scale = max(1.0, _EYE_PX / max(height, width)) if photo.eyes and photo.group != "fish" else 1.0
    size = (round(width * scale), round(height * scale))
    rgba = cv2.resize(rgba, size, interpolation=cv2.INTER_CUBIC) if scale > 1 else rgba
    longest = max(size)
    eyes = [(x * size[0], y * size[1], r * longest) for x, y, r in photo.eyes]
    if photo.group == "fish":
        return rgba, eyes
    small = [(x, y, float(np.clip(r, *(longest * np.array(_EYE))))) for x, y, r in eyes if r < 0.03 * longest]
    return np.dstack([paint(rgba[..., :3], small), rgba[..., 3]]), small


def find_eyes(clear: np.ndarray, marked: np.ndarray) -> Eyes:
    """Find the eyes of a collage, given the same collage made from photos with clear and with marked eyes."""
    changed = np.abs(clear[..., :3].astype(int) - marked[..., :3]).max(2) > 90
    _, _, sizes, centers = cv2.connectedComponentsWithStats(
        (changed & (clear[..., 3] >= 128)).astype(np.uint8)
    )
    areas = sizes[:, cv2.CC_STAT_AREA]
    return [(*centers[k], float(np.sqrt(areas[k] / np.pi))) for k in range(1, len(areas)) if areas[k] > 3]


def draw_eyes(lines: np.ndarray, eyes: Eyes, rng: np.random.Generator) -> np.ndarray:
    """Draw eyes as people do (as a ring, an almond or a dot), replacing the lines there."""
    lines = lines.copy()
    for x, y, radius in eyes:
        center, size = (round(x), round(y)), max(radius, 2.0) * rng.uniform(1.1, 1.7) + 0.7
        cv2.circle(lines, center, int(size + 2), 0, -1)
        style = rng.random()
        if style < 0.7:
            cv2.circle(lines, center, max(2, round(size)), 255, 1)
        elif style < 0.85:
            axes = (max(3, round(1.5 * size)), max(2, round(size)))
            cv2.ellipse(lines, center, axes, 0, 0, 360, 255, 1)
        else:
            cv2.circle(lines, center, max(1, round(0.6 * size)), 255, -1)
        if style < 0.3 and size > 3.5:
            cv2.circle(lines, center, 1, 255, -1)
    return lines
