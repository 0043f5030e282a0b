"""Train a model on pairs of images and write checkpoints."""

import time
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from typing import Any

from data import edge_settings
from models import create_model
from models.schedules import LearningRate
from options.train_options import TrainOptions
from training.progress import Progress
from training.reporter import Reporter
from training.run_folder import RESUME, RunFolder
from util import checkpoint, distributed, seeding
from util.errors import UserError, run_command
from util.interrupt import StopRequest
from util.memory import explaining_memory, keep_freed_memory


def main() -> int:
    """Run the command and return the exit code."""
    options = TrainOptions()
    opt = options.parse()
    if opt.device == "cpu":
        keep_freed_memory()
    distributed.start(opt.device)
    with explaining_memory():
        how = edge_settings(opt.dataroot, opt.phase)
        save_options = partial(checkpoint.save_options, opt.run_dir, opt, options.defaults, how)
        code = Training(opt, save_options).run()
    return distributed.leave(code)


class Training:
    """A run: its data, model, schedule and training loop. Training can stop and resume at any update.

    ``save_options`` is a function that writes the options to the run's folder.

    Raises:
        UserError: the run already exists or has finished, or the data and the options do not match.
    """

    def __init__(self, opt: Namespace, save_options: Callable[[], None]):
        from data.training_data import TrainingData  # these modules import torch
        from models.validation import create_validator

        self.opt = opt
        self.folder = RunFolder(
            opt.run_dir, resume=opt.continue_train, replace=opt.overwrite, writes=opt.rank == 0
        )
        seeding.seed_torch(opt.seed)  # the seed determines all random numbers from here on
        self.data = TrainingData(opt)
        self.loader = self.data.loader
        self.validator = create_validator(opt, self.data.held_out, self.data.reference)
        self.model = create_model(opt)
        self.model.setup(opt)
        self.model.calibration_pairs = self.data.calibration()
        self.schedule = LearningRate(opt.lr_policy, opt.n_epochs, opt.n_epochs_decay, opt.lr_decay_iters)
        last, size = opt.n_epochs + opt.n_epochs_decay, (len(self.loader), opt.batch_size * opt.world_size)
        self.progress = Progress(last, *size, opt.best_by, opt.early_stop, epoch=opt.epoch_count)
        self.parts: dict[str, Any] = {  # the parts of the run's state, which are saved and restored
            "model": self.model, "schedule": self.schedule, "progress": self.progress,
            "random": seeding.TorchRandom(self.model.device),
        }  # fmt: skip
        if opt.continue_train:
            self.resume()
        if self.progress.epoch > last:
            raise UserError(f"run {opt.name} has finished its {last} epochs: raise --n_epochs")
        self.folder.begin(save_options)
        self.report = Reporter(opt, self.model, self.data, self.progress)
        self._saved_at = time.monotonic()

    def run(self) -> int:
        """Train until the last epoch or until a request to stop, and return the exit code."""
        model, progress = self.model, self.progress
        with StopRequest() as stop, self.report, distributed.noticing_lost_processes(all_errors=False):
            while not progress.is_over:
                self.begin_epoch()
                for batch in self.report.timed(self.loader):
                    model.set_input(batch)
                    model.optimize_parameters()
                    self.count(len(batch["A"]) * self.opt.world_size)
                    self.report_if_due()
                    if self.stop_if_asked(stop):
                        return 130
                    self.save_if_due()
                self.validate_if_due()
                self.end_epoch()
            saved = ", ".join(checkpoint.epochs_in(self.folder.path))
            self.report.finish("finished", f"{progress.describe_end()}; epochs saved: {saved}")
        return 0

    def begin_epoch(self) -> None:
        """Begin the current epoch, or resume it at its next batch."""
        factor = self.schedule.factor(self.progress.epoch)
        self.model.scale_learning_rates(factor)
        self.loader.set_epoch(self.progress.epoch, self.progress.batch)
        self.report.lr = self.opt.lr * factor

    def count(self, images: int) -> None:
        """Count an update and its images."""
        self.progress.count(images)
        self.report.advance(images)
        self.folder.count_update()

    def report_if_due(self) -> None:
        """Report losses and samples if they are due, and check that losses are finite.

        On a GPU, losses are checked only when they are reported, because the check waits for the device.
        """
        losses_due = self.progress.passed(self.opt.print_freq)
        if losses_due or self.opt.device == "cpu":
            self.stop_if_not_finite()
        if losses_due:
            self.model.average_losses()
            self.report.losses()
        if self.progress.passed(self.opt.display_freq):
            self.report.samples()

    def stop_if_asked(self, stop: StopRequest) -> bool:
        """If this or another process was asked to stop, save, finish the report, and return True."""
        if not stop.reached(self.model.n_updates, self.opt.device):
            return False
        self.save()
        by = f"stopped by {stop.signal_name or 'another process'} in epoch {self.progress.epoch}"
        self.report.finish("interrupted", f"{by}; {RESUME}")
        return True

    def save_if_due(self) -> None:
        """Save if enough images or seconds have passed since the latest checkpoint."""
        old = time.monotonic() - self._saved_at > self.opt.save_latest_s
        if old or self.progress.passed(self.opt.save_latest_freq):
            self.save(also=f"iter_{self.progress.images}" if self.opt.save_by_iter else None)

    def validate_if_due(self) -> None:
        """If due, validate on the held-out pairs, save the best generator, and report fixed samples."""
        self.stop_if_not_finite()
        progress, best = self.progress, self.progress.best
        if progress.ends(self.opt.val_freq):
            if self.validator is not None:
                metrics = self.validator.measure(self.model)
                self.report.validation(metrics)
                self.schedule.observe(metrics["L1"])
                if (score := self.validator.score(metrics)) < best:
                    best = score
                    self.model.save_networks("best")
            progress.count_validation(distributed.from_first_process(best, self.opt.device))
        if progress.ends(self.opt.save_epoch_freq) or progress.epoch == self.opt.epoch_count:
            self.report.fixed()

    def end_epoch(self) -> None:
        """Advance to the next epoch. If a checkpoint is due, save the state at the start of that epoch."""
        ended, is_due = self.progress.epoch, self.progress.ends(self.opt.save_epoch_freq)
        self.progress.begin_next_epoch()
        if is_due:
            self.save(also=str(ended))

    def save(self, also: str | None = None) -> None:
        """Save the training state, and the networks as ``latest`` and optionally under another name."""
        self._saved_at = time.monotonic()
        if self.opt.rank == 0:
            self.stop_if_not_finite()
            self.folder.save(self.parts)  # resuming needs only this state
            for name in filter(None, ("latest", also)):
                self.model.save_networks(name)

    def resume(self) -> None:
        """Restore the run's last saved state."""
        if not self.folder.load(self.parts):
            # The folder contains only networks, from pix2pix or another machine. Everything else starts anew.
            self.model.load_networks("latest")
            asked = self.opt.epoch_count if "epoch_count" in self.opt.explicit else None
            self.progress.epoch = self.folder.next_epoch(asked)
            where = f"in epoch {self.progress.epoch} (--epoch_count N selects another epoch)"
            self.data.notes.append(f"no {checkpoint.STATE}: resuming with new optimizers, {where}")
        if self.opt.rank:
            seeding.seed_torch(seeding.derive(self.opt.seed, self.opt.rank, self.progress.images))

    def stop_if_not_finite(self) -> None:
        """Raise `UserError` if a loss is not finite, so that unusable weights are never saved."""
        if (bad := self.model.first_bad_update()) is None:
            return
        position = self.progress.batch - (self.model.n_updates - bad)
        epoch, batch, images = self.loader.batch_at(self.progress.epoch, position)
        raise UserError(
            f"the loss is not finite in epoch {epoch}, iteration {batch + 1}, images {', '.join(images)}: "
            "lower --lr, or use --amp fp32; --continue_train resumes from the last good state"
        )


if __name__ == "__main__":
    run_command(main)
