"""Validation: metrics of a model's images for held-out inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import torch
from torch import Tensor
from tqdm import tqdm

from models.base_model import BaseModel
from models.kernel_features import KernelFeatures
from util.errors import UserError
from util.metrics import kernel_distance
from util.metrics.paired import l1, ssim

# Of fewer generated images the kernel distance is mostly noise.
MIN_KERNEL_IMAGES = 8
# The metric by which ``--best_by`` chooses the best checkpoint; of both the lowest value is the best.
BEST_BY = {"L1": "L1", "kernel_distance": "KD"}


class Pairs(Protocol):
    """Batches, dicts with A and B as `BaseModel.set_input` takes them; the length is the number of images."""

    def __len__(self) -> int: ...  # noqa: D105

    def __iter__(self) -> Iterator[dict[str, Any]]: ...  # noqa: D105


class Validator:
    """Measures a generator on held-out pairs.

    Args:
        batches: the held-out pairs.
        reference: gives batches of the pairs that are trained on; their targets are what the generated
            images' kernel distance is taken to. It is called once, at the first measurement. None: no kernel
            distance.
        best_by: ``L1`` or ``kernel_distance``.
        device: where the kernel distance's network computes.

    Attributes:
        note: why there is no kernel distance, a line; empty if there is one or none was wanted.

    Raises:
        UserError: best_by is ``kernel_distance``, and it cannot be computed.
    """

    def __init__(
        self,
        batches: Pairs,
        *,
        reference: Callable[[], Iterable[dict[str, Any]]] | None = None,
        best_by: str = "L1",
        device: torch.device | str = "cpu",
    ):
        self.batches, self._reference, self.note = batches, reference, ""
        self._best_metric = BEST_BY[best_by]
        self._targets: Tensor | None = None
        self._kernel_features: KernelFeatures | None = None
        if reference is not None:
            try:
                self._kernel_features = self._make_kernel_features(device)
            except UserError as error:
                if best_by == "kernel_distance":
                    raise UserError(f"--best_by kernel_distance: {error}") from error
                self.note = f"kernel distance left out: {error}"

    def measure(self, model: BaseModel) -> dict[str, float]:
        """Generate every held-out image as test.py would and compare.

        Args:
            model: its generator, or the generator's moving average, is measured.

        Returns:
            ``L1`` (mean absolute difference, 0..1) and ``SSIM`` (at most 1), means over all images; where it
            can be computed, ``KD``, the kernel distance x 1000 to the training targets, and its standard
            error ``KD_se``.
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
        if features:
            distance = kernel_distance.measure(torch.cat(features), self._target_features(model))
            metrics |= {"KD": distance.value, "KD_se": distance.standard_error}
        return metrics

    def score(self, metrics: dict[str, float]) -> float:
        """Return the value that chooses the best generator; lower is better."""
        return metrics[self._best_metric]

    def _make_kernel_features(self, device: torch.device | str) -> KernelFeatures:
        """Make the kernel distance's network; `UserError` where it is missing or images are too few."""
        if len(self.batches) < MIN_KERNEL_IMAGES:
            raise UserError(
                f"it needs {MIN_KERNEL_IMAGES} validation images or more, there are {len(self.batches)}"
            )
        return KernelFeatures(device)

    def _target_features(self, model: BaseModel) -> Tensor:
        """Describe the training targets, once."""
        if self._targets is None:
            assert self._kernel_features is not None and self._reference is not None
            self._targets = self._kernel_features.features(self._targets_of(model, self._reference()))
        return self._targets

    @staticmethod
    def _targets_of(model: BaseModel, pairs: Iterable[dict[str, Any]]) -> Iterable[Tensor]:
        """Yield the targets of pairs, batch by batch, under a progress bar."""
        with tqdm(desc="features of training targets", unit="image", disable=None, leave=False) as bar:
            for batch in pairs:
                model.set_input(batch)
                targets = model.get_current_visuals()["real_B"]
                yield targets
                bar.update(len(targets))
