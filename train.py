"""Paired pictures to checkpoints: options, data, model, loop."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from options.train_options import TrainOptions
from util.errors import UserError, run_command


def main() -> int:
    """Run the command; returns its exit code."""
    options = TrainOptions()
    opt = options.parse()

    from util import checkpoint, distributed
    from util.memory import ExplainingMemory, keep_freed_memory

    if opt.device == "cpu":
        keep_freed_memory()
    distributed.start(opt.device)
    try:
        with ExplainingMemory():
            run = Run(opt)
            if opt.rank == 0:
                checkpoint.save_options(run.folder, opt, options.defaults)
            return run.train()
    finally:
        distributed.stop()


class Run:
    """One training run: the loop and what it needs to be stopped and gone on with at any moment.

    Args:
        opt: parsed training options.

    Raises:
        UserError: a run of that name exists and neither --continue_train nor --overwrite was given; or data
            or options are not what they should be.
    """

    def __init__(self, opt: Namespace):
        import torch

        from data import create_dataset, create_validation_dataset
        from data.base_dataset import phase_folder
        from data.preprocess.records import edge_settings_of
        from models import create_model
        from models.schedules import LearningRate
        from util.atomic import inside, make_folder

        self.opt = opt
        self.folder = inside(opt.checkpoints_dir, opt.name, what="--name")
        refuse_to_overwrite(self.folder, opt)
        make_folder(self.folder, what="--checkpoints_dir")
        if opt.rank == 0:
            for torn in self.folder.glob(".*.part"):  # what a kill during a save left
                torn.unlink(missing_ok=True)

        # Every random number from here on follows from the seed.
        torch.manual_seed(opt.seed)
        self.loader = create_dataset(opt)
        # How the pairs' edges were made, for test.py to make those of a drawing so too.
        opt.edge_settings = edge_settings_of(phase_folder(opt.dataroot, opt.phase))
        self.val_loader = create_validation_dataset(opt) if opt.rank == 0 else None
        if opt.lr_policy == "plateau" and (opt.world_size > 1 or self.val_loader is None):
            raise UserError(
                "--lr_policy plateau needs one process and a folder val/ or --val_fraction to watch"
            )
        self.validator = self._make_validator()
        self.model = create_model(opt)
        self.model.setup(opt)
        self.schedule = LearningRate(opt.lr_policy, opt.n_epochs, opt.n_epochs_decay, opt.lr_decay_iters)
        self.last_epoch = opt.n_epochs + opt.n_epochs_decay
        # Where the next update is: epoch, batch in it; pictures seen in all.
        self.epoch, self.batch, self.total_iters = opt.epoch_count, 0, 0
        self.best = float("inf")
        if opt.continue_train:
            self._resume()
        # What --overwrite will cost the old run; not before the first update has succeeded.
        self._outdated = [] if opt.continue_train or opt.rank else list(self.folder.glob("*.pth"))

    def train(self) -> int:
        """Train to the last epoch, or until told to stop; returns the exit code."""
        from tqdm import tqdm

        from data import create_fixed_dataset
        from util import checkpoint, distributed
        from util.interrupt import StopRequest
        from util.logging.pace import Pace
        from util.logging.reporter import reporting

        opt, model, loader = self.opt, self.model, self.loader
        if self.epoch > self.last_epoch:
            raise UserError(
                f"run {opt.name} has already finished its {self.last_epoch} epochs: raise --n_epochs to go on"
            )
        total = (self.last_epoch - self.epoch + 1) * len(
            loader
        ) - self.batch * opt.batch_size * opt.world_size
        self.pace = Pace(self.total_iters + total, self.total_iters)
        fixed = create_fixed_dataset(opt, self.val_loader) if opt.n_fixed and opt.rank == 0 else None
        with StopRequest() as stop, reporting(opt, self.folder, model, fixed) as self.report, tqdm(
            total=self.pace.total, initial=self.total_iters, unit="picture", desc=opt.name,
            disable=None if opt.rank == 0 else True, dynamic_ncols=True,
        ) as bar:  # fmt: skip
            if opt.rank == 0:
                self.report.greet(loader, self.val_loader, epochs=(self.epoch, self.last_epoch))
            saved_at = time.monotonic()
            while self.epoch <= self.last_epoch:
                # One epoch: its learning rate, its order, from the batch where we are.
                model.scale_learning_rates(self.schedule.factor(self.epoch))
                loader.set_epoch(self.epoch, self.batch)
                for batch, waited_s in timed(loader):
                    self.pace.waited(waited_s)
                    model.set_input(batch)
                    model.optimize_parameters()
                    while self._outdated:
                        self._outdated.pop().unlink(missing_ok=True)
                    seen = batch["A"].shape[0] * opt.world_size
                    before, self.total_iters = self.total_iters, self.total_iters + seen
                    self.batch += 1
                    self.pace.advance(seen)
                    bar.update(seen)
                    if model.device.type == "cpu":
                        self._stop_if_not_finite()  # costs nothing here; a GPU is asked when we print

                    # Tell.
                    if opt.rank == 0 and crosses(opt.print_freq, before, self.total_iters):
                        self._stop_if_not_finite()
                        self.report.losses(self._progress())
                    if opt.rank == 0 and crosses(opt.display_freq, before, self.total_iters):
                        self.report.samples(self._progress())

                    # Keep.
                    # Several processes on GPUs ask each other now and then only: asking waits for the device.
                    ask = opt.world_size == 1 or opt.device == "cpu" or model.n_updates % 16 == 0
                    stopping = ask and distributed.any_process(bool(stop), opt.device)
                    due = time.monotonic() - saved_at > opt.save_latest_s
                    if stopping or due or crosses(opt.save_latest_freq, before, self.total_iters):
                        self.save(f"iter_{self.total_iters}" if opt.save_by_iter and not stopping else None)
                        saved_at = time.monotonic()
                    if stopping:
                        self.report.log.message(
                            f"stopped by {stop.signal_name or 'another process'} in epoch {self.epoch}; "
                            "everything is saved: go on with --continue_train"
                        )
                        self.report.log.close("interrupted")
                        return 130
                self._end_epoch()
                saved_at = time.monotonic()
            self.report.log.close("finished")
        if opt.rank == 0:
            saved = ", ".join(checkpoint.epochs_in(self.folder))
            print(f"finished {self.last_epoch} epochs; epochs saved: {saved}")
        return 0

    def save(self, also: str | None = None) -> None:
        """Save the latest networks and the state from which to go on; under another name too if given."""
        if self.opt.rank == 0:
            import torch

            from util import checkpoint

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
                "rng": torch.get_rng_state(),
                "rng_cuda": torch.cuda.get_rng_state() if self.model.device.type == "cuda" else None,
            }
            # The state alone decides how training goes on; the networks are for everybody else.
            checkpoint.save(self.folder / checkpoint.STATE, state)
            self.model.save_networks("latest")
            if also:
                self.model.save_networks(also)

    def _resume(self) -> None:
        """Take up the state that the last run saved."""
        import torch

        from util import checkpoint, seeding

        path = self.folder / checkpoint.STATE
        if not path.exists():
            # Weights of the pix2pix family, or of another machine: networks alone, the rest begins anew.
            self.model.load_networks("latest")
            print(f"{path} is not there: going on from the latest networks, with new optimizers")
            return
        state = checkpoint.load(path)
        try:
            self.model.load_state_dict(state["model"])
            self.schedule.load_state_dict(state["schedule"])
            self.epoch, self.batch, self.total_iters = state["epoch"], state["batch"], state["total_iters"]
            rng, rng_cuda = state["rng"], state["rng_cuda"]
            # Values of another metric do not compare; states before there was a choice hold an L1.
            if state.get("best_by", "L1") == self.opt.best_by:
                self.best = state["best"]
        except (KeyError, TypeError, AttributeError, RuntimeError, ValueError) as error:
            raise UserError(f"{path} is no state of this run ({type(error).__name__}: {error})") from error
        if self.batch and state["batch_size"] != self.opt.batch_size * self.opt.world_size:
            raise UserError(
                f"--batch_size: the run stopped within an epoch at batches of {state['batch_size']}; go "
                "on with the same, or start anew with --overwrite"
            )
        if self.opt.rank == 0:
            torch.set_rng_state(rng)
            if rng_cuda is not None and self.model.device.type == "cuda":
                torch.cuda.set_rng_state(rng_cuda)
        else:
            torch.manual_seed(seeding.derive(self.opt.seed, self.opt.rank, self.total_iters))

    def _end_epoch(self) -> None:
        """Validate, show the fixed pictures, save, and move to the next epoch."""
        opt = self.opt
        last = self.epoch == self.last_epoch
        finished, self.epoch, self.batch = self.epoch, self.epoch + 1, 0
        if opt.rank == 0:
            self._stop_if_not_finite()
            progress = self._progress(finished, len(self.loader))
            if self.val_loader is not None and (finished % opt.val_freq == 0 or last):
                self._validate(progress)
            if finished % opt.save_epoch_freq == 0 or last or finished == opt.epoch_count:
                self.report.fixed(progress)
        if finished % opt.save_epoch_freq == 0 or last:
            self.save(str(finished))

    def _make_validator(self) -> Any:
        """Make what measures the held-out images, or None if there are none."""
        from data import create_reference_dataset
        from models.validation import Validator

        opt = self.opt
        if self.val_loader is None:
            if opt.best_by != "L1" and opt.rank == 0:
                raise UserError(f"--best_by {opt.best_by} needs a folder val/ or --val_fraction to measure")
            return None
        reference = None if opt.no_kernel_distance else partial(create_reference_dataset, opt)
        validator = Validator(self.val_loader, reference=reference, best_by=opt.best_by, device=opt.device)
        if validator.note:
            print(validator.note)
        return validator

    def _validate(self, progress: Any) -> None:
        """Measure the held-out pictures; keep the best generator."""
        metrics = self.validator.measure(self.model)
        self.report.validation(progress, metrics)
        self.schedule.observe(metrics["L1"])
        if self.validator.score(metrics) < self.best:
            self.best = self.validator.score(metrics)
            self.model.save_networks("best")

    def _progress(self, epoch: int | None = None, iters: int | None = None) -> Any:
        """This moment for the loggers."""
        from util.logging import Progress

        size = len(self.loader)
        return Progress(
            epoch=epoch or self.epoch,
            n_epochs=self.last_epoch,
            iters=min(size, self.batch * self.opt.batch_size * self.opt.world_size)
            if iters is None
            else iters,
            epoch_size=size,
            total_iters=self.total_iters,
            lr=self.opt.lr * self.schedule.factor(epoch or self.epoch),
            **self.pace.report(),
        )

    def _stop_if_not_finite(self) -> None:
        """Stop before a broken network reaches a checkpoint; name where and on which pictures it broke."""
        bad = self.model.first_bad_update()
        if bad is None:
            return
        epoch, batch = self.epoch, self.batch - (self.model.n_updates - bad)
        if self.batch == 0:  # the epoch has just ended
            epoch, batch = epoch - 1, len(self.loader.batches(epoch - 1)) + batch
        while batch < 0 and epoch > 1:
            epoch -= 1
            batch += len(self.loader.batches(epoch))
        pictures = ", ".join(self.loader.paths(self.loader.batches(epoch)[batch]))
        self.report.log.close("failed: loss not finite")
        raise UserError(
            f"the loss is not finite in epoch {epoch}, iteration {batch + 1}, pictures {pictures}: lower "
            "--lr, or use --amp fp32; checkpoints hold the last good state (--continue_train)"
        )


def refuse_to_overwrite(folder: Path, opt: Namespace) -> None:
    """Protect a run's checkpoints from a second run of the same name; raises `UserError`."""
    from util import checkpoint

    holds_a_run = checkpoint.epochs_in(folder) or (folder / checkpoint.STATE).exists()
    if holds_a_run and not (opt.continue_train or opt.overwrite):
        raise UserError(
            f"{folder} holds a trained run: go on with it by --continue_train, start anew over it by "
            "--overwrite, or choose another --name"
        )


def timed(loader: Any) -> Iterator[tuple[dict[str, Any], float]]:
    """Batches, each with the seconds that it was waited for."""
    batches = iter(loader)
    while True:
        began = time.perf_counter()
        batch = next(batches, None)
        if batch is None:
            return
        yield batch, time.perf_counter() - began


def crosses(frequency: int, before: int, after: int) -> bool:
    """Whether a multiple of the frequency lies in (before, after]: none is missed at any batch size."""
    return before // frequency != after // frequency


if __name__ == "__main__":
    run_command(main)
