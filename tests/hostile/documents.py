"""Cases with invalid JSON files and option files."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from .bench import Bench, Case, Result

_ODD: list[object] = [
    None, True, -1, 0, 2.5, 10**25, -(10**400), float("nan"), 1e308, "", "x" * 3000, "\ud800", "<b>\n|`",
    "../../x",
    "/etc/passwd", [], {}, [[]], {"": {}}, "NaN", "1", False,
]  # fmt: skip
_PER_DOCUMENT = 15


def whole_documents() -> dict[str, bytes]:
    """Return contents that replace a whole document, by name."""
    return {
        "empty": b"", "null": b"null", "number": b"5", "text": b'"x"', "list": b"[1, 2]", "object": b"{}",
        "true": b"true",
        "deep": b"[" * 100_000, "deep objects": b'{"a":' * 50_000, "digits": b"1" * 100_000,
        "binary": bytes(range(256)),
        "mark": b"\xef\xbb\xbf{}", "utf16": "{}".encode("utf-16"), "cut": b'{"files": [{"file": "a',
        "zeros": bytes(100),
        "twice": b'{"files": 1, "files": [], "rows": 1, "rows": []}', "infinity": b'{"rows": Infinity}',
        "rows of numbers": b'{"rows": [1, 2], "files": [1, 2]}',
        "rows of nulls": b'{"rows": [null], "files": [null]}',
        "nameless": b'{"rows": [{"images": {}}], "files": [{}]}',
        "big": b'{"rows": "' + b"x" * 20_000_000 + b'"}',
    }  # fmt: skip


def paths_in(value: object, here: tuple = ()) -> Iterator[tuple]:
    """Yield the path to each part of a document, as a tuple of keys."""
    if here:
        yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from paths_in(part, (*here, key))


def replaced(document: object, path: tuple, value: object) -> object:
    """Return a copy of a document in which one value is replaced."""
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = replaced(document[path[0]], path[1:], value)
    return copy


# Each entry: a folder of valid files, a document in it, a command that reads the document, further options.
_ON_MADE = ["--dataroot", "made", "--load_size", "128"]
_SINGLE = ["--model", "test", "--dataset_mode", "single", "--dataroot", "photos"]
_READERS: list[tuple[str, str, str, list[str]]] = [
    ("made", "preprocess.json", "preprocess", []),
    ("made", "preprocess.json", "train", _ON_MADE),
    ("checkpoints", "tiny/train_opt.json", "test", _SINGLE),
    ("checkpoints", "tiny/train_opt.json", "resume", []),
    ("A", "tiny/test_latest/metrics.json", "evaluate", []),
    ("A", "tiny/test_latest/metrics.json", "compare", []),
]


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield cases for each command with replaced documents and with replaced values in documents."""
    for reader in _READERS:
        kind = f"documents: {Path(reader[1]).name}"
        for text, content in whole_documents().items():
            yield Case(kind, f"{reader[2]}, {text}", partial(_replaced, *reader, content))
        for number in range(_PER_DOCUMENT):
            seed = int(rng.integers(2**31))
            yield Case(kind, f"{reader[2]}, value {number}", partial(_replaced, *reader, seed))
    for text in ("", "netG: unet_999", "ngf: -5\nnetG: 7\n", "crop_size: x\n" * 9, "\0\xff", "nz: 1e400"):
        yield Case("documents: train_opt.txt", repr(text), partial(_text, text))


def _replaced(
    material: str, name: str, command: str, more: list, content: bytes | int, bench: Bench, case: Case
) -> Iterator[Result]:
    """Replace a whole document, or one random value in it if ``content`` is a seed; then run a command."""
    folder = bench.folder(material, "photos")
    path = folder / material / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        rng, document = np.random.default_rng(content), json.loads(path.read_text())
        places = list(paths_in(document))
        place, value = places[rng.integers(len(places))], _ODD[rng.integers(len(_ODD))]
        path.write_text(json.dumps(replaced(document, place, value)))
        case = replace(case, name=f"{command}: {place} = {str(value)[:40]!r}")
    keep = [folder / "photos"] + ([folder / "checkpoints"] if command == "test" else [])
    yield bench.attempt(case, *bench.line(command, folder), *more, untouched=keep, cwd=folder)


def _text(text: str, bench: Bench, case: Case) -> Iterator[Result]:
    """Replace the content of train_opt.txt and generate."""
    folder = bench.folder("checkpoints", "photos")
    (folder / "checkpoints" / "tiny" / "train_opt.json").unlink()
    (folder / "checkpoints" / "tiny" / "train_opt.txt").write_text(text)
    line = [*bench.line("test", folder), *_SINGLE, "--netG", "unet_128"]
    yield bench.attempt(case, *line, cwd=folder)
