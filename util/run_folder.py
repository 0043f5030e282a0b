"""The folder of a training run: who may write to it."""

from __future__ import annotations

from argparse import Namespace

from util import checkpoint
from util.atomic import make_folder
from util.errors import UserError


def prepare_folder(opt: Namespace) -> None:
    """Make the run's folder, but protect a run that is in it.

    Args:
        opt: reads ``run_dir``, ``name``, ``continue_train``, ``overwrite`` and ``rank``.

    Raises:
        UserError: it holds a run that is neither to be resumed nor replaced, or it cannot be written.
    """
    if checkpoint.holds_a_run(opt.run_dir) and not (opt.continue_train or opt.overwrite):
        raise UserError(
            f"{opt.run_dir} holds a trained run: resume it with --continue_train, replace it with "
            "--overwrite, or choose another --name"
        )
    make_folder(opt.run_dir, what="--checkpoints_dir")
    if opt.rank == 0:
        for torn in opt.run_dir.glob(".*.part"):  # left by a kill during a save
            torn.unlink(missing_ok=True)
