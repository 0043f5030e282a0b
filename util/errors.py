"""Errors that are the user's to fix, and the one place that turns them into an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

# A disk that is full or may not be written: no fault of ours.
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


class UserError(ValueError):
    """A mistake in a command, a file or a folder: its message is one line that names the way out."""


def one_line(text: object) -> str:
    """The text on one line, control characters made visible: safe to print whatever a file is called."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def run_command(main: Callable[[], int | None]) -> None:
    """Run a command's ``main`` and leave the process with its exit code.

    0 or what ``main`` returns; 2 with one line on stderr for a `UserError`; 130 after Ctrl-C.
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
    except BrokenPipeError:  # the reader of our output has gone (| head)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        name = one_line(error.filename or "a file")
        print(f"{program}: error: {name} cannot be written: {error.strerror}", file=sys.stderr)
        code = 2
    sys.exit(code)
