"""The training page `web/index.html`: losses, samples and warnings of a run.

It costs the same in epoch 800 as in epoch 1: curves keep a few hundred points, the fixed samples a few
telling epochs, and images that are no longer shown are deleted, one update later, so that a page that a
browser has just read still finds them.
"""

from __future__ import annotations

import io
import json
import time
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

MAX_INPUTS = 6
MAX_EPOCHS_SHOWN = 8
_MAX_CURRENT, _MAX_MESSAGES, _MAX_WARNINGS = 8, 30, 20
_SIDE_PX = 256


class TrainingPage(Logger):
    """Keeps `index.html`, `history.json` and `images/` in a folder."""

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str,
        options: dict[str, object],
        resume: bool = False,
        interval_s: float = 5.0,
    ) -> None:
        """Write the first page.

        Args:
            folder: the page's own folder.
            name: the run's name.
            options: the run's options, shown folded away.
            resume: whether to go on from the folder's `history.json`.
            interval_s: the page is written at most this often.
        """
        self._folder = Path(folder)
        (self._folder / "images").mkdir(parents=True, exist_ok=True)
        delete_torn(self._folder, self._folder / "images")
        self._name, self._options, self._interval_s = name, options, interval_s
        self._state = self._read_history() if resume else _new_state()
        self._state["reason"] = ""
        self._shown_before = self._images_on_disk()
        self._written_at = float("-inf")
        self._update()

    def losses(self, moment: Moment, losses: dict[str, float]) -> None:
        """Add to the curves."""
        for name, value in losses.items():
            self._curve("losses", name).add(moment.epochs_done, moment.total_iters, value)
        self._curve("training", "learning rate").add(moment.epochs_done, moment.total_iters, moment.lr)
        self._moment(moment)

    def validation(self, moment: Moment, metrics: dict[str, float]) -> None:
        """Add to the validation curves."""
        for name, value in metrics.items():
            self._curve("validation", name).add(moment.epochs_done, moment.total_iters, value)
        self._moment(moment)

    def samples(self, moment: Moment, visuals: dict[str, np.ndarray]) -> None:
        """Show the images of the moment in place of the last ones."""
        self._state["current"] = {
            label: self._save(f"current_{moment.total_iters}_{place}.jpg", image)
            for place, (label, image) in enumerate(list(visuals.items())[:_MAX_CURRENT])
        }
        self._moment(moment)

    def fixed_samples(self, moment: Moment, samples: dict[str, dict[str, np.ndarray]]) -> None:
        """Add this epoch's column, and remove another when there are too many."""
        fixed = self._state["fixed"]
        for name, visuals in list(samples.items())[:MAX_INPUTS]:
            if name not in fixed and len(fixed) >= MAX_INPUTS:
                continue
            row = fixed.setdefault(name, {"place": len(fixed), "epochs": {}})
            place = row["place"]
            outputs = [label for label in visuals if not label.startswith("real_")]
            if "real_A" in visuals:
                row["input"] = self._save(f"fixed_{place}_input.jpg", visuals["real_A"])
            if "real_B" in visuals:
                row["target"] = self._save(f"fixed_{place}_target.jpg", visuals["real_B"])
            if outputs:
                output = visuals["fake_B" if "fake_B" in outputs else outputs[0]]
                file = self._save(f"fixed_{place}_{moment.epoch}_{moment.total_iters}.jpg", output)
                row["epochs"] = {e: f for e, f in row["epochs"].items() if int(e) < moment.epoch}
                row["epochs"][str(moment.epoch)] = file
        epochs = [int(epoch) for row in fixed.values() for epoch in row["epochs"]]
        kept = {str(epoch) for epoch in keep_telling_epochs(epochs, MAX_EPOCHS_SHOWN)}
        for row in fixed.values():
            row["epochs"] = {epoch: file for epoch, file in row["epochs"].items() if epoch in kept}
        self._moment(moment)

    def message(self, text: str) -> None:
        """Add a line to the page's last messages."""
        self._state["messages"] = [*self._state["messages"], [time.time(), shown(text)]][-_MAX_MESSAGES:]
        self._update_if_due()

    def warning(self, text: str) -> None:
        """Add a line to the page's warnings; the same line only once."""
        text = shown(text)
        if text not in [said for _, said in self._state["warnings"]]:
            self._state["warnings"] = [*self._state["warnings"], [time.time(), text]][-_MAX_WARNINGS:]
        self._update_if_due()

    def close(self, reason: str) -> None:
        """Write the last page, which no longer refreshes itself."""
        self._state["reason"] = reason
        self._update()

    def _moment(self, moment: Moment) -> None:
        """Record the moment, and write the page if it is due."""
        self._state["progress"] = asdict(moment)
        self._update_if_due()

    def _update_if_due(self) -> None:
        """Write the page unless it has just been written."""
        if time.monotonic() - self._written_at >= self._interval_s:
            self._update()

    def _update(self) -> None:
        """Write history and page, then delete images that neither this page nor the last one shows."""
        self._state["updated"] = time.time()
        page = render(self._name, self._options, self._state)
        history = {**self._state, "curves": {}}
        for group, curves in self._state["curves"].items():
            history["curves"][group] = {name: curve.state() for name, curve in curves.items()}
        write_bytes(self._folder / "history.json", strict_json(history).encode())
        write_bytes(self._folder / "index.html", page.encode())
        shows = self._images_shown()
        for file in self._images_on_disk() - shows - self._shown_before:
            (self._folder / file).unlink(missing_ok=True)
        self._shown_before = shows
        self._written_at = time.monotonic()

    def _curve(self, group: str, name: str) -> Curve:
        """Return the curve of that name, new if need be."""
        return self._state["curves"].setdefault(group, {}).setdefault(name, Curve())

    def _save(self, file: str, pixels: np.ndarray) -> str:
        """Write an (H, W, 3) uint8 RGB image, shrunk to 256 px, and return its path on the page."""
        image = Image.fromarray(np.ascontiguousarray(pixels))
        image.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
        data = io.BytesIO()
        image.convert("RGB").save(data, format="JPEG", quality=88, subsampling=0)
        write_bytes(self._folder / "images" / file, data.getvalue())
        return f"images/{file}"

    def _images_on_disk(self) -> set[str]:
        """List the page's own image files; any other file in the folder must not be deleted."""
        images = self._folder / "images"
        ours = [path for pattern in ("current_*.jpg", "fixed_*.jpg") for path in images.glob(pattern)]
        return {f"images/{path.name}" for path in ours}

    def _images_shown(self) -> set[str]:
        """List the images that the page shows now, and those written for it since."""
        files = set(self._state["current"].values())
        for row in self._state["fixed"].values():
            files.update(row["epochs"].values())
            files.update(row[key] for key in ("input", "target") if key in row)
        return files

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
            render(self._name, self._options, state)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            state = _new_state()
            state["messages"] = [[time.time(), "history.json could not be read: the curves start anew"]]
        return state


def _new_state() -> dict[str, Any]:
    """Return the state before training."""
    return {
        "progress": None,
        "curves": {},
        "fixed": {},
        "current": {},
        "messages": [],
        "warnings": [],
        "reason": "",
        "updated": 0.0,
    }
