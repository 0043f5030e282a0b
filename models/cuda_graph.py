"""Recording a training update and replaying it: one launch instead of thousands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# PyTorch's advice: cuDNN has then chosen its kernels, and the optimizers have made their state.
_WARM_UP_UPDATES = 3
# Graphs per update: the usual batch and the shorter last batch of an epoch.
_MOST_GRAPHS = 2

Update = Callable[[Tensor, Tensor], dict[str, Tensor]]
# A graph, its input batch, and its result, which a replay of any graph of the pool may overwrite.
Recording = tuple[torch.cuda.CUDAGraph, Tensor, Tensor, dict[str, Tensor]]


class GraphRecorder:
    """The stream on which the updates of one model warm up and are recorded, and the memory they share.

    Both use one stream, because autograd runs a node on the stream that created it: a node left from the
    warm-up would bring another stream into the recording and break it. There is one memory pool, because a
    graph keeps its pool forever: the epoch's shorter last batch then fits into the pool of the first
    recording.
    """

    def __init__(self) -> None:
        self._stream: Any = None
        self._pool: Any = None

    def run(self, update: Update, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        """Run an update without a graph on the side stream, in order with the caller's stream."""
        self._stream, caller = self._stream or torch.cuda.Stream(), torch.cuda.current_stream()
        self._stream.wait_stream(caller)
        with torch.cuda.stream(self._stream):
            result = update(real_A, real_B)
        # The caller's stream waits, so that memory freed there is reused only after the update.
        caller.wait_stream(self._stream)
        return result

    def record(self, update: Update, real_A: Tensor, real_B: Tensor) -> Recording:
        """Record an update without executing it."""
        self._pool, graph = self._pool or torch.cuda.graph_pool_handle(), torch.cuda.CUDAGraph()
        input_A, input_B = real_A.clone(), real_B.clone()
        # Threads that pin memory may run meanwhile, hence the error mode.
        how = {"pool": self._pool, "stream": self._stream, "capture_error_mode": "thread_local"}
        with torch.cuda.graph(graph, **how):
            return graph, input_A, input_B, update(input_A, input_B)


class GraphedUpdate:
    """Runs an update on CUDA tensors through CUDA graphs, one for each of the first batch shapes.

    The first calls with a shape run the update directly, on a side stream, as PyTorch requires before a
    capture. Then it is recorded, and replayed from then on. The random numbers of dropout and noise advance
    in a replay as they do without a graph.

    Args:
        update: (real_A, real_B) -> dict of tensors. It must not read from the device on the host, and must
            change state (weights, moments) in place.
        recorder: shared by all updates of a model.
    """

    def __init__(self, update: Update, recorder: GraphRecorder):
        self.update, self.recorder = update, recorder
        self._calls: dict[torch.Size, int] = {}
        self._graphs: dict[torch.Size, Recording] = {}

    def __call__(self, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        """Run one update; the caller owns the returned tensors."""
        shape = real_A.shape
        if shape not in self._graphs:
            self._calls[shape] = self._calls.get(shape, 0) + 1
            if self._calls[shape] <= _WARM_UP_UPDATES or len(self._graphs) == _MOST_GRAPHS:
                return self.recorder.run(self.update, real_A, real_B)
            self._graphs[shape] = self.recorder.record(self.update, real_A, real_B)
        graph, input_A, input_B, result = self._graphs[shape]
        input_A.copy_(real_A)
        input_B.copy_(real_B)
        graph.replay()
        return {name: value.clone() for name, value in result.items()}
