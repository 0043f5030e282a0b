"""Errors that the user can fix, and their conversion into exit codes of commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence


class UserError(ValueError):
    """A mistake in a command, a file or a folder. The message is one line that says how to fix it."""


def one_line(text: object) -> str:
    """Return text as one line with control characters escaped, so that any file name is safe to print."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def shorten(names: Sequence[str], most: int = 3) -> str:
    """Return the first few names and the number of remaining names, for a message."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def list_not_used(reasons: Mapping[str, str], most: int = 20) -> list[str]:
    """Return one line for each of the first unusable files, and the number of remaining files."""
    lines = [one_line(f"not used: {name}: {reason}") for name, reason in list(reasons.items())[:most]]
    rest = len(reasons) - most
    return lines + ([f"not used: and {rest} more"] if rest > 0 else [])


def run_command(main: Callable[[], int | None]) -> None:
    """Run the ``main`` function of a command and end the process with an exit code.

    The exit code is the return value of ``main``, or 0 if that is None. After a `UserError`, it is 2, and the
    error is printed as one line on stderr. After Ctrl-C, it is 130.
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
    except BrokenPipeError:  # a program that reads the output, such as head, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:  # for example a full disk, a deleted file, or an invalid file name
        if not error.strerror:
            raise
        problem = f"{one_line(error.filename)} cannot be used: " if error.filename else ""
        print(f"{program}: error: {problem}{error.strerror}", file=sys.stderr)
        code = 2
    sys.exit(code)
