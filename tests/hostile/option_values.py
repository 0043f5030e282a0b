"""Cases with option values at and beyond their limits."""

import contextlib
import io
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from options.preprocess_options import PreprocessOptions
from options.test_options import TestOptions
from options.train_options import TrainOptions
from util.errors import UserError

from .bench import Bench, Case, Result

_VALUES = [
    "-9223372036854775809", "-1", "0", "1", "2", "3", "255", "2147483647", "2147483648", "2147483649",
    "18446744073709551616", "1" + "0" * 30, "", " ", "1.5", "0.999999", "1", "nan", "inf", "-inf", "1e5",
    "1e-300", "1e999",
    "0x10", "1_0", "\u0661", "caf\udce9", "x" * 300, "x" * 5000, "{", "{netG.__class__}", "{lr:>99999999}",
    "%s", "..", "/",
    "~", "a\nb", "\x1b[31m", "--", "None", "[]", "latest", "*",
]  # fmt: skip
_SCRIPT_FLAGS: list[list[str]] = [
    ["--nonsense"], [], ["--seed", "x"], ["--max_rows", "1" + "0" * 20], ["--output", "x" * 300],
    ["--output", "/proc/x"], ["--title", "caf\udce9"], ["--labels", "caf\udce9", "b"],
]  # fmt: skip
_RUN_PER_COMMAND = 45
# Large values of these options are valid but would take too long.
_LONG = ("--n_epochs", "--n_epochs_decay", "--niter", "--niter_decay")
_LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_AS, (9 << 30, 9 << 30))"
_COMMANDS = {"train": TrainOptions, "test": TestOptions, "preprocess": PreprocessOptions}


def option_names(command: str) -> list[str]:
    """Return the options in a command's help that take a value."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        _COMMANDS[command]().parse(["--help"])
    lines = (line.strip() for line in text.getvalue().splitlines())
    found = [
        line.split()[-2] if "," in line.split("VALUE")[0] else line.split()[0]
        for line in lines
        if " VALUE" in line
    ]
    return sorted({name.rstrip(",") for name in found if name.startswith("--")})


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield cases that parse all values of all options, and cases that run commands with random ones."""
    for command in _COMMANDS:
        names = option_names(command)
        for name in names:
            yield Case(f"options: {command} parsed", name, partial(_parse_all, command, name))
        names = [name for name in names if name not in _LONG]
        for _ in range(_RUN_PER_COMMAND):
            name, value = names[rng.integers(len(names))], _VALUES[rng.integers(len(_VALUES))]
            act = partial(_run, command, [f"{name}={value}"])
            yield Case(f"options: {command} run", f"{name} {value[:40]!r}", act)
    for command in ("evaluate", "compare"):
        for flags in _SCRIPT_FLAGS:
            yield Case(f"options: {command} run", " ".join(flags)[:60], partial(_run, command, flags))


def _parse_all(command: str, name: str, bench: Bench, case: Case) -> Iterator[Result]:
    """Parse an option with each value."""
    base = [str(a) for a in bench.line(command, bench.folder())[1:]]
    for value in _VALUES:
        verdict = _parse(_COMMANDS[command], [*base, f"{name}={value}"])
        yield Result(case.kind, f"{name} {value[:40]!r}", *verdict)


def _parse(options: Callable[[], object], argv: list[str]) -> tuple[str, str]:
    """Parse a command line; return the verdict and its details."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            options().parse(argv)  # type: ignore[attr-defined]
        return "ok", ""
    except (UserError, OSError) as error:  # run_command turns this error into one line
        return "refused", str(error)
    except SystemExit as ended:
        one_line = said.getvalue().count("\n") == 1 and ended.code == 2
        return ("refused", said.getvalue()) if one_line else ("failure", f"{ended.code}: {said.getvalue()!r}")
    except Exception as error:
        return "failure", f"{type(error).__name__}: {error}"


def _run(command: str, flags: list[str], bench: Bench, case: Case) -> Iterator[Result]:
    """Run a command with an option."""
    folder = bench.folder("A")
    keep = [bench.root / name for name in ("pairs", "photos", "checkpoints")]
    line = [*bench.line(command, folder), *flags]
    yield bench.attempt(case, *line, untouched=keep, before=_LIMIT, cwd=folder)
