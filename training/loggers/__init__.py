"""Loggers of a run: console, log files and training page; optionally visdom and W&B.

A logger that fails (a server that is gone, a full disk, a missing package) is switched off with a one-line
message; the other loggers and the training continue.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from training.loggers.base import Logger, Moment
from training.loggers.text_logs import ConsoleLogger, JsonLinesLog, TextLog
from training.loggers.visdom_logger import VisdomLogger
from training.loggers.wandb_logger import WandbLogger

__all__ = ["Logger", "LoggerGroup", "Moment", "create_loggers"]


class LoggerGroup:
    """Loggers by name; failed loggers are removed."""

    def __init__(self, loggers: Mapping[str, Logger] | None = None):
        self.loggers = dict(loggers or {})

    def add(self, name: str, make: Callable[..., Logger], *args: Any, **kwargs: Any) -> None:
        """Make a logger and add it; if that fails, print one line."""
        with self._switching_off(name):
            self.loggers[name] = make(*args, **kwargs)

    def tell(self, method: Callable[..., None], *args: Any) -> None:
        """Call a method of `Logger`, such as `Logger.numbers`, on every logger."""
        for name, logger in list(self.loggers.items()):
            with self._switching_off(name):
                getattr(logger, method.__name__)(*args)

    @contextlib.contextmanager
    def _switching_off(self, name: str):
        try:
            yield
        except Exception as error:
            self.loggers.pop(name, None)
            said = (str(error).strip().splitlines() or [""])[0].rstrip(".")[:200]
            if not said or not isinstance(error, (OSError, ImportError)):
                said = f"{type(error).__name__}: {said}"
            with contextlib.suppress(OSError):  # the screen itself may be gone
                ConsoleLogger().line("message", f"{name} is off: {said}. Training continues without it.")


def create_loggers(folder: Path, options: Mapping[str, Any], *, resume: bool = False) -> LoggerGroup:
    """Make the loggers of a run in its folder: ``loss_log.txt``, ``loss_log.jsonl``, ``web/``.

    With ``resume``, files are appended to, and the page keeps its history.
    """
    group = LoggerGroup({"console": ConsoleLogger()})
    group.add("loss_log.txt", TextLog, folder / "loss_log.txt")
    log = folder / "loss_log.jsonl"
    group.add(log.name, JsonLinesLog, log, resume=resume)
    if not options["no_html"]:
        from training.page import TrainingPage  # needs dominate, unlike --no_html

        group.add("training page", TrainingPage, folder / "web", options, history=log if resume else None)
    if options["display_id"] > 0:
        group.add("visdom", VisdomLogger, options, resume=resume)
    if options["wandb"]:
        group.add("wandb", WandbLogger, folder, options, resume=resume)
    return group
