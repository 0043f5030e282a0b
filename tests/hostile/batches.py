"""Cases with folders of bad images. Each image counts as a case."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from conftest import drawing
from PIL import Image

from util.image_files import find_images

from . import images
from .bench import Bench, Case, Done, Result, changes, snapshot

# Normally, training stops if more than 1% of the pairs cannot be used.
_ALL_MAY_BE_BAD = "import data.left_out; data.left_out.MOST_OF_TRAINING = 1.0; import data.training_data; "
_ALL_MAY_BE_BAD += "data.training_data.MOST_OF_TRAINING = 1.0"

Fill = Callable[[Path], object]


def sets_of_files(rng: np.random.Generator) -> dict[str, Fill]:
    """Return functions that fill a folder with bad images, by kind."""
    square, pair = drawing(rng, 32), np.concatenate([drawing(rng, 32), drawing(rng, 32)], axis=1)
    small = drawing(rng, 24)[:12]  # twice as wide as high, like a pair
    good = images.saved(Image.fromarray(pair), "PNG")

    def put(make: Callable[[], dict[str, bytes]]) -> Fill:
        return lambda folder: images.write(folder, {**make(), "good.png": good})

    def special(folder: Path) -> None:
        images.special_files(folder)
        images.write(folder, {"good.png": good})

    return {
        "cut": put(lambda: images.cut_files(small)), "flipped": put(lambda: images.flipped_files(small, rng)),
        "bombs": put(images.bombs), "sizes": put(images.sizes), "kinds": put(lambda: images.kinds(pair)),
        "kinds of squares": put(lambda: images.kinds(square)),
        "wrong extension": put(lambda: images.impostors(pair)),
        "no files": special, "names": put(lambda: dict.fromkeys(images.hostile_names(), good)),
    }  # fmt: skip


# The commands and options that read a folder of images.
_COMMANDS = {
    "preprocess.py": ("preprocess", "-i"),
    "test.py single": ("test", "--model", "test", "--dataset_mode", "single", "--dataroot"),
    "test.py aligned": ("test", "--preprocess", "none", "--batch_size", "1", "--dataroot"),
    "train.py": ("train", "--batch_size", "64", "--dataroot"),
    "evaluate.py": ("evaluate", "--results"),
}


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield a case for each command and each kind of folder."""
    for kind, fill in sets_of_files(rng).items():
        for name in _COMMANDS:
            act = partial(_batch, fill, *_COMMANDS[name])
            yield Case(f"images: {kind}", name, act, slow=kind in ("cut", "flipped", "bombs"))


def _batch(fill: Fill, command: str, *more: str | Bench | Case) -> Iterator[Result]:
    """Run a command on a folder; yield one result per file, or one failure for the command."""
    *flags, bench, case = more
    out = bench.folder()
    folder = out / "in"
    fill(folder)
    found, before = find_images(folder), snapshot(folder)
    done = bench.run(*bench.line(command, out), *flags, folder, before=_ALL_MAY_BE_BAD)
    lost = _lost(command, done, out, folder, found)
    whole = case.judge(done, lost + changes(before, snapshot(folder)))
    bad = {line for line in done.out.splitlines() if line.startswith("not used: ")}
    refused = len(found) if done.code == 2 else min(len(bad), len(found))
    if whole.verdict == "failure":
        yield replace(whole, name=f"{case.name} on {len(found)} files")
    else:
        yield from (replace(whole, verdict="refused" if k < refused else "ok") for k in range(len(found)))


def _lost(command: str, done: Done, out: Path, folder: Path, found: list[Path]) -> list[str]:
    """Return an error message if the command neither used an image nor reported it."""
    if done.code not in (0, 1):
        return []
    if command == "preprocess":
        records = json.loads((out / "made" / "preprocess.json").read_text())["files"]
        missing = {str(p.relative_to(folder)) for p in found} ^ {r["file"] for r in records}
        pairs = [out / "made" / r["output"] for r in records if r["status"] == "done"]
        return ["no record or no pair"] if missing or not all(p.is_file() for p in pairs) else []
    if command == "test":
        numbers = json.loads((out / "A" / "tiny" / "test_latest" / "metrics.json").read_text())
        count = len(numbers["rows"]) + len(numbers.get("not_used", {}))
        return [] if count == len(found) else [f"{count} of {len(found)} images accounted for"]
    return []
