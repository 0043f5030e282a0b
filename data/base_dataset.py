"""What a dataset is: an indexed source of uint8 pictures, each read and resized once."""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from util.errors import UserError
from util.image import UnreadablePicture, find_pictures, read_rgb

_PHASES = ("train", "val", "test")


class BaseDataset(ABC):
    """A numbered list of samples. Subclasses live in ``data/<name>_dataset.py`` and are found by that name.

    Attributes:
        folder: where the files lie.
        paths: one file for each sample; the order is the order of testing.
    """

    folder: Path
    paths: list[Path]

    @abstractmethod
    def __init__(self, opt: argparse.Namespace):
        """Find the samples."""

    @staticmethod
    def modify_commandline_options(
        parser: argparse.ArgumentParser, is_train: bool, known: argparse.Namespace
    ) -> None:
        """Add options of this dataset, or change defaults; ``known`` is what the command line says so far."""

    @abstractmethod
    def load(self, index: int) -> dict[str, np.ndarray]:
        """Read one sample.

        Returns:
            Pictures by their letter (``A``, ``B``), (H, W, C) uint8, resized, not cropped; all one size.

        Raises:
            UserError: the file cannot be used; the message names it.
        """

    def read(self, index: int) -> np.ndarray:
        """Read the file of one sample as (H, W, 3) uint8 RGB, not yet resized.

        Raises:
            UserError: it cannot be read; the message names it.
        """
        try:
            return read_rgb(self.paths[index])
        except UnreadablePicture as error:
            raise UserError(f"{self.paths[index]} cannot be read: {error}") from error

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.paths)


def phase_folder(dataroot: str, phase: str) -> Path:
    """The folder of pictures: ``dataroot/phase``, or dataroot itself where that holds pictures.

    Raises:
        UserError: there is no such folder or no picture in it; says what was expected and what is there.
    """
    root = Path(dataroot)
    if not root.exists():
        parent = next((p for p in root.absolute().parents if p.is_dir()), root.absolute())
        raise UserError(f"--dataroot {dataroot} does not exist; {describe_folder(parent)}")
    if not root.is_dir():
        raise UserError(f"--dataroot {dataroot} is a file: name the folder that holds {phase}/")
    inner = root / phase
    if inner.is_dir():
        if find_pictures(inner):
            return inner
        raise UserError(
            f"--dataroot {dataroot}: its folder {phase}/ holds no pictures; {describe_folder(inner)}"
        )
    if has_pictures(root):
        return root
    raise UserError(
        f"--dataroot {dataroot}: expected a folder {phase}/ with pictures, or pictures in it; "
        f"{describe_folder(root)} (preprocess.py makes such folders; --phase chooses another)"
    )


def find_samples(dataroot: str, phase: str) -> tuple[Path, list[Path]]:
    """The folder of pictures and all that lie in it or below, sorted.

    Where dataroot itself is that folder, its folders train, val and test are other phases and left out.

    Raises:
        UserError: there is no such folder or no picture in it.
    """
    folder = phase_folder(dataroot, phase)
    found = find_pictures(folder)
    if folder == Path(dataroot):
        found = [p for p in found if p.relative_to(folder).parts[0] not in _PHASES]
    return folder, found


def has_pictures(folder: Path) -> bool:
    """Whether pictures lie in the folder itself, not in folders below it."""
    return any(p.parent == folder for p in find_pictures(folder))


def describe_folder(folder: Path, most: int = 6) -> str:
    """What lies in a folder, in a few words: for messages about a wrong one."""
    try:
        names = sorted(p.name + ("/" if p.is_dir() else "") for p in folder.iterdir())
    except OSError as error:
        return f"{folder} cannot be listed ({error.strerror})"
    if not names:
        return f"{folder} is empty"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{folder} holds {', '.join(names[:most])}{more}"
