"""Outside interference: folders that vanish or lose permissions, parallel commands, wrong clocks."""

import itertools
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .bench import Act, Bench, Case, Result, damage, files_below

# Runs in the command's process: at the n-th call of a function, something happens to a folder.
_AT_CALL = """
import os, shutil, sys
sys.path.insert(0, {root!r})
import {module}
calls, real = [0], {module}.{function}
def meanwhile(*args, **how):
    calls[0] += 1
    if calls[0] == {number}:
        {act}
    return real(*args, **how)
{module}.{function} = meanwhile
"""
_ROOT = str(Path(__file__).resolve().parents[2])
# Root may read and write regardless of permissions, so the command's process first drops the capabilities
# DAC_OVERRIDE and DAC_READ_SEARCH.
_LIKE_OTHERS = """
import ctypes
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
libc = ctypes.CDLL(None)
libc.capget(header, sets)
for k in (0, 1, 2):
    sets[k] &= ~0b110
libc.capset(header, sets)
"""
_ACTS = {
    "vanishes": "shutil.rmtree({folder!r})",
    "is moved": "os.rename({folder!r}, {folder!r} + '_moved')",
    "becomes a file": "(shutil.rmtree({folder!r}), open({folder!r}, 'w').close())",
    "loses its rights": "os.chmod({folder!r}, 0)",
    "cannot be written": "os.chmod({folder!r}, 0o500)",
}
_CLOCKS = {
    "at zero": "lambda: 0.0",
    "backwards": "lambda step=[2e9]: step.__setitem__(0, step[0] - 3600) or step[0]",
    "far ahead": "lambda: 2.0 ** 40",
    "before 1970": "lambda: -1e9",
}
_STAMPS = {"1970": 0, "before 1970": -(10**18), "2100": 4102444800 * 10**9, "2500": 16725225600 * 10**9}


def _commands(bench: Bench, folder: Path) -> dict[str, tuple[list, Path]]:
    """Return the commands, each with the folder to which it writes."""
    train = bench.train_flags("new", checkpoints=folder / "out", dataroot=folder / "in" / "pairs")
    flags = bench.test_flags(folder / "out", dataroot=folder / "in" / "pairs")
    pre = ["-i", folder / "in" / "photos", "-o", folder / "out", "-s", "32", "--workers", "1"]
    return {
        "preprocess": (["preprocess.py", *pre], folder / "out"),
        "test": (["test.py", *flags], folder / "out" / "tiny" / "test_latest"),
        "train": (["train.py", *train, "--n_epochs", "2", "--n_epochs_decay", "0"], folder / "out" / "new"),
    }


def _material(bench: Bench) -> Path:
    """Return a folder with inputs and an empty folder for results, both writable by everybody."""
    folder = bench.folder()
    for name in ("pairs", "photos"):
        shutil.copytree(bench.root / name, folder / "in" / name)
    (folder / "out").mkdir()
    for place, _, _ in os.walk(folder):
        os.chmod(place, 0o777)
    os.chmod(bench.root, 0o755)
    return folder


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Return the cases: each kind of interference with each command."""
    for command in ("preprocess", "test", "train"):
        for act, number, which in itertools.product(_ACTS, (1, 2, 4), ("output", "input")):
            yield Case(
                "folders", f"{command}: {which} {act}, {number}", _disturbed(command, act, number, which)
            )
        for delay in (0, 0.05, 0.2, 0.5, 1.0):
            yield Case("side by side", f"two of {command}, {delay} s apart", _two(command, delay))
        for clock in _CLOCKS:
            yield Case("clock", f"{command}, {clock}", _clock(command, clock))
    for stamp in _STAMPS:
        yield Case("clock", f"files of {stamp}", _stamped(stamp))


def _disturbed(command: str, what: str, number: int, which: str) -> Act:
    """Run a command while something happens to a folder that it reads or writes."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        folder = _material(bench)
        (script, *arguments), target = _commands(bench, folder)[command]
        inputs = folder / "in" / ("photos" if command == "preprocess" else "pairs")
        victim = str(target if which == "output" else inputs)
        module, function = ("os", "replace") if which == "output" else ("PIL.Image", "open")
        how = {"root": _ROOT, "module": module, "function": function, "number": number}
        before = _LIKE_OTHERS + _AT_CALL.format(**how, act=_ACTS[what].format(folder=victim))
        yield case.judge(bench.run(script, *arguments, before=before))
        for place in (victim, victim + "_moved"):
            if os.path.isdir(place):
                os.chmod(place, 0o777)

    return act


def _two(command: str, delay: float) -> Act:
    """Start a command twice in parallel; one of them must succeed, and the results must be complete."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        folder = _material(bench)
        (script, *arguments), target = _commands(bench, folder)[command]
        started = []
        for _ in range(2):
            started.append(bench.start(script, *arguments))
            time.sleep(delay)
        ended = [bench.finish(one) for one in started]
        more = damage(files_below(target), target)
        more += ["neither succeeded"] if all(done.code for done in ended) else []
        yield from (case.judge(done, more) for done in ended)

    return act


def _clock(command: str, clock: str) -> Act:
    """Run a command with a wrong clock."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        folder = _material(bench)
        (script, *arguments), target = _commands(bench, folder)[command]
        done = bench.run(script, *arguments, before=f"import time; time.time = {_CLOCKS[clock]}")
        yield case.judge(done, damage(files_below(target), target))

    return act


def _stamped(stamp: str) -> Act:
    """Make pairs twice from files with unusual dates; the second run must skip all of them."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        folder = _material(bench)
        for path in (folder / "in" / "photos").iterdir():
            os.utime(path, ns=(_STAMPS[stamp], _STAMPS[stamp]))
        script, *arguments = _commands(bench, folder)["preprocess"][0]
        yield case.judge(bench.run(script, *arguments))
        again = bench.run(script, *arguments)
        yield case.judge(again, [] if "4 existed" in again.out else ["made again"])

    return act
