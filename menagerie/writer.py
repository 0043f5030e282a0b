"""Write the menagerie as folders of images, a description, and contact sheets."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from menagerie.chimeras import CHIMERAS
from menagerie.scene import generator, render
from menagerie.species import SPECIES
from util.atomic import write_bytes
from util.errors import UserError
from util.workers import set_up_worker

Array = np.ndarray
OWN = ("photos", "illustrations", "chimeras", "menagerie.json", "contact_sheet.png")


class Task(NamedTuple):
    """An image to make, with its split, its number in the split, its kind, and its file names."""

    split: str
    number: int
    kind: str
    photo: str
    illustration: str | None


def plan_tasks(counts: dict[str, int], species: Sequence[str], illustrate: bool) -> list[Task]:
    """List the images of each split, cycling through the kinds. Animals are of the given ``species``."""
    tasks = []
    for split, count in counts.items():
        monsters = split == "chimeras"
        kinds, folder = (list(CHIMERAS), "chimeras/{}") if monsters else (species, f"{{}}/{split}")
        for i in range(count):
            kind = kinds[i % len(kinds)]
            name = f"{folder}/{kind}_{i // len(kinds) + 1:04d}.png"
            drawing = name.format("illustrations") if illustrate or monsters else None
            tasks.append(Task(split, i, kind, name.format("photos"), drawing))
    return tasks


def make_menagerie(
    output: str | Path, *, train: int = 210, val: int = 35, chimeras: int = 48, species: Sequence[str] = (),
    illustrate: bool = False, size: int = 256, seed: int = 0, workers: int = 1, overwrite: bool = False,
) -> Path:  # fmt: skip
    """Render a data set of animals and chimeras; `python -m menagerie --help` explains the arguments.

    The same seed gives the same files, whatever the number of workers. Further images do not change them.

    Returns:
        The path of menagerie.json.

    Raises:
        UserError: a value is out of range, or the folder isn't empty and `overwrite` is False.
    """
    counts = {"train": train, "val": val, "chimeras": chimeras}
    _check({**counts, "size": size, "seed": seed, "workers": workers}, species)
    tasks = plan_tasks(counts, species or list(SPECIES), illustrate)
    root = Path(output)
    _clear(root, overwrite)
    for folder in {Path(name).parent for t in tasks for name in (t.photo, t.illustration) if name}:
        (root / folder).mkdir(parents=True, exist_ok=True)
    job = partial(_make, root=root, size=size, seed=seed)
    bar = partial(tqdm, total=len(tasks), desc="menagerie", unit="image", disable=None)
    if workers == 1:
        entries = list(bar(map(job, tasks)))
    else:
        with multiprocessing.get_context("spawn").Pool(workers, initializer=set_up_worker) as pool:
            entries = list(bar(pool.imap(job, tasks, chunksize=4)))
    settings = {**counts, "size": size, "seed": seed, "species": list(species), "illustrate": illustrate}
    target = root / "menagerie.json"
    description = json.dumps({"settings": settings, "images": entries}, indent=1, sort_keys=True)
    write_bytes(target, (description + "\n").encode())
    write_contact_sheets(root)
    return target


def _check(numbers: dict[str, int], species: Sequence[str]) -> None:
    """Raise `UserError` for numbers out of range and for unknown species."""
    limits = {"size": (64, 1024), "seed": (0, 2**63 - 1), "workers": (1, 256)}
    for name, value in numbers.items():
        low, high = limits.get(name, (0, 99999))
        if not low <= value <= high:
            raise UserError(f"--{name} {value} is out of range; choose from {low} to {high}")
    if not any(numbers[name] for name in ("train", "val", "chimeras")):
        raise UserError("--train, --val and --chimeras are all 0; request at least one image")
    for name in species:
        if name not in SPECIES:
            raise UserError(f"--species {name} is unknown; choose from {', '.join(SPECIES)}")


def _clear(root: Path, overwrite: bool) -> None:
    """Delete an earlier menagerie, but no other files.

    Raises:
        UserError: `root` is a file, or a folder that isn't empty and `overwrite` is False.
    """
    if root.exists() and not root.is_dir():
        raise UserError(f"--output {root} is a file; choose a folder")
    if root.is_dir() and any(root.iterdir()) and not overwrite:
        raise UserError(f"--output {root} is not empty; choose another folder or add --overwrite")
    for path in (root / name for name in OWN):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _make(task: Task, *, root: Path, size: int, seed: int) -> dict:
    """Render and write one image; return its entry for menagerie.json."""
    image = render(task.kind, generator(seed, task.split, task.number), size, task.illustration is not None)
    write_bytes(root / task.photo, encode(image.photo))
    entry = {"file": task.photo, "split": task.split, "kind": task.kind, "parts": image.parts, **image.notes}
    if task.illustration is not None and image.illustration is not None:
        write_bytes(root / task.illustration, encode(image.illustration))
        entry["illustration"] = task.illustration
    return entry


def encode(image: Array) -> bytes:
    """Encode uint8 RGB as PNG with fast compression."""
    return cv2.imencode(".png", image[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def write_contact_sheets(root: Path, columns: int = 12, tile: int = 128) -> list[Path]:
    """Make contact sheets of a menagerie with at most `columns` images of `tile` pixels in a row.

    Returns:
        The paths of `contact_sheet.png`, with a row for each species, and `chimeras/contact_sheet.png`, with
        illustrations and renders in a row for each kind.
    """
    entries = json.loads((root / "menagerie.json").read_text())["images"]
    of_kind = {kind: [e for e in entries if e["kind"] == kind] for kind in (*SPECIES, *CHIMERAS)}
    animals = [[e["file"] for e in of_kind[kind][:columns]] for kind in SPECIES]
    halves = [of_kind[kind][: max(columns // 2, 1)] for kind in CHIMERAS]
    monsters = [[e["illustration"] for e in half] + [e["file"] for e in half] for half in halves]
    sheets = {root / "contact_sheet.png": animals, root / "chimeras/contact_sheet.png": monsters}
    made = {target: [row for row in rows if row] for target, rows in sheets.items() if any(rows)}
    for target, rows in made.items():
        sheet = np.full((len(rows) * tile, max(map(len, rows)) * tile, 3), 255, np.uint8)
        for i, row in enumerate(rows):
            for j, name in enumerate(row):
                image = cv2.imdecode(np.fromfile(root / name, np.uint8), cv2.IMREAD_COLOR)
                small = cv2.resize(image, (tile, tile), interpolation=cv2.INTER_AREA)[..., ::-1]
                sheet[i * tile : (i + 1) * tile, j * tile : (j + 1) * tile] = small
        write_bytes(target, encode(sheet))
    return list(made)
