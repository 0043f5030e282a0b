"""What tests of the loggers feed to them."""

import json
from pathlib import Path

import numpy as np

from training.loggers import LoggerGroup, Moment

SAMPLES = {"real_A": np.zeros((8, 8, 3), np.uint8), "fake_B": np.full((8, 8, 3), 90, np.uint8)}


def progress(iters: int = 100, epoch: int = 1) -> Moment:
    """Return the state of a training of 4 epochs of 200 images."""
    return Moment(
        epoch=epoch,
        n_epochs=4,
        iters=iters,
        epoch_size=200,
        total_iters=(epoch - 1) * 200 + iters,
        lr=2e-4,
        images_per_s=12.5,
        eta_s=60.0,
        data_s=0.004,
        step_s=0.123,
    )


def feed(group: LoggerGroup) -> None:
    """Log one of each kind."""
    group.losses(progress(), {"G_GAN": 0.5, "G_L1": 12.25})
    group.samples(progress(), SAMPLES)
    group.fixed_samples(progress(), {"lion <1>": SAMPLES})
    group.validation(progress(), {"L1": 0.125})
    group.message("hello")


def jsonl(path: Path) -> list[dict]:
    """Read the records of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]
