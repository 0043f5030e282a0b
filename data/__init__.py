"""Datasets and loaders. Functions import torch only when they need it, which keeps ``--help`` fast."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.base_dataset import BaseDataset
    from data.loader import BatchLoader


def dataset_class(name: str) -> type[BaseDataset]:
    """Return the dataset class in ``data/<name>_dataset.py``; raise `UserError` if there is none."""
    import data
    from data.base_dataset import BaseDataset
    from util.registry import find_class

    return find_class(data, name, "_dataset", BaseDataset)


def create_dataset(opt: Namespace) -> BatchLoader:
    """Create a loader that serves the images in ``opt.dataroot`` in batches.

    Each batch is a dict with ``A`` and ``B``, float32 (N, C, H, W) in [-1, 1] on ``opt.device``, and with
    ``A_paths`` and ``B_paths``, lists of str. The single dataset has no ``B``. The loader's length is the
    number of images, and its ``left_out`` lists unusable images. All training images are checked immediately,
    and test images are checked when they are served.

    Raises:
        UserError: the folder has an unexpected layout, or too many training images are unusable.
    """
    from data.training_data import loader_from_options

    return loader_from_options(dataset_class(opt.dataset_mode)(opt), opt)


def value_range_of(dataroot: str, phase: str, asked: str) -> str:
    """Return the value range for reading the images in a folder: "LOW,HIGH" or "type".

    ``asked`` is the value of ``--value_range``. If it is ``type``, the result is the range that preprocess.py
    recorded with the pairs, so that test images are read like the photos in the pairs.

    Raises:
        UserError: the folder does not exist or contains no images.
    """
    if asked not in ("type", "folder"):
        return asked
    from data.base_dataset import phase_folder
    from data.pairs import two_folders
    from data.preprocess.records import range_of
    from util.image import resolve_range
    from util.image_files import find_images

    folders = two_folders(dataroot, phase) or (phase_folder(dataroot, phase),)
    if asked == "type":
        return range_of(folders[0])
    return resolve_range(asked, [path for folder in folders for path in find_images(folder)])


def edge_settings(dataroot: str, phase: str) -> dict[str, Any] | None:
    """Return the edge extraction settings that are recorded in a training set, or None.

    Raises:
        UserError: the folder does not exist or contains no images.
    """
    from data.base_dataset import phase_folder
    from data.pairs import two_folders
    from data.preprocess.records import edge_settings_of

    return None if two_folders(dataroot, phase) else edge_settings_of(phase_folder(dataroot, phase))
