"""Datasets and loaders. Importing the package is cheap; torch is imported when a loader is made."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.base_dataset import BaseDataset
    from data.loader import BatchLoader


def dataset_class(name: str) -> type[BaseDataset]:
    """Find the dataset in ``data/<name>_dataset.py``.

    Raises:
        UserError: no dataset has that name.
    """
    import data
    from data.base_dataset import BaseDataset
    from util.registry import find_class

    return find_class(data, name, "_dataset", BaseDataset)


def create_dataset(opt: Namespace) -> BatchLoader:
    """Make an iterable of batches of the images in ``opt.dataroot``; its length is the number of images.

    Each batch is a dict: ``A`` and ``B``, float32 (N, C, H, W) in [-1, 1] on ``opt.device``, and ``A_paths``
        and ``B_paths``, lists of str. (A single dataset has no B.) Its ``left_out`` lists the images that
        cannot be used. In training all of them are found now, and there may be only a few; in testing they
        are found as they come up.

    Raises:
        UserError: the folder is not what the dataset expects, or too many training images cannot be used.
    """
    from data.training_data import loader_from_options

    return loader_from_options(dataset_class(opt.dataset_mode)(opt), opt)


def value_range_of(dataroot: str, phase: str, asked: str) -> str:
    """Return the range of values of a folder's images in the form that ``--value_range`` takes.

    Args:
        asked: the value of the option. For ``type``, the range that preprocess.py recorded with the pairs
            takes precedence, so that test images are read like the images that the pairs were made from.

    Raises:
        UserError: there is no such folder, or no image in it.
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
    """Return how a training set's edge maps were extracted; None if the folder does not record it.

    Raises:
        UserError: there is no such folder, or no image in it.
    """
    from data.base_dataset import phase_folder
    from data.pairs import two_folders
    from data.preprocess.records import edge_settings_of

    if two_folders(dataroot, phase):
        return None
    return edge_settings_of(phase_folder(dataroot, phase))
