"""Train a model on pairs of images; writes checkpoints."""

from __future__ import annotations

import math
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from data import (
    create_calibration_dataset,
    create_dataset,
    create_fixed_dataset,
    create_reference_dataset,
    create_validation_dataset,
    edge_settings,
)
from data.left_out import describe_change, reasons_left_out
from models import create_model, create_validator
from models.schedules import FROZEN_NORM_FACTOR, LearningRate
from options.train_options import TrainOptions
from training.pace import Pace
from training.reporter import create_reporter
from training.run_folder import RESUME, prepare_folder, rescue
from util import checkpoint, distributed, seeding
from util.distributed import LostProcess
from util.errors import UserError, list_not_used, run_command
from util.interrupt import StopRequest
from util.memory import ExplainingMemory, OutOfMemory, keep_freed_memory

# Several processes on GPUs ask each other every so many updates whether to stop: asking waits for the device.
_UPDATES_BETWEEN_QUESTIONS = 16


def main() -> int:
    """Train as the command line says; returns the exit code."""
    options = TrainOptions()
    opt = options.parse()
    if opt.device == "cpu":
        keep_freed_memory()
    distributed.start(opt.device)
    with ExplainingMemory():
        how = edge_settings(opt.dataroot, opt.phase)
        save_options = partial(checkpoint.save_options, opt.run_dir, opt, options.defaults, how)
        code = Training(opt, save_options).run()
    return distributed.leave(code)


class Training:
    """A run: its data, model and schedule, and the loop, which can stop and resume at any update.

    Args:
        opt: parsed training options; they are not changed.
        save_options: writes them to the run's folder; the first process alone does.

    Attributes:
        epoch, batch: of the next update, from 1, and the number of its batch in the epoch, from 0.
        total_iters: images trained on since the run began, by all processes together.
        best: lowest value of the metric ``--best_by`` so far.

    Raises:
        UserError: a run of that name exists and neither --continue_train nor --overwrite was given, it has
            finished already, or data and options do not fit.
    """

    def __init__(self, opt: Namespace, save_options: Callable[[], None]):
        self.opt, self._save_options = opt, save_options
        again = opt.continue_train or opt.overwrite
        prepare_folder(opt.run_dir, may_hold_a_run=again, sweep=opt.rank == 0)
        # Every random number from here on follows from the seed.
        seeding.seed_torch(opt.seed)
        self.loader = create_dataset(opt)
        self.val_loader = create_validation_dataset(opt)
        reference = None if opt.no_kernel_distance else partial(create_reference_dataset, opt, self.loader)
        self.validator = create_validator(
            self.val_loader, reference, best_by=opt.best_by, device=opt.device, rank=opt.rank
        )
        if opt.lr_policy == "plateau" and (opt.world_size > 1 or self.val_loader is None):
            raise UserError("--lr_policy plateau needs one process, and a folder val/ or --val_fraction")
        self.model = create_model(opt)
        self.model.setup(opt)
        self.model.calibrate_on(create_calibration_dataset(opt, self.loader))
        self.schedule = LearningRate(opt.lr_policy, opt.n_epochs, opt.n_epochs_decay, opt.lr_decay_iters)
        self.last_epoch = opt.n_epochs + opt.n_epochs_decay
        self.epoch, self.batch, self.total_iters, self.best = opt.epoch_count, 0, 0, math.inf
        notes = [line for r in reasons_left_out(self.loader, self.val_loader) for line in list_not_used(r)]
        if opt.continue_train:
            notes += self._resume()
        if self.epoch > self.last_epoch:
            raise UserError(f"run {opt.name} has finished its {self.last_epoch} epochs: raise --n_epochs")
        self._iters_before = self._iters_at_start = self.total_iters
        self._saved_at = time.monotonic()
        # What --overwrite replaces; it stays, with its options, until the first update has succeeded.
        self._replaced = [] if opt.continue_train or opt.rank else list(opt.run_dir.glob("*.pth"))
        if not (opt.rank or self._replaced):
            save_options()
        fixed = create_fixed_dataset(opt, self.loader, self.val_loader)
        images_left = (self.last_epoch - self.epoch + 1) * len(self.loader) - self._images_done()
        self.report = create_reporter(
            opt, self.model, self.loader, self.val_loader, fixed,
            pace=Pace(self.total_iters + images_left, self.total_iters), first_epoch=self.epoch, notes=notes,
        )  # fmt: skip

    def run(self) -> int:
        """Train to the last epoch, or until asked to stop; returns the exit code."""
        opt, model, loader, report = self.opt, self.model, self.loader, self.report
        with StopRequest() as stop, report, self._saving_on_failure():
            while self.epoch <= self.last_epoch:
                # Begin the epoch, or resume it at its next batch.
                left = self.last_epoch + 1 - self.epoch
                frozen = left <= opt.freeze_norm
                factor = self.schedule.factor(self.epoch) * (FROZEN_NORM_FACTOR if frozen else 1)
                model.scale_learning_rates(factor)
                model.freeze_norm(frozen, measure=left == opt.freeze_norm and self.batch == 0)
                loader.set_epoch(self.epoch, self.batch)
                report.begin_epoch(self.epoch, opt.lr * factor, self._images_done())

                # Load.
                for batch in report.timed(loader):
                    # Update.
                    model.set_input(batch)
                    model.optimize_parameters()
                    self._count(len(batch["A"]) * opt.world_size)

                    # Log. Losses on the CPU are checked at once; on a GPU that would wait for the device.
                    if model.device.type == "cpu" or self._passed(opt.print_freq):
                        self._stop_if_not_finite()
                    if self._passed(opt.print_freq):
                        model.losses.average_over_processes()
                        report.losses()
                    if self._passed(opt.display_freq):
                        report.samples()

                    # Save.
                    stopping = self._must_stop(stop)
                    if stopping or self._save_is_due():
                        numbered = opt.save_by_iter and not stopping
                        self.save(also=f"iter_{self.total_iters}" if numbered else None)

                    # Stop.
                    if stopping:
                        by = f"stopped by {stop.signal_name or 'another process'} in epoch {self.epoch}"
                        report.finish("interrupted", f"{by}; {RESUME}")
                        return 130

                # Validate.
                self._stop_if_not_finite()
                if self._ends_epochs(opt.val_freq):
                    self._validate()
                if self._ends_epochs(opt.save_epoch_freq) or self.epoch == opt.epoch_count:
                    report.fixed()

                # Save, as of the start of the next epoch.
                numbered = str(self.epoch) if self._ends_epochs(opt.save_epoch_freq) else None
                self.epoch, self.batch = self.epoch + 1, 0
                if numbered:
                    self.save(also=numbered)
            saved = ", ".join(checkpoint.epochs_in(opt.run_dir))
            report.finish("finished", f"finished {self.last_epoch} epochs; epochs saved: {saved}")
        return 0

    def save(self, also: str | None = None) -> None:
        """Save the state to resume from and the latest networks; the first process alone does.

        Args:
            also: another name under which to save the networks.
        """
        self._saved_at = time.monotonic()
        if self.opt.rank == 0:
            self._write(also)

    def _write(self, also: str | None = None) -> None:
        """Write the state and the networks from this process."""
        self._stop_if_not_finite()
        state = {
            "model": self.model.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epoch": self.epoch,
            "batch": self.batch,
            "total_iters": self.total_iters,
            "best": self.best,
            "best_by": self.opt.best_by,
            "batch_size": self.opt.batch_size * self.opt.world_size,
            "left_out": list(reasons_left_out(self.loader)[0]),
            **seeding.torch_state(self.model.device),
        }
        # The state alone decides how training resumes; the networks are for everybody else.
        checkpoint.save(self.opt.run_dir / checkpoint.STATE, state)
        self.model.save_networks("latest")
        if also:
            self.model.save_networks(also)

    def _resume(self) -> list[str]:
        """Take up the state that the run saved last; returns what has changed since, a line each."""
        path = self.opt.run_dir / checkpoint.STATE
        if not path.exists():
            # Weights from pix2pix, or from another machine: networks alone, the rest begins anew.
            self.model.load_networks("latest")
            return [f"{path} does not exist: resuming from the latest networks, with new optimizers"]
        state = checkpoint.load(path)
        try:
            self.model.load_state_dict(state["model"])
            self.schedule.load_state_dict(state["schedule"])
            self.epoch, self.batch, self.total_iters, batch_size = checkpoint.counts(state)
            # Values of another metric do not compare; states from before there was a choice hold an L1.
            if state.get("best_by", "L1") == self.opt.best_by:
                self.best = float(state["best"])
            changed = describe_change(state.get("left_out", []), list(reasons_left_out(self.loader)[0]))
            if self.opt.rank == 0:
                seeding.set_torch_state(state, self.model.device)
            else:
                seeding.seed_torch(seeding.derive(self.opt.seed, self.opt.rank, self.total_iters))
        except (KeyError, TypeError, AttributeError, RuntimeError, ValueError) as error:
            raise UserError(f"{path} does not match this run ({type(error).__name__}: {error})") from error
        self.batch, within = divmod(self.batch * batch_size, self.opt.batch_size * self.opt.world_size)
        if within:
            raise UserError(
                f"--batch_size: the run stopped within an epoch at batches of {batch_size}, all processes "
                "together; resume with the same or a divisor of it, or start anew with --overwrite"
            )
        return changed

    @contextmanager
    def _saving_on_failure(self) -> Iterator[None]:
        """Save before memory that ran out, or a process that is lost, ends the run; say so in its message.

        The failed update is repeated when training resumes. A discriminator may have taken its step already:
        good weights to go on from, though not exactly those of an undisturbed run.
        """
        try:
            with ExplainingMemory(), distributed.noticing_lost_processes(all_errors=False):
                yield
        except (OutOfMemory, LostProcess) as error:
            saved = "nothing was trained yet"
            if self.total_iters > self._iters_at_start:
                saved = rescue(self.opt.run_dir, self._write)
            raise type(error)(f"{error}; {saved}") from error

    def _validate(self) -> None:
        """Measure the generator on the held-out images, if there are any here; keep the best."""
        if self.validator is not None:
            metrics = self.validator.measure(self.model)
            self.report.validation(metrics)
            self.schedule.observe(metrics["L1"])
            if self.validator.score(metrics) < self.best:
                self.best = self.validator.score(metrics)
                self.model.save_networks("best")
        self.best = distributed.of_first(self.best, self.opt.device)

    def _count(self, images: int) -> None:
        """Move on by an update; with the first one, this run takes the place of the one it replaces."""
        self.batch += 1
        self._iters_before, self.total_iters = self.total_iters, self.total_iters + images
        self.report.advance(images)
        while self._replaced:
            self._replaced.pop().unlink(missing_ok=True)
            if not self._replaced:
                self._save_options()

    def _images_done(self) -> int:
        """Images of the current epoch that were trained on; its last batch may be a shorter one."""
        return min(len(self.loader), self.batch * self.opt.batch_size * self.opt.world_size)

    def _passed(self, frequency: int) -> bool:
        """Whether the last update reached or passed a multiple of so many images, at any batch size."""
        return self._iters_before // frequency != self.total_iters // frequency

    def _ends_epochs(self, frequency: int) -> bool:
        """Whether the current epoch is the last of ``frequency`` epochs, or of all."""
        return self.epoch % frequency == 0 or self.epoch == self.last_epoch

    def _save_is_due(self) -> bool:
        """Whether the latest checkpoint is old enough, in images or seconds, for another."""
        seconds = time.monotonic() - self._saved_at
        return seconds > self.opt.save_latest_s or self._passed(self.opt.save_latest_freq)

    def _must_stop(self, stop: StopRequest) -> bool:
        """Whether any process was asked to stop; all of them get the same answer at the same update."""
        asks = self.opt.world_size == 1 or self.opt.device == "cpu"
        asks = asks or self.model.n_updates % _UPDATES_BETWEEN_QUESTIONS == 0
        return asks and distributed.any_process(bool(stop), self.opt.device)

    def _stop_if_not_finite(self) -> None:
        """Stop before a broken network reaches a checkpoint; name where and on which images it broke."""
        if (bad := self.model.first_bad_update()) is None:
            return
        epoch, batch, images = self.loader.batch_at(self.epoch, self.batch - (self.model.n_updates - bad))
        raise UserError(
            f"the loss is not finite in epoch {epoch}, iteration {batch + 1}, images {', '.join(images)}: "
            "lower --lr, or use --amp fp32; checkpoints hold the last good state (--continue_train)"
        )


if __name__ == "__main__":
    run_command(main)
