"""Text logs: the console, pix2pix's `loss_log.txt`, and JSON lines."""

from __future__ import annotations

import math
import time
from pathlib import Path

from tqdm import tqdm

from training.loggers.base import Logger, Moment, loss_line, validation_line
from util.atomic import write_bytes
from util.errors import one_line
from util.strict_json import strict_json


class ConsoleLogger(Logger):
    """Prints above progress bars, which stay whole."""

    def losses(self, moment: Moment, losses: dict[str, float]) -> None:
        """Print the losses in pix2pix's format."""
        tqdm.write(loss_line(moment, losses))

    def validation(self, moment: Moment, metrics: dict[str, float]) -> None:
        """Print one line of metrics."""
        tqdm.write(validation_line(moment, metrics))

    def message(self, text: str) -> None:
        """Print a line."""
        tqdm.write(one_line(text))

    def warning(self, text: str) -> None:
        """Print a line that begins with `warning:`."""
        tqdm.write("warning: " + one_line(text))


class TextLog(Logger):
    """`loss_log.txt` as pix2pix writes it: a dated header at each start, one line per report."""

    def __init__(self, path: Path) -> None:
        """Open the file for appending and write the header."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._append(f"================ Training Loss ({time.strftime('%c')}) ================")

    def losses(self, moment: Moment, losses: dict[str, float]) -> None:
        """Write the losses in pix2pix's format."""
        self._append(loss_line(moment, losses))

    def validation(self, moment: Moment, metrics: dict[str, float]) -> None:
        """Write one line of metrics."""
        self._append(validation_line(moment, metrics))

    def warning(self, text: str) -> None:
        """Write the warning."""
        self._append("warning: " + one_line(text))

    def _append(self, line: str) -> None:
        """Add a line; opened anew each time, so that the file may be moved or truncated meanwhile."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


class JsonLinesLog(Logger):
    """`loss_log.jsonl`: an object a line, its `type` losses, validation, message, warning or end."""

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        """Start the file anew, or on resume continue after its last whole line."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        if not resume:
            write_bytes(path, b"")
        else:
            _drop_torn_line(path)

    def losses(self, moment: Moment, losses: dict[str, float]) -> None:
        """Write the moment and its losses."""
        self._append({"type": "losses", **_moment(moment), "losses": losses})

    def validation(self, moment: Moment, metrics: dict[str, float]) -> None:
        """Write the moment and its metrics."""
        self._append({"type": "validation", **_moment(moment), "metrics": metrics})

    def message(self, text: str) -> None:
        """Write the text."""
        self._append({"type": "message", "text": text})

    def warning(self, text: str) -> None:
        """Write the text."""
        self._append({"type": "warning", "text": text})

    def close(self, reason: str) -> None:
        """Write why training ended."""
        self._append({"type": "end", "reason": reason})

    def _append(self, record: dict[str, object]) -> None:
        """Add a line with the time of day."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(strict_json({"at": round(time.time(), 3), **record}) + "\n")


def _moment(moment: Moment) -> dict[str, object]:
    """Return the fields of a moment that every JSON record has."""
    return {
        "epoch": moment.epoch,
        "iters": moment.iters,
        "total_iters": moment.total_iters,
        "lr": moment.lr,
        "images_per_s": _short(moment.images_per_s),
        "data_s": _short(moment.data_s),
        "step_s": _short(moment.step_s),
    }


def _short(value: float) -> float:
    """Six significant digits."""
    return float(f"{value:.6g}") if isinstance(value, float) and math.isfinite(value) else value


def _drop_torn_line(path: Path) -> None:
    """Cut off a last line without its newline: a run that was killed while writing leaves one."""
    if not path.exists():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        write_bytes(path, content[: content.rfind(b"\n") + 1])
