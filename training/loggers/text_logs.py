"""Text logs: the console, pix2pix's `loss_log.txt`, and JSON lines."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from training.loggers.base import Logger, Moment
from util.atomic import write_bytes
from util.errors import one_line
from util.strict_json import strict_json


class ConsoleLogger(Logger):
    """Prints losses in pix2pix's format above the progress bar, and warnings with the prefix `warning:`."""

    def numbers(self, kind: str, moment: Moment, values: Mapping[str, float]) -> None:
        """Write `(epoch: 1, iters: 100, time: 0.123, data: 0.004) G_GAN: 0.500 ...` or `(epoch: 5, val)`."""
        when, shown = f"epoch: {moment.epoch}, val", (f"{k}: {v:.4g}" for k, v in values.items())
        if kind == "losses":
            when = f"epoch: {moment.epoch}, iters: {moment.iters}, time: {moment.step_s:.3f}, "
            when += f"data: {moment.data_s:.3f}"
            shown = (f"{k}: {v:.3f}" for k, v in values.items())
        self._write(f"({when}) {' '.join(shown)}")

    def line(self, kind: str, text: str) -> None:
        """Write the line."""
        self._write("warning: " * (kind == "warning") + one_line(text))

    def _write(self, line: str) -> None:
        tqdm.write(line)


class TextLog(ConsoleLogger):
    """Writes `loss_log.txt` like pix2pix: a dated header at each start, and one line per report."""

    def __init__(self, path: Path):
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write(f"================ Training Loss ({time.strftime('%c')}) ================")

    def _write(self, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


class JsonLinesLog(Logger):
    """Writes `loss_log.jsonl`: one object per line, of type losses, validation, message, warning or end.

    With ``resume``, the log continues after the file's last complete line.
    """

    def __init__(self, path: Path, *, resume: bool = False):
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = path.read_bytes() if resume and path.exists() else b""
        write_bytes(path, kept[: kept.rfind(b"\n") + 1])

    def numbers(self, kind: str, moment: Moment, values: Mapping[str, float]) -> None:
        """Write the moment and its numbers."""
        self._append(kind, **asdict(moment), **{"losses" if kind == "losses" else "metrics": values})

    def line(self, kind: str, text: str) -> None:
        """Write the text."""
        self._append(kind, text=text)

    def close(self, reason: str) -> None:
        """Write why training ended."""
        self._append("end", reason=reason)

    def _append(self, kind: str, **values: Any) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(strict_json({"at": round(time.time(), 3), "type": kind, **values}) + "\n")
