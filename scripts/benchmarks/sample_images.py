"""Images to measure with, made on the fly: shapes and noise, with file sizes like those of photos."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from data.edges import auto_canny
from data.preprocess.pair import pair


def photo(seed: int, height: int, width: int) -> np.ndarray:
    """Generate a photo-like image: soft colors, sharp shapes, noise; (height, width, 3) uint8 RGB."""
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(40, 216, (6, 8, 3), np.uint8), (width, height))
    for _ in range(24):
        corners = rng.integers(0, (width, height), (int(rng.integers(3, 7)), 2)).astype(np.int32)
        cv2.fillPoly(image, [cv2.convexHull(corners)], rng.integers(0, 256, 3).tolist(), cv2.LINE_AA)
    noise = rng.standard_normal((height, width, 1), np.float32) * 7
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def write_pairs(folder: Path, count: int, size_px: int, *, edges_alone: bool = False) -> None:
    """Write PNGs of pairs (photo | edge map), or of edge maps only."""
    folder.mkdir(parents=True)
    for i in range(count):
        image = photo(i, size_px, size_px)
        edges = auto_canny(np.ascontiguousarray(image[..., ::-1]))[..., None].repeat(3, 2)
        Image.fromarray(edges if edges_alone else pair(image, edges)).save(folder / f"{i:04d}.png")


def write_camera_photos(folder: Path, count: int, megapixels: float) -> None:
    """Write JPEGs of a camera's size (3:2, quality 92). Only the first four differ; the others are copies."""
    folder.mkdir(parents=True)
    height = max(16, round((megapixels * 1e6 / 1.5) ** 0.5))
    for i in range(count):
        path = folder / f"{i:04d}.jpg"
        if i < 4:
            Image.fromarray(photo(i, height, round(1.5 * height))).save(path, quality=92)
        else:
            shutil.copyfile(folder / f"{i % 4:04d}.jpg", path)
