"""Measure batch norm's statistics again, for weights that their running statistics do not fit.

Running statistics average the last ten or so batches, during which the weights moved; those of a moving
average of weights belong to none of the weights it averages. Statistics of the final weights on training
images have no such lag ("precise BatchNorm", Wu & Johnson 2021, arXiv:2105.07576, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from models.precision import Precision


@torch.no_grad()
def measure_statistics(nets: Sequence[nn.Module], batches: Iterable[Sequence[Tensor]]) -> int:
    """Replace the running statistics of every batch norm by their mean over some batches.

    Args:
        nets: generators; left in the mode they were in.
        batches: arguments of the generators, in batches of the size that they were trained on. With none, the
            statistics stay as they are.

    Returns:
        The number of batches.
    """
    norms = [layer for net in nets for layer in _batch_norms(net)]
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


class Calibration:
    """Lends measured statistics to networks in training while they are tested and saved.

    Training continues with the running ones, and with the same random numbers as without. ``inputs`` yields
    what to measure on, as `measure_statistics` takes it, on the device.
    """

    def __init__(self, inputs: Callable[[], Iterable[Sequence[Tensor]]], precision: Precision):
        self._inputs, self._precision = inputs, precision
        self._n_updates = -1
        self._measured: list[Tensor] = []

    @contextmanager
    def applied(self, nets: Sequence[nn.Module], n_updates: int) -> Iterator[None]:
        """Give the networks fitting statistics within a with block.

        They are the same networks at every call; with the same number of updates, nothing is measured twice.
        """
        statistics = [buffer for net in nets for layer in _batch_norms(net) for buffer in layer.buffers()]
        running = [values.clone() for values in statistics]
        device = self._precision.device
        try:
            if n_updates == self._n_updates:
                _copy(self._measured, statistics)
            else:
                with torch.random.fork_rng([device] if device.type == "cuda" else []):
                    torch.manual_seed(0)  # dropout is on, as in training
                    with self._precision.autocast():
                        measure_statistics(nets, self._inputs())
                self._measured, self._n_updates = [values.clone() for values in statistics], n_updates
            yield
        finally:
            _copy(running, statistics)


def _batch_norms(net: nn.Module) -> list[nn.BatchNorm2d]:
    return [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]


def _copy(values: Sequence[Tensor], places: Sequence[Tensor]) -> None:
    for place, value in zip(places, values, strict=True):
        place.copy_(value)
