"""The folder of a training run: who may write to it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import IO

from util import checkpoint
from util.atomic import make_folder
from util.errors import UserError

# Files whose locks last as long as this process.
_locked: list[IO[str]] = []


def prepare_folder(opt: Namespace) -> None:
    """Make the run's folder, but protect a run that is in it.

    Args:
        opt: reads ``run_dir``, ``name``, ``continue_train``, ``overwrite`` and ``rank``.

    Raises:
        UserError: it holds a run that is neither to be resumed nor replaced, another process is training it,
            or it cannot be written.
    """
    if checkpoint.holds_a_run(opt.run_dir) and not (opt.continue_train or opt.overwrite):
        raise UserError(
            f"{opt.run_dir} holds a trained run: resume it with --continue_train, replace it with "
            "--overwrite, or choose another --name"
        )
    make_folder(opt.run_dir, what="--checkpoints_dir")
    if opt.rank == 0:
        _lock(opt.run_dir)
        for torn in opt.run_dir.glob(".*.part"):  # left by a kill during a save
            torn.unlink(missing_ok=True)


def _lock(folder: Path) -> None:
    """Keep other processes from training in the folder until this one ends, however it ends.

    Does nothing where files cannot be locked (Windows, some network file systems).
    """
    try:
        import fcntl
    except ImportError:
        return
    try:
        file = (folder / ".lock").open("a")
        _locked.append(file)
        # Unlike flock, not inherited by worker processes, which may outlive a killed training.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise UserError(
            f"another process is training {folder}: wait until it ends, stop it, or choose another --name"
        ) from error
    except OSError:
        return
