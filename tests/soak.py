"""Soak test: hours of the commands in a loop, killed and resumed, beside one training of thousands of epochs.

    .venv/bin/python tests/soak.py --hours 2 --folder DIR [--seed N]

Each cycle adds photos, makes pairs, trains (in half of the cycles killed by SIGKILL, in a quarter stopped by
SIGTERM or SIGINT), loads every checkpoint, generates a gallery of several samples and evaluates it, all tiny
and on one thread. Memory, descriptors, files and processes are measured meanwhile. Prints its progress, then
a table, and a line for everything that is not as it should be, with exit code 1. SIGTERM or Ctrl-C end it
early: after this cycle, one that nobody disturbs, and the table. The folder must be new or empty. Needs Linux
and some 300 MB of disk.
"""

import argparse
import json
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from soak_commands import Commands, Problems
from soak_cycle import LONG, Cycle
from soak_long_run import LongRun
from soak_measures import adopt_orphans, shared_memory, temporary_files, unused_shared_memory
from soak_report import check_history, check_long_run, check_peaks, print_table

from util.interrupt import StopRequest


def main(argv=None):
    """Run the soak test; returns the exit code."""
    args = _parse(argv)
    adopt_orphans()
    commands, in_shm = Commands(args.folder, Problems()), shared_memory()
    problems, cycle = commands.problems, Cycle(commands, args.seed)
    with StopRequest() as stop:
        cycle.prepare()
        pairs = shutil.copytree(cycle.pairs, args.folder / "pairs_of_long_run")
        with LongRun(commands, pairs, LONG) as long_run:
            while not stop and time.monotonic() - commands.began < args.hours * 3600:
                cycle.run()
                print(long_run.moment(), flush=True)
            cycle.run(disturbed=False)
            check_long_run(long_run, long_run.end(signal.SIGTERM), problems)
    check_peaks(commands, problems)
    history = _history(commands, args.history_epochs)
    check_history(history, problems)
    _check_leftovers(commands, in_shm)
    print_table(commands, cycle, long_run, history)
    for line in problems.lines():
        print("NOT AS IT SHOULD BE", line)
    return 1 if problems.counts else 0


def _parse(argv):
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--hours", type=float, required=True, help="how long the cycles go on")
    add("--folder", type=Path, required=True, help="where everything is written; new or empty")
    add("--seed", type=int, default=0, help="seed of the photos and of the kills [%(default)s]")
    add(
        "--history_epochs", type=int, default=10_000, help="epochs of logs to write and measure [%(default)s]"
    )
    args = parser.parse_args(argv)
    args.folder = args.folder.resolve()
    args.folder.mkdir(parents=True, exist_ok=True)
    if any(args.folder.iterdir()):
        parser.error(f"--folder {args.folder} is not empty")
    return args


def _history(commands, epochs):
    """What page and logs cost after so many epochs: epoch -> cost; {} if that failed."""
    folder = commands.folder / "history"
    done = commands.run("tests/soak_history.py", folder, "--epochs", epochs, writes_to=[folder])
    if done.code:
        commands.problems.add("the logs of many epochs failed", done.errors[-600:])
        return {}
    return {int(epoch): cost for epoch, cost in json.loads(done.output).items()}


def _check_leftovers(commands, in_shm):
    """Note temporary files and shared memory that nobody uses any more."""
    for path in temporary_files(commands.folder):
        commands.problems.add("a temporary file is left at the end", path)
    for name in unused_shared_memory(in_shm):
        commands.problems.add("shared memory is left at the end", name)


if __name__ == "__main__":
    sys.exit(main())
