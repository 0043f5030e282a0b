"""A function that makes pairs from all images in a folder."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.preprocess.pair import EdgeSettings
from data.preprocess.records import Record, output_names, read_records, write_records
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
    size_px: int = 256,
    settings: EdgeSettings | None = None,
    *,
    edges_from: str | os.PathLike | None = None,
    input_kind: str = "auto",
    file_format: str = "png",
    value_range: str = "type",
    overwrite: bool = False,
    workers: int = 1,
) -> dict[str, Any]:
    """Make a pair A|B from each image in a folder and its subfolders, and write records and a report.

    Existing pairs that were made with the same settings are skipped, so an interrupted run can be continued.

    Args:
        input_folder: image folder.
        output_folder: folder for the pairs, which are named after the images.
        size_px: side of the squares.
        settings: edge extraction settings; None: the defaults.
        edges_from: folder with the drawings to extract edges from, named like the images.
        input_kind: auto, photo, lineart or edges.
        file_format: file format for pairs, png or jpg.
        value_range: value range for images with more than 8 bits: ``type``, ``folder``, or "LOW,HIGH".
        overwrite: whether to make existing pairs again.
        workers: number of processes.

    Returns:
        The content of preprocess.json: ``settings`` and ``files``, a list of records.

    Raises:
        UserError: a folder cannot be used, or all images are unusable.
    """
    settings, source, target = settings or EdgeSettings(), Path(input_folder), Path(output_folder)
    images = _find_sources(source, target)
    drawings = None
    if edges_from is not None:
        drawings = {p.relative_to(edges_from).with_suffix(""): p for p in find_images(edges_from)}
    make_folder(target, what="--output")
    delete_torn(target)
    chosen = {"size": size_px, "format": file_format, "input_kind": input_kind, **asdict(settings)}
    chosen |= {} if edges_from is None else {"edges_from": str(edges_from)}
    values = resolve_range(value_range, [*images, *(drawings or {}).values()])
    chosen |= {} if values == "type" else {"value_range": values}
    old = read_records(target) | ({"settings": None} if overwrite else {})
    how = (size_px, settings, input_kind, as_range(values))
    result = _run(target, chosen, _plan(images, source, target, drawings, old, chosen, how), workers)
    if all(record["status"] == "failed" for record in result["files"]):
        file, reason = (result["files"][0][key] for key in ("file", "reason"))
        problem = f"none of {len(images)} images could be used; first problem: {file}: {reason}"
        raise UserError(f"--input {input_folder}: {problem}")
    write_report(target, result)
    return result


def _plan(
    images: list[Path], source: Path, target: Path, drawings: Mapping[Path, Path] | None, old: dict[str, Any],
    chosen: dict[str, Any], how: tuple,
) -> dict[str, Task | Record]:  # fmt: skip
    """Map the relative path of each image to a task or, if its pair already exists, to the pair's record."""
    before = {record["file"]: record for record in old.get("files", [])}
    names = output_names([path.relative_to(source) for path in images], chosen["format"], before)
    plan: dict[str, Task | Record] = {}
    for path in images:
        key = str(path.relative_to(source))
        drawing = drawings.get(Path(key).with_suffix("")) if drawings is not None else None
        pair, record = target / names[key], before.get(key) if old.get("settings") == chosen else None
        if record and pair.is_file() and record["mtime_ns"] == newest_change_ns(path, drawing):
            plan[key] = {**record, "status": "skipped"}
        else:
            lines_from = None if drawings is None else str(drawing or "")
            plan[key] = Task(str(path), lines_from, str(pair), *how)
    return plan


def _run(target: Path, chosen: dict, plan: dict[str, Task | Record], workers: int) -> dict[str, Any]:
    """Run a plan's tasks and write all pairs' records, even after Ctrl-C."""
    tasks = {key: task for key, task in plan.items() if isinstance(task, Task)}
    records = {key: record for key, record in plan.items() if not isinstance(record, Task)}
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
    """Return lines about the value range, unusual images, and files that are not images."""
    remarks: dict[str, list[str]] = {}
    for record in result["files"]:
        for remark in record.get("remarks", []):
            remarks.setdefault(remark, []).append(record["file"])
    chosen = result["settings"].get("value_range")
    lines = [f"values of 16-bit and float images: --value_range {chosen}"] if chosen else []
    others = describe_other_files(input_folder)
    return lines + describe_remarks(remarks) + ([others] if others else [])


def _find_sources(source: Path, target: Path) -> list[Path]:
    """Find the images below the source folder that are not in the target folder."""
    images = find_images(source)
    # Path.resolve would raise an error for circular links.
    inside = os.path.realpath(target)
    if os.path.realpath(source) == inside:
        raise UserError(
            f"--output {target} is the --input folder: choose another folder to keep photos and pairs apart"
        )
    images = [path for path in images if not Path(os.path.realpath(path)).is_relative_to(inside)]
    if not images:
        others = describe_other_files(source) or "no file has an image extension"
        raise UserError(f"--input {source} contains no images ({others})")
    return images
