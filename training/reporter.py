"""Reports on a training run: progress bar, loggers, fixed samples, and the doctor's warnings."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from training.doctor import TrainingDoctor
from training.loggers import Logger, LoggerGroup, Moment, create_loggers
from training.progress import Progress
from util import checkpoint
from util.image import to_uint8

if TYPE_CHECKING:
    from data.training_data import TrainingData
    from models.base_model import BaseModel


class Reporter:
    """A context manager that reports on a run. With several processes, only the first one reports."""

    def __init__(self, opt: Namespace, model: BaseModel, data: TrainingData, progress: Progress):
        self._model, self._progress, self.lr = model, progress, opt.lr
        self._reports, self._notes, self._fixed = opt.rank == 0, data.notes, data.fixed()
        self._doctor = TrainingDoctor(gan_mode=opt.gan_mode)
        self._began = self._mark = (time.perf_counter(), progress.images)
        self._waited_s = 0.0
        self._pace = dict.fromkeys(("images_per_s", "eta_s", "data_s", "step_s"), 0.0)
        loader, held_out = data.loader, data.held_out
        validate = f", {len(held_out)} for validation" if held_out is not None else ""
        self._greeting = (
            f"{len(loader)} images{validate}; {opt.device}, {model.precision.name}, images from "
            f"{'disk' if loader.cache == 'none' else loader.cache}; epochs {progress.epoch} to "
            f"{progress.last_epoch}"
        )
        self._log = LoggerGroup()
        if self._reports:
            self._log = create_loggers(opt.run_dir, checkpoint.recorded(opt), resume=opt.continue_train)
        self._bar = tqdm(
            total=progress.images + progress.images_left, initial=progress.images, unit="image",
            desc=opt.name, dynamic_ncols=True, disable=None if self._reports else True,
        )  # fmt: skip

    def __enter__(self) -> Reporter:
        """Report the run's description and notes about its data."""
        self._log.tell(Logger.line, "message", self._greeting)
        self._warn(self._notes)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Close the progress bar and, if an error ended the run, log the error and close the logs."""
        self._bar.close()
        if error is not None:
            self._log.tell(Logger.close, f"failed: {str(error) or type(error).__name__}")

    def timed(self, batches: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the batches and measure the time spent waiting for them."""
        since = time.perf_counter()
        for batch in batches:
            self._waited_s += time.perf_counter() - since
            yield batch
            since = time.perf_counter()

    def advance(self, images: int) -> None:
        """Advance the progress bar by a number of images."""
        self._bar.update(images)

    def losses(self) -> None:
        """Read the losses from the device and report them."""
        if not self._reports:
            return
        losses = self._model.get_current_losses()
        self._measure_pace()
        moment = self._moment()
        self._log.tell(Logger.numbers, "losses", moment, losses)
        self._warn(self._doctor.observe_losses(moment, losses))

    def samples(self) -> None:
        """Report the first images of the current batch."""
        if self._reports:
            self._log.tell(Logger.samples, self._moment(), self._first_visuals())

    def fixed(self) -> None:
        """Generate images from the fixed inputs and report them."""
        if self._fixed is None:
            return
        samples = {}
        for batch in self._fixed:
            self._model.set_input(batch)
            self._model.test()
            samples[Path(self._model.image_paths[0]).stem] = self._first_visuals()
        self._log.tell(Logger.fixed_samples, self._moment(), samples)

    def validation(self, metrics: dict[str, float]) -> None:
        """Report validation metrics."""
        moment = self._moment()
        self._log.tell(Logger.numbers, "validation", moment, metrics)
        self._warn(self._doctor.observe_validation(moment, metrics))

    def finish(self, reason: str, message: str) -> None:
        """Report a message and close the logs with the reason ``finished`` or ``interrupted``."""
        self._log.tell(Logger.line, "message", message)
        self._log.tell(Logger.close, reason)

    def _first_visuals(self) -> dict[str, np.ndarray]:
        """Return the batch's first sample as images by label, each (H, W, 3) uint8."""
        return {label: to_uint8(x[:1])[0] for label, x in self._model.get_current_visuals().items()}

    def _moment(self) -> Moment:
        progress = self._progress
        return Moment(
            progress.epoch, progress.last_epoch, progress.images_in_epoch, progress.epoch_size,
            progress.images, self.lr, **self._pace,
        )  # fmt: skip

    def _warn(self, warnings: list[str]) -> None:
        for text in warnings:
            self._log.tell(Logger.line, "warning", text)

    def _measure_pace(self) -> None:
        """Measure the speed since the last report, and estimate the remaining time from the average speed."""
        now, images = time.perf_counter(), self._progress.images
        elapsed, done = now - self._mark[0], max(1, images - self._mark[1])
        average_s = (now - self._began[0]) / max(1, images - self._began[1])
        self._pace = {
            "images_per_s": done / elapsed,
            "eta_s": self._progress.images_left * average_s,
            "data_s": self._waited_s / done,
            "step_s": (elapsed - self._waited_s) / done,
        }
        self._mark, self._waited_s = (now, images), 0.0
