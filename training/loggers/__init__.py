"""A run's loggers: console, log files, training page and, optionally, visdom and W&B.

If a logger fails, for example because of an unreachable server, a full disk or a missing package, it is
switched off with a one-line message. The other loggers and the training continue.
"""

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
    """A group of named loggers. Loggers that fail are removed."""

    def __init__(self, loggers: Mapping[str, Logger] | None = None):
        self.loggers = dict(loggers or {})

    def add(self, name: str, make: Callable[..., Logger], *args: Any, **kwargs: Any) -> None:
        """Create a logger and add it to the group. If this fails, print one line."""
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
            with contextlib.suppress(OSError):  # the console itself may have been closed
                ConsoleLogger().line("message", f"{name} is off: {said}. Training continues without it.")


def create_loggers(folder: Path, options: Mapping[str, Any], *, resume: bool = False) -> LoggerGroup:
    """Create a run's loggers, which write to its folder. With ``resume``, they continue its files."""
    group = LoggerGroup({"console": ConsoleLogger()})
    group.add("loss_log.txt", TextLog, folder / "loss_log.txt")
    log = folder / "loss_log.jsonl"
    group.add(log.name, JsonLinesLog, log, resume=resume)
    if not options["no_html"]:
        from training.page import TrainingPage  # with --no_html, dominate need not be installed

        group.add("training page", TrainingPage, folder / "web", options, history=log if resume else None)
    if options["display_id"] > 0:
        group.add("visdom", VisdomLogger, options, resume=resume)
    if options["wandb"]:
        group.add("wandb", WandbLogger, folder, options, resume=resume)
    return group
