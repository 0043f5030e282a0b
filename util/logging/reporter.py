"""What a training run tells: the loggers, the fixed pictures, the doctor's warnings."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from util import checkpoint
from util.image import to_uint8
from util.logging import LoggerGroup, Progress, create_loggers
from util.logging.doctor import TrainingDoctor, check_batch_statistics


@contextmanager
def reporting(
    opt: Namespace, folder: Path, model: Any, fixed: Iterable[dict[str, Any]] | None
) -> Iterator[TrainingReporter]:
    """A reporter for a run, silent in all processes but the first; tells how the run failed, if it does.

    Args:
        opt: training options.
        folder: of the run.
        model: whose losses and pictures are told.
        fixed: batches of one picture that are painted again and again, or None.
    """
    if opt.rank:
        yield TrainingReporter(opt, model, None, LoggerGroup({}))
        return
    shown = {k: v for k, v in vars(opt).items() if k != "explicit"}
    log = create_loggers(
        folder, name=opt.name, options=shown, html=not opt.no_html, display_id=opt.display_id,
        display_server=opt.display_server, display_port=opt.display_port, display_env=opt.display_env,
        display_winsize=opt.display_winsize, display_ncols=opt.display_ncols, tensorboard=opt.tensorboard,
        wandb=opt.wandb, wandb_project=opt.wandb_project, resume=opt.continue_train,
    )  # fmt: skip
    try:
        yield TrainingReporter(opt, model, fixed, log)
    except BaseException as error:
        log.close(f"failed: {str(error) or type(error).__name__}")
        raise


class TrainingReporter:
    """Passes on to loggers and doctor what a run has to tell.

    Args:
        opt: training options.
        model: whose losses and pictures are told.
        fixed: batches of one picture that are painted again and again, or None.
        log: where to.
    """

    def __init__(self, opt: Namespace, model: Any, fixed: Iterable[dict[str, Any]] | None, log: LoggerGroup):
        self.opt, self.model, self.log = opt, model, log
        self._fixed, self._doctor = fixed, TrainingDoctor(gan_mode=opt.gan_mode)

    def greet(self, loader: Any, val_loader: Sized | None, *, epochs: tuple[int, int]) -> None:
        """Say what is about to happen."""
        opt = self.opt
        held_out = f", {len(val_loader)} to validate" if val_loader is not None else ""
        self.log.message(
            f"{len(loader)} pictures{held_out}; {opt.device}, {self.model.precision.name}, pictures from "
            f"{'disk' if loader.cache == 'none' else loader.cache}; epochs {epochs[0]} to {epochs[1]}"
        )
        if opt.netG.startswith("unet"):
            downs = (
                checkpoint.unwrap(self.model.netG).multiple.bit_length() - 1
            )  # pictures are halved so often
            self._warn(
                check_batch_statistics(
                    norm=opt.norm, crop_size=opt.crop_size, num_downs=downs, batch_size=opt.batch_size
                )
            )

    def losses(self, progress: Progress) -> None:
        """Read the losses from the device and pass them on."""
        losses = self.model.get_current_losses()
        self.log.losses(progress, losses)
        self._warn(self._doctor.observe_losses(progress, losses))

    def samples(self, progress: Progress) -> None:
        """Pass on the current batch's first pictures."""
        visuals = {k: to_uint8(v[:1])[0] for k, v in self.model.get_current_visuals().items()}
        self.log.samples(progress, visuals)

    def validation(self, progress: Progress, metrics: dict[str, float]) -> None:
        """Pass on what the held-out pictures gave."""
        self.log.validation(progress, metrics)
        self._warn(self._doctor.observe_validation(progress, metrics))

    def fixed(self, progress: Progress) -> None:
        """Paint the same few pictures as ever, so that one sees it learn."""
        if self._fixed is None:
            return
        samples = {}
        for batch in self._fixed:
            self.model.set_input(batch)
            self.model.test()
            visuals = {k: to_uint8(v)[0] for k, v in self.model.get_current_visuals().items()}
            samples[Path(self.model.image_paths[0]).stem] = visuals
        self.log.fixed_samples(progress, samples)
        self._warn(self._doctor.observe_outputs(progress, samples))

    def _warn(self, warnings: list[str]) -> None:
        """Say what the doctor found."""
        for text in warnings:
            self.log.warning(text)
