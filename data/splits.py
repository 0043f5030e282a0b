"""Splitting images into training and validation, and the loaders of both."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from data.base_dataset import BaseDataset
from data.left_out import MOST_OF_TRAINING, LeftOut
from data.loader import BatchLoader, check_all
from util import seeding
from util.errors import UserError

# More make a distance to the training set's distribution hardly more certain, but the first validation slow.
_MOST_REFERENCE = 1000
# Batch norm's statistics of a thousand values each, in the deepest layers, are certain to a few percent.
_CALIBRATION = 256


def split_indices(count: int, fraction: float, seed: int) -> tuple[list[int], list[int]]:
    """Split the sample numbers into those to train on and a random but fixed share to validate on."""
    held_out = max(1, round(count * fraction)) if fraction > 0 else 0
    if held_out >= count and fraction > 0:
        raise UserError(f"--val_fraction {fraction} of {count} images leaves none to train on")
    order = seeding.generator(seed, -1).permutation(count)
    return sorted(int(i) for i in order[held_out:]), sorted(int(i) for i in order[:held_out])


def loader_from_options(dataset: BaseDataset, opt: Namespace) -> BatchLoader:
    """Make the loader that the parsed options describe."""
    common = {"batch_size": opt.batch_size, "device": opt.device, "num_threads": opt.num_threads}
    if not opt.isTrain:
        return BatchLoader(dataset, **common, split_sizes=True, left_out=LeftOut(dataset))
    loader = BatchLoader(
        dataset,
        **common,
        indices=split_indices(len(dataset), opt.val_fraction, opt.seed)[0],
        seed=opt.seed,
        shuffle=not opt.serial_batches,
        crop_px=opt.crop_size if "crop" in opt.preprocess else 0,
        flip=not opt.no_flip,
        drawn=opt.direction[0],
        edge_aug=opt.edge_aug,
        hint_dropout=_hint_dropout(dataset, opt),
        splice=opt.splice,
        cache=opt.cache,
        processes=True,
        rank=opt.rank,
        world_size=opt.world_size,
        progress=opt.rank == 0,
        left_out=_few_left_out(dataset, opt),
    )
    check_all(loader, progress=opt.rank == 0, together=True)
    if not len(loader):
        raise UserError(f"{len(dataset)} images cannot be shared by {opt.world_size} processes: start fewer")
    return loader


def _hint_dropout(dataset: BaseDataset, opt: Namespace) -> float | None:
    """Return ``--hint_dropout`` for pairs whose edge maps have color hints, else None."""
    from data.preprocess.records import edge_settings_of

    return opt.hint_dropout if (edge_settings_of(dataset.folder) or {}).get("hints") == "color" else None


def _few_left_out(dataset: BaseDataset, opt: Namespace) -> LeftOut:
    """Make the list of what training may go on without."""
    return LeftOut(dataset, 0 if opt.strict else MOST_OF_TRAINING)


def validation_loader_from_options(opt: Namespace) -> BatchLoader | None:
    """Make the loader of ``val/`` beside the training folder, or of the held-out share; None if neither.

    The first process alone validates; None in the others.
    """
    if opt.rank:
        return None
    if opt.val_fraction:
        dataset = _uncropped_dataset(opt)
        indices = split_indices(len(dataset), opt.val_fraction, opt.seed)[1]
    elif (Path(opt.dataroot) / "val").is_dir():
        dataset, indices = _uncropped_dataset(opt, phase="val", max_dataset_size=0), None
    else:
        return None
    loader = BatchLoader(
        dataset,
        indices=indices,
        batch_size=max(opt.batch_size, 8),
        device=opt.device,
        cache="ram",
        num_threads=opt.num_threads,
        split_sizes=True,
        progress=True,
        left_out=_few_left_out(dataset, opt),
    )
    check_all(loader, progress=True, together=False)
    return loader


def fixed_loader_from_options(
    opt: Namespace, trained_on: BatchLoader, held_out: BatchLoader | None
) -> BatchLoader | None:
    """Make the loader of ``opt.n_fixed`` images, held out or else trained on, in the size of the crop.

    None if there are to be none, and in every process but the first.
    """
    if opt.rank or not opt.n_fixed:
        return None
    if held_out is None:
        held_out = BatchLoader(_uncropped_dataset(opt), indices=trained_on.indices, device=opt.device)
    return held_out.evenly_spaced_subset(opt.n_fixed)


def _uncropped_dataset(opt: Namespace, **changes: object) -> BaseDataset:
    """Make the dataset of the options, its images scaled to the size of the crop instead of cropped."""
    from data import dataset_class

    whole = {**vars(opt), "load_size": opt.crop_size, **changes}
    return dataset_class(opt.dataset_mode)(Namespace(**whole))


def reference_loader_from_options(opt: Namespace, trained_on: BatchLoader) -> BatchLoader:
    """Make the loader of at most 1000 training pairs, evenly spread, in the size of the crop."""
    dataset = _uncropped_dataset(opt)
    count = min(len(trained_on.indices), _MOST_REFERENCE)
    indices = [trained_on.indices[k * len(trained_on.indices) // count] for k in range(count)]
    common = {"device": opt.device, "num_threads": opt.num_threads}
    return BatchLoader(dataset, indices=indices, batch_size=8, split_sizes=True, **common)


def calibration_loader_from_options(opt: Namespace, trained_on: BatchLoader) -> BatchLoader | None:
    """Make the loader of 256 training pairs, drawn by the seed and varied as in training, in whole batches.

    None where batch norm's running statistics are not used to test: with other norms or batches of one image;
    and with several processes, whose statistics are measured together.
    """
    if opt.norm != "batch" or opt.batch_size == 1 or opt.world_size > 1:
        return None
    return trained_on.random_subset(_CALIBRATION)
