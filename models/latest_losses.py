"""The losses of the latest update, on the device until someone wants to see them."""

from __future__ import annotations

import torch
from torch import Tensor

from util import distributed


class LatestLosses:
    """Losses by name; what an update does not compute keeps its last value."""

    def __init__(self) -> None:
        self._losses: dict[str, Tensor] = {}

    def update(self, losses: dict[str, Tensor]) -> None:
        """Take the losses of an update: scalars on the device."""
        self._losses.update(losses)

    def average_over_processes(self) -> None:
        """Replace each by its mean over all processes, which must all call this; does not wait for a GPU."""
        if self._losses and distributed.rank_and_size()[1] > 1:
            self._losses = dict(zip(self._losses, distributed.mean(self._stacked()), strict=True))

    def as_floats(self) -> dict[str, float]:
        """Read the losses from the device now."""
        return dict(zip(self._losses, self._stacked().tolist(), strict=True)) if self._losses else {}

    def _stacked(self) -> Tensor:
        """Return all values as one float32 tensor."""
        return torch.stack([value.detach().float() for value in self._losses.values()])
