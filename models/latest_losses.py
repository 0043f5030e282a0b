"""The losses of the latest update, on the device until someone wants to see them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from util import distributed


class LatestLosses:
    """Losses by name; what an update does not compute keeps its last value."""

    def __init__(self) -> None:
        self._losses: dict[str, Tensor] = {}
        self._first_bad: Tensor | None = None

    def update(self, losses: Mapping[str, Tensor], n_updates: int) -> None:
        """Take the losses, scalars on the device, of the update of that number, from 0."""
        self._losses |= losses
        is_finite = torch.stack([loss.float() for loss in losses.values()]).isfinite().all()
        known = (
            torch.full_like(is_finite, -1, dtype=torch.long) if self._first_bad is None else self._first_bad
        )
        self._first_bad = torch.where(is_finite | (known >= 0), known, n_updates)

    def first_bad_update(self) -> int | None:
        """Return the first update with a loss that was not finite, or None; waits for the device."""
        first = -1 if self._first_bad is None else int(self._first_bad)
        return None if first < 0 else first

    def average_over_processes(self) -> None:
        """Replace each by its mean over all processes, which must all call this; does not wait for a GPU."""
        if self._losses and distributed.rank_and_size()[1] > 1:
            self._losses = dict(zip(self._losses, distributed.mean(self._stacked()), strict=True))

    def as_floats(self) -> dict[str, float]:
        """Read the losses from the device now."""
        return dict(zip(self._losses, self._stacked().tolist(), strict=True)) if self._losses else {}

    def _stacked(self) -> Tensor:
        return torch.stack([value.detach().float() for value in self._losses.values()])
