"""Training pair loaders for tests."""

from argparse import Namespace

from data import create_dataset

DEFAULTS = {
    "phase": "train", "max_dataset_size": 0, "preprocess": "resize_and_crop", "load_size": 36,
    "crop_size": 32, "direction": "BtoA", "input_nc": 3, "output_nc": 3, "batch_size": 2, "device": "cpu",
    "num_threads": 0, "isTrain": True,
    "val_fraction": 0.0, "seed": 3, "serial_batches": False, "no_flip": False,
    "edge_aug": False, "splice": 0.0, "cache": "ram", "rank": 0, "world_size": 1, "dataset_mode": "aligned",
    "strict": False,
}  # fmt: skip


def loader_of(dataroot, /, **changes):
    return create_dataset(Namespace(**{**DEFAULTS, "dataroot": str(dataroot), **changes}))


def epoch_of(loader, epoch, start=0):
    loader.set_epoch(epoch, start)
    return list(loader)
