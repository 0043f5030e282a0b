"""Records of pairs, which are stored in preprocess.json, and file names of pairs."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.preprocess.pair import EdgeSettings
from util.atomic import write_bytes
from util.parsing import as_range

RECORD_FILE = "preprocess.json"
_TYPES = {"file": str, "output": str, "kind": str, "mtime_ns": int, "width": int, "height": int}
Record = dict[str, Any]


def read_records(folder: Path) -> dict[str, Any]:
    """Read a folder's preprocess.json without invalid records; return {} if there is no valid file."""
    try:
        content = json.loads((folder / RECORD_FILE).read_text("utf-8"))
        return content | {"files": [record for record in content["files"] if _is_record(record)]}
    except (OSError, ValueError, RecursionError, TypeError, KeyError):
        return {}


def _is_record(record: Any) -> bool:
    """Return whether an entry of an untrusted file is a valid record."""
    try:
        texts = [*record["flags"], *record.get("remarks", []), record["file"], record["output"]]
        return (
            record["status"] in ("done", "skipped")
            and all(isinstance(record[name], kind) for name, kind in _TYPES.items())
            and record["output"] == Path(record["output"]).name
            and not any(b"\0" in os.fsencode(text) for text in texts)
            and all(0 < record[side] < 2**31 for side in ("width", "height"))
            and 0 <= record["edge_density"] <= 1
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        return False


def write_records(folder: Path, result: dict[str, Any]) -> None:
    """Write preprocess.json."""
    write_bytes(folder / RECORD_FILE, json.dumps(result, indent=1).encode())


def edge_settings_of(folder: str | os.PathLike) -> dict[str, Any] | None:
    """Return the edge settings that are recorded in a pairs folder, or None."""
    settings = EdgeSettings.from_json(read_records(Path(folder)).get("settings"))
    return None if settings is None else asdict(settings)


def range_of(folder: str | os.PathLike) -> str:
    """Return the value range that is recorded in a pairs folder, or "type"."""
    settings = read_records(Path(folder)).get("settings")
    recorded = str(settings.get("value_range", "type")) if isinstance(settings, dict) else "type"
    try:
        return recorded if as_range(recorded) else "type"
    except ValueError:
        return "type"


def output_names(sources: Iterable[Path], file_format: str, old: dict[str, Record]) -> dict[str, str]:
    """Choose a file name for each source's pair. Names are unique even if case is ignored.

    A source keeps its name from the records of an earlier run (``old``). A new name is the source's stem. If
    it is taken, the names of the source's folders, its extension and a digest are added as needed.
    """
    sources = sorted(sources, key=lambda p: p.parts)
    kept = {str(path): old[str(path)]["output"] for path in sources if str(path) in old}
    names = {source: name for source, name in kept.items() if name.endswith("." + file_format)}
    taken = {name.casefold() for name in names.values()}
    stems = Counter(p.stem.casefold() for p in sources)
    for path in sources:
        if str(path) not in names:
            candidates = _candidate_names(path, is_unique=stems[path.stem.casefold()] == 1)
            name = next(c for c in candidates if f"{c}.{file_format}".casefold() not in taken)
            names[str(path)] = f"{name}.{file_format}"
            taken.add(names[str(path)].casefold())
    return names


def _candidate_names(path: Path, *, is_unique: bool) -> list[str]:
    """Return possible names for a source's pair, without extension, in order of preference."""
    prefixed = "_".join([*path.parent.parts, path.stem])
    with_extension = f"{prefixed}_{path.suffix.lstrip('.').lower()}"
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    candidates = [*([path.stem] if is_unique else []), prefixed, with_extension, f"{with_extension}_{digest}"]
    # File systems limit file names to 255 bytes.
    return [c if len(os.fsencode(c)) < 240 else f"{path.stem[:48]}_{digest}" for c in candidates]
