"""Where training tells how it goes: console, log files, a page; for who has them visdom, TensorBoard, W&B.

Each logger stands alone. One that fails (a server that is gone, a full disk, a package that is missing)
says so in one line and is left out from then on; training goes on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from util.logging.base import Logger, Progress, first_line
from util.logging.text_logs import ConsoleLogger, CsvLog, JsonLinesLog, TextLog

__all__ = ["Logger", "LoggerGroup", "Progress", "create_loggers"]


class LoggerGroup:
    """Hands everything to every logger that is still well; without loggers it is silent."""

    def __init__(self, loggers: dict[str, Logger] | None = None) -> None:
        """Takes the loggers by the names under which their failures are reported."""
        self._loggers: dict[str, Logger] = dict(loggers or {})

    @property
    def names(self) -> list[str]:
        """The loggers that are still switched on."""
        return list(self._loggers)

    def add(self, name: str, make: Callable[[], Logger]) -> None:
        """Makes a logger and adds it; if it can't be made, one line says why."""
        try:
            self._loggers[name] = make()
        except Exception as error:
            self._switched_off(name, error)

    def losses(self, progress: Progress, losses: dict[str, float]) -> None:
        """Logs the losses of a moment."""
        self._tell(lambda logger: logger.losses(progress, losses))

    def samples(self, progress: Progress, visuals: dict[str, np.ndarray]) -> None:
        """Logs what is trained on right now.

        Args:
            progress: the moment.
            visuals: label (`real_A`, `fake_B`, `real_B`) -> picture, (H, W, 3) uint8 RGB.
        """
        self._tell(lambda logger: logger.samples(progress, visuals))

    def fixed_samples(self, progress: Progress, samples: dict[str, dict[str, np.ndarray]]) -> None:
        """Logs what becomes of the same inputs, epoch after epoch.

        Args:
            progress: the moment.
            samples: input's name -> label -> picture, (H, W, 3) uint8 RGB.
        """
        self._tell(lambda logger: logger.fixed_samples(progress, samples))

    def validation(self, progress: Progress, metrics: dict[str, float]) -> None:
        """Logs what the validation pictures gave."""
        self._tell(lambda logger: logger.validation(progress, metrics))

    def message(self, text: str) -> None:
        """Says a line, in the console (progress bars stay whole) and on the page."""
        self._tell(lambda logger: logger.message(text))

    def warning(self, text: str) -> None:
        """Says a line that asks for attention; the page keeps it in sight."""
        self._tell(lambda logger: logger.warning(text))

    def close(self, reason: str) -> None:
        """Ends the logs.

        Args:
            reason: `finished`, `interrupted`, or `failed: ...`.
        """
        self._tell(lambda logger: logger.close(reason))
        self._loggers.clear()

    def _tell(self, act: Callable[[Logger], None]) -> None:
        """Does one thing with each logger and drops those that fail."""
        for name, logger in list(self._loggers.items()):
            try:
                act(logger)
            except Exception as error:
                del self._loggers[name]
                self._switched_off(name, error)

    def _switched_off(self, name: str, error: Exception) -> None:
        """Says in one line that a logger is out."""
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
    """Makes the loggers of one training run.

    Args:
        folder: the run's folder: `loss_log.txt`, `loss_log.jsonl`, `loss_log.csv`, `web/`, `tensorboard/`.
        name: the run's name.
        options: the run's options, for the page and W&B.
        html: whether to keep the training page `web/index.html`.
        display_id: visdom's first window; 0 switches visdom off.
        display_server: visdom server's address. No server is ever started from here.
        display_port: visdom server's port.
        display_env: visdom environment.
        display_winsize: size of visdom's windows in px.
        display_ncols: pictures side by side in visdom's grid; 0 gives each its own window.
        tensorboard: whether to write TensorBoard's event files.
        wandb: whether to log to Weights & Biases (`WANDB_MODE=offline` is theirs to obey).
        wandb_project: W&B project.
        resume: whether an interrupted run goes on: files are appended to, the page keeps its history.

    Returns:
        The loggers that could be made.
    """
    folder = Path(folder)
    group = LoggerGroup({"console": ConsoleLogger()})
    group.add("loss_log.txt", lambda: TextLog(folder / "loss_log.txt"))
    group.add("loss_log.jsonl", lambda: JsonLinesLog(folder / "loss_log.jsonl", resume=resume))
    group.add("loss_log.csv", lambda: CsvLog(folder / "loss_log.csv", resume=resume))

    def make_page() -> Logger:
        from util.logging.training_page import TrainingPage

        return TrainingPage(folder / "web", name=name, options=options, resume=resume)

    def make_visdom() -> Logger:
        from util.logging.visdom_logger import VisdomLogger

        return VisdomLogger(
            name=name,
            display_id=display_id,
            server=display_server,
            port=display_port,
            env=display_env,
            winsize_px=display_winsize,
            ncols=display_ncols,
            resume=resume,
        )

    def make_tensorboard() -> Logger:
        from util.logging.tensorboard_logger import TensorBoardLogger

        return TensorBoardLogger(folder / "tensorboard")

    def make_wandb() -> Logger:
        from util.logging.wandb_logger import WandbLogger

        return WandbLogger(folder, name=name, project=wandb_project, options=options, resume=resume)

    if html:
        group.add("training page", make_page)
    if display_id > 0:
        group.add("visdom", make_visdom)
    if tensorboard:
        group.add("tensorboard", make_tensorboard)
    if wandb:
        group.add("wandb", make_wandb)
    return group
