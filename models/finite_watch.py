"""Detecting losses and weights that are infinite or not a number."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from util import checkpoint
from util.errors import UserError


class FiniteWatch:
    """Counts, on the device, the updates up to the first infinite or undefined loss."""

    def __init__(self) -> None:
        self._first_update = 0
        self._all_finite: Tensor | None = None
        self._n_finite: Tensor | None = None

    def observe(self, losses: Iterable[Tensor], update: int) -> None:
        """Note whether all losses of an update (numbered from 0, in order) are finite."""
        finite = torch.stack([loss.float() for loss in losses]).isfinite().all()
        if self._all_finite is None or self._n_finite is None:
            self._first_update, self._all_finite, self._n_finite = update, finite, finite.long()
        else:
            self._all_finite = self._all_finite & finite
            self._n_finite = self._n_finite + self._all_finite

    def first_bad_update(self, n_updates: int) -> int | None:
        """Return the number of the first update whose losses were not all finite, or None.

        Waits for the device.

        Args:
            n_updates: updates so far, all of them observed since the first.
        """
        if self._n_finite is None:
            return None
        first_bad = self._first_update + int(self._n_finite)
        return None if first_bad == n_updates else first_bad


def check_weights(name: str, net: nn.Module, n_updates: int) -> None:
    """Raise `UserError` if a weight of the network ``name`` is infinite or not a number."""
    if not checkpoint.all_finite(net.state_dict().values()):
        raise UserError(
            f"the weights of {name} are no longer finite after {n_updates} updates: lower --lr, or use "
            "--amp fp32; --continue_train starts from the last good checkpoint"
        )
