"""All pictures of a folder to pairs, in several processes, safe to interrupt and to run again."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from data.preprocess.pair import EdgeSettings, make_square, pair, picture_kind, square_and_edges
from data.preprocess.report import flag_records, write_report
from util.atomic import make_folder, write_bytes
from util.errors import UserError, one_line
from util.image import UnreadablePicture, encode, find_pictures, read_rgb
from util.memory import keep_freed_memory

RECORD_FILE = "preprocess.json"
Record = dict[str, Any]


@dataclass(frozen=True)
class _Task:
    """What a worker needs to make one pair."""

    source: str
    drawing: str | None
    target: str
    size_px: int
    settings: EdgeSettings
    input_kind: str


def preprocess_folder(
    input_folder: str | os.PathLike,
    output_folder: str | os.PathLike,
    *,
    size_px: int = 256,
    settings: EdgeSettings | None = None,
    edges_from: str | os.PathLike | None = None,
    input_kind: str = "auto",
    file_format: str = "png",
    overwrite: bool = False,
    quarantine: bool = False,
    workers: int = 1,
) -> dict[str, Any]:
    """Make a pair A|B of every picture below a folder.

    Pairs are named after their source; sources whose names would collide keep apart by their folders' names.
    What is there already, made by the same settings, is skipped. ``preprocess.json`` and ``preprocess.html``
    are written beside the pairs.

    Args:
        input_folder: searched recursively.
        output_folder: created if need be.
        size_px: side of the squares.
        settings: how edges are made.
        edges_from: a folder of drawings of the same pictures, under the same names: the edges are then
            theirs, the photos stay the truth beside them.
        input_kind: auto, photo, lineart or edges.
        file_format: png or jpg.
        overwrite: make again what is there.
        quarantine: move what the report flags into ``<output>_quarantine`` beside the pairs' folder.
        workers: processes; the result does not depend on it.

    Returns:
        The content of preprocess.json: ``settings`` and ``files``, a list of records.

    Raises:
        UserError: no usable folder, or no usable picture at all.
    """
    settings = settings or EdgeSettings()
    source, target = Path(input_folder), Path(output_folder)
    pictures = find_pictures(source)
    if target.resolve().is_relative_to(source.resolve()):
        inside = target.resolve()
        pictures = [p for p in pictures if not p.resolve().is_relative_to(inside)]
    if source.resolve() == target.resolve():
        raise UserError(
            f"--output {output_folder} is the --input folder: choose another, photos and pairs must not mix"
        )
    if not pictures:
        raise UserError(f"--input {input_folder} holds no pictures (no file with a picture's extension)")
    make_folder(target, what="--output")
    chosen: dict[str, Any] = {
        "size": size_px,
        "format": file_format,
        "input_kind": input_kind,
        **asdict(settings),
    }
    if edges_from is not None:
        chosen["edges_from"] = str(edges_from)
        drawings = {p.relative_to(edges_from).with_suffix(""): p for p in find_pictures(edges_from)}
    before = _read_records(target)
    same = before.get("settings") == chosen
    old = {r["file"]: r for r in before.get("files", [])}
    names = output_names([p.relative_to(source) for p in pictures], file_format, old)

    def drawn(path: Path) -> list[Path]:
        found = drawings.get(path.relative_to(source).with_suffix("")) if edges_from is not None else None
        return [found] if found else []

    def quarantined(key: str) -> bool:
        aside = _quarantine_folder(target) / names[key]
        return old.get(key, {}).get("status") == "quarantined" and aside.is_file()

    records: dict[str, Record] = {}
    tasks = []
    for path in pictures:
        key = str(path.relative_to(source))
        done = old.get(key, {})
        is_there = done.get("status") in ("done", "skipped") and (target / names[key]).is_file()
        if is_there and same and not overwrite and done.get("mtime_ns") == _newest([path, *drawn(path)]):
            records[key] = {**done, "status": "skipped"}
        elif quarantined(key) and same and not overwrite:
            records[key] = done
        else:
            drawing = str(next(iter(drawn(path)), "")) if edges_from is not None else None
            task = _Task(str(path), drawing, str(target / names[key]), size_px, settings, input_kind)
            tasks.append(task)
    try:
        for task, record in zip(tasks, _run(tasks, workers), strict=False):
            key = str(Path(task.source).relative_to(source))
            records[key] = {"file": key, "output": names[key], **record}
    finally:
        # Also after Ctrl-C: what is done will be skipped next time.
        result: dict[str, Any] = {"settings": chosen, "files": [records[k] for k in sorted(records)]}
        if records:
            flag_records(result["files"], size_px)
            _write_records(target, result)
    if not any(r["status"] != "failed" for r in records.values()):
        first = result["files"][0]
        raise UserError(
            f"--input {input_folder}: none of {len(records)} pictures could be used; the first, "
            f"{first['file']}: {first['reason']}"
        )
    if quarantine:
        _quarantine(target, result["files"])
        _write_records(target, result)
    write_report(target, result)
    return result


def output_names(sources: Iterable[Path], file_format: str, old: dict[str, Record]) -> dict[str, str]:
    """A file name for each source, none twice even where the file system ignores case.

    A source keeps the name that an earlier run gave it. A new one is named by its stem; if that is taken, by
    its folders and stem; then with its extension; then with a digest of its path.
    """
    sources = sorted(sources, key=lambda p: p.parts)
    stems = Counter(p.stem.casefold() for p in sources)
    names: dict[str, str] = {}
    taken = set()
    for path in sources:
        name = old.get(str(path), {}).get("output", "")
        if name == Path(name).name and name.endswith("." + file_format) and name.casefold() not in taken:
            names[str(path)] = name
            taken.add(name.casefold())
    for path in sources:
        if str(path) in names:
            continue
        folders = "_".join(path.parent.parts)
        prefixed = f"{folders}_{path.stem}" if folders else path.stem
        with_extension = f"{prefixed}_{path.suffix.lstrip('.').lower()}"
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
        candidates = [prefixed, with_extension, f"{with_extension}_{digest}"]
        if stems[path.stem.casefold()] == 1:
            candidates.insert(0, path.stem)
        # File systems end names at 255 bytes.
        candidates = [c if len(os.fsencode(c)) < 240 else f"{path.stem[:48]}_{digest}" for c in candidates]
        name = next(c for c in candidates if f"{c}.{file_format}".casefold() not in taken)
        names[str(path)] = f"{name}.{file_format}"
        taken.add(names[str(path)].casefold())
    return names


def _run(tasks: list[_Task], workers: int) -> Iterator[Record]:
    """Records of the tasks, in their order, under a progress bar."""
    workers = min(workers, len(tasks))
    bar = tqdm(total=len(tasks), desc="pairs", unit="picture", disable=None if tasks else True)
    with bar:
        if workers <= 1:
            for task in tasks:
                yield _make_pair(task)
                bar.update()
            return
        # Not forked: OpenCV's threads do not survive that, and the child would wait for them for ever.
        context = multiprocessing.get_context("spawn")
        with (
            _single_threaded_children(),
            ProcessPoolExecutor(workers, mp_context=context, initializer=_quiet_worker) as pool,
        ):
            try:
                for record in pool.map(_make_pair, tasks, chunksize=4):
                    yield record
                    bar.update()
            except BrokenProcessPool as error:
                raise UserError("a worker was ended, perhaps for want of memory: lower --workers") from error
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise


@contextmanager
def _single_threaded_children() -> Iterator[None]:
    """Processes started meanwhile compute their linear algebra in one thread: each has one core."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _quiet_worker() -> None:
    """One thread for each process, its memory kept between pictures, and Ctrl-C left to the parent."""
    import signal

    keep_freed_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _make_pair(task: _Task) -> Record:
    """Make one pair; what goes wrong with the picture is in the record, not raised."""
    try:
        mtime_ns = _newest([Path(p) for p in (task.source, task.drawing) if p])
        # Twice the size keeps the means over areas honest while JPEGs decode several times faster.
        least = 2 * task.size_px if task.settings.resize == "area" else None
        rgb = read_rgb(task.source, least_px=least)
        drawn = rgb
        if task.drawing is not None:
            if not task.drawing:
                return {"status": "failed", "reason": "there is no drawing of that name"}
            drawn = read_rgb(task.drawing, least_px=least)
        kind = picture_kind(drawn, task.input_kind)
        square, edges = square_and_edges(drawn, task.size_px, task.settings, kind=kind)
        if task.drawing is not None:
            square = make_square(rgb, task.size_px, resize=task.settings.resize, pad=task.settings.pad)
    except UnreadablePicture as error:
        return {"status": "failed", "reason": one_line(error)}
    except (OSError, MemoryError, cv2.error) as error:
        return {
            "status": "failed",
            "reason": one_line(getattr(error, "strerror", None) or error) or type(error).__name__,
        }
    try:
        write_bytes(task.target, encode(pair(square, edges), task.target.rpartition(".")[2]))
    except OSError as error:
        return {"status": "failed", "reason": f"{task.target} cannot be written: {error.strerror}"}
    return {
        "status": "done",
        "kind": kind,
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "edge_density": round(float((edges > 0).mean()), 5),
        "hash": perceptual_hash(square),
        "mtime_ns": mtime_ns,
    }


def perceptual_hash(rgb: np.ndarray) -> str:
    """256 bits, in hex, nearly all of which alike pictures share: signs of differences at 17x16 (dHash)."""
    grey = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (17, 16), interpolation=cv2.INTER_AREA)
    bits = np.packbits(grey[:, 1:] > grey[:, :-1])
    return bits.tobytes().hex()


def _read_records(folder: Path) -> dict[str, Any]:
    """What an earlier run wrote; {} if nothing, or nothing that can be read."""
    try:
        content = json.loads((folder / RECORD_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    files = content.get("files") if isinstance(content, dict) else None
    whole = isinstance(files, list) and all(
        isinstance(r, dict) and isinstance(r.get("file"), str) for r in files
    )
    return content if whole else {}


def _write_records(folder: Path, result: dict[str, Any]) -> None:
    """Write preprocess.json in one step; names that are not UTF-8 are escaped."""
    write_bytes(folder / RECORD_FILE, json.dumps(result, indent=1, ensure_ascii=True).encode())


def _newest(paths: list[Path]) -> int:
    """The latest modification of any of the files, in nanoseconds."""
    return max(p.stat().st_mtime_ns for p in paths)


def _quarantine_folder(folder: Path) -> Path:
    """Where flagged pairs of a folder go: beside it, for what lies within it would be trained on."""
    return folder.parent / f"{folder.name}_quarantine"


def _quarantine(folder: Path, records: list[Record]) -> None:
    """Move the pairs of flagged records out of the loaders' way."""
    aside = _quarantine_folder(folder)
    for record in records:
        if record.get("flags") and record["status"] in ("done", "skipped"):
            aside.mkdir(exist_ok=True)
            shutil.move(folder / record["output"], aside / record["output"])
            record["status"] = "quarantined"


def edge_settings_of(folder: str | os.PathLike) -> dict[str, Any] | None:
    """The edge settings with which a folder of pairs was made; None where it does not say."""
    settings = _read_records(Path(folder)).get("settings")
    if not isinstance(settings, dict):
        return None
    return {k: settings[k] for k in asdict(EdgeSettings()) if k in settings}
