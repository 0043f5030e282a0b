"""Soak test: run, kill and resume commands in a loop for hours, while a long training run continues.

    .venv/bin/python tests/soak.py --hours 2 --folder DIR [--seed N]

Each cycle adds photos, makes pairs, trains, loads every checkpoint and generates a gallery. In five out of
eight cycles, a signal stops the cycle's training. The test looks for commands that fail, hang or use ever
more memory, for leftover processes and temporary files, and for runs that lose progress. At the end, it
prints one line per problem; if there were any, it exits with code 1. Ctrl-C ends the test after the current
cycle. It needs Linux and about 300 MB of disk space.
"""

import argparse
import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from tiny import TINY, drawing  # noqa: E402

from util import checkpoint  # noqa: E402
from util.interrupt import StopRequest  # noqa: E402

MB = 1e6
HANGS_AFTER_S, MUST_STOP_IN_S, ORPHANS_MAY_LIVE_S = 600, 120, 15
MAY_GROW_MB_PER_H, DESCRIPTORS_MAY_GROW, FEWEST_SAMPLES = 8.0, 4, 10
SIGNALS = [*[signal.SIGKILL] * 3, signal.SIGTERM, signal.SIGINT, None, None, None]
EPOCHS_OF_A_CYCLE, CYCLES_OF_A_RUN, MOST_PHOTOS = 4, 8, 10


def grows(seconds, values):
    """Return whether memory (MB) grows steadily and faster than the limit. The first fifth is the warm-up."""
    if len(values) < FEWEST_SAMPLES:
        return False
    fifths = [float(np.median(part)) for part in np.array_split(np.asarray(values, float), 5)[1:]]
    hours = 0.6 * (seconds[-1] - seconds[0]) / 3600
    # A one-time jump, for instance by an allocator, is not steady growth.
    return fifths == sorted(fifths) and min(np.diff(fifths)) > MAY_GROW_MB_PER_H * hours / 6


def survivors(session, wait_s):
    """Return a session's processes that are still alive after ``wait_s`` seconds: id -> command line."""
    until = time.monotonic() + wait_s
    while True:
        alive = {}
        for folder in (folder for folder in Path("/proc").iterdir() if folder.name.isdigit()):
            with suppress(OSError):
                # The command's name is in parentheses and may itself contain parentheses.
                state, parent, _, its = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(its) == session and state == "Z" and int(parent) == os.getpid():
                    os.waitpid(int(folder.name), 0)  # a zombie that this process has inherited
                elif int(its) == session:
                    alive[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        if not alive or time.monotonic() > until:
            return alive
        time.sleep(0.1)


class Soak:
    """The commands of the soak test, their peak memory, and their problems."""

    def __init__(self, folder, seed):
        self.folder, self.began = Path(folder), time.monotonic()
        self.random, self.rng = random.Random(seed), np.random.default_rng(seed)
        self.problems, self.peaks, self.typical_s = Counter(), {}, {}
        self.pairs, self.run_folder = self.folder / "pairs", self.folder / "checkpoints" / "run"
        self.opened, self.state = [], None

    def seconds(self):
        return time.monotonic() - self.began

    def note(self, kind, example=""):
        """Count a problem, and print its first example."""
        if not self.problems[kind]:
            print(f"PROBLEM {kind}: {example}", flush=True)
        self.problems[kind] += 1

    def start(self, script, *arguments, scratch="tmp"):
        """Start a script in its own session, with its own temporary folder."""
        scratch = self.folder / scratch
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        env = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(scratch)}
        line = [sys.executable, str(ROOT / script), *map(str, arguments)]
        how = {"env": env, "cwd": self.folder, "start_new_session": True, "stdout": subprocess.DEVNULL}
        with scratch.with_suffix(".errors").open("w") as errors:
            return subprocess.Popen(line, stderr=errors, **how)

    def run(self, script, *arguments, kill=None):
        """Run a script to its end, or send it the signal ``kill`` at a random moment."""
        process, began, sent = self.start(script, *arguments), time.monotonic(), False
        after_s = self.random.uniform(0, 1.1 * self.typical_s.get(script, 10.0))
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            lasted = time.monotonic() - began
            if kill and not sent and lasted >= after_s:
                os.kill(process.pid, kill)
                sent = True
            if lasted > (after_s + MUST_STOP_IN_S if sent else HANGS_AFTER_S):
                self.note(f"{script} hangs", f"{lasted:.0f} s, signal {kill}")
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.02)
        lasted, code = time.monotonic() - began, os.waitstatus_to_exitcode(ended[1])
        process.returncode = code
        if code == 0 and not sent:
            self.typical_s[script] = lasted
            peak = (self.seconds(), ended[2].ru_maxrss * 1024 / MB)
            self.peaks.setdefault(script, []).append(peak)
        self._account(process.pid, script, code, kill if sent else None)
        print(f"{time.strftime('%X')} {script}: {kill and kill.name} -> {code}, {lasted:.1f} s", flush=True)
        return code

    def _account(self, pid, script, code, kill):
        """Note a finished command's problems, including leftover processes and files."""
        errors = (self.folder / "tmp.errors").read_text()
        # A signal that arrives before the command handles signals ends Python itself.
        if code not in ({0, 130, -kill} if kill else {0}):
            self.note(f"{script} ends with {code} after signal {kill}", errors[-600:])
        if "Traceback" in errors and code != -signal.SIGINT:
            self.note(f"{script} prints a traceback", errors[-600:])
        for orphan, line in survivors(pid, ORPHANS_MAY_LIVE_S).items():
            self.note(f"{script} leaves a process running", line)
            with suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
        if code != -signal.SIGKILL:
            for path in (p for p in (self.folder / "tmp").rglob("*") if not p.is_dir()):
                self.note(f"{script} leaves a temporary file", path)

    def cycle(self, number, disturbed=True):
        """Run one cycle, and kill some of its commands if ``disturbed``."""
        for phase, most in (("train", MOST_PHOTOS), ("val", 4), ("test", 3)):
            photos = self.folder / "photos" / phase
            photos.mkdir(parents=True, exist_ok=True)
            for _ in range(most if not number else self.random.randint(0, 2)):
                name = f"{self.random.randrange(most)}.png"
                Image.fromarray(drawing(self.rng, 128)).save(photos / name)
            where = ("-i", photos, "-o", self.pairs / phase, "-s", 128, "--workers", 2)
            if disturbed and number and self.random.random() < 0.2:
                self.run("preprocess.py", *where, kill=signal.SIGKILL)
            self.run("preprocess.py", *where)
        if number % CYCLES_OF_A_RUN == 0:
            self.state = None
        of_run = ["--dataroot", self.pairs, "--checkpoints_dir", self.run_folder.parent, "--name", "run"]
        epoch = self.state["epoch"] if self.state else 1
        flags = ["--continue_train"] if self.state else ["--overwrite", *TINY, "--ema", "0.9", "--edge_aug"]
        flags += ["--n_epochs", epoch + EPOCHS_OF_A_CYCLE - 1, "--n_epochs_decay", 0, "--save_latest_freq", 8]
        kills = [disturbed and self.random.choice(SIGNALS) or None for _ in range(2)]
        self.run("train.py", *of_run, *flags, "--val_freq", 2, kill=kills[0])
        self.check_checkpoints()
        if self.state:
            where = ["--results_dir", self.folder / "results", "--gpu_ids", "-1", "--n_samples", 2]
            self.run("test.py", *of_run, *where, kill=kills[1])

    def check_checkpoints(self):
        """Load every checkpoint of the run, and check that the run has not lost progress."""
        loaded = {path.name: checkpoint.load(path) for path in sorted(self.run_folder.glob("*.pth"))}
        before, self.state = self.state, loaded.get(checkpoint.STATE, {}).get("progress")
        if before and (not self.state or self.state["total_iters"] < before["total_iters"]):
            self.note("a run has lost progress", f"{before} -> {self.state}")

    def sample(self, pid):
        """Measure the long training run's memory and open files."""
        try:
            status = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]
            opened = len(os.listdir(f"/proc/{pid}/fd"))
        except (OSError, IndexError):
            self.note("the long training run has ended by itself")
            return
        self.peaks.setdefault("the long training run", []).append((self.seconds(), int(status) * 1024 / MB))
        self.opened.append(opened)

    def conclude(self):
        """Print the measurements, and note commands whose memory or number of open files keeps growing."""
        for name, values in self.peaks.items():
            print(f"{name}: measured {len(values)} times, at most {max(mb for _, mb in values):.0f} MB")
            if grows(*zip(*values, strict=True)):
                self.note(f"{name}'s memory grows", values[-1])
        if self.opened and self.opened[-1] > self.opened[len(self.opened) // 5] + DESCRIPTORS_MAY_GROW:
            self.note("the long training run opens more and more files", self.opened)


def main(argv=None):
    """Run the soak test; return the exit code."""
    how = {"description": __doc__, "formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser(**how)
    parser.add_argument("--hours", type=float, required=True, help="how many hours to run")
    parser.add_argument("--folder", type=Path, required=True, help="new or empty folder for all output")
    parser.add_argument("--seed", type=int, default=0, help="seed for photos and kills [%(default)s]")
    args = parser.parse_args(argv)
    args.folder.mkdir(parents=True, exist_ok=True)
    if any(args.folder.iterdir()):
        parser.error(f"--folder {args.folder} is not empty")
    # Become the parent of all orphaned descendants, so that none is missed.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    soak, number = Soak(args.folder.resolve(), args.seed), 0
    with StopRequest() as stop:
        soak.cycle(0, disturbed=False)
        data = shutil.copytree(soak.pairs, soak.folder / "pairs_of_long_run")
        flags = [*TINY, "--n_epochs", "1000000", "--print_freq", "6", "--save_epoch_freq", "50"]
        where = ["--dataroot", data, "--checkpoints_dir", soak.folder / "checkpoints", "--name", "long"]
        long_run = soak.start("train.py", *where, *flags, scratch="tmp_long")
        try:
            while not stop and soak.seconds() < args.hours * 3600:
                number += 1
                soak.cycle(number)
                soak.sample(long_run.pid)
            soak.cycle(number + 1, disturbed=False)
            long_run.terminate()
            if (code := long_run.wait(MUST_STOP_IN_S)) != 130:
                soak.note(f"the long training run ends with {code} after SIGTERM")
        finally:
            long_run.kill()
    soak.conclude()
    for kind, count in soak.problems.items():
        print("PROBLEM", f"{count} x {kind}")
    return 1 if soak.problems else 0


if __name__ == "__main__":
    sys.exit(main())
