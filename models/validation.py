"""Validation: metrics for the images that a model generates from held-out inputs."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from models.base_model import BaseModel
from models.features import KernelFeatures
from util.errors import UserError
from util.metrics import kernel_distance
from util.metrics.paired import l1, ssim

# With fewer generated images, the kernel distance is mostly noise.
MIN_KERNEL_IMAGES = 8
Pairs = Iterable[dict[str, Any]]


class Validator:
    """Measures a generator on held-out pairs.

    Args:
        batches: a loader for the held-out pairs. Its ``len`` is the number of images.
        reference: a function that returns the training pairs. The kernel distance compares generated images
            with these pairs' targets. None: do not measure the kernel distance.
        best_by: the metric that selects the best checkpoint, one of `models.choices.BEST_BY`.
        device: the device on which the kernel distance is computed.

    Raises:
        UserError: best_by is ``kernel_distance``, but the kernel distance cannot be computed.
    """

    def __init__(
        self,
        batches: Any,
        *,
        reference: Callable[[], Pairs] | None = None,
        best_by: str = "L1",
        device: torch.device | str = "cpu",
    ):
        self.batches, self._reference, self._best_by = batches, reference, best_by
        self._targets: Tensor | None = None
        self._kernel_features: KernelFeatures | None = None
        if reference is None:
            return
        try:
            if len(batches) < MIN_KERNEL_IMAGES:
                raise UserError(
                    f"it needs at least {MIN_KERNEL_IMAGES} validation images, but there are {len(batches)}"
                )
            self._kernel_features = KernelFeatures(device)
        except UserError as error:
            if best_by == "kernel_distance":
                raise UserError(f"--best_by kernel_distance: {error}") from error
            print(f"kernel distance left out: {error}")

    def measure(self, model: BaseModel) -> dict[str, float]:
        """Generate images from the held-out inputs like test.py, and compare them with the targets.

        Returns:
            The mean ``L1`` (0 to 1) and the mean ``SSIM`` (at most 1) of all images. If the kernel distance
            is measured, also ``KD``, which is 1000 times the kernel distance to the training targets, and its
            standard error ``KD_se``.
        """
        values: dict[str, list[Tensor]] = {"L1": [], "SSIM": []}
        features = []
        for batch in self.batches:
            model.set_input(batch)
            model.test()
            images = model.get_current_visuals()
            values["L1"].append(l1(images["fake_B"], images["real_B"]))
            values["SSIM"].append(ssim(images["fake_B"], images["real_B"]))
            if self._kernel_features is not None:
                features.append(self._kernel_features.features([images["fake_B"]]))
        metrics = {name: torch.cat(parts).mean().item() for name, parts in values.items()}
        if self._kernel_features is not None and self._reference is not None:
            if self._targets is None:
                self._targets = self._kernel_features.features(_targets_of(model, self._reference()))
            distance = kernel_distance.measure(torch.cat(features), self._targets)
            metrics |= {"KD": distance.value, "KD_se": distance.standard_error}
        return metrics

    def score(self, metrics: dict[str, float]) -> float:
        """Return the value that selects the best generator. Lower is better."""
        return metrics["KD" if self._best_by == "kernel_distance" else "L1"]


def create_validator(opt: Namespace, held_out: Any, reference: Callable[[], Pairs]) -> Validator | None:
    """Create a validator, or return None if no pairs are held out and no option needs such pairs."""
    needs = "a val/ folder or --val_fraction"
    if opt.lr_policy == "plateau" and (opt.world_size > 1 or held_out is None):
        raise UserError(f"--lr_policy plateau works only in one process and needs {needs}")
    if held_out is not None:
        used = None if opt.no_kernel_distance else reference
        return Validator(held_out, reference=used, best_by=opt.best_by, device=opt.device)
    for name, unused in (("early_stop", 0), ("best_by", "L1")):
        if opt.rank == 0 and getattr(opt, name) != unused:
            raise UserError(f"--{name} {getattr(opt, name)} needs {needs}")
    return None


def _targets_of(model: BaseModel, pairs: Pairs) -> Iterator[Tensor]:
    progress = {"desc": "features of training targets", "unit": "batch", "disable": None, "leave": False}
    for batch in tqdm(iter(pairs), **progress):
        model.set_input(batch)
        yield model.get_current_visuals()["real_B"]
