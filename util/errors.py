"""Errors that the user can fix, and the exit codes of commands."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence


class UserError(ValueError):
    """A mistake in a command, a file or a folder. Its one-line message says how to fix the mistake."""


def one_line(text: object) -> str:
    """Escape control characters and line breaks, so that any file name is safe to print."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def shorten(names: Sequence[str], most: int = 3) -> str:
    """Return the first few names, and the number of remaining names, as text for a message."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def list_not_used(reasons: Mapping[str, str], most: int = 20) -> list[str]:
    """Return one line for each of the first unusable files, and a line with the number of remaining ones."""
    lines = [one_line(f"not used: {name}: {reason}") for name, reason in list(reasons.items())[:most]]
    rest = len(reasons) - most
    return lines + ([f"not used: and {rest} more"] if rest > 0 else [])


def run_command(main: Callable[[], int | None]) -> None:
    """Run a command's ``main`` function and exit with the code that it returns (None: 0).

    After a `UserError`, print one line on stderr and exit with code 2. After Ctrl-C, exit with code 130.
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
    except BrokenPipeError:  # the program that reads the output, such as head, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:  # for example a full disk, a deleted file, or an invalid file name
        if not error.strerror:
            raise
        problem = f"{one_line(error.filename)} cannot be used: " if error.filename else ""
        print(f"{program}: error: {problem}{error.strerror}", file=sys.stderr)
        code = 2
    sys.exit(code)
