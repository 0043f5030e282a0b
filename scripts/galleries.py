"""Read results, which are galleries with inputs and targets, or plain folders of images."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from util.errors import UserError, shorten
from util.gallery.rows import read_rows
from util.image import UnreadableImage, read_rgb
from util.image_files import describe_missing, find_images

# File name suffixes that pix2pix-family programs use for inputs, outputs, targets and other images.
_INPUTS = ("real_A", "real", "inputs")
_OUTPUTS = ("fake_B", "fake", "outputs", "random_sample")
_TARGETS = ("real_B", "targets")
_OTHERS = ("fake_A", "rec_A", "rec_B", "idt_A", "idt_B")
_LABELED = re.compile(rf"(.+)[_-]({'|'.join([*_INPUTS, *_OUTPUTS, *_TARGETS, *_OTHERS])})\d*")


@dataclass(frozen=True)
class GalleryRun:
    """A run's outputs for each of its inputs.

    Attributes:
        title: the run's name in tables.
        folder: the gallery's folder.
        outputs: a dict from each input's name to its outputs. Several outputs for one input are samples.
        inputs, targets, drawings: dicts from name to file. Names whose file is unknown are missing.
        metrics: a dict from name to the metrics that the gallery recorded.
        is_gallery: whether test.py wrote the folder, so that evaluation.json may be written to it.
    """

    title: str
    folder: Path
    outputs: dict[str, list[Path]]
    inputs: dict[str, Path] = field(default_factory=dict)
    targets: dict[str, Path] = field(default_factory=dict)
    drawings: dict[str, Path] = field(default_factory=dict)
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    is_gallery: bool = False

    def keep(self, names: Iterable[str], *, without: Collection[Path] = ()) -> GalleryRun:
        """Return the run with only these inputs, in this order, and without the files in ``without``."""
        kinds = (self.inputs, self.targets, self.drawings)
        inputs, targets, drawings = (
            {n: kind[n] for n in names if n in kind and kind[n] not in without} for kind in kinds
        )
        outputs = {n: [file for file in self.outputs.get(n, []) if file not in without] for n in names}
        outputs = {n: files for n, files in outputs.items() if files}
        return replace(self, outputs=outputs, inputs=inputs, targets=targets, drawings=drawings)

    def files(self, name: str) -> list[Path]:
        """List all of an input's images except its drawing."""
        known = (self.inputs, self.targets)
        return self.outputs.get(name, []) + [images[name] for images in known if name in images]


def find_runs(path: str | Path) -> list[GalleryRun]:
    """Find the runs below a path.

    Args:
        path: a gallery, which contains ``metrics.json``; its folder ``images``; a folder of galleries; a
            gallery from another program in the family, with files such as ``1_real_A.png``; or a folder of
            outputs.

    Raises:
        UserError: there is no image, or the gallery cannot be read.
    """
    path = Path(path)
    if not path.is_dir():
        raise UserError(
            f"the results folder {path} {describe_missing(path)}; give results/NAME/<phase>_<epoch>"
        )
    for gallery in (path, path.parent) if path.name == "images" else (path,):
        if (gallery / "metrics.json").is_file():
            return [_read_gallery(gallery)]
    if galleries := sorted(file.parent for file in path.glob("*/metrics.json")):
        return [_read_gallery(folder) for folder in galleries]
    if theirs := sorted(folder.parent for folder in path.glob("*/images") if folder.is_dir()):
        return [run for folder in theirs for run in find_runs(folder)]
    found = images_by_name(path)
    return [_labeled_run(path, found) or GalleryRun(_title(path), path, {k: [v] for k, v in found.items()})]


def find_run(path: str | Path) -> GalleryRun:
    """Find the run below a path; raise `UserError` if there are several."""
    runs = find_runs(path)
    if len(runs) > 1:
        raise UserError(f"{path} contains {shorten([run.title for run in runs])}: name one of them")
    return runs[0]


def _labeled_run(path: Path, found: Mapping[str, Path]) -> GalleryRun | None:
    """Read a folder whose file names end in labels; return None if no file is labeled as an output."""
    parts = {name: _LABELED.fullmatch(name) for name in found}
    labels = {part[2] for part in parts.values() if part}
    if labels.isdisjoint(_OUTPUTS):
        return None
    run = GalleryRun(_title(path), path, {})
    for file_name, part in parts.items():
        if not part:
            raise UserError(
                f"{path} contains images labeled fake_B and others, such as {file_name}: keep only one kind"
            )
        name, label = part.groups()
        if label in _OUTPUTS:
            run.outputs.setdefault(name, []).append(found[file_name])
        elif label in _INPUTS:
            run.inputs[name] = found[file_name]
        elif label in _TARGETS and "fake_A" not in labels:  # in CycleGAN, real_B is an unrelated image
            run.targets[name] = found[file_name]
    return run


def images_by_name(folder: str | Path) -> dict[str, Path]:
    """Find all images in a folder; return a dict whose keys are their relative paths without extensions.

    Raises:
        UserError: there is no image, or two images have the same name.
    """
    found: dict[str, Path] = {}
    for file in find_images(folder):
        name = file.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise UserError(f"{found[name]} and {file} have the same name: keep one of them")
        found[name] = file
    if not found:
        raise UserError(f"{folder} contains neither images nor the metrics.json of a gallery")
    return found


def match_folder(run: GalleryRun, folder: str | Path) -> dict[str, Path]:
    """Find an image in the folder for each of the run's names; raise `UserError` if images are missing."""
    found = images_by_name(folder)
    missing = [name for name in run.outputs if name not in found]
    if missing:
        raise UserError(f"{folder} has no image for {shorten(missing)} of {run.title}: names must match")
    return {name: found[name] for name in run.outputs}


def pair_runs(runs: Sequence[GalleryRun]) -> tuple[list[GalleryRun], str]:
    """Reduce the runs to the inputs that all of them have, in the same order.

    Returns:
        The runs, and a line about the inputs that were left out, or "".

    Raises:
        UserError: the runs have no input in common.
    """
    shared = [name for name in runs[0].outputs if all(name in run.outputs for run in runs)]
    if not shared:
        raise UserError(f"{shorten([run.title for run in runs])} have no input in common: names must match")
    extra = sorted({name for run in runs for name in run.outputs}.difference(shared))
    said = f"left out {len(extra)} inputs that some runs lack: {shorten(extra)}" if extra else ""
    return [run.keep(shared) for run in runs], said


def unreadable_images(files: Iterable[Path], *, of: str) -> dict[Path, str]:
    """Decode all files in threads; return a dict from each unreadable file to the reason.

    Raises:
        UserError: no file can be read. The message starts with ``of``.
    """

    def reason(path: Path) -> str:
        try:
            read_rgb(path)
        except UnreadableImage as error:
            return error.reason
        return ""

    files = list(dict.fromkeys(files))
    with ThreadPoolExecutor() as pool:
        checked = tqdm(pool.map(reason, files), "checking images", len(files), leave=False, disable=None)
        broken = {file: found for file, found in zip(files, checked, strict=True) if found}
    if len(broken) == len(files):
        file, why = next(iter(broken.items()))
        raise UserError(f"{of}: none of the images can be read; the first is {file}: {why}")
    return broken


def readable(run: GalleryRun) -> tuple[GalleryRun, dict[str, str]]:
    """Return the run without its unreadable images, and a dict from each unreadable file to the reason.

    Raises:
        UserError: none of the run's images can be read.
    """
    kinds = (run.inputs, run.targets, run.drawings)
    files = [f for kind in kinds for f in kind.values()] + [f for fs in run.outputs.values() for f in fs]
    broken = unreadable_images(files, of=run.title)
    names = dict.fromkeys(name for kind in (run.outputs, *kinds) for name in kind)
    return run.keep(names, without=broken), {str(file): reason for file, reason in broken.items()}


def leave_out_incomplete(
    runs: Sequence[GalleryRun], *, paired: bool
) -> tuple[list[GalleryRun], dict[str, str]]:
    """Leave out every input with an unreadable image. If ``paired``, leave it out in all runs.

    Returns:
        The runs, and a dict from each unreadable file to the reason.

    Raises:
        UserError: a run has no input left.
    """
    whole: list[set[str]] = []
    reasons: dict[str, str] = {}
    for run in runs:
        kept, broken = readable(run)
        whole.append({name for name in run.outputs if kept.files(name) == run.files(name)})
        reasons |= broken
    if paired:
        whole = [set.intersection(*whole)] * len(runs)
    left = [run.keep([n for n in run.outputs if n in names]) for run, names in zip(runs, whole, strict=True)]
    for run in left:
        if not run.outputs:
            raise UserError(f"{run.title}: every input has an unreadable image, such as {min(reasons)}")
    return left, reasons


def load(path: Path, *, size: tuple[int, int] | None = None, owner: str = "") -> np.ndarray:
    """Read an image as (H, W, 3) uint8 RGB.

    Raises:
        UserError: the image cannot be read, or its size differs from ``size``, the (height, width) of the
            image that the message calls ``owner``.
    """
    image = read_rgb(path)
    if size and image.shape[:2] != size:
        here = f"{image.shape[1]}x{image.shape[0]}"
        raise UserError(f"{path} is {here} px, but {owner} {size[1]}x{size[0]}: sizes must match")
    return image


def _read_gallery(folder: Path) -> GalleryRun:
    """Read a gallery's ``metrics.json``."""
    rows = read_rows(folder)
    metrics = {row.name: row.metrics for row in rows}
    run = GalleryRun(_title(folder), folder, {}, metrics=metrics, is_gallery=True)
    kinds = {"real_A": run.inputs, "real_B": run.targets, "drawing": run.drawings}
    for row in rows:
        for label, path in sorted(row.images.items()):  # samples are sorted by their labels
            if label in kinds:
                kinds[label][row.name] = folder / path
            elif label.startswith(("fake_B", "random_sample")):
                run.outputs.setdefault(row.name, []).append(folder / path)
    if len(run.outputs) != len(rows) or not rows:
        what = f"{len(rows)} rows, but {len(run.outputs)} names with an output (fake_B or random_sample..)"
        raise UserError(f"{folder / 'metrics.json'}: {what}: give a gallery that test.py wrote")
    return run


def _title(folder: Path) -> str:
    """Return the last two parts of the path, such as <name>/<phase>_<epoch>."""
    return "/".join(folder.resolve().parts[-2:])
