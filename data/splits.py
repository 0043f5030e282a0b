"""Which pictures are trained on and which are held out, and the loaders of both."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from data.base_dataset import BaseDataset
from data.loader import BatchLoader, check_all
from util import seeding
from util.errors import UserError


def split_indices(count: int, fraction: float, seed: int) -> tuple[list[int], list[int]]:
    """Numbers of the samples to train on and to validate on: a random but fixed share of them."""
    held_out = max(1, round(count * fraction)) if fraction > 0 else 0
    if held_out >= count and fraction > 0:
        raise UserError(f"--val_fraction {fraction} of {count} pictures leaves none to train on")
    order = seeding.generator(seed, -1).permutation(count)
    return sorted(int(i) for i in order[held_out:]), sorted(int(i) for i in order[:held_out])


def loader_from_options(dataset: BaseDataset, opt: Namespace) -> BatchLoader:
    """The loader that the parsed options describe."""
    common = {"batch_size": opt.batch_size, "device": opt.device, "num_threads": opt.num_threads}
    if not opt.isTrain:
        return BatchLoader(dataset, **common, split_sizes=True)
    loader = BatchLoader(
        dataset,
        **common,
        indices=split_indices(len(dataset), opt.val_fraction, opt.seed)[0],
        seed=opt.seed,
        shuffle=not opt.serial_batches,
        crop_px=opt.crop_size if "crop" in opt.preprocess else 0,
        flip=not opt.no_flip,
        edge_aug=opt.direction[0] if opt.edge_aug else None,
        cache=opt.cache,
        processes=True,
        rank=opt.rank,
        world_size=opt.world_size,
        progress=opt.rank == 0,
    )
    if not len(loader):
        raise UserError(
            f"{len(dataset)} pictures cannot be shared by {opt.world_size} processes: start fewer"
        )
    check_all(loader, progress=opt.rank == 0)
    return loader


def validation_loader_from_options(opt: Namespace) -> BatchLoader | None:
    """The loader of ``val/`` beside the training folder, or of the share held out of it; None if neither."""
    from data import dataset_class

    if opt.rank:
        return None
    held: dict[str, Any] = {**vars(opt), "load_size": opt.crop_size}
    if (Path(opt.dataroot) / "val").is_dir() and not opt.val_fraction:
        dataset = dataset_class(opt.dataset_mode)(Namespace(**held | {"phase": "val", "max_dataset_size": 0}))
        indices = None
    elif opt.val_fraction:
        dataset = dataset_class(opt.dataset_mode)(Namespace(**held))
        indices = split_indices(len(dataset), opt.val_fraction, opt.seed)[1]
    else:
        return None
    return BatchLoader(
        dataset, indices=indices, batch_size=max(opt.batch_size, 8), device=opt.device, cache="ram",
        num_threads=opt.num_threads, split_sizes=True, progress=True,
    )  # fmt: skip


def fixed_loader_from_options(opt: Namespace, held_out: BatchLoader | None) -> BatchLoader | None:
    """The loader of ``opt.n_fixed`` pictures held out, or else trained on, in the size that test.py takes."""
    if opt.rank or not opt.n_fixed:
        return None
    if held_out is not None:
        return held_out.spread(opt.n_fixed)
    from data import dataset_class

    whole = Namespace(**{**vars(opt), "load_size": opt.crop_size})
    return BatchLoader(dataset_class(opt.dataset_mode)(whole), device=opt.device).spread(opt.n_fixed)
