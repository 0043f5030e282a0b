"""What tests share: tiny pictures, real processes, and the reference material where it exists."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# Tiny tensors gain nothing from threads; a loaded machine loses much by them.
torch.set_num_threads(1)

TINY = [
    "--netG", "unet_128", "--ngf", "2", "--ndf", "2", "--load_size", "136", "--crop_size", "128",
    "--direction", "BtoA", "--gpu_ids", "-1", "--amp", "fp32", "--num_threads", "0",
]  # fmt: skip


@pytest.fixture
def shared():
    """The folder of reference material; without it the test is skipped."""
    if not SHARED.is_dir():
        pytest.skip("the reference material (../shared) is not here")
    return SHARED


def drawing(rng, size=64):
    """A photo-like picture of a few discs, (size, size, 3) uint8."""
    y, x = np.mgrid[:size, :size]
    picture = np.full((size, size, 3), rng.integers(150, 256, 3), np.uint8)
    for _ in range(3):
        cy, cx, r = rng.integers(10, size - 10, 2).tolist() + [rng.integers(6, size // 3)]
        picture[(y - cy) ** 2 + (x - cx) ** 2 < r * r] = rng.integers(0, 200, 3)
    return picture


@pytest.fixture
def photos(tmp_path):
    """A folder of six small pictures."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(6):
        Image.fromarray(drawing(rng)).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def pairs(tmp_path):
    """A dataroot whose train/ and test/ hold pairs A|B of 128 pixels, picture left, lines right."""
    rng = np.random.default_rng(1)
    for phase, count in (("train", 6), ("test", 3)):
        folder = tmp_path / "pairs" / phase
        folder.mkdir(parents=True)
        for i in range(count):
            photo = drawing(rng, 128)
            lines = np.zeros_like(photo)
            lines[:, 1:][np.abs(np.diff(photo.astype(int), axis=1)).sum(2) > 0] = 255
            Image.fromarray(np.concatenate([photo, lines], axis=1)).save(folder / f"{phase}{i}.png")
    return tmp_path / "pairs"


def command(*arguments, cwd=None, timeout=180, env=None, **kwargs):
    """Run one of the project's scripts as a user does; returns the finished process."""
    script, *rest = [str(a) for a in arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **(env or {})}
    return subprocess.run(
        [sys.executable, str(ROOT / script), *rest],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout, **kwargs,
    )  # fmt: skip


def assert_one_line_error(done, *words, code=2):
    """The process ended with that code and a single line on stderr that holds the words."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == code, done.stderr
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0], lines[0]


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A tiny run trained for one epoch by train.py: (dataroot, checkpoints_dir), its name is ``tiny``."""
    base = tmp_path_factory.mktemp("trained")
    rng = np.random.default_rng(2)
    for phase, count in (("train", 4), ("test", 3), ("val", 2)):
        folder = base / "pairs" / phase
        folder.mkdir(parents=True)
        for i in range(count):
            photo = drawing(rng, 128)
            Image.fromarray(np.concatenate([photo, 255 - photo], axis=1)).save(folder / f"{phase}{i}.png")
    done = command(
        "train.py", "--dataroot", base / "pairs", "--name", "tiny", "--checkpoints_dir", base / "checkpoints",
        *TINY, "--n_epochs", "1", "--n_epochs_decay", "0", "--print_freq", "2", "--val_freq", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return base / "pairs", base / "checkpoints"
