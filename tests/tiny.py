"""The smallest useful networks and images, for tests of training and testing."""

import numpy as np
from PIL import Image

TINY = [
    "--netG", "unet_128", "--ngf", "2", "--ndf", "2", "--load_size", "136", "--crop_size", "128",
    "--direction", "BtoA", "--gpu_ids", "-1", "--amp", "fp32", "--num_threads", "0",
]  # fmt: skip


def drawing(rng, size=64):
    """Return a photo-like image of a few discs: (size, size, 3) uint8."""
    y, x = np.mgrid[:size, :size]
    image = np.full((size, size, 3), rng.integers(150, 256, 3), np.uint8)
    for _ in range(3):
        cy, cx, r = rng.integers(10, size - 10, 2).tolist() + [rng.integers(6, size // 3)]
        image[(y - cy) ** 2 + (x - cx) ** 2 < r * r] = rng.integers(0, 200, 3)
    return image


def write_pairs(dataroot, **counts):
    """Write ``counts[phase]`` pairs (image | edge map) of 128 px for each phase; return the dataroot."""
    rng = np.random.default_rng(1)
    for phase, count in counts.items():
        (dataroot / phase).mkdir(parents=True)
        for i in range(count):
            photo = drawing(rng, 128)
            lines = np.zeros_like(photo)
            lines[:, 1:][np.abs(np.diff(photo.astype(int), axis=1)).sum(2) > 0] = 255
            Image.fromarray(np.concatenate([photo, lines], axis=1)).save(dataroot / phase / f"{phase}{i}.png")
    return dataroot
