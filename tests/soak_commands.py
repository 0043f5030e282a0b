"""The soak test's commands: in sessions of their own, killed at a chosen moment, and accounted for."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from soak_measures import MB, survivors, temporary_files

ROOT = Path(__file__).resolve().parent.parent
_HANGS_AFTER_S, _MUST_STOP_IN_S, _ORPHANS_MAY_LIVE_S = 600, 120, 15


class Problems:
    """What was not as it should be, each kind once with its number of occurrences."""

    def __init__(self):
        self.counts = Counter()
        self.examples = {}

    def add(self, kind, example=""):
        """Note a problem; the first example of its kind is kept."""
        if not self.counts[kind]:
            self.examples[kind] = str(example)
            print(f"PROBLEM {kind}: {example}", flush=True)
        self.counts[kind] += 1

    def lines(self):
        """One line for each kind."""
        return [f"{count} x {kind}: {self.examples[kind]}" for kind, count in self.counts.items()]


@dataclass(frozen=True)
class Done:
    """A command that has ended.

    Attributes:
        code: its exit code, negative after a signal.
        seconds: how long it ran.
        peak_mb: the largest resident memory of it, of a process that it waited for, or of this one.
        output: what it wrote to stdout.
        errors: what it wrote to stderr.
    """

    code: int
    seconds: float
    peak_mb: float
    output: str
    errors: str


class Commands:
    """Runs the project's commands in a folder and notes what they leave behind.

    Args:
        folder: where they run; their temporary folder (TMPDIR) is in it.
        problems: where to note orphans, hangs and temporary files.

    Attributes:
        peaks: command -> list of (seconds since the start, MB) of those that ran to their end.
        kills: signal's name -> number.
    """

    def __init__(self, folder, problems):
        self.folder, self.problems = Path(folder), problems
        self.began = time.monotonic()
        self.peaks, self.kills = {}, Counter()
        self.ran = self.left_by_kills = 0

    def start(self, script, *arguments):
        """Start a script in a session of its own; returns its process."""
        self.ran += 1
        self._scratch(self.ran).mkdir(parents=True)
        env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        with self._log(self.ran, "out").open("w") as out, self._log(self.ran, "err").open("w") as err:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / script), *map(str, arguments)],
                stdout=out, stderr=err, cwd=self.folder, start_new_session=True,
                env={**env, "TMPDIR": str(self._scratch(self.ran))},
            )  # fmt: skip
        process.number = self.ran
        return process

    def run(self, script, *arguments, label="", kill=None, after_s=0.0, writes_to=()):
        """Run a script to its end.

        Args:
            script: path from the repository's root.
            arguments: of the command line.
            label: what its peak memory is recorded under; default: the script.
            kill: a signal to send, or None.
            after_s: seconds from the start to the signal.
            writes_to: folders that must hold no temporary file after it, if it ends well.
        """
        process = self.start(script, *arguments)
        try:
            return self.finish(process, label or script, kill=kill, after_s=after_s, writes_to=writes_to)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def finish(self, process, label, *, kill=None, after_s=0.0, writes_to=()):
        """Wait for a process that `start` gave, as `run` does."""
        began, at = time.monotonic(), time.monotonic() - self.began
        sent = False
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            lasted = time.monotonic() - began
            if pid:
                break
            if kill and not sent and lasted >= after_s:
                os.kill(process.pid, kill)
                sent = True
            if lasted > (after_s + _MUST_STOP_IN_S if sent else _HANGS_AFTER_S):
                self.problems.add(f"{label} hangs", f"{lasted:.0f} s, signal {kill}")
                kill, sent, after_s = signal.SIGKILL, False, lasted
            time.sleep(0.02)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        output, errors = (self._log(process.number, kind).read_text() for kind in ("out", "err"))
        if sent:
            self.kills[signal.Signals(kill).name] += 1
        if code == 0 and not sent and not label.startswith("tests/"):
            self.peaks.setdefault(label, []).append((at, usage.ru_maxrss * 1024 / MB))
        self._account(process, label, code, writes_to)
        return Done(code, lasted, usage.ru_maxrss * 1024 / MB, output, errors)

    def _account(self, process, label, code, writes_to):
        """Look for processes and files that a command has left."""
        orphans = survivors(process.pid, _ORPHANS_MAY_LIVE_S)
        how = "after SIGKILL" if code == -signal.SIGKILL else f"after exit {code}"
        for pid, line in orphans.items():
            self.problems.add(f"{label} leaves a process {how}", line)
            # Not the tracker of multiprocessing, which ends after the others and cleans up behind them.
            if "resource_tracker" not in line:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if orphans:
            survivors(process.pid, _ORPHANS_MAY_LIVE_S)
        scratch = self._scratch(process.number)
        left = [path for path in scratch.rglob("*") if not path.is_dir()]
        if code == -signal.SIGKILL:
            self.left_by_kills += len(left)
            left = []
        # What an earlier kill has left is cleared up by a command that gets that far.
        left += temporary_files(*writes_to) if code == 0 else []
        for path in left:
            self.problems.add(f"{label} leaves a temporary file {how}", path)
        shutil.rmtree(scratch)
        for kind in ("out", "err"):
            self._log(process.number, kind).unlink()

    def _scratch(self, number):
        """The temporary folder of a command."""
        return self.folder / "tmp" / str(number)

    def _log(self, number, kind):
        """What a command writes to stdout (out) or stderr (err)."""
        return self.folder / "tmp" / f"{number}.{kind}"
