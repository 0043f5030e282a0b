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
    newest_change_ns,
    output_names,
    quarantine_folder,
    read_records,
    write_records,
)
from data.preprocess.report import flag_records, write_report
from data.preprocess.workers import Task, run_tasks
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
        input_folder: searched recursively.
        output_folder: created if need be.
        size_px: side of the squares.
        settings: how edges are extracted.
        edges_from: drawings of the same images under the same names, to extract the edges from.
        input_kind: auto, photo, lineart or edges.
        file_format: png or jpg.
        value_range: of images deeper than 8 bits: ``type``, ``folder``, or "LOW,HIGH".
        overwrite: make existing pairs again.
        quarantine: move what the report flags into ``<output>_quarantine`` beside the pairs' folder.
        workers: processes; the result does not depend on it.

    Returns:
        The content of preprocess.json: ``settings`` and ``files``, a list of records.

    Raises:
        UserError: no usable folder, or no usable image at all.
    """
    settings, source, target = settings or EdgeSettings(), Path(input_folder), Path(output_folder)
    images = _find_sources(source, target)
    make_folder(target, what="--output")
    delete_torn(target)
    chosen = {"size": size_px, "format": file_format, "input_kind": input_kind, **asdict(settings)}
    chosen |= {} if edges_from is None else {"edges_from": str(edges_from)}
    chosen |= _chosen_range(value_range, images, edges_from)
    plan = _Plan(source, target, images, chosen, overwrite=overwrite)
    tasks = [plan.task(path, settings) for path in plan.to_do]
    try:
        for path, record in zip(plan.to_do, run_tasks(tasks, workers), strict=False):
            key = str(path.relative_to(source))
            plan.records[key] = {"file": key, "output": plan.names[key], **record}
    finally:
        # Also after Ctrl-C: what is done is skipped next time.
        result = _record(target, chosen, plan.records)
    _require_any(result["files"], input_folder)
    if quarantine:
        move_to_quarantine(target, result["files"])
        write_records(target, result)
    write_report(target, result)
    return result


def _record(target: Path, chosen: dict[str, Any], records: dict[str, Record]) -> dict[str, Any]:
    """Flag and write the records, if there are any; returns what preprocess.json holds."""
    result: dict[str, Any] = {"settings": chosen, "files": [records[key] for key in sorted(records)]}
    if records:
        flag_records(result["files"], chosen["size"])
        write_records(target, result)
    return result


def _chosen_range(
    value_range: str, images: list[Path], edges_from: str | os.PathLike | None
) -> dict[str, str]:
    """Return the range of values to record; nothing where it is all of the type, as it always was."""
    found = resolve_range(value_range, images + ([] if edges_from is None else find_images(edges_from)))
    return {} if found == "type" else {"value_range": found}


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


def _require_any(records: list[Record], input_folder: str | os.PathLike) -> None:
    """Raise `UserError` if not one image could be used."""
    if all(record["status"] == "failed" for record in records):
        raise UserError(
            f"--input {input_folder}: none of {len(records)} images could be used; the first, "
            f"{records[0]['file']}: {records[0]['reason']}"
        )


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


class _Plan:
    """What is done already and what is to be done, compared with the records of an earlier run.

    Args:
        source: folder of the images.
        target: folder of the pairs.
        images: the images.
        chosen: the settings as preprocess.json keeps them.
        overwrite: make existing pairs again.

    Attributes:
        names: source, relative to its folder -> file name of the pair.
        records: source -> record of what is done already.
        to_do: the images to make pairs of.
    """

    def __init__(
        self,
        source: Path,
        target: Path,
        images: list[Path],
        chosen: dict[str, Any],
        *,
        overwrite: bool,
    ):
        self.source, self.target, self._chosen = source, target, chosen
        self._drawings: dict[Path, Path] | None = None
        if edges_from := chosen.get("edges_from"):
            found = find_images(edges_from)
            self._drawings = {path.relative_to(edges_from).with_suffix(""): path for path in found}
        before = read_records(target)
        self._old: dict[str, Record] = {record["file"]: record for record in before.get("files", [])}
        self.names = output_names([path.relative_to(source) for path in images], chosen["format"], self._old)
        self.records: dict[str, Record] = {}
        self.to_do: list[Path] = []
        keep = before.get("settings") == chosen and not overwrite
        for path in images:
            done = self._done_already(path) if keep else None
            if done:
                self.records[done["file"]] = done
            else:
                self.to_do.append(path)

    def task(self, path: Path, settings: EdgeSettings) -> Task:
        """Describe the work on one image."""
        drawing = None if self._drawings is None else str(self._drawing(path) or "")
        target = self.target / self.names[str(path.relative_to(self.source))]
        kind, values = self._chosen["input_kind"], as_range(self._chosen.get("value_range", "type"))
        return Task(str(path), drawing, str(target), self._chosen["size"], settings, kind, values)

    def _done_already(self, path: Path) -> Record | None:
        """Return the record of a pair that exists and is up to date, or is in quarantine."""
        key = str(path.relative_to(self.source))
        old, name = self._old.get(key, {}), self.names[key]
        if old.get("status") == "quarantined" and (quarantine_folder(self.target) / name).is_file():
            return old
        if old.get("status") not in ("done", "skipped") or not (self.target / name).is_file():
            return None
        drawing = self._drawing(path)
        newest = newest_change_ns([path, drawing] if drawing else [path])
        return {**old, "status": "skipped"} if old.get("mtime_ns") == newest else None

    def _drawing(self, path: Path) -> Path | None:
        """Find the drawing of an image."""
        return (self._drawings or {}).get(path.relative_to(self.source).with_suffix(""))
