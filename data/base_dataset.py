"""The base class of all datasets, which are indexed sources of uint8 images."""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod
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
    """A numbered list of samples. The subclass for a name is defined in ``data/<name>_dataset.py``.

    Args:
        opt: options; the constructor reads ``dataroot, phase, max_dataset_size, value_range``.
        folder: the folder with the images. If it is None, it is derived from ``dataroot`` and ``phase``.

    Attributes:
        folder: the folder with the files.
        paths: one file per sample, in test order.
        assumed: assumptions made about the files, one line each.

    Raises:
        UserError: the folder is missing or contains no images.
    """

    assumed: tuple[str, ...] = ()
    _range: Range | None = None

    def __init__(self, opt: argparse.Namespace, folder: Path | None = None):
        self.folder, found = (
            (folder, find_images(folder)) if folder else find_samples(opt.dataroot, opt.phase)
        )
        self.paths = found[: opt.max_dataset_size or None]
        self._range = as_range(getattr(opt, "value_range", "type"))

    @staticmethod
    def modify_commandline_options(
        parser: argparse.ArgumentParser, is_train: bool, known: argparse.Namespace
    ) -> None:
        """Add options of this dataset or change defaults; ``known`` contains the options parsed so far."""

    @abstractmethod
    def load(self, index: int) -> dict[str, np.ndarray]:
        """Read one sample.

        Returns:
            A dict from letter (``A``, ``B``) to image, (H, W, C) uint8. The images are resized but not
            cropped, and all have the same height and width.

        Raises:
            UserError: the file cannot be used; the message names the file.
        """

    def read(self, path: Path) -> tuple[np.ndarray, np.ndarray | None]:
        """Read an image and its alpha with `util.image.read_rgba`, using the value range of the data set.

        Raises:
            UserError: the image cannot be read.
        """
        remarks: list[str] = []
        rgb, alpha = read_rgba(path, value_range=self._range, remarks=remarks)
        self.remark(path, *remarks)
        return rgb, alpha

    def remark(self, path: Path, *remarks: str) -> None:
        """Store remarks about an image, which `notes` returns."""
        for remark in remarks:
            self._remarks.setdefault(remark, set()).add(path.name)

    @cached_property
    def _remarks(self) -> dict[str, set[str]]:
        """Map each remark to the names of the images to which it applies."""
        return {}

    def notes(self) -> list[str]:
        """Return one-line notes: the assumptions, the remarks about images read so far, and other files."""
        others = describe_other_files(self.folder)
        return [*self.assumed, *describe_remarks(self._remarks), *([others] if others else [])]

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.paths)


def phase_folder(dataroot: str, phase: str) -> Path:
    """Find the folder of images: ``dataroot/phase``, or ``dataroot`` itself if it contains images.

    Raises:
        UserError: the folder does not exist or contains no images; the message states what was expected and
            what was found.
    """
    root = Path(dataroot)
    if not root.exists():
        parent = next((p for p in root.absolute().parents if p.is_dir()), root.absolute())
        raise UserError(f"--dataroot {dataroot} {describe_missing(dataroot)}; {describe_folder(parent)}")
    if not root.is_dir():
        raise UserError(f"--dataroot {dataroot} {describe_missing(dataroot)}")
    inner = root / phase
    if inner.is_dir():
        if find_images(inner):
            return inner
        raise UserError(
            f"--dataroot {dataroot}: its folder {phase}/ contains no images; "
            + (describe_other_files(inner) or describe_folder(inner))
        )
    if has_images(root):
        return root
    raise UserError(
        f"--dataroot {dataroot}: expected a folder {phase}/ with images, or images directly in {dataroot}; "
        f"{describe_other_files(root) or describe_folder(root)} (preprocess.py makes such a folder; "
        "--phase selects another folder)"
    )


def find_samples(dataroot: str, phase: str) -> tuple[Path, list[Path]]:
    """Find the folder of images (see `phase_folder`); return it and the sorted images in its whole tree.

    If the folder is ``dataroot`` itself, its subfolders train, val and test are left out because they belong
    to other phases.
    """
    folder = phase_folder(dataroot, phase)
    found = find_images(folder)
    if folder == Path(dataroot):
        found = [p for p in found if p.relative_to(folder).parts[0] not in PHASES]
    return folder, found


def has_images(folder: Path) -> bool:
    """Return whether the folder itself contains images, not only its subfolders."""
    return any(p.parent == folder for p in find_images(folder))


def describe_folder(folder: Path) -> str:
    """Return a shortened list of a folder's contents for messages about a wrong folder."""
    try:
        names = sorted(p.name + ("/" if p.is_dir() else "") for p in folder.iterdir() if p.name[0] != ".")
    except OSError as error:
        return f"{folder} cannot be listed ({error.strerror})"
    return f"{folder} contains {shorten(names, 6)}" if names else f"{folder} is empty"
