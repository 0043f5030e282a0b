"""Shared fixtures: tiny images, real processes, and the reference material if it exists."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import TINY, drawing, write_pairs
from warm_start import WarmStart

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# Tiny tensors gain nothing from threads, and threads slow down a loaded machine.
torch.set_num_threads(1)

ONE_EPOCH = ["--n_epochs", "1", "--n_epochs_decay", "0"]


@pytest.fixture
def shared():
    """Return the reference material folder, or skip the test if the folder does not exist."""
    if not SHARED.is_dir():
        pytest.skip("no reference material (../shared)")
    return SHARED


@pytest.fixture
def photos(tmp_path):
    """Return a folder of six small images."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(6):
        Image.fromarray(drawing(rng)).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def pairs(tmp_path):
    """Return a dataroot with 128 px pairs (image | edge map) in train/ and test/."""
    return write_pairs(tmp_path / "pairs", train=6, test=3)


_warm_start = None


@pytest.fixture(scope="session", autouse=True)
def _end_warm_start():
    """Stop the warm-start server when the test session ends."""
    yield
    if _warm_start is not None:
        _warm_start.close()


class Started:
    """A script running in its own process."""

    def __init__(self, script, *arguments, **how):
        global _warm_start
        _warm_start = _warm_start or WarmStart()
        self.folder = Path(tempfile.mkdtemp(prefix="command_"))
        self.arguments = [str(a) for a in arguments]
        self.pid = _warm_start.start(script, self.arguments, self.folder, **how)

    def read(self, name="stdout"):
        """Return the process's output so far."""
        file = self.folder / name
        return file.read_text() if file.exists() else ""

    def wait_for(self, text, timeout=120):
        """Wait until stdout contains a text, the process ends, or the time limit is reached."""
        until = time.monotonic() + timeout
        while text not in self.read() and time.monotonic() < until and Path(f"/proc/{self.pid}/fd").exists():
            time.sleep(0.01)

    def finish(self, timeout=180):
        """Wait for the process to end, and return the finished process."""
        code = _warm_start.wait(self.pid, timeout)
        done = subprocess.CompletedProcess(self.arguments, code, self.read(), self.read("stderr"))
        shutil.rmtree(self.folder)
        return done


def command(script, *arguments, timeout=180, **kwargs):
    """Run a project script in a process that has already imported torch; return the finished process."""
    return Started(script, *arguments, **kwargs).finish(timeout)


def fresh_command(script, *arguments, timeout=180):
    """Run a project script in a new interpreter; return the finished process."""
    line = [sys.executable, str(ROOT / script), *map(str, arguments)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(line, capture_output=True, text=True, timeout=timeout, env=env)


def assert_one_line_error(done, *words, code=2):
    """Check that the process ended with the exit code and that stderr is one line that contains the words."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == code, done.stderr
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0], lines[0]


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Train a run called ``tiny`` for one epoch; return (dataroot, checkpoints_dir)."""
    base = tmp_path_factory.mktemp("trained")
    dataroot = write_pairs(base / "pairs", train=4, test=3, val=2)
    done = command(
        "train.py", "--dataroot", dataroot, "--name", "tiny", "--checkpoints_dir", base / "checkpoints",
        *TINY, *ONE_EPOCH, "--print_freq", "2", "--val_freq", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dataroot, base / "checkpoints"
