"""The exponential moving average of a network's weights."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def update_average(average: nn.Module, net: nn.Module, *, decay: float, n_updates: int) -> None:
    """Move an average of weights, and of batch norm's statistics, towards those of the network.

    The statistics of the averaged weights are not those of the latest ones: with a high learning rate, the
    average weights under the latest statistics generated images that were too bright.

    The decay is ``min(decay, (1 + n) / (10 + n))``, as in TensorFlow's moving average: early on, the average
    forgets the untrained weights quickly.

    Args:
        average: a copy of ``net``, changed in place.
        net: the network in training.
        decay: share of the average that one update keeps, in [0, 1).
        n_updates: updates of ``net`` so far.
    """
    decay = min(decay, (1 + n_updates) / (10 + n_updates))
    torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), 1 - decay)
    for mean, buffer in zip(average.buffers(), net.buffers(), strict=True):
        if buffer.is_floating_point():
            mean.lerp_(buffer, 1 - decay)
        else:
            mean.copy_(buffer)
