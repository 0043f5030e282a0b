"""Errors that the user can fix, and how commands turn them into an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence

# The disk is full or not writable, which is not a bug of the program.
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
# Errors caused by files or folders that vanish or change meanwhile, and by invalid names.
_FILE_ERRORS = (
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG),
    *(errno.ELOOP, errno.EIO, errno.ESTALE),
)


class UserError(ValueError):
    """A mistake in a command, a file or a folder; its message is one line that says how to fix it."""


def one_line(text: object) -> str:
    """Return the text on one line with control characters escaped, so that any file name is safe to print."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def shorten(names: Sequence[str], most: int = 3) -> str:
    """Return the first few names and the number of the rest, for a message."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def list_not_used(reasons: Mapping[str, str], most: int = 20) -> list[str]:
    """Return a line for each of the first files that could not be used, and the number of the rest."""
    lines = [one_line(f"not used: {name}: {reason}") for name, reason in list(reasons.items())[:most]]
    rest = len(reasons) - most
    return lines + ([f"not used: and {rest} more"] if rest > 0 else [])


def run_command(main: Callable[[], int | None]) -> None:
    """Run a command's ``main`` and end the process with its exit code.

    The code is 0 or what ``main`` returns; 2, with one line on stderr, for a `UserError`; 130 after Ctrl-C.
    """
    program = os.path.basename(sys.argv[0])
    try:
        code = main() or 0
    except UserError as error:
        print(f"{program}: error: {one_line(error)}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print(f"\n{program}: interrupted", file=sys.stderr)
        code = 130
    except BrokenPipeError:  # the reader of the output has closed it (| head)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        if error.errno not in _DISK_ERRORS + _FILE_ERRORS:
            raise
        name = one_line(error.filename or "a file")
        problem = "written" if error.errno in _DISK_ERRORS else "found or used"
        print(f"{program}: error: {name} cannot be {problem}: {error.strerror}", file=sys.stderr)
        code = 2
    sys.exit(code)
