"""The folder of a training run: protected while it holds one, swept when one begins."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from util import checkpoint
from util.atomic import make_folder
from util.errors import UserError

RESUME = "everything is saved: resume with --continue_train"

# Files whose locks last as long as this process.
_locked: list[IO[str]] = []

# Swept with torn files when a run begins or resumes.
_RESCUE_CLAIM = ".rescue.part"


def prepare_folder(folder: Path, *, may_hold_a_run: bool, sweep: bool) -> None:
    """Make the run's folder, but protect a run that is in it.

    Args:
        folder: of the run.
        may_hold_a_run: it is to be resumed or replaced.
        sweep: remove what a kill in the middle of a save left.

    Raises:
        UserError: it holds a run that is neither to be resumed nor replaced, another process is training it,
            or it cannot be written.
    """
    if checkpoint.holds_a_run(folder) and not may_hold_a_run:
        raise UserError(
            f"{folder} holds a trained run: resume it with --continue_train, replace it with "
            "--overwrite, or choose another --name"
        )
    make_folder(folder, what="--checkpoints_dir")
    if sweep:
        _lock(folder)
        for torn in folder.glob(".*.part"):  # left by a kill during a save
            torn.unlink(missing_ok=True)


def rescue(folder: Path, write: Callable[[], None]) -> str:
    """Save what all processes hold from the first process that comes here; returns what became of it."""
    try:
        os.close(os.open(folder / _RESCUE_CLAIM, os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        return "another process saves: resume with --continue_train"
    try:
        write()
    except (UserError, RuntimeError, MemoryError) as error:
        return f"saving failed, too ({error}): --continue_train resumes the state saved before"
    return RESUME


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
