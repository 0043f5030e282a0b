"""Measure batch norm's statistics anew, for weights whose running statistics do not fit them.

Running statistics average the last ten or so batches, during which the weights moved; those of a moving
average of weights are averages of statistics that belonged to other weights. Most of an edge map is constant,
so the first layers' activations hardly vary, and a small shift of a mean is many standard deviations.
Statistics of the final weights on training images have no such lag ("precise BatchNorm", Wu & Johnson 2021,
arXiv:2105.07576, section 3).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


@torch.no_grad()
def measure_statistics(net: nn.Module, batches: Iterable[Tensor]) -> int:
    """Replace the running statistics of every batch norm by their mean over some batches.

    Args:
        net: a generator; left in the mode it was in.
        batches: inputs (N, C, H, W) in [-1, 1], in batches of the size that it was trained on.

    Returns:
        The number of batches. With none, the statistics stay as they are.
    """
    norms = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    momenta, was_training, count = [layer.momentum for layer in norms], net.training, 0
    net.train()
    for x in batches:
        if not count:
            for layer in norms:
                layer.reset_running_stats()
                layer.momentum = None  # a plain mean over all batches
        net(x)
        count += 1
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
    net.train(was_training)
    return count
