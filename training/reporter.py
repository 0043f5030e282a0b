"""What a training run reports: progress bar, loggers, fixed images, the doctor's warnings."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from tqdm import tqdm

from training.doctor import TrainingDoctor, check_batch_statistics
from training.loggers import Moment, create_loggers
from training.pace import Pace
from training.progress import Progress
from util import checkpoint
from util.image import to_uint8

if TYPE_CHECKING:
    from data.loader import BatchLoader
    from data.training_data import TrainingData
    from models.base_model import BaseModel

Batch = TypeVar("Batch")


def create_reporter(opt: Namespace, model: BaseModel, data: TrainingData, progress: Progress) -> Reporter:
    """Make the reporter of this process; only the first of several processes reports anything.

    Args:
        opt: training options.
        model: the model whose losses and images are reported.
        data: what it trains on.
        progress: where training begins or resumes; kept up to date by the training loop.
    """
    if opt.rank:
        return Reporter()
    loader, held_out = data.loader, data.held_out
    validate = f", {len(held_out)} to validate" if held_out is not None else ""
    greeting = (
        f"{len(loader)} images{validate}; {opt.device}, {model.precision.name}, images from "
        f"{'disk' if loader.cache == 'none' else loader.cache}; epochs {progress.epoch} to "
        f"{progress.last_epoch}"
    )
    return TrainingReporter(opt, model, data.fixed(), progress, lines=[greeting, *data.notes])


class Reporter:
    """Reports nothing: for every process but the first. The interface of `TrainingReporter`."""

    def __enter__(self) -> Reporter:
        """Begin the report."""
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End the report; of an error that ends the run, say so."""

    def timed(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the batches, measuring the time spent waiting for each."""
        return iter(batches)

    def begin_epoch(self, lr: float) -> None:
        """Note the epoch's learning rate."""

    def advance(self, images: int) -> None:
        """Note that so many more images were trained on."""

    def losses(self) -> None:
        """Report the losses; reads them from the device."""

    def samples(self) -> None:
        """Report the first images of the current batch."""

    def fixed(self) -> None:
        """Generate from the same inputs as before, which shows what the model has learned."""

    def validation(self, metrics: dict[str, float]) -> None:
        """Report validation metrics."""

    def finish(self, reason: str, message: str) -> None:
        """Report the end and close the logs: ``finished`` or ``interrupted``."""


class TrainingReporter(Reporter):
    """Passes on what a run has to report to the progress bar, the loggers and the doctor.

    Args:
        opt: training options.
        model: the model whose losses and images are reported.
        fixed: batches of one image from which the model generates again and again, or None.
        progress: where the run stands, kept up to date by the training loop.
        lines: a greeting, and the warnings that follow it.
    """

    def __init__(
        self,
        opt: Namespace,
        model: BaseModel,
        fixed: BatchLoader | None,
        progress: Progress,
        *,
        lines: Sequence[str],
    ):
        self._opt, self._model, self._fixed, self._progress = opt, model, fixed, progress
        self._pace = Pace(progress.images + progress.images_left, progress.images)
        self._lr = opt.lr
        self._greeting, *self._notes = lines
        self._doctor = TrainingDoctor(gan_mode=opt.gan_mode)
        self._log = create_loggers(
            opt.run_dir, name=opt.name, options=checkpoint.recorded(opt), html=not opt.no_html,
            display_id=opt.display_id, display_server=opt.display_server, display_port=opt.display_port,
            display_env=opt.display_env, display_winsize=opt.display_winsize, display_ncols=opt.display_ncols,
            tensorboard=opt.tensorboard, wandb=opt.wandb, wandb_project=opt.wandb_project,
            resume=opt.continue_train,
        )  # fmt: skip
        self._bar = tqdm(
            total=self._pace.total, initial=self._pace.done, unit="image", desc=opt.name,
            dynamic_ncols=True, disable=None,
        )  # fmt: skip

    def __enter__(self) -> TrainingReporter:
        """Say what is about to happen."""
        opt = self._opt
        self._log.message(self._greeting)
        self._warn(self._notes)
        if opt.netG.startswith("unet"):
            # Each level of a U-Net halves the image once.
            downs = checkpoint.unwrap(self._model.netG).multiple.bit_length() - 1
            self._warn(
                check_batch_statistics(
                    norm=opt.norm, crop_size=opt.crop_size, num_downs=downs, batch_size=opt.batch_size
                )
            )
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the bar and the logs; say how the run failed, if it did."""
        self._bar.close()
        if error is not None:
            self._log.close(f"failed: {str(error) or type(error).__name__}")

    def timed(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the batches, measuring the time spent waiting for each."""
        return self._pace.timed(batches)

    def begin_epoch(self, lr: float) -> None:
        """Note the epoch's learning rate."""
        self._lr = lr

    def advance(self, images: int) -> None:
        """Note that so many more images were trained on."""
        self._pace.advance(images)
        self._bar.update(images)

    def losses(self) -> None:
        """Read the losses from the device and pass them on."""
        moment, losses = self._moment(), self._model.get_current_losses()
        self._log.losses(moment, losses)
        self._warn(self._doctor.observe_losses(moment, losses))

    def samples(self) -> None:
        """Pass on the first images of the current batch."""
        visuals = {k: to_uint8(v[:1])[0] for k, v in self._model.get_current_visuals().items()}
        self._log.samples(self._moment(), visuals)

    def fixed(self) -> None:
        """Generate from the same inputs as before, which shows what the model has learned."""
        if self._fixed is None:
            return
        moment, samples = self._moment(), {}
        for batch in self._fixed:
            self._model.set_input(batch)
            self._model.test()
            visuals = {k: to_uint8(v)[0] for k, v in self._model.get_current_visuals().items()}
            samples[Path(self._model.image_paths[0]).stem] = visuals
        self._log.fixed_samples(moment, samples)
        self._warn(self._doctor.observe_outputs(moment, samples))

    def validation(self, metrics: dict[str, float]) -> None:
        """Pass on validation metrics."""
        moment = self._moment()
        self._log.validation(moment, metrics)
        self._warn(self._doctor.observe_validation(moment, metrics))

    def finish(self, reason: str, message: str) -> None:
        """Report the end and close the logs."""
        self._log.message(message)
        self._log.close(reason)

    def _moment(self) -> Moment:
        """Return the current moment for the loggers."""
        progress = self._progress
        return Moment(
            epoch=progress.epoch,
            n_epochs=progress.last_epoch,
            iters=progress.images_in_epoch,
            epoch_size=progress.epoch_size,
            total_iters=progress.images,
            lr=self._lr,
            **self._pace.report(),
        )

    def _warn(self, warnings: list[str]) -> None:
        """Say what the doctor found."""
        for text in warnings:
            self._log.warning(text)
