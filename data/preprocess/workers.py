"""Functions that make pairs in several processes."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from tqdm import tqdm

from data.preprocess.pair import EdgeSettings, image_kind, make_square, pair, prepare
from data.preprocess.records import Record
from util.atomic import write_bytes
from util.errors import UserError, one_line
from util.image import UnreadableImage, encode, read_rgba
from util.memory import keep_freed_memory
from util.pixels import Range
from util.workers import set_up_worker


@dataclass(frozen=True)
class Task:
    """The information that a worker needs to make one pair.

    Attributes:
        source: path to the photo.
        drawing: path to the drawing from which edges are extracted; "": the drawing is missing; None: extract
            edges from the photo.
        target: path to the pair.
    """

    source: str
    drawing: str | None
    target: str
    size_px: int
    settings: EdgeSettings
    input_kind: str
    value_range: Range | None = None


def run_tasks(tasks: list[Task], workers: int) -> Iterator[Record]:
    """Run tasks with a progress bar, and yield a record for each of them, in order."""
    bar = {"total": len(tasks), "desc": "pairs", "unit": "image", "disable": None if tasks else True}
    if min(workers, len(tasks)) <= 1:
        yield from tqdm(map(make_pair, tasks), **bar)
        return
    # Do not fork: a forked process does not inherit OpenCV's threads and would wait for them forever.
    context = multiprocessing.get_context("spawn")
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # workers inherit this setting, so each of them uses one core
    pool = ProcessPoolExecutor(min(workers, len(tasks)), context, initializer=_initialize_worker)
    try:
        yield from tqdm(pool.map(make_pair, tasks, chunksize=4), **bar)
    except BrokenProcessPool as error:
        raise UserError("a worker was killed, perhaps because memory ran out: lower --workers") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def make_pair(task: Task) -> Record:
    """Make one pair and return its record. If the image cannot be used, the record contains the reason."""
    try:
        mtime_ns = newest_change_ns(task.source, task.drawing)
        # Twice the target size is enough for area averaging, and decodes several times faster than full size.
        least = 2 * task.size_px if task.settings.resize == "area" else None
        remarks: list[str] = []
        how: Any = {"least_px": least, "value_range": task.value_range, "remarks": remarks}
        rgb, alpha = read_rgba(task.source, **how)
        drawn, drawn_alpha = rgb, alpha
        if task.drawing is not None:
            if not task.drawing:
                return _failed("there is no drawing with that name")
            # Neither the photo nor the drawing is treated as a cut-out, so both keep the same position.
            (drawn, _), drawn_alpha = read_rgba(task.drawing, **how), None
        # A cut-out is a photo, although its white background may look like paper.
        is_photo = drawn_alpha is not None and task.input_kind == "auto"
        kind = "photo" if is_photo else image_kind(drawn, task.input_kind)
        made = prepare(drawn, task.size_px, task.settings, kind=kind, alpha=drawn_alpha)
        square = made.square
        if task.drawing is not None:
            square = make_square(rgb, task.size_px, resize=task.settings.resize, pad=task.settings.pad)
    except (UnreadableImage, OSError, MemoryError, cv2.error) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
        return _failed(reason or str(error) or type(error).__name__)
    try:
        write_bytes(task.target, encode(pair(square, made.condition), task.target.rpartition(".")[2]))
    except OSError as error:
        return _failed(f"{task.target} cannot be written: {error.strerror}")
    density = round(float((made.edges > 0).mean()), 5)
    record = {"status": "done", "kind": kind, "width": rgb.shape[1], "height": rgb.shape[0]}
    record |= {"edge_density": density, "mtime_ns": mtime_ns}
    return record | ({"remarks": sorted(set(remarks))} if remarks else {})


def newest_change_ns(*paths: str | Path | None) -> int:
    """Return the latest modification time of some files, in nanoseconds."""
    return max(os.stat(path).st_mtime_ns for path in paths if path)


def _failed(reason: object) -> Record:
    return {"status": "failed", "reason": one_line(reason)}


def _initialize_worker() -> None:
    set_up_worker()
    keep_freed_memory()
