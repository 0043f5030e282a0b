"""Images to measure with, made on the fly: shapes and noise, with file sizes like those of photos."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
from PIL import Image


def photo(seed: int, height: int, width: int) -> np.ndarray:
    """Generate a photo-like image: soft colors, sharp shapes, noise; (height, width, 3) uint8 RGB."""
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(40, 216, (6, 8, 3), np.uint8), (width, height))
    for _ in range(24):
        corners = rng.integers(0, (width, height), (int(rng.integers(3, 7)), 2)).astype(np.int32)
        cv2.fillPoly(image, [cv2.convexHull(corners)], rng.integers(0, 256, 3).tolist(), cv2.LINE_AA)
    noise = rng.standard_normal((height, width, 1), np.float32) * 7
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def edge_map(seed: int, size_px: int) -> np.ndarray:
    """Generate an edge map of closed curves, white on black; (size_px, size_px, 3) uint8."""
    rng, image = np.random.default_rng(seed), np.zeros((size_px, size_px, 3), np.uint8)
    for _ in range(8):
        center, axes = rng.integers(0, size_px, 2).tolist(), rng.integers(4, max(5, size_px // 3), 2).tolist()
        cv2.ellipse(image, center, axes, int(rng.integers(180)), 0, 360, (255, 255, 255), 1)
    return image


def write_pairs(folder: Path, count: int, size_px: int) -> None:
    """Write pairs photo | edges as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        both = np.concatenate([photo(i, size_px, size_px), edge_map(i, size_px)], axis=1)
        Image.fromarray(both).save(folder / f"pair{i:04d}.png")


def write_edge_maps(folder: Path, count: int, size_px: int) -> None:
    """Write edge maps as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        Image.fromarray(edge_map(i, size_px)).save(folder / f"drawing{i:04d}.png")


def write_camera_photos(folder: Path, count: int, megapixels: float) -> None:
    """Write JPEGs of a camera's size (3:2, quality 92), all but the first four copies of those."""
    folder.mkdir(parents=True, exist_ok=True)
    height = max(16, round((megapixels * 1e6 / 1.5) ** 0.5))
    for i in range(count):
        path = folder / f"photo{i:04d}.jpg"
        if i < 4:
            Image.fromarray(photo(i, height, round(1.5 * height))).save(path, quality=92)
        else:
            shutil.copyfile(folder / f"photo{i % 4:04d}.jpg", path)
