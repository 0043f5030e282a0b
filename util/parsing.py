"""Shared command-line parsing: one-line errors, option declarations, and range checks for numbers."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from PIL import ImageColor

from util.checkpoint import OLD_NAMES
from util.errors import UserError, one_line


class OneLineParser(argparse.ArgumentParser):
    """An argparse parser that reports an error in one line and exits with code 2.

    Args:
        instead_of: a function that takes argparse's message about an unknown option and returns a better
            message or None.
    """

    def __init__(self, *args: Any, instead_of: Callable[[str], str | None] = lambda _: None, **how: Any):
        super().__init__(*args, **how)
        self._instead_of = instead_of

    def error(self, message: str):
        """Print the error message and a reference to --help, but not the long usage text."""
        instead = self._instead_of(message) if message.startswith("unrecognized") else None
        print(f"{self.prog}: error: {one_line(instead or message)} (see --help)", file=sys.stderr)
        raise SystemExit(2)

    def parse_known_args(self, args=None, namespace=None):
        """Parse arguments, but reject ``--name=--``, which argparse would turn into an empty list."""
        given = sys.argv[1:] if args is None else args
        for text in given:
            if text.startswith("--") and text.endswith("=--"):
                self.error(f"argument {text[:-3]}: expected one argument")
        return super().parse_known_args(args, namespace)


class HelpFormatter(argparse.HelpFormatter):
    """A formatter that appends the choices and the default of each option to its help text."""

    def __init__(self, prog: str):
        super().__init__(prog, max_help_position=30, width=110)

    def _metavar_formatter(self, action: argparse.Action, default_metavar: str) -> Callable[[int], tuple]:
        """Return VALUE for an option without a name for its value: the help text lists the choices."""
        name = action.metavar or ("VALUE" if action.option_strings else default_metavar)
        return lambda count: (name,) * count

    def _get_help_string(self, action: argparse.Action) -> str:
        text = action.help or ""
        if action.choices is not None:
            text += f" ({' | '.join(map(str, action.choices))})"
        silent = any(action.default is value for value in (None, False, argparse.SUPPRESS))
        if silent or action.default == "" or action.nargs == 0:
            return text
        return f"{text} [%(default)s]"


class OptionGroup:
    """A titled group of options. The names that pix2pix uses for them (`OLD_NAMES`) are also accepted."""

    def __init__(self, parser: argparse.ArgumentParser, title: str):
        self._add = parser.add_argument_group(title).add_argument

    def add(self, name: str, default: Any, values: Callable[[str], Any] | tuple, help: str) -> None:
        """Add an option that takes a value.

        Args:
            name: name of the option, including the dashes.
            default: value if the option is not given.
            values: a tuple of choices, or a function that converts the text and raises if it is invalid.
            help: one self-contained line, to which `HelpFormatter` appends the choices and the default.
        """
        choices = values if isinstance(values, tuple) else None
        convert = values if choices is None else type(choices[0])
        self._add(*_with_aliases(name), default=default, type=convert, choices=choices, help=help)  # type: ignore[arg-type]

    def flag(self, name: str, help: str) -> None:
        """Add an option without a value, which is True if it is given."""
        self._add(*_with_aliases(name), action="store_true", help=help)


def _with_aliases(name: str) -> list[str]:
    return [name, *(f"--{old}" for old, new in OLD_NAMES.items() if f"--{new}" == name)]


def explicitly_given(parser: argparse.ArgumentParser, argv: Sequence[str]) -> frozenset[str]:
    """Return the names of the options that the command line sets."""
    unset, names = object(), [action.dest for action in parser._actions]
    found = parser.parse_args(argv, argparse.Namespace(**dict.fromkeys(names, unset)))
    return frozenset(name for name in names if getattr(found, name, unset) is not unset)


def check_recorded(parser: argparse.ArgumentParser, values: Mapping[str, Any], names: Container[str]) -> None:
    """Check recorded values of options, as if they were given on the command line.

    Args:
        parser: the parser that declares the options.
        values: a dict from option name to recorded value.
        names: names of the options to check.

    Raises:
        UserError: an option in ``names`` does not accept its value.
    """
    for action in parser._actions:
        name = action.dest
        if name in names and name in values and not _accepts(action, values[name]):
            raise UserError(
                f"the run's train_opt records {name} {values[name]!r}, which --{name} does not accept: "
                f"correct the value there"
            )


def _accepts(action: argparse.Action, value: Any) -> bool:
    if value is None or action.nargs == 0:
        return value is action.default or isinstance(value, bool)
    if action.choices is not None:
        return value in action.choices
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return False
    if action.type is str or not callable(action.type):
        return True
    try:
        return action.type(str(value)) == value
    except (ValueError, TypeError, argparse.ArgumentTypeError):
        return False


def _number(
    convert: Callable[[str], float], least: float, most: float, wanted: str
) -> Callable[[str], float]:
    """Return an argparse type for numbers from ``least`` to ``most``; errors quote ``wanted``."""

    def parse(text: str) -> float:
        try:
            value = convert(text)
        except (ValueError, OverflowError):
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return value

    return parse


def hints_option(text: str) -> str:
    """Check the value of ``--hints``: auto, none, or a color that Pillow knows, such as #9e7048 or sienna."""
    if text not in ("auto", "none"):
        try:
            ImageColor.getrgb(text)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"must be auto, none or a color such as #9e7048 or sienna, not {text}"
            ) from None
    return text


def value_range(text: str) -> str:
    """Check the value of ``--value_range``: type, folder, or LOW,HIGH. This is an argparse type."""
    try:
        if text != "folder":
            as_range(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not type, folder, or two numbers like 0,4095"
        ) from error
    return text


def as_range(text: str) -> tuple[float, float] | None:
    """Parse a ``--value_range``: return (low, high) for "LOW,HIGH" and None for "type".

    Raises:
        ValueError: the text has another format.
    """
    if text == "type":
        return None
    low, high = (float(part) for part in text.split(","))
    if not -1e38 < low < high < 1e38:
        raise ValueError(text)
    return low, high


positive_int = _number(int, 1, 2**31, "a whole number of at least 1")
two_or_more = _number(int, 2, 2**31, "a whole number of at least 2")
side_px = _number(int, 1, 2**16, "a whole number from 1 to 65536")
n_samples = _number(int, 1, 1000, "a whole number from 1 to 1000")
non_negative_int = _number(int, 0, 2**31, "a whole number of at least 0")
seed = _number(int, -(2**63), 2**63 - 2**32, "a whole number that fits into 64 bits")
fraction = _number(float, 0, math.nextafter(1, 0), "a number of at least 0 and below 1")
non_negative = _number(float, 0, 3e38, "a number of at least 0")
positive = _number(float, 1e-12, 1e9, "a number above 0")
stretch = _number(float, 1 / 64, 64, "a number from 1/64 to 64")
max_size = _number(lambda text: 0 if text == "inf" else int(text), 0, 2**31, "a whole number, or inf")
