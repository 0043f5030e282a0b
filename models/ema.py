"""The exponential moving average of a network's weights."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def update_average(average: nn.Module, net: nn.Module, *, decay: float, n_updates: int) -> None:
    """Update a moving average of a network's weights and batch norm statistics.

    The share of the average that an update keeps is ``min(decay, (1 + n) / (10 + n))``, as in TensorFlow's
    moving average. The average therefore forgets the untrained weights quickly.
    """
    decay = min(decay, (1 + n_updates) / (10 + n_updates))
    means, values = ([*module.parameters(), *module.buffers()] for module in (average, net))
    pairs = list(zip(means, values, strict=True))
    averaged = [pair for pair in pairs if pair[1].is_floating_point()]
    # One launch is faster on a GPU than separate updates of batch norm's many small buffers.
    torch._foreach_lerp_([mean for mean, _ in averaged], [value for _, value in averaged], 1 - decay)
    for mean, value in pairs:
        if not value.is_floating_point():
            mean.copy_(value)
