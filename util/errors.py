"""Errors that the user can fix, and how commands turn them into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence


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
    except OSError as error:  # a full disk, a file that vanished, a name that cannot be one
        if not error.strerror:
            raise
        problem = f"{one_line(error.filename)} cannot be used: " if error.filename else ""
        print(f"{program}: error: {problem}{error.strerror}", file=sys.stderr)
        code = 2
    sys.exit(code)
