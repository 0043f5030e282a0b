"""Cases with full disks, folders that disappear, parallel commands and wrong clocks."""

import itertools
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from .bench import Bench, Case, Result, damage, files_below

# Code that makes file writes after the first ``number`` fail as if the disk were full.
_FULL_DISK = """
import builtins, errno, io, os
left = [{number}]
real_open = io.open
class FullDisk(io.FileIO):
    def write(self, data):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.name))
        return super().write(data)
def open_(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
    writes = set(mode) & set("wax+") and file not in (1, 2) and file != os.devnull
    if not writes:
        return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
    raw = FullDisk(file, mode.replace("b", "").replace("t", ""), closefd, opener)
    buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
    return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1)
builtins.open = io.open = open_
"""
_FILE_LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
# Code that runs ``act`` at a certain call of a function. It first drops the capabilities DAC_OVERRIDE and
# DAC_READ_SEARCH, because they let root ignore permissions.
_AT_CALL = """
import ctypes, os, shutil, sys
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
libc = ctypes.CDLL(None)
libc.capget(header, sets)
for k in (0, 1, 2):
    sets[k] &= ~0b110
libc.capset(header, sets)
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
_ACTS = {
    "vanishes": "shutil.rmtree({folder!r})",
    "is moved": "os.rename({folder!r}, {folder!r} + '_moved')",
    "becomes a file": "(shutil.rmtree({folder!r}), open({folder!r}, 'w').close())",
    "loses its permissions": "os.chmod({folder!r}, 0)",
    "cannot be written": "os.chmod({folder!r}, 0o500)",
}
_CLOCKS = {
    "at zero": "lambda: 0.0",
    "backwards": "lambda step=[2e9]: step.__setitem__(0, step[0] - 3600) or step[0]",
    "far ahead": "lambda: 2.0 ** 40",
    "before 1970": "lambda: -1e9",
}
_STAMPS = {"1970": 0, "before 1970": -(10**18), "2100": 4102444800 * 10**9, "2500": 16725225600 * 10**9}
# Each command's input and output folders.
_FOLDERS = {
    "preprocess": ("photos", "made"), "test": ("pairs", "A/tiny/test_latest"),
    "train": ("pairs", "checkpoints/new"),
}  # fmt: skip
# The material that must not be damaged, and further options.
_ON_DISK = {
    "preprocess": ("made", "--overwrite"), "test": ("A",), "train": ("checkpoints",),
    "resume": ("checkpoints",), "evaluate": ("A",), "compare": ("A",),
}  # fmt: skip


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield a case for each command and each disturbance."""
    for command in _ON_DISK:
        for number in range(12):
            act = partial(_full, command, _FULL_DISK.format(number=number))
            yield Case("full disk: at a write", f"{command}, {number}", act)
        for size in (4000, 12_000, 40_000, 120_000, 400_000):
            act = partial(_full, command, _FILE_LIMIT.format(size=size))
            yield Case("full disk: size of a file", f"{command}, {size}", act)
    for command in _FOLDERS:
        for what, number, which in itertools.product(_ACTS, (1, 2, 4), ("output", "input")):
            name = f"{command}: {which} {what}, {number}"
            yield Case("folders", name, partial(_disturbed, command, what, number, which))
        for delay in (0, 0.05, 0.2, 0.5, 1.0):
            yield Case("side by side", f"two of {command}, {delay} s apart", partial(_two, command, delay))
        for clock in _CLOCKS:
            yield Case("clock", f"{command}, {clock}", partial(_clock, command, clock))
    for stamp in _STAMPS:
        yield Case("clock", f"files dated {stamp}", partial(_stamped, stamp))


def _full(command: str, before: str, bench: Bench, case: Case) -> Iterator[Result]:
    """Run a command with a limit on writes. It must not damage earlier results."""
    material, *more = _ON_DISK[command]
    folder = bench.folder(material)
    yield bench.attempt(case, *bench.line(command, folder), *more, before=before, whole=[folder / material])


def _disturbed(
    command: str, what: str, number: int, which: str, bench: Bench, case: Case
) -> Iterator[Result]:
    """Run a command while its input or output folder is changed."""
    folder = bench.folder("pairs", "photos")
    victim = str(folder / _FOLDERS[command][which == "output"])
    module, function = ("os", "replace") if which == "output" else ("PIL.Image", "open")
    act = _ACTS[what].format(folder=victim)
    before = _AT_CALL.format(root=_ROOT, module=module, function=function, number=number, act=act)
    yield case.judge(bench.run(*bench.line(command, folder), before=before))
    for place in (victim, victim + "_moved"):
        if os.path.isdir(place):
            os.chmod(place, 0o777)


def _two(command: str, delay: float, bench: Bench, case: Case) -> Iterator[Result]:
    """Start two copies of a command. The results must be complete, and at least one copy must succeed."""
    folder = bench.folder()
    started = []
    for _ in range(2):
        started.append(bench.start(*bench.line(command, folder)))
        time.sleep(delay)
    ended = [bench.finish(one) for one in started]
    more = damage(files_below(folder), folder)
    more += ["neither succeeded"] if all(done.code for done in ended) else []
    yield from (case.judge(done, more) for done in ended)


def _clock(command: str, clock: str, bench: Bench, case: Case) -> Iterator[Result]:
    """Run a command with a wrong clock."""
    folder = bench.folder()
    before = f"import time; time.time = {_CLOCKS[clock]}"
    done = bench.run(*bench.line(command, folder), before=before)
    yield case.judge(done, damage(files_below(folder), folder))


def _stamped(stamp: str, bench: Bench, case: Case) -> Iterator[Result]:
    """Make pairs twice from files with a given date. The second run must skip all of them."""
    folder = bench.folder("photos")
    for path in (folder / "photos").iterdir():
        os.utime(path, ns=(_STAMPS[stamp], _STAMPS[stamp]))
    yield case.judge(bench.run(*bench.line("preprocess", folder)))
    again = bench.run(*bench.line("preprocess", folder))
    yield case.judge(again, [] if "4 already existed" in again.out else ["made again"])
