"""The data for a training run: training pairs, validation pairs, and fixed samples."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from data import create_dataset, dataset_class
from data.base_dataset import BaseDataset
from data.left_out import MOST_OF_TRAINING, LeftOut
from data.loader import BatchLoader, check_all
from data.pairs import two_folders
from data.preprocess.records import edge_settings_of
from util import seeding
from util.errors import UserError, list_not_used

# Maximum number of reference pairs. More pairs hardly reduce the error of the kernel distance.
_MOST_REFERENCE = 1000
# Number of calibration pairs. Even in the deepest layers, each batch norm statistic is then computed from
# about a thousand values, and its error is a few percent.
_CALIBRATION = 256


class TrainingData:
    """The data for a training run, created from the options.

    Attributes:
        loader: batches of the training pairs; see `data.create_dataset`.
        held_out: batches of the validation pairs: the images in ``val/``, or a fraction ``opt.val_fraction``
            of all images. None if there are no such pairs, and in all processes but the first.
        notes: lines about assumptions and unusable images.

    Raises:
        UserError: a folder has an unexpected layout, or too many of its images are unusable.
    """

    def __init__(self, opt: Namespace):
        self._opt = opt
        # With --preprocess crop, images may have any size, so validation images are cropped, too.
        self._crop_px = opt.crop_size if opt.preprocess == "crop" else 0
        self.loader = create_dataset(opt)
        self.held_out = None if opt.rank else self._held_out()
        self.notes = self.loader.dataset.notes()
        for loader in filter(None, (self.loader, self.held_out)):
            self.notes += list_not_used(loader.left_out.reasons() if loader.left_out else {})

    def fixed(self) -> BatchLoader | None:
        """Return ``opt.n_fixed`` samples, one per batch, whose outputs are shown throughout training.

        They are validation pairs or, if there are none, training pairs. The result is None if ``opt.n_fixed``
        is 0, and in all processes but the first.
        """
        count, source = self._opt.n_fixed, self.held_out
        if self._opt.rank or not count:
            return None
        indices = (source or self.loader).indices
        chosen = indices[:: max(1, len(indices) // count)][:count]
        dataset = source.dataset if source else _uncropped_dataset(self._opt)
        return self._plain_loader(dataset, chosen, batch_size=1, cache="ram")

    def reference(self) -> BatchLoader:
        """Return batches of at most 1000 evenly spaced training pairs, scaled to the crop size."""
        trained_on = self.loader.indices
        count = min(len(trained_on), _MOST_REFERENCE)
        indices = [trained_on[k * len(trained_on) // count] for k in range(count)]
        return self._plain_loader(_uncropped_dataset(self._opt), indices)

    def _plain_loader(self, dataset: BaseDataset, indices: list[int] | None, **how: Any) -> BatchLoader:
        """Return a loader that neither shuffles nor augments its samples."""
        how = {"indices": indices, "device": self._opt.device, "batch_size": 8, **how}
        threads = self._opt.num_threads
        return BatchLoader(dataset, crop_px=self._crop_px, num_threads=threads, split_sizes=True, **how)

    def calibration(self) -> BatchLoader | None:
        """Return 256 random training pairs in full batches, augmented as in training, or None.

        The result is None if there are several processes, or if testing does not need running statistics (no
        batch norm, or a batch size of 1).
        """
        opt = self._opt
        if opt.norm != "batch" or opt.batch_size == 1 or opt.world_size > 1:
            return None
        return self.loader.random_subset(_CALIBRATION)

    def _held_out(self) -> BatchLoader | None:
        opt, indices = self._opt, None
        if opt.val_fraction:
            dataset = _uncropped_dataset(opt)
            indices = split_indices(len(dataset), opt.val_fraction, opt.seed)[1]
        elif (Path(opt.dataroot) / "val").is_dir() or two_folders(opt.dataroot, "val"):
            dataset = _uncropped_dataset(opt, phase="val", max_dataset_size=0)
        else:
            return None
        how: Any = {"batch_size": max(opt.batch_size, 8), "left_out": _unusable(dataset, opt)}
        loader = self._plain_loader(dataset, indices, cache="ram", progress=True, **how)
        check_all(loader)
        return loader


def split_indices(count: int, fraction: float, seed: int) -> tuple[list[int], list[int]]:
    """Split sample numbers at random into those for training and those for validation."""
    held_out = max(1, round(count * fraction)) if fraction > 0 else 0
    if held_out >= count and fraction > 0:
        raise UserError(f"--val_fraction {fraction} of {count} images leaves no training images: lower it")
    order = seeding.generator(seed, -1).permutation(count)
    return sorted(int(i) for i in order[held_out:]), sorted(int(i) for i in order[:held_out])


def loader_from_options(dataset: BaseDataset, opt: Namespace) -> BatchLoader:
    """Create a dataset's loader for training or testing."""
    common = {"batch_size": opt.batch_size, "device": opt.device, "num_threads": opt.num_threads}
    if not opt.isTrain:
        return BatchLoader(dataset, **common, split_sizes=True, left_out=LeftOut(dataset))
    has_hints = (edge_settings_of(dataset.folder) or {}).get("hints") == "color"
    loader = BatchLoader(
        dataset, **common, indices=split_indices(len(dataset), opt.val_fraction, opt.seed)[0],
        seed=opt.seed, shuffle=not opt.serial_batches,
        crop_px=opt.crop_size if "crop" in opt.preprocess else 0, flip=not opt.no_flip,
        drawn=opt.direction[0], edge_aug=opt.edge_aug, hint_dropout=opt.hint_dropout if has_hints else None,
        splice=opt.splice, cache=opt.cache, rank=opt.rank, world_size=opt.world_size,
        progress=opt.rank == 0, left_out=_unusable(dataset, opt),
    )  # fmt: skip
    check_all(loader)
    if not len(loader):
        raise UserError(
            f"{len(dataset)} images are too few for {opt.world_size} processes: start fewer processes"
        )
    return loader


def _unusable(dataset: BaseDataset, opt: Namespace) -> LeftOut:
    return LeftOut(dataset, 0 if opt.strict else MOST_OF_TRAINING)


def _uncropped_dataset(opt: Namespace, **changes: object) -> BaseDataset:
    """Create the dataset with images that are scaled to the crop size instead of cropped."""
    whole = {**vars(opt), "load_size": opt.crop_size, **changes}
    return dataset_class(opt.dataset_mode)(Namespace(**whole))
