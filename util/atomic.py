"""Atomic file writes. Even after a crash, readers find the old file or the new file, never a partial file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from util.errors import UserError

# Suffix of files that are being written; mkstemp puts eight characters before it.
_TORN = ".part"
# mkstemp creates files that only the owner can read. This mask gives them the mode that open() would set.
_UMASK = os.umask(0o022)
os.umask(_UMASK)


def write_bytes(path: str | os.PathLike, content: bytes | memoryview, *, durable: bool = False) -> None:
    """Write content to the file ``path``, replacing any existing file atomically.

    Args:
        path: the file, whose folder must exist.
        content: the bytes to write.
        durable: whether to wait until the data is on the disk (fsync of file and folder), as for checkpoints.
    """
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=_TORN)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_UMASK)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):  # the folder may have been deleted; the first error is more useful
            os.unlink(temporary)
        raise
    if durable and hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def inside(folder: str | os.PathLike, name: str, *, what: str) -> Path:
    """Join ``folder / name`` for an untrusted name, and require that the path is inside the folder.

    Raises:
        UserError: the name is empty or absolute, or leaves the folder with ``..``.
    """
    root = os.path.abspath(folder)
    path = os.path.abspath(os.path.join(root, name))
    if "\0" in name or os.path.commonpath([root, path]) != root or path == root:
        raise UserError(
            f"{what} {name!r} must be a name inside {folder}: not empty, not an absolute path, without '..'"
        )
    return Path(folder) / name


def delete_torn(*folders: str | os.PathLike) -> None:
    """Delete partial files that killed processes left in folders to which only this process writes now."""
    for torn in (path for folder in folders for path in Path(folder).glob(f".{'?' * 8}{_TORN}")):
        if torn.is_file():
            torn.unlink(missing_ok=True)


def make_folder(path: str | os.PathLike, *, what: str) -> Path:
    """Create a folder and its parents if necessary, and check that files can be written to the folder.

    Raises:
        UserError: the folder cannot be created or written to; the message gives the system's reason.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise UserError(f"{what} {path} cannot be written: {error.strerror or error}") from error
    return path
