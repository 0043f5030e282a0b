"""Ten thousand epochs of a run that learns nothing: what its page and its logs cost at the end.

    python tests/soak_history.py DIR [--epochs 10000]

Drives the loggers themselves, without a network. Prints, as JSON, for epoch 100, 1,000 and the last one:
seconds of processor time that an epoch's page takes (the median of several), bytes and number of its files,
bytes of each log, and resident memory in MB.
"""

import argparse
import json
import math
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from soak_long_run import LOGS
from soak_measures import resident_mb, size_of

from training.doctor import TrainingDoctor
from training.loggers import LoggerGroup, Moment
from training.loggers.text_logs import JsonLinesLog, TextLog
from training.page import TrainingPage

_EPOCH_SIZE, _FIXED, _SIDE_PX = 8, 4, 128
_OPTIONS = {f"option_{k}": k for k in range(100)}


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=10_000)
    args = parser.parse_args(argv)
    print(json.dumps(drive(args.folder, args.epochs)))


def drive(folder, epochs, looks=(100, 1000)):
    """Log so many epochs; returns epoch -> what page and logs cost then."""
    folder.mkdir(parents=True, exist_ok=True)
    page = TrainingPage(folder / "web", name="history", options=_OPTIONS, interval_s=1.0)
    logs = {
        "txt": TextLog(folder / LOGS[0]),
        "jsonl": JsonLinesLog(folder / LOGS[1]),
    }
    group, doctor = LoggerGroup({"page": page, **logs}), TrainingDoctor()
    rng, costs = np.random.default_rng(0), {}
    for epoch in range(1, epochs + 1):
        log_epoch(group, doctor, rng, epoch, epochs)
        if epoch in (*looks, epochs):
            costs[epoch] = cost(page, folder)
    if group.names != ["page", *logs]:
        raise SystemExit(f"a logger has failed: {group.names} are left")
    return costs


def log_epoch(group, doctor, rng, epoch, epochs):
    """Log what train.py does: losses, and every fifth time images and validation."""
    progress = Moment(
        epoch=epoch, n_epochs=epochs, iters=_EPOCH_SIZE, epoch_size=_EPOCH_SIZE,
        total_iters=epoch * _EPOCH_SIZE, lr=2e-4, images_per_s=20.0, eta_s=1.0,
    )  # fmt: skip
    falling = 50 / math.sqrt(epoch)
    names = ("G_GAN", "G_L1", "D_real", "D_fake", "G_GAN_proj", "D_proj_real", "D_proj_fake")
    losses = {name: float(falling * rng.uniform(0.5, 1.5)) for name in names}
    group.losses(progress, losses)
    said = doctor.observe_losses(progress, losses)
    group.message(f"epoch {epoch} is over")
    if epoch % 5 == 0 or epoch == 1:
        metrics = {name: float(falling * rng.uniform(0.9, 1.1)) for name in ("L1", "SSIM", "KD", "KD_se")}
        group.validation(progress, metrics)
        images = (
            rng.integers(0, 256, (3, 8, 8, 3), np.uint8).repeat(_SIDE_PX // 8, 1).repeat(_SIDE_PX // 8, 2)
        )
        visuals = dict(zip(("real_A", "fake_B", "real_B"), images, strict=True))
        group.samples(progress, visuals)
        fixed = {f"input{k}": visuals for k in range(_FIXED)}
        group.fixed_samples(progress, fixed)
        said += doctor.observe_validation(progress, metrics) + doctor.observe_outputs(progress, fixed)
    for text in said:
        group.warning(text)


def cost(page, folder, repeats=7):
    """What page and logs cost at this moment."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        page.close("")  # writes the page now
        times.append(time.process_time() - began)
    count, size = size_of(folder / "web")
    found = {"page_s": statistics.median(times), "page_files": count, "page_bytes": size}
    for name in ("index.html", "history.json"):
        found[name] = (folder / "web" / name).stat().st_size
    return {
        **found,
        **{name: (folder / name).stat().st_size for name in LOGS},
        "memory_mb": resident_mb(os.getpid()),
    }


if __name__ == "__main__":
    main()
