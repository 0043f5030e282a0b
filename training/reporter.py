"""What a training run reports: progress bar, loggers, fixed images, the doctor's warnings."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence, Sized
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tqdm import tqdm

from training.doctor import TrainingDoctor, check_batch_statistics
from training.loggers import Progress, create_loggers
from training.pace import Pace
from util import checkpoint
from util.image import to_uint8

if TYPE_CHECKING:
    from torch import Tensor, nn

Batch = TypeVar("Batch")


class Precision(Protocol):
    """How a model computes."""

    @property
    def name(self) -> str:
        """``fp32``, ``bf16`` or ``fp16``."""


class Model(Protocol):
    """What a reporter asks of a model."""

    netG: nn.Module
    image_paths: list[str]

    @property
    def precision(self) -> Precision:
        """How it computes."""

    def set_input(self, batch: dict[str, Any]) -> None:
        """Take a batch."""

    def test(self) -> None:
        """Generate from it."""

    def get_current_losses(self) -> dict[str, float]:
        """Return the losses of the last update."""

    def get_current_visuals(self) -> dict[str, Tensor]:
        """Return the images of the current batch, (N, C, H, W) in [-1, 1]."""


class Images(Sized, Protocol):
    """What a reporter asks of a loader: how many images it serves, and where it caches them."""

    cache: str


def create_reporter(
    opt: Namespace,
    model: Model,
    loader: Images,
    val_loader: Sized | None,
    fixed: Iterable[dict[str, Any]] | None,
    *,
    pace: Pace,
    first_epoch: int,
    notes: Sequence[str] = (),
) -> Reporter:
    """Make the reporter of this process; only the first of several processes reports anything.

    Args:
        opt: training options.
        model: whose losses and images are reported.
        loader: of the training images.
        val_loader: of the images held out, or None.
        fixed: batches of one image from which the model generates again and again, or None.
        pace: knows how many images the whole run trains on, and on how many it has.
        first_epoch: where training begins or resumes.
        notes: what to say before the first update, a line each.
    """
    if opt.rank:
        return Reporter()
    held_out = f", {len(val_loader)} to validate" if val_loader is not None else ""
    greeting = (
        f"{len(loader)} images{held_out}; {opt.device}, {model.precision.name}, images from "
        f"{'disk' if loader.cache == 'none' else loader.cache}; epochs {first_epoch} to {last_epoch(opt)}"
    )
    lines = [greeting, *notes]
    return TrainingReporter(opt, model, fixed, pace=pace, epoch_size=len(loader), lines=lines)


def last_epoch(opt: Namespace) -> int:
    """Return the number of the last epoch."""
    return opt.n_epochs + opt.n_epochs_decay


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

    def begin_epoch(self, epoch: int, lr: float, images_done: int) -> None:
        """Note the epoch, its learning rate, and how many of its images were trained on already."""

    def advance(self, images: int) -> None:
        """Note that so many more images were trained on."""

    def losses(self) -> None:
        """Report the losses; reads them from the device."""

    def samples(self) -> None:
        """Report the first images of the current batch."""

    def fixed(self) -> None:
        """Generate from the same inputs as ever, so that one sees the model learn."""

    def validation(self, metrics: dict[str, float]) -> None:
        """Report validation metrics."""

    def finish(self, reason: str, message: str) -> None:
        """Report the end and close the logs: ``finished`` or ``interrupted``."""


class TrainingReporter(Reporter):
    """Passes on what a run has to report to the progress bar, the loggers and the doctor.

    Args:
        opt: training options.
        model: whose losses and images are reported.
        fixed: batches of one image from which the model generates again and again, or None.
        pace: counts the images of the whole run.
        epoch_size: images in an epoch.
        lines: a greeting, and the warnings that follow it.
    """

    def __init__(
        self,
        opt: Namespace,
        model: Model,
        fixed: Iterable[dict[str, Any]] | None,
        *,
        pace: Pace,
        epoch_size: int,
        lines: Sequence[str],
    ):
        self._model, self._fixed, self._pace = model, fixed, pace
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
            total=pace.total, initial=pace.done, unit="image", desc=opt.name, dynamic_ncols=True, disable=None
        )
        self._opt, self._epoch_size = opt, epoch_size
        self._epoch = self._images_done = 0
        self._lr = opt.lr

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

    def begin_epoch(self, epoch: int, lr: float, images_done: int) -> None:
        """Note the epoch, its learning rate, and how many of its images were trained on already."""
        self._epoch, self._lr, self._images_done = epoch, lr, images_done

    def advance(self, images: int) -> None:
        """Note that so many more images were trained on."""
        self._images_done += images
        self._pace.advance(images)
        self._bar.update(images)

    def losses(self) -> None:
        """Read the losses from the device and pass them on."""
        progress, losses = self._progress(), self._model.get_current_losses()
        self._log.losses(progress, losses)
        self._warn(self._doctor.observe_losses(progress, losses))

    def samples(self) -> None:
        """Pass on the first images of the current batch."""
        visuals = {k: to_uint8(v[:1])[0] for k, v in self._model.get_current_visuals().items()}
        self._log.samples(self._progress(), visuals)

    def fixed(self) -> None:
        """Generate from the same inputs as ever, so that one sees the model learn."""
        if self._fixed is None:
            return
        progress, samples = self._progress(), {}
        for batch in self._fixed:
            self._model.set_input(batch)
            self._model.test()
            visuals = {k: to_uint8(v)[0] for k, v in self._model.get_current_visuals().items()}
            samples[Path(self._model.image_paths[0]).stem] = visuals
        self._log.fixed_samples(progress, samples)
        self._warn(self._doctor.observe_outputs(progress, samples))

    def validation(self, metrics: dict[str, float]) -> None:
        """Pass on validation metrics."""
        progress = self._progress()
        self._log.validation(progress, metrics)
        self._warn(self._doctor.observe_validation(progress, metrics))

    def finish(self, reason: str, message: str) -> None:
        """Report the end and close the logs."""
        self._log.message(message)
        self._log.close(reason)

    def _progress(self) -> Progress:
        """Return the current progress for the loggers."""
        return Progress(
            epoch=self._epoch,
            n_epochs=last_epoch(self._opt),
            iters=self._images_done,
            epoch_size=self._epoch_size,
            total_iters=self._pace.done,
            lr=self._lr,
            **self._pace.report(),
        )

    def _warn(self, warnings: list[str]) -> None:
        """Say what the doctor found."""
        for text in warnings:
            self._log.warning(text)
