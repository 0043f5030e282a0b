"""A training run's folder, which is locked during training."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from util import checkpoint
from util.atomic import make_folder
from util.errors import UserError

RESUME = "everything is saved: resume with --continue_train"


class RunFolder:
    """A run's folder, as used by one of its processes.

    If a new run replaces an old one (``replace``), the old run's files remain until the first update has
    succeeded. Only the first process ``writes`` files.

    Raises:
        UserError: the folder contains a run that should be neither resumed nor replaced, another process
            uses the folder for training, or the folder cannot be written to.
    """

    def __init__(self, path: Path, *, resume: bool, replace: bool, writes: bool):
        self.path, self._writes = path, writes
        if checkpoint.holds_a_run(path) and not (resume or replace):
            raise UserError(
                f"{path} contains a trained run: resume it with --continue_train, replace it with "
                "--overwrite, or choose another --name"
            )
        make_folder(path, what="--checkpoints_dir")
        if writes:
            self._locked = _lock(path)
            for torn in path.glob(".*.part"):  # left by a process that was killed while saving
                torn.unlink(missing_ok=True)
        self._replaced = [] if resume or not writes else list(path.glob("*.pth"))
        self._save_options: Callable[[], None] | None = None

    def begin(self, save_options: Callable[[], None]) -> None:
        """Write the run's options now or, if it replaces an old run, after the first update."""
        self._save_options = save_options if self._writes else None
        if not self._replaced:
            self.count_update()

    def count_update(self) -> None:
        """Delete the old run and write the options after the first update; later calls do nothing."""
        while self._replaced:
            self._replaced.pop().unlink(missing_ok=True)
        if self._save_options is not None:
            self._save_options()
            self._save_options = None

    def save(self, parts: Mapping[str, Any]) -> None:
        """Write the training state: a dict from each part's name to its ``state_dict()``."""
        state = {name: part.state_dict() for name, part in parts.items()}
        checkpoint.save(self.path / checkpoint.STATE, state)

    def load(self, parts: Mapping[str, Any]) -> bool:
        """Restore the state that `save` wrote, or return False if there is no such file."""
        path = self.path / checkpoint.STATE
        if not path.exists():
            return False
        state = checkpoint.load(path)
        try:
            for name, part in parts.items():
                # Before version 1.0, only the model and the schedule had separate dicts in the state.
                part.load_state_dict(state.get(name, state))
        except UserError:
            raise
        except (KeyError, TypeError, AttributeError, RuntimeError, ValueError) as error:
            raise UserError(f"{path} does not match this run ({type(error).__name__}: {error})") from error
        return True

    def next_epoch(self, asked: int | None) -> int:
        """Return the requested epoch or, by default, the epoch after the last numbered checkpoint."""
        free = checkpoint.next_epoch(self.path)
        if asked is not None and asked < free:
            raise UserError(
                f"--epoch_count {asked}: {self.path} already contains checkpoints up to epoch {free - 1}: "
                "leave out --epoch_count, or start a new run from this one (--init_from)"
            )
        return asked or free


def _lock(folder: Path) -> IO[str] | None:
    """Lock the folder until the returned file is closed or this process ends.

    Return None if files cannot be locked, as on Windows and on some network file systems.
    """
    try:
        import fcntl

        file = (folder / ".lock").open("a")
        # Unlike flock, this lock is not inherited by worker processes, which may outlive a killed process.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    except (BlockingIOError, PermissionError) as error:
        raise UserError(
            f"another process is training {folder}: wait until it ends, stop it, or choose another --name"
        ) from error
    except (ImportError, OSError):
        return None
