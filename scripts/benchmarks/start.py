"""The time until test.py's first image is on disk, against the time to import torch."""

from __future__ import annotations

import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

from scripts.benchmarks import commands, sample_images
from scripts.benchmarks.measuring import Timing
from scripts.benchmarks.report import Table
from util.errors import UserError, one_line

# A small model: loading it should not matter.
SMALL = {"netG": "unet_128", "ngf": 8, "size": 128}
RUNS = 5


def run(args: Namespace, scratch: Path) -> list[Table]:
    """Measure; ``args`` are the benchmark's options."""
    small = Namespace(**{**vars(args), **SMALL})
    sample_images.write_edge_maps(scratch / "drawings" / "test", args.images or 8, small.size)
    commands.save_untrained(scratch / "checkpoints", small)
    command = [
        sys.executable, str(commands.ROOT / "test.py"), "--dataroot", str(scratch / "drawings"),
        "--name", "untrained", "--checkpoints_dir", str(scratch / "checkpoints"), "--model", "test",
        "--gpu_ids", commands.gpu_ids(args.device),
    ]  # fmt: skip
    runs = args.updates or RUNS
    names = ("torch imported", "first image on disk", "torch imported, process ended", "test.py ended")
    taken: dict[str, list[float]] = {name: [] for name in names}
    # A first run reads everything into the system's cache, where there are several to compare.
    for i in range(-1 if runs > 1 else 0, runs):
        imported_s, import_ended_s = _seconds_to_import()
        first_s, ended_s = _seconds_to_first_image(command, scratch / "results" / str(i))
        if i >= 0:
            for name, value in zip(names, (imported_s, first_s, import_ended_s, ended_s), strict=True):
                taken[name].append(value)
    table = Table(
        f"Start of test.py: {small.netG}, ngf {small.ngf}, {small.size} px",
        ("until", "s", "times the import", "spread %"),
    )
    timings = {name: Timing.of(seconds) for name, seconds in taken.items()}
    base = timings["torch imported"].median_s
    for name, timing in timings.items():
        table.rows.append([name, timing.median_s, timing.median_s / base, 100 * timing.spread])
    table.notes.append(f"Medians of {runs} processes each, started in turn, files in the system's cache.")
    return [table]


def _seconds_to_import() -> tuple[float, float]:
    """Time a process that imports torch: seconds to the import's end, and to the process's."""
    began = time.perf_counter()
    command = [sys.executable, "-c", "import torch; print(flush=True)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        imported_s = time.perf_counter() - began
    return imported_s, time.perf_counter() - began


def _seconds_to_first_image(command: list[str], results: Path) -> tuple[float, float]:
    """Time test.py: seconds to its first generated image, and to its end.

    Raises:
        UserError: it failed.
    """
    began, first_s = time.perf_counter(), None
    images = results / "untrained" / "test_latest" / "images"
    process = subprocess.Popen(
        [*command, "--results_dir", str(results)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None:
        if first_s is None and images.is_dir() and next(images.glob("*_fake_B.png"), None):
            first_s = time.perf_counter() - began
        time.sleep(0.002)
    end_s = time.perf_counter() - began
    assert process.stderr is not None
    complaint = process.stderr.read()
    if process.returncode:
        raise UserError(f"test.py exited with code {process.returncode}: {one_line(complaint.strip())}")
    return first_s or end_s, end_s
