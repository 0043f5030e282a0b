"""Datasets and loaders. Importing this package is cheap: it imports torch only when a loader is created."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.base_dataset import BaseDataset
    from data.loader import BatchLoader


def dataset_class(name: str) -> type[BaseDataset]:
    """Return the dataset class defined in ``data/<name>_dataset.py``.

    Raises:
        UserError: no dataset has that name.
    """
    import data
    from data.base_dataset import BaseDataset
    from util.registry import find_class

    return find_class(data, name, "_dataset", BaseDataset)


def create_dataset(opt: Namespace) -> BatchLoader:
    """Create a loader that iterates over the images in ``opt.dataroot`` in batches.

    The length of the loader is the number of images. Each batch is a dict with ``A`` and ``B``, float32
    (N, C, H, W) in [-1, 1] on ``opt.device``, and with ``A_paths`` and ``B_paths``, lists of str. Batches of
    the single dataset have no ``B``. The loader's ``left_out`` lists the images that cannot be used. For
    training, this function checks all images, and only a few may be unusable; for testing, unusable images
    are found when their turn comes.

    Raises:
        UserError: the folder does not have the layout that the dataset expects, or too many training images
            cannot be used.
    """
    from data.training_data import loader_from_options

    return loader_from_options(dataset_class(opt.dataset_mode)(opt), opt)


def value_range_of(dataroot: str, phase: str, asked: str) -> str:
    """Return the value range of the images in a folder, in the format of the ``--value_range`` option.

    Args:
        asked: the value of the option. If it is ``type`` and preprocess.py recorded a range with the pairs,
            that range is returned. Test images are then read in the same way as the images from which the
            pairs were made.

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
    """Return the settings used to extract a training set's edge maps, or None if they were not recorded.

    Raises:
        UserError: the folder does not exist or contains no images.
    """
    from data.base_dataset import phase_folder
    from data.pairs import two_folders
    from data.preprocess.records import edge_settings_of

    if two_folders(dataroot, phase):
        return None
    return edge_settings_of(phase_folder(dataroot, phase))
