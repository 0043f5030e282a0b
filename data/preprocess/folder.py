"""Making pairs of all images of a folder, in several processes; can be interrupted and run again."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.preprocess.pair import EdgeSettings
from data.preprocess.records import (
    Record,
    move_to_quarantine,
    output_names,
    quarantine_folder,
    read_records,
    write_records,
)
from data.preprocess.report import flag_records, write_report
from data.preprocess.workers import Task, newest_change_ns, run_tasks
from util.atomic import delete_torn, make_folder
from util.errors import UserError
from util.image import resolve_range
from util.image_files import describe_other_files, find_images
from util.parsing import as_range
from util.pixels import describe_remarks


def preprocess_folder(
    input_folder: str | os.PathLike,
    output_folder: str | os.PathLike,
    *,
    size_px: int = 256,
    settings: EdgeSettings | None = None,
    edges_from: str | os.PathLike | None = None,
    input_kind: str = "auto",
    file_format: str = "png",
    value_range: str = "type",
    overwrite: bool = False,
    quarantine: bool = False,
    workers: int = 1,
) -> dict[str, Any]:
    """Make a pair A|B of every image below a folder, and record and report beside the pairs.

    Pairs are named after their source. Existing pairs made with the same settings are skipped.

    Args:
        size_px: side of the squares.
        edges_from: drawings of the same images under the same names, to extract the edges from.
        input_kind: auto, photo, lineart or edges.
        value_range: of images deeper than 8 bits: ``type``, ``folder``, or "LOW,HIGH".
        quarantine: move what the report flags into ``<output>_quarantine``.
        workers: processes; the result does not depend on it.

    Returns:
        The content of preprocess.json: ``settings`` and ``files``, a list of records.

    Raises:
        UserError: no usable folder, or no usable image at all.
    """
    settings, source, target = settings or EdgeSettings(), Path(input_folder), Path(output_folder)
    images = _find_sources(source, target)
    drawings = [] if edges_from is None else find_images(edges_from)
    make_folder(target, what="--output")
    delete_torn(target)
    chosen = {"size": size_px, "format": file_format, "input_kind": input_kind, **asdict(settings)}
    chosen |= {} if edges_from is None else {"edges_from": str(edges_from)}
    values = resolve_range(value_range, images + drawings)
    chosen |= {} if values == "type" else {"value_range": values}
    records, tasks = _plan(source, target, images, settings, chosen, overwrite=overwrite)
    result = _run(target, chosen, records, tasks, workers)
    if all(record["status"] == "failed" for record in result["files"]):
        file, reason = (result["files"][0][key] for key in ("file", "reason"))
        raise UserError(
            f"--input {input_folder}: none of {len(images)} images could be used; the first, {file}: {reason}"
        )
    if quarantine:
        move_to_quarantine(target, result["files"])
        write_records(target, result)
    write_report(target, result)
    return result


def _plan(
    source: Path,
    target: Path,
    images: list[Path],
    settings: EdgeSettings,
    chosen: dict[str, Any],
    *,
    overwrite: bool,
) -> tuple[dict[str, Record], dict[str, Task]]:
    """Return the records of what is done already and the tasks that are left, by the sources' paths."""
    old = read_records(target)
    keeps = old.get("settings") == chosen and not overwrite
    before = {record["file"]: record for record in old.get("files", [])}
    names = output_names([path.relative_to(source) for path in images], chosen["format"], before)
    drawings = str(chosen["edges_from"]) if "edges_from" in chosen else None
    found = find_images(drawings) if drawings else []
    drawn = {path.relative_to(str(drawings)).with_suffix(""): path for path in found}
    values = as_range(chosen.get("value_range", "type"))
    records, tasks = {}, {}
    for path in images:
        key, drawing = str(path.relative_to(source)), drawn.get(path.relative_to(source).with_suffix(""))
        done = _done_already(before.get(key), target / names[key], [path, drawing]) if keeps else None
        if done:
            records[key] = done
        else:
            lines_from = None if drawings is None else str(drawing or "")
            how = (chosen["size"], settings, chosen["input_kind"], values)
            tasks[key] = Task(str(path), lines_from, str(target / names[key]), *how)
    return records, tasks


def _run(
    target: Path, chosen: dict[str, Any], records: dict[str, Record], tasks: dict[str, Task], workers: int
) -> dict[str, Any]:
    """Run tasks, add their records to those of what is done already, and write them; also after Ctrl-C."""
    result: dict[str, Any] = {"settings": chosen, "files": []}
    try:
        for (key, task), record in zip(tasks.items(), run_tasks(list(tasks.values()), workers), strict=False):
            records[key] = {"file": key, "output": Path(task.target).name, **record}
    finally:
        result["files"] = [records[key] for key in sorted(records)]
        flag_records(result["files"], chosen["size"])
        if records:
            write_records(target, result)
    return result


def describe_images(result: dict[str, Any], input_folder: str | os.PathLike) -> list[str]:
    """Say in a line each what images hold beside their pixels, and which files are none that can be read."""
    remarks: dict[str, list[str]] = {}
    for record in result["files"]:
        for remark in record.get("remarks", []):
            remarks.setdefault(remark, []).append(record["file"])
    chosen = result["settings"].get("value_range")
    lines = [f"values of 16-bit and float images: --value_range {chosen}"] if chosen else []
    others = describe_other_files(input_folder)
    return lines + describe_remarks(remarks) + ([others] if others else [])


def _find_sources(source: Path, target: Path) -> list[Path]:
    """Find the images below the source folder, without those of a target folder inside it.

    Raises:
        UserError: there are none, or the two folders are one.
    """
    images = find_images(source)
    # Unlike Path.resolve, realpath takes links in a circle as they are; reading them names them.
    inside = os.path.realpath(target)
    if os.path.realpath(source) == inside:
        raise UserError(
            f"--output {target} is the --input folder: choose another, photos and pairs must not mix"
        )
    images = [path for path in images if not Path(os.path.realpath(path)).is_relative_to(inside)]
    if not images:
        others = describe_other_files(source) or "no file with an image's extension"
        raise UserError(f"--input {source} holds no images ({others})")
    return images


def _done_already(old: Record | None, pair: Path, sources: list[Path | None]) -> Record | None:
    """Return the record of a pair that exists and is up to date, or is in quarantine."""
    if old is None:
        return None
    if old["status"] == "quarantined":
        return old if (quarantine_folder(pair.parent) / pair.name).is_file() else None
    is_current = pair.is_file() and old["mtime_ns"] == newest_change_ns(*sources)
    return {**old, "status": "skipped"} if is_current else None
