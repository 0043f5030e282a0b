"""Logging to Weights & Biases."""

from __future__ import annotations

import secrets
from pathlib import Path

import numpy as np

from training.loggers.base import Logger, Moment
from util.atomic import write_bytes

_INIT_TIMEOUT_S = 30


class WandbLogger(Logger):
    """Logs a run to W&B; its own environment variables (`WANDB_MODE=offline` ...) decide where that is."""

    def __init__(
        self, folder: Path, *, name: str, project: str, options: dict[str, object], resume: bool = False
    ) -> None:
        """Begin a run, or on resume continue the one whose id the folder keeps.

        Raises:
            ImportError: wandb is not installed.
        """
        try:
            import wandb
        except ImportError as error:
            raise ImportError("wandb is not installed (pip install wandb)") from error
        self._wandb = wandb
        kept_id = folder / "wandb_id.txt"
        run_id = kept_id.read_text().strip() if resume and kept_id.exists() else secrets.token_hex(4)
        folder.mkdir(parents=True, exist_ok=True)
        # A question on the terminal would hold training up for ever, hence the limits.
        settings = wandb.Settings(
            silent=True, console="off", init_timeout=_INIT_TIMEOUT_S, login_timeout=_INIT_TIMEOUT_S
        )
        self._run = wandb.init(
            project=project,
            name=name,
            dir=str(folder),
            config={key: str(value) for key, value in options.items()},
            id=run_id,
            resume="allow",
            settings=settings,
        )
        write_bytes(kept_id, run_id.encode())

    def losses(self, moment: Moment, losses: dict[str, float]) -> None:
        """Log losses, learning rate and speed."""
        values = {f"loss/{name}": value for name, value in losses.items()}
        values |= {"epoch": moment.epochs_done, "lr": moment.lr, "images_per_s": moment.images_per_s}
        self._run.log({**values, "total_iters": moment.total_iters})

    def samples(self, moment: Moment, visuals: dict[str, np.ndarray]) -> None:
        """Log the images of the moment."""
        images = {f"training/{label}": self._wandb.Image(image) for label, image in visuals.items()}
        self._run.log({**images, "total_iters": moment.total_iters})

    def fixed_samples(self, moment: Moment, samples: dict[str, dict[str, np.ndarray]]) -> None:
        """Log each fixed input's images side by side under its name."""
        images = {
            f"samples/{name}": [self._wandb.Image(image, caption=label) for label, image in visuals.items()]
            for name, visuals in samples.items()
        }
        self._run.log({**images, "total_iters": moment.total_iters})

    def validation(self, moment: Moment, metrics: dict[str, float]) -> None:
        """Log metrics."""
        values = {f"val/{name}": value for name, value in metrics.items()}
        self._run.log({**values, "total_iters": moment.total_iters})

    def close(self, reason: str) -> None:
        """End the run; W&B marks it as failed unless it finished or was interrupted."""
        self._run.finish(exit_code=1 if reason.startswith("failed") else 0)
