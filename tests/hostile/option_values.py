"""Options at and beyond their limits: all values are parsed, and some of the accepted ones are run."""

import contextlib
import io
from collections.abc import Callable, Iterator

import numpy as np

from options.preprocess_options import PreprocessOptions
from options.test_options import TestOptions
from options.train_options import TrainOptions
from util.errors import UserError

from .bench import Act, Bench, Case, Result

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
# With such a value, training is expected to take long.
_LONG = ("--n_epochs", "--n_epochs_decay", "--niter", "--niter_decay")
_LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_AS, (9 << 30, 9 << 30))"
_COMMANDS = {"train.py": TrainOptions, "test.py": TestOptions, "preprocess.py": PreprocessOptions}


def option_names(command: str) -> list[str]:
    """Return the options of a command that take a value, as listed in its help."""
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


def _arguments(bench: Bench, command: str, folder) -> list:
    """Return a valid command line, to which the tested option is added."""
    if command == "preprocess.py":
        return ["-i", bench.root / "photos", "-o", folder / "out", "-s", "32", "--workers", "1"]
    if command == "train.py":
        flags = bench.train_flags("x", checkpoints=folder)
        return [*flags, "--n_epochs", "1", "--n_epochs_decay", "0"]
    return bench.test_flags(folder)


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Return the cases: all options and values are parsed, and a random sample of them is run."""
    for command in _COMMANDS:
        names = option_names(command)
        for name in names:
            yield Case(f"options: {command} parsed", name, _parse_all(command, name))
        names = [name for name in names if name not in _LONG]
        for _ in range(_RUN_PER_COMMAND):
            name, value = names[rng.integers(len(names))], _VALUES[rng.integers(len(_VALUES))]
            yield Case(f"options: {command} run", f"{name} {value[:40]!r}", _run(command, name, value))
    for script in ("scripts/evaluate.py", "scripts/compare.py"):
        for flags in _SCRIPT_FLAGS:
            yield Case(f"options: {script}", " ".join(flags)[:60], _script(script, flags))


def _parse_all(command: str, name: str) -> Act:
    """Parse an option with each value, in this process."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        base = [str(a) for a in _arguments(bench, command, bench.folder())]
        for value in _VALUES:
            verdict = _parse(_COMMANDS[command], [*base, f"{name}={value}"])
            yield Result(case.kind, f"{name} {value[:40]!r}", *verdict)

    return act


def _parse(options: Callable[[], object], argv: list[str]) -> tuple[str, str]:
    """Parse a command line; return the verdict and its detail."""
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


def _run(command: str, name: str, value: str) -> Act:
    """Run a command with the option."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        folder = bench.folder()
        arguments = [*_arguments(bench, command, folder), f"{name}={value}"]
        keep = [bench.root / "pairs", bench.root / "photos", bench.checkpoints]
        yield bench.attempt(case, command, *arguments, untouched=keep, before=_LIMIT, cwd=folder)

    return act


def _script(script: str, flags: list[str]) -> Act:
    """Run evaluate.py or compare.py with an option."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        folder = bench.folder("A")
        runs = [folder / "A" / "tiny" / "test_latest", bench.root / "B" / "tiny" / "test_latest"]
        given = ["--results", *runs] if script.endswith("evaluate.py") else runs
        if script.endswith("compare.py") and "--output" not in flags:
            given = [*given, "--output", folder / "compared"]
        yield bench.attempt(case, script, *given, *flags, before=_LIMIT, cwd=folder)

    return act
