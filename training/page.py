"""The training page `web/index.html`, which shows a run's losses, samples and warnings.

When a run resumes, the page gets its earlier curves from `loss_log.jsonl` and keeps its images.
"""

import io
import json
import math
import time
from array import array
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from training.loggers.base import Logger, Moment
from training.page_view import Contents, render
from util.atomic import delete_torn, write_bytes
from util.html import shown

_SIDE_PX = 256


class TrainingPage(Logger):
    """Writes `index.html` and `images/` to a folder.

    A resumed run passes its `loss_log.jsonl` as ``history``. The page changes at most once per interval.
    """

    def __init__(
        self, folder: Path, options: Mapping[str, Any], *, history: Path | None = None, interval_s: float = 5
    ):
        self._folder, self._options, self._interval_s = folder, options, interval_s
        self._contents, self._written_at = Contents(), time.monotonic()
        (folder / "images").mkdir(parents=True, exist_ok=True)
        delete_torn(folder, folder / "images")
        if history is None:
            for pattern in ("current_*.jpg", "fixed_*.jpg"):
                for old in (folder / "images").glob(pattern):
                    old.unlink()
        elif history.exists():
            self._read(history)
        self._write()

    def numbers(self, kind: str, moment: Moment, values: Mapping[str, float]) -> None:
        """Add a point to each curve, and delete later points, which a resumed run will repeat."""
        x, curves = moment.epochs_done, getattr(self._contents, kind)
        for name, value in values.items():
            points = curves.setdefault(name, array("d"))
            while points and points[-2] >= x:
                del points[-2:]
            if value is not None and math.isfinite(value):
                points.extend((x, value))
        self._contents.moment = moment
        self._write_if_due()

    def samples(self, moment: Moment, visuals: Mapping[str, np.ndarray]) -> None:
        """Show the current images in place of the previous ones."""
        self._contents.current = {
            label: self._save(f"current_{place}.jpg", image)
            for place, (label, image) in enumerate(visuals.items())
        }
        self._write_if_due()

    def fixed_samples(self, moment: Moment, samples: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Add a column of images for the current epoch."""
        labels = {"real_A": "input", "real_B": "target", "fake_B": str(moment.epoch)}
        for place, visuals in enumerate(samples.values()):
            for label in visuals.keys() & labels:
                self._save(f"fixed_{place}_{labels[label]}.jpg", visuals[label])
        self._write_if_due()

    def line(self, kind: str, text: str) -> None:
        """Show a warning, but only once."""
        if kind == "warning":
            self._contents.warnings[shown(text)] = None
            self._write_if_due()

    def close(self, reason: str) -> None:
        """Write the final page, which browsers no longer reload."""
        moment = self._contents.moment
        if reason == "finished" and moment and moment.epoch == moment.n_epochs:
            images = moment.total_iters + moment.epoch_size - moment.iters
            self._contents.moment = replace(moment, iters=moment.epoch_size, total_iters=images)
        self._contents.reason = reason
        self._write()

    def _read(self, history: Path) -> None:
        """Read an interrupted run's log."""
        for line in history.read_text("utf-8", "replace").splitlines():
            with suppress(ValueError, LookupError, TypeError):  # skip corrupt lines
                record = json.loads(line)
                if record["type"] in ("losses", "validation"):
                    moment = Moment(**{f.name: record[f.name] for f in fields(Moment)})
                    self.numbers(record["type"], moment, record.get("losses") or record["metrics"])
                elif "text" in record:
                    self.line(record["type"], record["text"])

    def _write_if_due(self) -> None:
        if time.monotonic() - self._written_at >= self._interval_s:
            self._write()

    def _write(self) -> None:
        fixed = sorted(path.name for path in (self._folder / "images").glob("fixed_*_*.jpg"))
        write_bytes(self._folder / "index.html", render(self._options, self._contents, fixed).encode())
        self._written_at = time.monotonic()

    def _save(self, file: str, pixels: np.ndarray) -> str:
        """Write an image, (H, W, 3) uint8 RGB, shrunk to 256 px, and return its path relative to the page."""
        image = Image.fromarray(np.ascontiguousarray(pixels))
        image.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
        data = io.BytesIO()
        image.save(data, format="JPEG", quality=88, subsampling=0)
        write_bytes(self._folder / "images" / file, data.getvalue())
        return f"images/{file}"
