"""Disks that fill up: at each of a command's writes, or at a limit on file size."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .bench import Act, Bench, Case, Result

# Runs in the command's process: the n-th write to a file and all later writes fail as on a full disk.
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
_MOST_WRITES = 12
_SIZES = (4000, 12_000, 40_000, 120_000, 400_000)


def _commands(bench: Bench, folder: Path) -> dict[str, list]:
    """Return commands that write to a folder with the results of an earlier run."""
    train = ["--name", "tiny", "--checkpoints_dir", folder / "checkpoints", "--gpu_ids", "-1"]
    runs = [bench.root / name / "tiny" / "test_latest" for name in "AB"]
    # Worker processes receive their work through a pipe, which is not on the disk.
    alone = ["--overwrite", "--workers", "1"]
    photos, once = bench.root / "photos", ["--n_epochs", "1", "--n_epochs_decay", "0"]
    new = bench.train_flags("new", checkpoints=folder / "checkpoints")
    return {
        "preprocess": ["preprocess.py", "-i", photos, "-o", folder / "made", "-s", "32", *alone],
        "test": ["test.py", *bench.test_flags(folder / "A")],
        "train": ["train.py", *new, *once],
        "resume": ["train.py", *train, "--continue_train", "--n_epochs", "2", "--n_epochs_decay", "0"],
        "evaluate": ["scripts/evaluate.py", "--results", folder / "A" / "tiny" / "test_latest"],
        "compare": ["scripts/compare.py", *runs, "--output", folder / "A"],
    }


_MATERIAL = {"preprocess": "made", "train": "checkpoints", "resume": "checkpoints"}


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Return the cases: each command with each way of running out of space."""
    for command in ("preprocess", "test", "train", "resume", "evaluate", "compare"):
        for number in range(_MOST_WRITES):
            before = _FULL_DISK.format(number=number)
            yield Case("full disk: at a write", f"{command}, {number}", _limited(command, before))
        for size in _SIZES:
            before = _FILE_LIMIT.format(size=size)
            yield Case("full disk: size of a file", f"{command}, {size}", _limited(command, before))


def _limited(command: str, before: str) -> Act:
    """Run a command with a limit on space; earlier results must stay complete."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        material = _MATERIAL.get(command, "A")
        folder = bench.folder(material)
        script, *arguments = _commands(bench, folder)[command]
        yield bench.attempt(case, script, *arguments, before=before, whole=[folder / material])

    return act
