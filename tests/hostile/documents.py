"""JSON files and the text file of options, with values of unexpected types."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from .bench import Act, Bench, Case, Result

_ODD: list[object] = [
    None, True, -1, 0, 2.5, 10**25, -(10**400), float("nan"), 1e308, "", "x" * 3000, "\ud800", "<b>\n|`",
    "../../x",
    "/etc/passwd", [], {}, [[]], {"": {}}, "NaN", "1", False,
]  # fmt: skip
_PER_DOCUMENT = 15


def whole_documents() -> dict[str, bytes]:
    """Return texts that replace a whole document."""
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
    """Return the keys that lead to each part of a document."""
    if here:
        yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from paths_in(part, (*here, key))


def replaced(document: object, path: tuple, value: object) -> object:
    """Return the document with one value replaced."""
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = replaced(document[path[0]], path[1:], value)
    return copy


def _preprocess(bench: Bench, folder: Path) -> list:
    return ["preprocess.py", "-i", bench.root / "photos", "-o", folder / "made", "-s", "32"]


def _train_on(bench: Bench, folder: Path) -> list:
    flags = bench.train_flags("x", dataroot=folder / "made", checkpoints=folder)
    return ["train.py", *flags, "--n_epochs", "1", "--n_epochs_decay", "0", "--load_size", "128"]


def _test(bench: Bench, folder: Path) -> list:
    return ["test.py", *bench.test_flags(folder, checkpoints=folder / "checkpoints"), "--model", "test",
            "--dataset_mode", "single", "--dataroot", bench.root / "photos"]  # fmt: skip


def _resume(bench: Bench, folder: Path) -> list:
    flags = ["--name", "tiny", "--checkpoints_dir", folder / "checkpoints", "--gpu_ids", "-1", "--no_html"]
    return ["train.py", *flags, "--continue_train", "--n_epochs", "2", "--n_epochs_decay", "0"]


def _evaluate(bench: Bench, folder: Path) -> list:
    return ["scripts/evaluate.py", "--results", folder / "A" / "tiny" / "test_latest"]


def _compare(bench: Bench, folder: Path) -> list:
    runs = [folder / "A" / "tiny" / "test_latest", bench.root / "B" / "tiny" / "test_latest"]
    return ["scripts/compare.py", *runs, "--output", folder / "compared"]


# A folder of material, a document in it, and the commands that read this document.
_DOCUMENTS: list[tuple[str, str, list[Callable[[Bench, Path], list]]]] = [
    ("made", "preprocess.json", [_preprocess, _train_on]),
    ("checkpoints", "tiny/train_opt.json", [_test, _resume]),
    ("A", "tiny/test_latest/metrics.json", [_evaluate, _compare]),
]


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Return the cases: a document or one of its values is replaced, for each command that reads it."""
    for material, name, commands in _DOCUMENTS:
        kind = f"documents: {Path(name).name}"
        for command in commands:
            reader = command.__name__.strip("_")
            for text, content in whole_documents().items():
                yield Case(kind, f"{reader}, {text}", _replaced(material, name, command, content))
            for number in range(_PER_DOCUMENT):
                seed = int(rng.integers(2**31))
                yield Case(kind, f"{reader}, value {number}", _replaced(material, name, command, seed))
    for text in ("", "netG: unet_999", "ngf: -5\nnetG: 7\n", "crop_size: x\n" * 9, "\0\xff", "nz: 1e400"):
        yield Case("documents: train_opt.txt", repr(text), _text(text))


def _replaced(material: str, name: str, command: Callable[[Bench, Path], list], content: bytes | int) -> Act:
    """Replace the document or one value, chosen by a seed, and run the command."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        folder = bench.folder(material)
        path = folder / material / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            rng, document = np.random.default_rng(content), json.loads(path.read_text())
            places = list(paths_in(document))
            place, value = places[rng.integers(len(places))], _ODD[rng.integers(len(_ODD))]
            path.write_text(json.dumps(replaced(document, place, value)))
            case = replace(case, name=f"{command.__name__.strip('_')}: {place} = {str(value)[:40]!r}")
        keep = [folder / "checkpoints"] if command is _test else []
        script, *arguments = command(bench, folder)
        yield bench.attempt(case, script, *arguments, untouched=[bench.root / "photos", *keep])

    return act


def _text(text: str) -> Act:
    """Write arbitrary content into pix2pix's text file of options."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        folder = bench.folder("checkpoints")
        (folder / "checkpoints" / "tiny" / "train_opt.json").unlink()
        (folder / "checkpoints" / "tiny" / "train_opt.txt").write_text(text)
        script, *arguments = _test(bench, folder)
        yield bench.attempt(case, script, *arguments, "--netG", "unet_128")

    return act
