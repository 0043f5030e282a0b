"""The soak test's long training: its memory, descriptors, zombies and files, sampled while it runs."""

import json
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from soak_measures import descriptors, resident_mb, size_of, zombie_children

LOGS = ("loss_log.txt", "loss_log.jsonl")


@dataclass
class Samples:
    """What was measured of a process, a value a moment.

    Attributes:
        seconds: moments, since the start.
        memory_mb: resident memory.
        descriptors: number of open descriptors.
        zombies: the most children at once that had ended unnoticed.
    """

    seconds: list = field(default_factory=list)
    memory_mb: list = field(default_factory=list)
    descriptors: list = field(default_factory=list)
    zombies: int = 0

    def take(self, pid, second):
        """Measure once; returns whether the process is still there."""
        memory, opened = resident_mb(pid), descriptors(pid)
        if memory is None or opened is None:
            return False
        self.seconds.append(second)
        self.memory_mb.append(memory)
        self.descriptors.append(opened)
        self.zombies = max(self.zombies, zombie_children(pid))
        return True

    def after(self, share):
        """The samples without those of the first share of the time: a program grows while it warms up."""
        begin = self.seconds[-1] * share if self.seconds else 0
        kept = [k for k, second in enumerate(self.seconds) if second >= begin]
        columns = (self.seconds, self.memory_mb, self.descriptors)
        return Samples(*([column[k] for k in kept] for column in columns), self.zombies)


def files_of_run(folder):
    """Number and bytes of the files of a run: page, logs, and all of them."""
    logs = [folder / name for name in LOGS]
    return {"page": size_of(folder / "web"), "logs": size_of(*logs), "all": size_of(folder)}


def last_epoch_logged(folder):
    """The epoch of the last whole line of loss_log.jsonl; 0 if there is none."""
    try:
        with (folder / "loss_log.jsonl").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4000))
            lines = file.read().splitlines()[:-1]
    except OSError:
        return 0
    for line in reversed(lines):
        if line.startswith(b"{") and b'"epoch"' in line:
            return json.loads(line)["epoch"]
    return 0


class LongRun:
    """A tiny training of very many epochs, watched by a thread.

    Args:
        commands: starts it.
        pairs: data set, which nobody changes meanwhile.
        options: of train.py.
        every_s: seconds between samples.

    Attributes:
        samples: what was measured of the process.
        files: epoch (100, 1,000 and the last one) -> `files_of_run` then.
    """

    def __init__(self, commands, pairs, options, every_s=5.0):
        self.folder = commands.folder / "checkpoints" / "long"
        self.samples, self.files, self.epoch = Samples(), {}, 0
        where = ["--dataroot", pairs, "--checkpoints_dir", self.folder.parent, "--name", "long"]
        self._commands, self._every_s = commands, every_s
        self.process = commands.start("train.py", *where, *options)
        self._began, self._stop = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        """Kill the training if it is still there."""
        self._stop.set()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def end(self, kill):
        """Stop watching, and end the training with a signal; returns what `Commands.finish` does."""
        self._stop.set()
        self._thread.join()
        self._look()
        return self._commands.finish(self.process, "train.py, long", kill=kill)

    def moment(self):
        """One line on how it is right now."""
        memory, opened = (values[-1:] or [0] for values in (self.samples.memory_mb, self.samples.descriptors))
        return f"long training: epoch {self.epoch}, {memory[0]:.1f} MB, {opened[0]} descriptors"

    def _watch(self):
        """Take samples until told to stop."""
        while not self._stop.wait(self._every_s):
            if not self._look():
                self._commands.problems.add("the long training has ended by itself", f"epoch {self.epoch}")
                return

    def _look(self):
        """Take a sample; count the files when an epoch of interest has come."""
        there = self.samples.take(self.process.pid, time.monotonic() - self._began)
        self.epoch = last_epoch_logged(self.folder)
        for epoch in (100, 1000):
            if self.epoch >= epoch and epoch not in self.files:
                self.files[epoch] = files_of_run(self.folder)
        self.files["last"] = files_of_run(self.folder)
        return there
