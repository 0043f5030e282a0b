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
        UserError: there is none of that name.
    """
    import data
    from data.base_dataset import BaseDataset
    from util.registry import find_class

    return find_class(data, name, "_dataset", BaseDataset)


def create_dataset(opt: Namespace) -> BatchLoader:
    """Make an iterable of batches of the images in ``opt.dataroot``.

    Its length is the number of images. Each batch is a dict: ``A`` and ``B``, float32 (N, C, H, W) in [-1, 1]
    on ``opt.device``, and ``A_paths`` and ``B_paths``, lists of str. (A single dataset has no B.)

    Images that cannot be used are noted in its ``left_out``: for training all of them now, and they must be
    few (`data.left_out`); for testing as they come up.

    Raises:
        UserError: the folder is not what the dataset expects, or too many training images cannot be used.
    """
    from data.splits import loader_from_options

    return loader_from_options(dataset_class(opt.dataset_mode)(opt), opt)


def create_validation_dataset(opt: Namespace) -> BatchLoader | None:
    """Make an iterable of the images that training is validated on and does not learn from.

    They are those of ``val/`` under ``opt.dataroot``, or the share ``opt.val_fraction`` of the training
    images; None if there are neither, and in every process but the first, which alone validates.

    Raises:
        UserError: the folder is not what the dataset expects, or too many of its images cannot be used.
    """
    from data.splits import validation_loader_from_options

    return validation_loader_from_options(opt)


def create_fixed_dataset(
    opt: Namespace, trained_on: BatchLoader, held_out: BatchLoader | None
) -> BatchLoader | None:
    """Make an iterable of ``opt.n_fixed`` images, one by one, whose outputs are shown throughout training.

    None if there are to be none, and in every process but the first.

    Args:
        opt: training options.
        trained_on: the training set.
        held_out: where to take them from; None: from the training set, uncropped.
    """
    from data.splits import fixed_loader_from_options

    return fixed_loader_from_options(opt, trained_on, held_out)


def create_reference_dataset(opt: Namespace, trained_on: BatchLoader) -> BatchLoader:
    """Make an iterable of at most 1000 of the pairs that are trained on, evenly spread, uncropped."""
    from data.splits import reference_loader_from_options

    return reference_loader_from_options(opt, trained_on)


def create_calibration_dataset(opt: Namespace, trained_on: BatchLoader) -> BatchLoader | None:
    """Make batches of pairs to measure batch norm's statistics on; None where those are not used."""
    from data.splits import calibration_loader_from_options

    return calibration_loader_from_options(opt, trained_on)


def edge_settings(dataroot: str, phase: str) -> dict[str, Any] | None:
    """Return how a training set's edge maps were extracted; None if its folder has no record of it.

    Raises:
        UserError: there is no such folder, or no image in it.
    """
    from data.base_dataset import phase_folder
    from data.preprocess.records import edge_settings_of

    return edge_settings_of(phase_folder(dataroot, phase))
