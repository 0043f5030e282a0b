"""Images to measure with, made on the fly: shapes and noise, with file sizes like those of photos."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
from PIL import Image


def photo(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Generate a photo-like image: soft colours, sharp shapes, noise; (height, width, 3) uint8 RGB."""
    soft = rng.integers(40, 216, (6, 8, 3), np.uint8)
    image = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(24):
        corners = rng.integers(0, (width, height), (int(rng.integers(3, 7)), 2)).astype(np.int32)
        cv2.fillPoly(image, [cv2.convexHull(corners)], rng.integers(0, 256, 3).tolist(), cv2.LINE_AA)
    noise = rng.standard_normal((height, width, 1), np.float32) * 7
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def drawing(rng: np.random.Generator, size_px: int) -> np.ndarray:
    """Generate an edge map of closed curves, white on black; (size_px, size_px, 3) uint8."""
    image = np.zeros((size_px, size_px, 3), np.uint8)
    for _ in range(8):
        centre, axes = rng.integers(0, size_px, 2).tolist(), rng.integers(4, max(5, size_px // 3), 2).tolist()
        cv2.ellipse(image, centre, axes, int(rng.integers(180)), 0, 360, (255, 255, 255), 1)
    return image


def write_pairs(folder: Path, count: int, size_px: int) -> list[Path]:
    """Write pairs photo | edges as PNG; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i in range(count):
        rng = np.random.default_rng(i)
        both = np.concatenate([photo(rng, size_px, size_px), drawing(rng, size_px)], axis=1)
        paths.append(folder / f"pair{i:04d}.png")
        Image.fromarray(both).save(paths[-1])
    return paths


def write_edge_maps(folder: Path, count: int, size_px: int) -> list[Path]:
    """Write edge maps as PNG; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"drawing{i:04d}.png" for i in range(count)]
    for i, path in enumerate(paths):
        Image.fromarray(drawing(np.random.default_rng(i), size_px)).save(path)
    return paths


def write_camera_photos(folder: Path, count: int, megapixels: float) -> list[Path]:
    """Write JPEGs of a camera's size (3:2, quality 92), all but the first four copies of those."""
    folder.mkdir(parents=True, exist_ok=True)
    height = max(16, round((megapixels * 1e6 / 1.5) ** 0.5))
    paths = [folder / f"photo{i:04d}.jpg" for i in range(count)]
    for i, path in enumerate(paths[:4]):
        Image.fromarray(photo(np.random.default_rng(i), height, round(1.5 * height))).save(path, quality=92)
    for i, path in enumerate(paths[4:]):
        shutil.copyfile(paths[i % 4], path)
    return paths
