"""Command-line parsing: one-line errors, option declarations, and value checks."""

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
        instead_of: converts argparse's message about an unknown option to a better message, or to None.
    """

    def __init__(self, *args: Any, instead_of: Callable[[str], str | None] = lambda _: None, **how: Any):
        super().__init__(*args, **how)
        self._instead_of = instead_of

    def error(self, message: str):
        """Print the message and a reference to --help, without the long usage text."""
        instead = self._instead_of(message) if message.startswith("unrecognized") else None
        print(f"{self.prog}: error: {one_line(instead or message)} (see --help)", file=sys.stderr)
        raise SystemExit(2)

    def parse_known_args(self, args=None, namespace=None):
        """Parse arguments, but reject ``--name=--``, which argparse would parse as an empty list."""
        for text in sys.argv[1:] if args is None else args:
            if text.startswith("--") and text.endswith("=--"):
                self.error(f"argument {text[:-3]}: expected one argument")
        return super().parse_known_args(args, namespace)


class HelpFormatter(argparse.HelpFormatter):
    """A help formatter that appends each option's choices and default to its text."""

    def __init__(self, prog: str):
        super().__init__(prog, max_help_position=30, width=110)

    def _metavar_formatter(self, action: argparse.Action, default_metavar: str) -> Callable[[int], tuple]:
        """Show VALUE in place of choices, which the help text lists."""
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
    """A group of options, each of which also accepts pix2pix's names for it (`OLD_NAMES`)."""

    def __init__(self, parser: argparse.ArgumentParser, title: str):
        self._add = parser.add_argument_group(title).add_argument

    def add(self, name: str, default: Any, values: Callable | tuple, help: str, **how: Any) -> None:
        """Add an option; ``values`` is a tuple of choices, or a function that checks and converts text."""
        choices = values if isinstance(values, tuple) else None
        convert = values if choices is None else type(choices[0])
        how |= {"default": default, "type": convert, "choices": choices, "help": help}
        self._add(*_with_aliases(name), **how)

    def flag(self, name: str, help: str) -> None:
        """Add an option that takes no value and is True if given."""
        self._add(*_with_aliases(name), action="store_true", help=help)


def _with_aliases(name: str) -> list[str]:
    return [name, *(f"--{old}" for old, new in OLD_NAMES.items() if f"--{new}" == name)]


def explicitly_given(parser: argparse.ArgumentParser, argv: Sequence[str]) -> frozenset[str]:
    """Return the names of the options that the command line sets."""
    unset, names = object(), [action.dest for action in parser._actions]
    found = parser.parse_args(argv, argparse.Namespace(**dict.fromkeys(names, unset)))
    return frozenset(name for name in names if getattr(found, name, unset) is not unset)


def check_recorded(parser: argparse.ArgumentParser, values: Mapping[str, Any], names: Container[str]) -> None:
    """Check the recorded values of the options in ``names``; raise `UserError` if one is not allowed."""
    for action in parser._actions:
        name = action.dest
        if name in names and name in values and not _accepts(action, values[name]):
            wrong = f"sets {name} to {values[name]!r}, which --{name} does not accept"
            raise UserError(f"the run's train_opt file {wrong}: correct it in that file")


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
    """Return an argparse type for numbers in a range; ``wanted`` describes them in error messages."""

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
    """Check that ``--hints`` is ``auto``, ``none`` or a color known to Pillow, such as #9e7048 or sienna."""
    if text not in ("auto", "none"):
        try:
            ImageColor.getrgb(text)
        except ValueError:
            wanted = "must be auto, none or a color such as #9e7048 or sienna"
            raise argparse.ArgumentTypeError(f"{wanted}, not {text}") from None
    return text


def value_range(text: str) -> str:
    """Check that ``--value_range`` is ``type``, ``folder`` or ``LOW,HIGH``."""
    try:
        if text != "folder":
            as_range(text)
    except ValueError as error:
        wanted = "type, folder, or two numbers like 0,4095"
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}") from error
    return text


def as_range(text: str) -> tuple[float, float] | None:
    """Convert a value range: "LOW,HIGH" to (low, high), "type" to None; raise ValueError for other text."""
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
