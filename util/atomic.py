"""Atomic file writes: even after a crash, a file has either its old or its new content, never a part."""

import contextlib
import os
import tempfile
from pathlib import Path

from util.errors import UserError

_TORN = ".part"  # suffix of unfinished files, after a dot and eight random characters from mkstemp
_UMASK = os.umask(0o022)  # needed because mkstemp creates files that only the owner can read
os.umask(_UMASK)


def write_bytes(path: str | os.PathLike, content: bytes | memoryview, *, durable: bool = False) -> None:
    """Write a file in an existing folder and atomically replace any previous version.

    If ``durable`` is set, wait until the data is on the disk (fsync of the file and its folder).
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
        with contextlib.suppress(OSError):  # the folder may be gone, and the first error is more useful
            os.unlink(temporary)
        raise
    if durable and hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def inside(folder: str | os.PathLike, name: str, *, what: str) -> Path:
    """Join a folder and an untrusted name; raise `UserError` if the result is not inside the folder."""
    root = os.path.abspath(folder)
    path = os.path.abspath(os.path.join(root, name))
    if "\0" in name or os.path.commonpath([root, path]) != root or path == root:
        raise UserError(
            f"{what} {name!r} must be a relative path inside {folder}; it must not be empty or contain '..'"
        )
    return Path(folder) / name


def delete_torn(*folders: str | os.PathLike) -> None:
    """Delete unfinished files left by killed processes. No other process may be writing to the folders."""
    for torn in (path for folder in folders for path in Path(folder).glob(f".{'?' * 8}{_TORN}")):
        if torn.is_file():
            torn.unlink(missing_ok=True)


def make_folder(path: str | os.PathLike, *, what: str) -> Path:
    """Create a folder if it does not exist; raise `UserError` if files cannot be written to it."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise UserError(f"{what} {path} cannot be written: {error.strerror or error}") from error
    return path
