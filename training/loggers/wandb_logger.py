"""A logger for Weights & Biases."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from training.loggers.base import Logger, Moment
from util.atomic import write_bytes

_INIT_TIMEOUT_S = 30


class WandbLogger(Logger):
    """Logs a run to W&B. Environment variables such as ``WANDB_MODE=offline`` configure it.

    The run's folder stores the W&B id, so that ``resume`` continues the same W&B run.
    """

    def __init__(self, folder: Path, options: Mapping[str, Any], *, resume: bool = False):
        try:
            import wandb
        except ImportError as error:
            raise ImportError("wandb is not installed (pip install wandb)") from error
        self._image = wandb.Image
        kept_id = folder / "wandb_id.txt"
        run_id = kept_id.read_text().strip() if resume and kept_id.exists() else secrets.token_hex(4)
        folder.mkdir(parents=True, exist_ok=True)
        # Without time limits, a prompt on the terminal would block training.
        settings = wandb.Settings(
            silent=True, console="off", init_timeout=_INIT_TIMEOUT_S, login_timeout=_INIT_TIMEOUT_S
        )
        self._run = wandb.init(
            project=options["wandb_project"], name=options["name"], dir=str(folder), id=run_id,
            config={name: str(value) for name, value in options.items()}, resume="allow", settings=settings,
        )  # fmt: skip
        write_bytes(kept_id, run_id.encode())

    def numbers(self, kind: str, moment: Moment, values: Mapping[str, float]) -> None:
        """Log losses or validation metrics, with the epoch, learning rate and speed."""
        prefix = {"losses": "loss", "validation": "val"}[kind]
        speed = {"epoch": moment.epochs_done, "lr": moment.lr, "images_per_s": moment.images_per_s}
        self._log(moment, {f"{prefix}/{name}": value for name, value in values.items()} | speed)

    def samples(self, moment: Moment, visuals: Mapping[str, np.ndarray]) -> None:
        """Log images from the current batch."""
        self._log(moment, {f"training/{label}": self._image(image) for label, image in visuals.items()})

    def fixed_samples(self, moment: Moment, samples: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Log each fixed sample's images side by side."""
        images = {
            f"samples/{name}": [self._image(image, caption=label) for label, image in visuals.items()]
            for name, visuals in samples.items()
        }
        self._log(moment, images)

    def close(self, reason: str) -> None:
        """End the W&B run, and mark it as failed if an error ended training."""
        self._run.finish(exit_code=1 if reason.startswith("failed") else 0)

    def _log(self, moment: Moment, values: Mapping[str, Any]) -> None:
        self._run.log({**values, "total_iters": moment.total_iters})
