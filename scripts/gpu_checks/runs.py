"""Real runs of train.py and the other scripts, and what they wrote."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from data.edges import auto_canny
from data.preprocess.pair import pair
from scripts.benchmarks.sample_images import write_pairs

ROOT = Path(__file__).resolve().parents[2]


class CheckFailed(Exception):
    """What a row found wrong."""


class Skipped(Exception):
    """Why a row cannot run here."""


@dataclass(frozen=True)
class Settings:
    """Where and how large.

    Attributes:
        device: ``cuda``, or ``cpu`` for tiny networks.
        folder: a temporary one.
        training_s: seconds of the long training.
    """

    device: str
    folder: Path
    training_s: float

    @property
    def on_gpu(self) -> bool:
        """Whether this is the real check."""
        return self.device == "cuda"

    @property
    def gpu_ids(self) -> str:
        """The value of --gpu_ids."""
        return "0" if self.on_gpu else "-1"

    @property
    def networks(self) -> list[str]:
        """The options of networks that this device trains fast."""
        width = "32" if self.on_gpu else "2"
        return ["--netG", "unet_128", "--ngf", width, "--ndf", width]

    def require(self, package: str) -> None:
        """Raise `Skipped` if a package is not installed."""
        if importlib.util.find_spec(package) is None:
            raise Skipped(f"the package {package} is not installed")

    def pairs(self) -> Path:
        """Return a folder of a few pairs, made once."""
        folder = self.folder / "pairs"
        if not folder.exists():
            write_pairs(folder / "train", 14, 128)
        return folder


def run(*line: Any, timeout_s: float = 150, code: int = 0) -> str:
    """Run a Python script, or a module after ``-m``, to its end; returns what it printed.

    Raises:
        CheckFailed: it ended with another exit code.
    """
    done = subprocess.run(
        [sys.executable, *map(str, line)], cwd=ROOT, capture_output=True, text=True, timeout=timeout_s
    )
    if done.returncode != code:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise CheckFailed(f"{' '.join(map(str, line[:2]))} ended with code {done.returncode}: {said}")
    return done.stdout


def training_line(settings: Settings, name: str, *flags: str, pairs: Path | None = None) -> list[str]:
    """Make a train.py command line for small pairs, its losses logged at every update."""
    return [
        "train.py", "--dataroot", str(pairs or settings.pairs()), "--name", name, "--checkpoints_dir",
        str(settings.folder / "checkpoints"), "--direction", "BtoA", "--gpu_ids", settings.gpu_ids,
        *settings.networks, "--load_size", "143", "--crop_size", "128", "--no_html", "--n_fixed", "0",
        "--print_freq", "1", "--n_epochs_decay", "0", "--num_threads", "2", *flags,
    ]  # fmt: skip


def train(settings: Settings, name: str, *flags: str) -> Path:
    """Run train.py to its end; returns the run's folder."""
    run(*training_line(settings, name, *flags))
    return settings.folder / "checkpoints" / name


def start_training(settings: Settings, name: str, *flags: str, pairs: Path | None = None) -> subprocess.Popen:
    """Start train.py; its output is dropped, its log stays."""
    line = [sys.executable, *training_line(settings, name, *flags, pairs=pairs)]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(line, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def records(folder: Path) -> list[dict[str, Any]]:
    """Read the logged losses of a run, in order; one that was cut short by a kill is left out."""
    file = folder / "loss_log.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [record for record in found if record.get("type") == "losses"]


def furthest_apart(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> tuple[float, str]:
    """Return the largest difference of two runs' losses, relative where they exceed 1, and where it is."""
    worst = (0.0, "")
    for a, b in zip(ours, theirs, strict=True):
        for name, value in a["losses"].items():
            apart = abs(value - b["losses"][name]) / max(1.0, abs(value))
            # Not a number is as far apart as can be.
            worst = max(
                worst, (apart if apart == apart else float("inf"), f"{name} at {a['total_iters']} images")
            )
    return worst


def write_menagerie(settings: Settings) -> Path:
    """Render animals and pair them with their edge maps, without what the training does not need."""
    rendered, paired = settings.folder / "menagerie", settings.folder / "menagerie_pairs"
    count = 210 if settings.on_gpu else 7
    flags = ("--train", count, "--val", 0, "--chimeras", 0, "--size", 128, "--ground", "white")
    run("scripts/make_menagerie.py", "--output", rendered, *flags)
    (paired / "train").mkdir(parents=True)
    for path in sorted((rendered / "photos" / "train").rglob("*.png")):
        photo = np.asarray(Image.open(path).convert("RGB"))
        edges = auto_canny(np.ascontiguousarray(photo[..., ::-1]))
        Image.fromarray(pair(photo, edges)).save(paired / "train" / path.name)
    return paired
