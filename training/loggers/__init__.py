"""Loggers of training: console, log files, a page; optionally visdom, TensorBoard, W&B.

The loggers are independent. One that fails (a server that is gone, a full disk, a missing package) is
switched off, which one line reports; training goes on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from training.loggers.base import Logger, Moment, first_line
from training.loggers.tensorboard_logger import TensorBoardLogger
from training.loggers.text_logs import ConsoleLogger, JsonLinesLog, TextLog
from training.loggers.visdom_logger import VisdomLogger
from training.loggers.wandb_logger import WandbLogger

__all__ = ["Logger", "LoggerGroup", "Moment", "create_loggers"]


class LoggerGroup:
    """Passes everything on to every logger that has not failed; without loggers it is silent."""

    def __init__(self, loggers: dict[str, Logger] | None = None) -> None:
        """Take the loggers by the names that their failures are reported under."""
        self._loggers: dict[str, Logger] = dict(loggers or {})

    @property
    def names(self) -> list[str]:
        """Names of the loggers that have not failed."""
        return list(self._loggers)

    def add(self, name: str, make: Callable[..., Logger], /, *args: Any, **kwargs: Any) -> None:
        """Make a logger and add it; if that fails, print one line that says why."""
        try:
            self._loggers[name] = make(*args, **kwargs)
        except Exception as error:
            self._switched_off(name, error)

    def losses(self, moment: Moment, losses: dict[str, float]) -> None:
        """Log the losses of a moment."""
        self._tell(lambda logger: logger.losses(moment, losses))

    def samples(self, moment: Moment, visuals: dict[str, np.ndarray]) -> None:
        """Log the images of the current training batch.

        Args:
            moment: when it is.
            visuals: label (`real_A`, `fake_B`, `real_B`) -> image, (H, W, 3) uint8 RGB.
        """
        self._tell(lambda logger: logger.samples(moment, visuals))

    def fixed_samples(self, moment: Moment, samples: dict[str, dict[str, np.ndarray]]) -> None:
        """Log the outputs for the same inputs, epoch after epoch.

        Args:
            moment: when it is.
            samples: input's name -> label -> image, (H, W, 3) uint8 RGB.
        """
        self._tell(lambda logger: logger.fixed_samples(moment, samples))

    def validation(self, moment: Moment, metrics: dict[str, float]) -> None:
        """Log validation metrics."""
        self._tell(lambda logger: logger.validation(moment, metrics))

    def message(self, text: str) -> None:
        """Print a line on the console (progress bars stay intact) and on the page."""
        self._tell(lambda logger: logger.message(text))

    def warning(self, text: str) -> None:
        """Print a line that asks for attention; the page keeps showing it."""
        self._tell(lambda logger: logger.warning(text))

    def close(self, reason: str) -> None:
        """End the logs.

        Args:
            reason: `finished`, `interrupted`, or `failed: ...`.
        """
        self._tell(lambda logger: logger.close(reason))
        self._loggers.clear()

    def _tell(self, act: Callable[[Logger], None]) -> None:
        """Call each logger and drop those that fail."""
        for name, logger in list(self._loggers.items()):
            try:
                act(logger)
            except Exception as error:
                del self._loggers[name]
                self._switched_off(name, error)

    def _switched_off(self, name: str, error: Exception) -> None:
        """Report in one line that a logger is switched off."""
        with contextlib.suppress(OSError):  # the screen itself may be what is gone
            ConsoleLogger().message(f"{name} is off: {first_line(error)}. Training goes on without it.")


def create_loggers(
    folder: str | Path,
    *,
    name: str,
    options: dict[str, object],
    html: bool = True,
    display_id: int = 0,
    display_server: str = "http://localhost",
    display_port: int = 8097,
    display_env: str = "main",
    display_winsize: int = 256,
    display_ncols: int = 4,
    tensorboard: bool = False,
    wandb: bool = False,
    wandb_project: str = "chimera",
    resume: bool = False,
) -> LoggerGroup:
    """Make the loggers of one training run.

    Args:
        folder: the run's folder: `loss_log.txt`, `loss_log.jsonl`, `web/`, `tensorboard/`.
        name: the run's name.
        options: the run's options, for the page and W&B.
        html: whether to keep the training page `web/index.html`.
        display_id: visdom's first window; 0 switches visdom off.
        display_server: visdom server's address; no server is started.
        display_port: visdom server's port.
        display_env: visdom environment.
        display_winsize: size of visdom's windows in px.
        display_ncols: images side by side in visdom's grid; 0 gives each its own window.
        tensorboard: whether to write TensorBoard's event files.
        wandb: whether to log to Weights & Biases (which reads `WANDB_MODE=offline` itself).
        wandb_project: W&B project.
        resume: whether an interrupted run continues: files are appended to, the page keeps its history.

    Returns:
        The loggers that could be made.
    """
    folder = Path(folder)
    group = LoggerGroup({"console": ConsoleLogger()})
    group.add("loss_log.txt", TextLog, folder / "loss_log.txt")
    group.add("loss_log.jsonl", JsonLinesLog, folder / "loss_log.jsonl", resume=resume)
    run: dict[str, Any] = {"name": name, "resume": resume}
    if html:
        from training.page import TrainingPage  # needs dominate, which --no_html does without

        group.add("training page", TrainingPage, folder / "web", options=options, **run)
    if display_id > 0:
        windows = {"display_id": display_id, "winsize_px": display_winsize, "ncols": display_ncols}
        server = {"server": display_server, "port": display_port, "env": display_env}
        group.add("visdom", VisdomLogger, **windows, **server, **run)
    if tensorboard:
        group.add("tensorboard", TensorBoardLogger, folder / "tensorboard")
    if wandb:
        group.add("wandb", WandbLogger, folder, project=wandb_project, options=options, **run)
    return group
