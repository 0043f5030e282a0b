"""Camera photos made into pairs per second: one after the other at full size, and by preprocess.py."""

from __future__ import annotations

import contextlib
import io
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image

from data.preprocess.folder import preprocess_folder
from data.preprocess.pair import EdgeSettings
from scripts.benchmarks import sample_images, textbook
from scripts.benchmarks.measuring import interleave
from scripts.benchmarks.report import Table


def run(args: Namespace, scratch: Path) -> list[Table]:
    """Measure; ``args`` are the benchmark's options."""
    count = args.images or 16
    photos = sample_images.write_camera_photos(scratch / "photos", count, args.megapixels)
    with Image.open(photos[0]) as first:
        width, height = first.size
    megabytes = sum(p.stat().st_size for p in photos) / count / 1e6
    table = Table(
        f"Preprocessing: {count} JPEGs of {width}x{height} ({megabytes:.1f} MB each) to {args.size} px",
        ("resize", "way", "images/s", "ms an image", "times as fast as one after the other", "spread %"),
    )
    ways: dict[str, Callable[[], object]] = {}
    for resize in ("seed", "area"):
        output = scratch / f"whole_{resize}"
        output.mkdir()
        ways[f"{resize} whole"] = partial(
            textbook.preprocess_folder, photos, output, size_px=args.size, resize=resize
        )
        ways[f"{resize} ours"] = partial(
            _preprocess, scratch / "photos", scratch / f"ours_{resize}", args, EdgeSettings(resize=resize)
        )
    timings = interleave(ways, rounds=args.updates, budget_s=args.budget_s)
    for resize in ("seed", "area"):
        base = timings[f"{resize} whole"].median_s
        for key, way in (
            ("whole", "whole, one after the other"),
            ("ours", f"preprocess.py --workers {args.workers}"),
        ):
            timing = timings[f"{resize} {key}"]
            each_s = timing.median_s / count
            table.rows.append(
                [resize, way, 1 / each_s, 1000 * each_s, base / timing.median_s, 100 * timing.spread]
            )
    table.notes.append(
        f"Medians of {timings['seed ours'].count} passes over all photos, in turn. One after the other is: "
        "read, resize, pad, Canny, write, and nothing else; preprocess.py also starts its processes, looks "
        "at what kind of image it has and for fake transparency, hashes, flags and reports. --resize seed "
        "gives the original's pixels and so must decode every photo whole; --resize area need not."
    )
    return [table]


def _preprocess(source: Path, target: Path, args: Namespace, settings: EdgeSettings) -> None:
    """Preprocess a folder as preprocess.py does, without its progress bar."""
    with contextlib.redirect_stderr(io.StringIO()):
        preprocess_folder(
            source, target, size_px=args.size, settings=settings, overwrite=True, workers=args.workers
        )
