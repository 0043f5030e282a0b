"""The moving average of a generator's weights, and batch norm statistics that match the final weights."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn


@torch.no_grad()
def update_average(average: nn.Module, net: nn.Module, *, decay: float, n_updates: int) -> None:
    """Update a moving average of a network's weights and batch norm statistics.

    Each update keeps the fraction ``min(decay, (1 + n) / (10 + n))`` of the average, as TensorFlow does. The
    average therefore forgets the untrained weights quickly.
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


@torch.no_grad()
def measure_statistics(nets: Sequence[nn.Module], batches: Iterable[Sequence[Tensor]]) -> None:
    """Replace the running statistics of all batch norm layers with their means over some batches.

    Running statistics lag behind the weights and do not match averaged weights. Statistics measured with the
    final weights match them ("precise BatchNorm", Wu & Johnson 2021, arXiv:2105.07576, section 3).

    Args:
        nets: generators, whose train or eval mode is restored afterwards.
        batches: generator inputs, with the training batch size. Without batches, the statistics
            remain unchanged.
    """
    norms = [layer for net in nets for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    momenta, were_training = [layer.momentum for layer in norms], [net.training for net in nets]
    for net in nets:
        net.train()
    for i, batch in enumerate(batches):
        if i == 0:
            for layer in norms:
                layer.reset_running_stats()
                layer.momentum = None  # a plain mean over all batches
        for net in nets:
            net(*batch)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
    for net, was_training in zip(nets, were_training, strict=True):
        net.train(was_training)
