"""The base class for all datasets, and functions that find their folders."""

import argparse
from abc import ABC, abstractmethod
from argparse import Namespace
from functools import cached_property
from pathlib import Path

import numpy as np

from util.errors import UserError, shorten
from util.image import read_rgba
from util.image_files import describe_missing, describe_other_files, find_images
from util.parsing import as_range
from util.pixels import Range, describe_remarks

PHASES = ("train", "val", "test")


class BaseDataset(ABC):
    """A numbered list of samples. Each subclass is defined in its own file, ``data/<name>_dataset.py``.

    Args:
        opt: the options ``dataroot``, ``phase``, ``max_dataset_size`` and ``value_range``.
        folder: the image folder; None: use ``dataroot`` and ``phase`` to find the folder.

    Attributes:
        folder: the image folder.
        paths: the path of each sample, sorted.
        assumed: assumptions about the files, one line each.

    Raises:
        UserError: the folder does not exist or contains no images.
    """

    assumed: tuple[str, ...] = ()
    _range: Range | None = None

    def __init__(self, opt: Namespace, folder: Path | None = None):
        found = (folder, find_images(folder)) if folder else find_samples(opt.dataroot, opt.phase)
        self.folder, self.paths = found[0], found[1][: opt.max_dataset_size or None]
        self._range = as_range(getattr(opt, "value_range", "type"))

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Add this dataset's options or change defaults; ``known`` contains the options parsed so far."""

    @abstractmethod
    def load(self, index: int) -> dict[str, np.ndarray]:
        """Read one sample and return its images ``A`` and ``B``, (H, W, C) uint8, resized but not cropped.

        Both images have the same height and width. Datasets without targets do not return ``B``.

        Raises:
            UserError: the file cannot be used; the message names the file.
        """

    def read(self, path: Path) -> tuple[np.ndarray, np.ndarray | None]:
        """Read an image and its alpha channel with `util.image.read_rgba`, and store any remarks."""
        remarks: list[str] = []
        rgb, alpha = read_rgba(path, value_range=self._range, remarks=remarks)
        self.remark(path, *remarks)
        return rgb, alpha

    def remark(self, path: Path, *remarks: str) -> None:
        """Store remarks about an image for `notes`."""
        for remark in remarks:
            self._remarks.setdefault(remark, set()).add(path.name)

    @cached_property
    def _remarks(self) -> dict[str, set[str]]:
        return {}

    def notes(self) -> list[str]:
        """Return lines about assumptions, about images read so far, and about other files in the folder."""
        others = describe_other_files(self.folder)
        return [*self.assumed, *describe_remarks(self._remarks), *([others] if others else [])]

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.paths)


def phase_folder(dataroot: str, phase: str) -> Path:
    """Return ``dataroot/phase`` or, if this folder does not exist, ``dataroot`` itself.

    Raises:
        UserError: the folder does not exist or contains no images.
    """
    root = Path(dataroot)
    if not root.is_dir():
        parent = next((p for p in root.absolute().parents if p.is_dir()), root.absolute())
        there = "" if root.exists() else f"; {describe_folder(parent)}"
        raise UserError(f"--dataroot {dataroot} {describe_missing(dataroot)}{there}")
    inner = root / phase
    folder = inner if inner.is_dir() else root
    images = find_images(folder)
    if (images and folder == inner) or any(path.parent == root for path in images):
        return folder
    found = describe_other_files(folder) or describe_folder(folder)
    if folder == inner:
        raise UserError(f"--dataroot {dataroot}: its folder {phase}/ contains no images; {found}")
    raise UserError(
        f"--dataroot {dataroot}: expected a folder {phase}/ with images, or images directly in {dataroot}; "
        f"{found} (preprocess.py makes such a folder; --phase selects another folder)"
    )


def find_samples(dataroot: str, phase: str) -> tuple[Path, list[Path]]:
    """Return the image folder (see `phase_folder`) and the sorted images in it and its subfolders.

    If the folder is ``dataroot`` itself, the subfolders of other phases (train, val and test) are left out.
    """
    folder = phase_folder(dataroot, phase)
    found = find_images(folder)
    if folder == Path(dataroot):
        found = [p for p in found if p.relative_to(folder).parts[0] not in PHASES]
    return folder, found


def describe_folder(folder: Path) -> str:
    """Return a sentence that lists the first files and folders in a folder."""
    try:
        names = sorted(p.name + ("/" if p.is_dir() else "") for p in folder.iterdir() if p.name[0] != ".")
    except OSError as error:
        return f"{folder} cannot be listed ({error.strerror})"
    return f"{folder} contains {shorten(names, 6)}" if names else f"{folder} is empty"
