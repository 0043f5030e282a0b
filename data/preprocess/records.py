"""Records of preprocessed pairs: preprocess.json, file names, and the quarantine folder."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.preprocess.pair import EdgeSettings
from util.atomic import write_bytes
from util.parsing import as_range

RECORD_FILE = "preprocess.json"
Record = dict[str, Any]


def read_records(folder: Path) -> dict[str, Any]:
    """Read what an earlier run wrote; {} if there is nothing, or nothing that can be read."""
    try:
        content = json.loads((folder / RECORD_FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    files = content.get("files") if isinstance(content, dict) else None
    if not isinstance(files, list):
        return {}
    return content | {"files": [record for record in files if _is_record(record)]}


def _is_record(record: Any) -> bool:
    """Whether an entry of a file from outside is a record as this program writes them."""
    if not isinstance(record, dict) or not isinstance(record.get("file"), str):
        return False
    output = record.get("output", "")
    if not isinstance(output, str) or output != Path(output).name or not _is_path(output, record["file"]):
        return False
    if record.get("status") not in ("done", "skipped", "quarantined"):
        return True
    sides, density = (record.get("width"), record.get("height")), record.get("edge_density")
    flags, remarks = record.get("flags", []), record.get("remarks", [])
    return (
        all(isinstance(side, int) and 0 < side < 2**31 for side in sides)
        and isinstance(density, (int, float))
        and 0 <= density <= 1
        and isinstance(record.get("mtime_ns"), int)
        and isinstance(record.get("kind"), str)
        and re.fullmatch("[0-9a-f]{64}", str(record.get("hash"))) is not None
        and all(isinstance(said, list) and all(isinstance(s, str) for s in said) for said in (flags, remarks))
    )


def _is_path(*names: str) -> bool:
    """Whether a file system can have such names."""
    try:
        return not any(b"\0" in os.fsencode(name) for name in names)
    except UnicodeEncodeError:
        return False


def write_records(folder: Path, result: dict[str, Any]) -> None:
    """Write preprocess.json in one step; names that are not UTF-8 are escaped."""
    write_bytes(folder / RECORD_FILE, json.dumps(result, indent=1, ensure_ascii=True).encode())


def edge_settings_of(folder: str | os.PathLike) -> dict[str, Any] | None:
    """Return the edge settings that a folder of pairs was made with; None if they are not recorded."""
    settings = EdgeSettings.from_json(read_records(Path(folder)).get("settings"))
    return None if settings is None else asdict(settings)


def range_of(folder: str | os.PathLike) -> str:
    """Return the range of values of the images that pairs were made of; "type" if none is recorded."""
    settings = read_records(Path(folder)).get("settings")
    recorded = str(settings.get("value_range", "type")) if isinstance(settings, dict) else "type"
    try:
        return recorded if as_range(recorded) else "type"
    except ValueError:
        return "type"


def output_names(sources: Iterable[Path], file_format: str, old: dict[str, Record]) -> dict[str, str]:
    """Choose a file name for each source, none twice even where the file system ignores case.

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
        candidates = _candidate_names(path, is_unique=stems[path.stem.casefold()] == 1)
        name = next(c for c in candidates if f"{c}.{file_format}".casefold() not in taken)
        names[str(path)] = f"{name}.{file_format}"
        taken.add(names[str(path)].casefold())
    return names


def _candidate_names(path: Path, *, is_unique: bool) -> list[str]:
    """List the names for a source without their extension, the preferred one first."""
    prefixed = "_".join([*path.parent.parts, path.stem])
    with_extension = f"{prefixed}_{path.suffix.lstrip('.').lower()}"
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    candidates = [path.stem] if is_unique else []
    candidates += [prefixed, with_extension, f"{with_extension}_{digest}"]
    # File systems limit names to 255 bytes.
    return [c if len(os.fsencode(c)) < 240 else f"{path.stem[:48]}_{digest}" for c in candidates]


def newest_change_ns(paths: Sequence[Path]) -> int:
    """Return the latest modification time of any of the files, in nanoseconds."""
    return max(p.stat().st_mtime_ns for p in paths)


def quarantine_folder(folder: Path) -> Path:
    """Return where flagged pairs of a folder go: beside it, because what lies in it would be trained on."""
    return folder.parent / f"{folder.name}_quarantine"


def move_to_quarantine(folder: Path, records: list[Record]) -> None:
    """Move the pairs of flagged records to the quarantine folder."""
    aside = quarantine_folder(folder)
    for record in records:
        if record.get("flags") and record["status"] in ("done", "skipped"):
            aside.mkdir(exist_ok=True)
            shutil.move(folder / record["output"], aside / record["output"])
            record["status"] = "quarantined"
