"""Folders of hostile images for the commands that read folders: one process tests many cases."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from conftest import ONE_EPOCH, drawing
from PIL import Image

from util.image_files import find_images

from . import images
from .bench import Act, Bench, Case, Done, Result, changes, snapshot

# Training stops if more than 1% of the pairs are bad; in these folders, nearly all pairs are bad.
_ALL_MAY_BE_BAD = "import data.left_out; data.left_out.MOST_OF_TRAINING = 1.0; import data.training_data; "
_ALL_MAY_BE_BAD += "data.training_data.MOST_OF_TRAINING = 1.0"

Fill = Callable[[Path], object]


def sets_of_files(rng: np.random.Generator) -> dict[str, Fill]:
    """Return a function for each kind of hostile images that fills a folder with them."""
    square, pair = drawing(rng, 32), np.concatenate([drawing(rng, 32), drawing(rng, 32)], axis=1)
    small = drawing(rng, 24)[:12]  # two squares side by side also form a pair

    def put(make: Callable[[], dict[str, bytes]]) -> Fill:
        return lambda folder: images.write(folder, {**make(), "good.png": images.saved(_image(pair), "PNG")})

    def names(folder: Path) -> None:
        images.write(folder, dict.fromkeys(images.hostile_names(), images.saved(_image(pair), "PNG")))

    def special(folder: Path) -> None:
        images.special_files(folder)
        images.write(folder, {"good.png": images.saved(_image(pair), "PNG")})

    return {
        "cut": put(lambda: images.cut_files(small)), "flipped": put(lambda: images.flipped_files(small, rng)),
        "bombs": put(images.bombs), "sizes": put(images.sizes), "kinds": put(lambda: images.kinds(pair)),
        "kinds of squares": put(lambda: images.kinds(square)),
        "wrong extension": put(lambda: images.impostors(pair)),
        "no files": special, "names": names,
    }  # fmt: skip


def _image(rgb: np.ndarray) -> Image.Image:
    return Image.fromarray(rgb)


def preprocess(bench: Bench, folder: Path) -> tuple[Done, list[str]]:
    """Make pairs from the folder; every image must have a record, and every recorded pair must exist."""
    out = bench.folder() / "out"
    done = bench.run("preprocess.py", "-i", folder, "-o", out, "-s", "32", "--workers", "1")
    if done.code not in (0, 1):
        return done, []
    records = json.loads((out / "preprocess.json").read_text())["files"]
    missing = {str(p.relative_to(folder)) for p in find_images(folder)} ^ {r["file"] for r in records}
    lost = [r["output"] for r in records if r["status"] == "done" and not (out / r["output"]).is_file()]
    return done, [f"no record or no pair: {sorted(missing)[:2]} {lost[:2]}"] if missing or lost else []


def _generate(*flags: str) -> Callable[[Bench, Path], tuple[Done, list[str]]]:
    """Generate images from the folder; every input must be in the gallery or reported as not used."""

    def generate(bench: Bench, folder: Path) -> tuple[Done, list[str]]:
        out = bench.folder()
        done = bench.run("test.py", *bench.test_flags(out, dataroot=folder), *flags)
        if done.code not in (0, 1) or "Traceback" in done.err:
            return done, []
        numbers = json.loads((out / "tiny" / "test_latest" / "metrics.json").read_text())
        count = len(numbers["rows"]) + len(numbers.get("not_used", {}))
        wanted = len(find_images(folder))
        return done, [] if count == wanted else [f"{count} of {wanted} images accounted for"]

    return generate


def train(bench: Bench, folder: Path) -> tuple[Done, list[str]]:
    """Train on the usable images of the folder."""
    flags = bench.train_flags("x", dataroot=folder, checkpoints=bench.folder())
    done = bench.run("train.py", *flags, *ONE_EPOCH, "--batch_size", "64", before=_ALL_MAY_BE_BAD)
    return done, []


def evaluate(bench: Bench, folder: Path) -> tuple[Done, list[str]]:
    """Run evaluate.py on the folder as if it held a run's outputs."""
    return bench.run("scripts/evaluate.py", "--results", folder), []


COMMANDS = {
    "preprocess.py": preprocess,
    "test.py single": _generate("--model", "test", "--dataset_mode", "single"),
    "test.py aligned": _generate("--preprocess", "none", "--batch_size", "1"),
    "train.py": train,
    "evaluate.py": evaluate,
}


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Return the cases: each kind of folder with each command."""
    for kind, fill in sets_of_files(rng).items():
        for command, act in COMMANDS.items():
            slow = kind in ("cut", "flipped", "bombs")
            yield Case(f"images: {kind}", command, _batch(fill, act), slow)


def _batch(fill: Fill, run: Callable[[Bench, Path], tuple[Done, list[str]]]) -> Act:
    """Run the command on the whole folder; return a result for each file, or one failure."""

    def act(bench: Bench, case: Case) -> Iterator[Result]:
        folder = bench.folder() / "in"
        fill(folder)
        count, before = len(find_images(folder)), snapshot(folder)
        done, more = run(bench, folder)
        whole = case.judge(done, more + changes(before, snapshot(folder)))
        bad = {line for line in done.out.splitlines() if line.startswith("not used: ")}
        refused = count if done.code == 2 else min(len(bad), count)
        if whole.verdict == "failure":
            yield replace(whole, name=f"{case.name} on {count} files")
        else:
            yield from (replace(whole, verdict="refused" if k < refused else "ok") for k in range(count))

    return act
