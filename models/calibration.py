"""Recomputation of batch norm statistics for weights that do not match their running statistics.

Running statistics are averages over the last ten or so batches, during which the weights changed. For a
moving average of weights, averaged statistics do not fit either. Statistics that are measured with the final
weights on training images have neither problem ("precise BatchNorm", Wu & Johnson 2021, arXiv:2105.07576,
section 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn


@torch.no_grad()
def measure_statistics(nets: Sequence[nn.Module], batches: Iterable[Sequence[Tensor]]) -> int:
    """Replace the running statistics of all batch norm layers by means over some batches.

    Args:
        nets: generators, whose train or eval mode is restored afterwards.
        batches: arguments of the generators, with the batch size used in training. If there are no batches,
            the statistics remain unchanged.

    Returns:
        The number of batches.
    """
    norms = [layer for net in nets for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    momenta, were_training = [layer.momentum for layer in norms], [net.training for net in nets]
    count = 0
    for net in nets:
        net.train()
    for batch in batches:
        if not count:
            for layer in norms:
                layer.reset_running_stats()
                layer.momentum = None  # a plain mean over all batches
        for net in nets:
            net(*batch)
        count += 1
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
    for net, was_training in zip(nets, were_training, strict=True):
        net.train(was_training)
    return count
