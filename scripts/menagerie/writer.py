"""Write the menagerie: folders of images, their description, and contact sheets."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from data.choices import IMAGE_FORMATS
from scripts.menagerie.chimeras import CHIMERAS
from scripts.menagerie.scene import generator, render
from scripts.menagerie.species import SPECIES
from util.workers import set_up_worker

Array = np.ndarray
OWN = ("photos", "illustrations", "line_art", "chimeras", "menagerie.json", "contact_sheet.png")


class OutputExistsError(ValueError):
    """The output folder holds files already."""


@dataclass(frozen=True)
class Task:
    """One image to make: its split, running number within the split, kind, and file names."""

    split: str
    index: int
    kind: str
    photo: str
    illustration: str | None
    line_art: str | None


def plan_tasks(
    *,
    train: int,
    val: int,
    chimeras: int,
    extension: str,
    illustrate: bool,
    line_art: bool,
    species: Sequence[str] = (),
) -> list[Task]:
    """List the images of a menagerie, kinds in turn; of the animals, those of ``species``, or all."""
    tasks = []
    animals = species or list(SPECIES)
    for split, count in (("train", train), ("val", val)):
        for i in range(count):
            kind = animals[i % len(animals)]
            name = f"{kind}_{i // len(animals) + 1:04d}.{extension}"
            drawing = f"illustrations/{split}/{name}" if illustrate else None
            lines = f"line_art/{split}/{name}" if line_art else None
            tasks.append(Task(split, i, kind, f"photos/{split}/{name}", drawing, lines))
    for i in range(chimeras):
        kind = list(CHIMERAS)[i % len(CHIMERAS)]
        name = f"{kind}_{i // len(CHIMERAS) + 1:04d}.{extension}"
        drawing, lines = f"chimeras/illustrations/{name}", f"chimeras/line_art/{name}" if line_art else None
        tasks.append(Task("chimeras", i, kind, f"chimeras/photos/{name}", drawing, lines))
    return tasks


def make_menagerie(
    output: str | Path,
    *,
    train: int = 210,
    val: int = 35,
    chimeras: int = 48,
    species: Sequence[str] = (),
    illustrate: bool = False,
    line_art: bool = False,
    size: int = 256,
    seed: int = 0,
    ground: str | None = None,
    workers: int = 1,
    overwrite: bool = False,
    extension: str = "png",
    progress: bool = True,
) -> Path:
    """Render a data set of animals and chimeras.

    The same seed gives the same bytes with any number of workers, and with more images asked for.

    Args:
        output: folder to write; `make_menagerie.py` tells what appears in it.
        train: images of the seven species to learn from.
        val: images of the seven species held out.
        chimeras: creatures, each rendered and drawn.
        species: the animals to learn from and to hold out, in turn; empty: all seven.
        illustrate: draw the animals, too; their renders stay the same.
        line_art: draw animals and chimeras in black lines on white, too.
        size: side of an image in pixels, 64 to 1024.
        seed: any whole number from 0.
        ground: the background of every image; None: mostly plain ones and some landscapes, at random.
        workers: processes.
        overwrite: replace an earlier menagerie in a folder that isn't empty.
        extension: 'png' or 'jpg'.
        progress: show a progress bar.

    Returns:
        The path of menagerie.json.

    Raises:
        OutputExistsError: the folder isn't empty and `overwrite` is False.
        ValueError: a number is out of range or the format is unknown.
    """
    counts = {"train": train, "val": val, "chimeras": chimeras}
    _check(**counts, size=size, seed=seed, workers=workers, extension=extension)
    _check_species(species)
    _prepare_folder(root := Path(output), overwrite=overwrite, illustrate=illustrate, line_art=line_art)
    tasks = plan_tasks(
        **counts, extension=extension, illustrate=illustrate, line_art=line_art, species=species
    )
    job = partial(_make, root=str(root), size=size, seed=seed, ground=ground)
    made = _run(job, tasks, workers)
    bar = tqdm(made, total=len(tasks), desc="menagerie", unit="image", disable=None if progress else True)
    chosen = {"illustrate": illustrate, "line_art": line_art, "ground": ground or "any", "format": extension}
    settings = {**counts, "species": list(species or SPECIES), "size": size, "seed": seed, **chosen}
    target = _describe(root, settings, list(bar))
    write_contact_sheets(root)
    return target


def _describe(root: Path, settings: dict[str, object], entries: list[dict]) -> Path:
    """Write menagerie.json; returns its path."""
    description = {
        "settings": settings,
        "species": list(SPECIES),
        "kinds": list(CHIMERAS),
        "images": entries,
    }
    target = root / "menagerie.json"
    _write(target, (json.dumps(description, indent=1, sort_keys=True) + "\n").encode())
    return target


def _prepare_folder(root: Path, *, overwrite: bool, illustrate: bool, line_art: bool) -> None:
    """Make the output's folders, without an earlier menagerie.

    Raises:
        OutputExistsError: `root` is a file, or a folder that isn't empty and `overwrite` is False.
    """
    if root.exists() and not root.is_dir():
        raise OutputExistsError(f"--output {root} is a file; name a folder")
    if root.is_dir() and any(root.iterdir()):
        if not overwrite:
            raise OutputExistsError(f"--output {root} is not empty; name another folder or add --overwrite")
        _clear(root)
    drawn = ("illustrations/train", "illustrations/val") if illustrate else ()
    lines = ("line_art/train", "line_art/val", "chimeras/line_art") if line_art else ()
    for folder in ("photos/train", "photos/val", *drawn, *lines, "chimeras/photos", "chimeras/illustrations"):
        (root / folder).mkdir(parents=True, exist_ok=True)


def _check(
    *, train: int, val: int, chimeras: int, size: int, seed: int, workers: int, extension: str
) -> None:
    """Refuse numbers out of range."""
    for name, value, low, high in (
        ("train", train, 0, 9999 * 7),
        ("val", val, 0, 9999 * 7),
        ("chimeras", chimeras, 0, 99999),
        ("size", size, 64, 1024),
        ("seed", seed, 0, 2**63 - 1),
        ("workers", workers, 1, 256),
    ):
        if not low <= value <= high:
            raise ValueError(f"--{name} {value} is out of range; choose from {low} to {high}")
    if train + val + chimeras == 0:
        raise ValueError("--train, --val and --chimeras are all 0; ask for at least one image")
    if extension not in IMAGE_FORMATS:
        raise ValueError(f"--format {extension} is unknown; choose from {', '.join(IMAGE_FORMATS)}")


def _check_species(species: Sequence[str]) -> None:
    """Refuse what is no species, or one named twice."""
    for name in species:
        if name not in SPECIES:
            raise ValueError(f"--species {name} is unknown; choose from {', '.join(SPECIES)}")
    if len(set(species)) < len(species):
        raise ValueError(f"--species {','.join(species)} names one twice")


def _clear(root: Path) -> None:
    """Remove an earlier menagerie, and nothing else."""
    for name in OWN:
        path = root / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.exists() or path.is_symlink():
            path.unlink()


def _run(job: partial, tasks: Sequence[Task], workers: int) -> Iterator[dict]:
    """Do all tasks in order, in this process or in several."""
    if workers == 1 or len(tasks) < 2:
        yield from map(job, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=set_up_worker) as pool:
        yield from pool.imap(job, tasks, chunksize=4)


def _make(task: Task, *, root: str, size: int, seed: int, ground: str | None) -> dict:
    """Render and write one image; returns its entry for menagerie.json."""
    image = render(
        task.kind,
        generator(seed, task.split, task.index),
        size=size,
        drawn=task.illustration is not None,
        inked=task.line_art is not None,
        ground=ground,
    )
    _write(Path(root) / task.photo, encode(image.photo, Path(task.photo).suffix))
    entry = {
        "file": task.photo,
        "split": task.split,
        "kind": task.kind,
        "parts": image.parts,
        **image.notes,
        "seed": [seed, asdict(task)["split"], task.index],
    }
    if task.illustration is not None and image.illustration is not None:
        _write(Path(root) / task.illustration, encode(image.illustration, Path(task.illustration).suffix))
        entry["illustration"] = task.illustration
    if task.line_art is not None and image.line_art is not None:
        _write(Path(root) / task.line_art, encode(image.line_art, Path(task.line_art).suffix))
        entry["line_art"] = task.line_art
    return entry


def encode(image: Array, suffix: str) -> bytes:
    """Encode RGB uint8 as PNG (fast compression) or JPEG (quality 95)."""
    flags = [cv2.IMWRITE_PNG_COMPRESSION, 1] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 95]
    done, data = cv2.imencode(suffix, np.ascontiguousarray(image[..., ::-1]), flags)
    if not done:
        raise OSError(f"could not encode an image as {suffix}")
    return data.tobytes()


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_contact_sheets(root: str | Path, *, columns: int = 12, tile: int = 128) -> list[Path]:
    """Make contact sheets of a written menagerie.

    Args:
        root: its folder.
        columns: images a row at most.
        tile: side of an image on the sheet in pixels.

    Returns:
        Paths of `contact_sheet.png` (a row for each species, if there are any) and
        `chimeras/contact_sheet.png` (for each kind a row: illustrations, then the renders).
    """
    root = Path(root)
    entries = json.loads((root / "menagerie.json").read_text())["images"]
    made = []
    rows = [[e["file"] for e in entries if e["kind"] == kind][:columns] for kind in SPECIES]
    made += _sheet(root, rows, tile, root / "contact_sheet.png")
    rows = []
    for kind in CHIMERAS:
        chosen = [e for e in entries if e["kind"] == kind][: max(columns // 2, 1)]
        rows.append([e["illustration"] for e in chosen] + [e["file"] for e in chosen])
    made += _sheet(root, rows, tile, root / "chimeras" / "contact_sheet.png")
    return made


def _sheet(root: Path, rows: list[list[str]], tile: int, target: Path) -> list[Path]:
    """Paste rows of files into one image; does nothing when there are none."""
    rows = [row for row in rows if row]
    if not rows:
        return []
    width = max(len(row) for row in rows)
    sheet = np.full((len(rows) * tile, width * tile, 3), 255, np.uint8)
    for y, row in enumerate(rows):
        for x, name in enumerate(row):
            image = cv2.imdecode(np.frombuffer((root / name).read_bytes(), np.uint8), cv2.IMREAD_COLOR)
            small = cv2.resize(image, (tile, tile), interpolation=cv2.INTER_AREA)
            sheet[y * tile : (y + 1) * tile, x * tile : (x + 1) * tile] = small
    _write(target, encode(sheet[..., ::-1], ".png"))
    return [target]
