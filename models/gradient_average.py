"""Averaging gradients over processes while autograd still computes others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from util import distributed

# As DistributedDataParallel's: large enough for full bandwidth, small enough that most of them travel early.
_BUCKET_BYTES = 25 << 20


class Bucket:
    """A flat piece of memory that holds the gradients of some parameters on their way to other processes.

    Args:
        parameters: of one device and type.
    """

    def __init__(self, parameters: Sequence[nn.Parameter]):
        self.parameters = parameters
        sizes = [p.numel() for p in parameters]
        self.flat = torch.zeros(sum(sizes), device=parameters[0].device, dtype=parameters[0].dtype)
        # Each view is laid out like its parameter, in which order the optimizer walks through memory.
        starts = [sum(sizes[:k]) for k in range(len(sizes))]
        self.views = [
            self.flat.as_strided(p.size(), p.stride(), start)
            for p, start in zip(parameters, starts, strict=True)
        ]
        self.filled: set[int] = set()


class GradientAverage:
    """Replaces the gradients of an optimizer's parameters by their means over all processes.

    A gradient moves into its bucket when autograd has completed it, and a full bucket is sent off at once, so
    that most of the exchange happens while backward goes on. Afterwards each gradient is a view of its
    bucket: nothing is copied back. Alone, there is nothing to do.

    This rather than `torch.nn.parallel.DistributedDataParallel`: a discriminator runs two or three times for
    one backward pass, is differentiated twice by the gradient penalty, and is frozen while the generator
    learns; DDP counts forward passes and would have to wrap a module for each of these. Here only
    ``backward`` matters, which completes each gradient once. `scripts/benchmark.py processes` compares them.

    Args:
        parameters: in the order of the forward pass; backward completes about the last one first.
        bucket_bytes: size of a bucket; a larger parameter has one of its own.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], bucket_bytes: int = _BUCKET_BYTES):
        self._world = distributed.rank_and_size()[1]
        self._buckets: list[Bucket] = []
        self._sent = 0
        self._works: list[torch.distributed.Work] = []
        self._gathering = False
        if self._world == 1:
            return
        for group in _grouped(list(parameters)[::-1], bucket_bytes):
            bucket = Bucket(group)
            for k, parameter in enumerate(group):
                parameter.register_post_accumulate_grad_hook(partial(self._take, bucket, k))
            self._buckets.append(bucket)

    @contextmanager
    def during_backward(self) -> Iterator[None]:
        """Average the gradients that the block's ``backward`` computes; they are ready at its end.

        Raises:
            LostProcess: another process has ended.
        """
        self._gathering, self._sent = True, 0
        self._works.clear()
        for bucket in self._buckets:
            bucket.filled.clear()
        try:
            yield
            self._send(only_full=False)
            with distributed.noticing_lost_processes():
                for work in self._works:
                    work.wait()
        finally:
            self._gathering = False

    def _take(self, bucket: Bucket, k: int, parameter: Tensor) -> None:
        """Move a parameter's gradient, just completed, into its bucket, over the number of processes."""
        if not self._gathering:  # the gradient belongs to another optimizer's loss
            return
        assert parameter.grad is not None
        torch.mul(parameter.grad, 1 / self._world, out=bucket.views[k])
        parameter.grad = bucket.views[k]
        bucket.filled.add(k)
        self._send(only_full=True)

    def _send(self, *, only_full: bool) -> None:
        """Send off the next buckets, in the same order in every process."""
        while self._sent < len(self._buckets):
            bucket = self._buckets[self._sent]
            missing = set(range(len(bucket.views))) - bucket.filled
            if missing and only_full:
                return
            for k in missing:  # no gradient, in any process: this loss does not depend on the parameter
                bucket.views[k].zero_()
            with distributed.noticing_lost_processes():
                self._works.append(torch.distributed.all_reduce(bucket.flat, async_op=True))
            self._sent += 1


def _grouped(parameters: Sequence[nn.Parameter], most_bytes: int) -> list[list[nn.Parameter]]:
    """Split parameters, in order, into groups of at most so many bytes, and of at least one parameter."""
    groups: list[list[nn.Parameter]] = []
    room = 0
    for parameter in parameters:
        size = parameter.numel() * parameter.element_size()
        if size > room or not groups:
            groups.append([])
            room = most_bytes
        groups[-1].append(parameter)
        room -= size
    return groups
