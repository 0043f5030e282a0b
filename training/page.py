"""The training page `web/index.html`: losses, samples and warnings of a run.

It costs the same in epoch 800 as in epoch 1: curves keep a few hundred points, the fixed samples a few
telling epochs.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from training.history import Curve, keep_telling_epochs
from training.loggers.base import Logger, Moment
from training.page_view import render
from util.atomic import delete_torn, write_bytes
from util.html import shown
from util.strict_json import strict_json

MAX_EPOCHS_SHOWN = 8
_MAX_MESSAGES = 30
_SIDE_PX = 256


class TrainingPage(Logger):
    """Keeps `index.html`, `history.json` and `images/` in a folder of its own.

    The page is written at most every ``interval_s``; with ``resume``, it continues from its history.
    """

    def __init__(
        self, folder: Path, options: Mapping[str, Any], *, resume: bool = False, interval_s: float = 5.0
    ):
        self._folder, self._options, self._interval_s = folder, options, interval_s
        (folder / "images").mkdir(parents=True, exist_ok=True)
        delete_torn(folder, folder / "images")
        self._state = self._read_history() if resume else _new_state()
        self._state["reason"] = ""
        self._dropped: list[str] = []
        if not resume:
            for pattern in ("current_*.jpg", "fixed_*.jpg"):
                for old in (folder / "images").glob(pattern):
                    old.unlink()
        self._update()

    def losses(self, moment: Moment, losses: Mapping[str, float]) -> None:
        """Add to the curves."""
        self._add_to_curves("losses", moment, losses)
        self._add_to_curves("training", moment, {"learning rate": moment.lr})
        self._update_if_due(moment)

    def validation(self, moment: Moment, metrics: Mapping[str, float]) -> None:
        """Add to the validation curves."""
        self._add_to_curves("validation", moment, metrics)
        self._update_if_due(moment)

    def samples(self, moment: Moment, visuals: Mapping[str, np.ndarray]) -> None:
        """Show the images of the moment in place of the last ones."""
        self._state["current"] = {
            label: self._save(f"current_{place}.jpg", image)
            for place, (label, image) in enumerate(visuals.items())
        }
        self._update_if_due(moment)

    def fixed_samples(self, moment: Moment, samples: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Add this epoch's column, and remove another when there are too many."""
        rows = self._state["fixed"]
        for name, visuals in samples.items():
            row = rows.setdefault(name, {"place": len(rows), "epochs": {}})
            file = f"fixed_{row['place']}"
            for label, key in (("real_A", "input"), ("real_B", "target")):
                if label in visuals:
                    row[key] = self._save(f"{file}_{key}.jpg", visuals[label])
            row["epochs"] = {e: f for e, f in row["epochs"].items() if int(e) < moment.epoch}
            row["epochs"][str(moment.epoch)] = self._save(f"{file}_{moment.epoch}.jpg", visuals["fake_B"])
        epochs = [int(epoch) for row in rows.values() for epoch in row["epochs"]]
        kept = keep_telling_epochs(epochs, MAX_EPOCHS_SHOWN)
        for row in rows.values():
            for epoch in [epoch for epoch in row["epochs"] if int(epoch) not in kept]:
                self._dropped.append(row["epochs"].pop(epoch))
        self._update_if_due(moment)

    def message(self, text: str) -> None:
        """Add a line to the page's last messages."""
        self._add_line("messages", text)

    def warning(self, text: str) -> None:
        """Add a line to the page's warnings; the same line only once."""
        if shown(text) not in [said for _, said in self._state["warnings"]]:
            self._add_line("warnings", text)

    def close(self, reason: str) -> None:
        """Write the last page, which no longer refreshes itself."""
        self._state["reason"] = reason
        self._update()

    def _add_line(self, kind: str, text: str) -> None:
        self._state[kind] = [*self._state[kind], [time.time(), shown(text)]][-_MAX_MESSAGES:]
        self._update_if_due()

    def _add_to_curves(self, group: str, moment: Moment, values: Mapping[str, float]) -> None:
        curves = self._state["curves"].setdefault(group, {})
        for name, value in values.items():
            curves.setdefault(name, Curve()).add(moment.epochs_done, moment.total_iters, value)

    def _update_if_due(self, moment: Moment | None = None) -> None:
        """Write the page, as of the moment, unless it has just been written."""
        if moment is not None:
            self._state["progress"] = asdict(moment)
        if time.monotonic() - self._written_at >= self._interval_s:
            self._update()

    def _update(self) -> None:
        """Write history and page, then delete images that it no longer shows."""
        self._state["updated"] = time.time()
        curves = {
            group: {name: vars(curve) for name, curve in named.items()}
            for group, named in self._state["curves"].items()
        }
        write_bytes(self._folder / "history.json", strict_json({**self._state, "curves": curves}).encode())
        write_bytes(self._folder / "index.html", render(self._options, self._state).encode())
        while self._dropped:
            (self._folder / self._dropped.pop()).unlink(missing_ok=True)
        self._written_at = time.monotonic()

    def _save(self, file: str, pixels: np.ndarray) -> str:
        """Write an (H, W, 3) uint8 RGB image, shrunk to 256 px, and return its path on the page."""
        image = Image.fromarray(np.ascontiguousarray(pixels))
        image.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
        data = io.BytesIO()
        image.save(data, format="JPEG", quality=88, subsampling=0)
        write_bytes(self._folder / "images" / file, data.getvalue())
        return f"images/{file}"

    def _read_history(self) -> dict[str, Any]:
        """Return the interrupted run's state; a new one if it left none that can be read."""
        state = _new_state()
        try:
            kept = json.loads((self._folder / "history.json").read_text(encoding="utf-8"))
            curves = {
                group: {name: Curve(**curve) for name, curve in named.items()}
                for group, named in kept["curves"].items()
            }
            state.update({key: kept[key] for key in state if key in kept}, curves=curves)
            render(self._options, state)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            state = _new_state()
            state["messages"] = [[time.time(), "history.json could not be read: the curves start again"]]
        return state


def _new_state() -> dict[str, Any]:
    state: dict[str, Any] = {
        "progress": None,
        "curves": {},
        "fixed": {},
        "current": {},
        "messages": [],
        "warnings": [],
    }
    return state | {"reason": "", "updated": 0.0}
