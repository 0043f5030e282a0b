"""Recording a training update once and replaying it: one launch instead of thousands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# PyTorch's advice: cuDNN has then chosen its kernels, and the optimizers have made their state.
_WARM_UP_UPDATES = 3
# Of one update: the usual batch, and the epoch's shorter last one.
_MOST_GRAPHS = 2

Update = Callable[[Tensor, Tensor], dict[str, Tensor]]
# A graph, the batch that it reads, and its result, which replays of any graph of the pool may overwrite.
Recording = tuple[torch.cuda.CUDAGraph, Tensor, Tensor, dict[str, Tensor]]


class GraphRecorder:
    """The stream on which the updates of one model warm up and are recorded, and the memory they share.

    One stream for both, because autograd runs a node on the stream that made it: a node of a warm-up that is
    still alive would draw another stream into the recording and break it. One pool of memory, because a graph
    keeps it forever: an epoch's shorter last batch then fits into that of the first recording.
    """

    def __init__(self) -> None:
        self._stream: Any = None
        self._pool: Any = None
        self.has_room = True

    def run(self, update: Update, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        """Do an update itself on the side stream, in order with the stream of the caller."""
        self._stream, caller = self._stream or torch.cuda.Stream(), torch.cuda.current_stream()
        self._stream.wait_stream(caller)
        with torch.cuda.stream(self._stream):
            result = update(real_A, real_B)
        # The caller's stream waits, so that memory freed there is used again only after the update.
        caller.wait_stream(self._stream)
        return result

    def record(self, update: Update, real_A: Tensor, real_B: Tensor) -> Recording | None:
        """Record an update without executing it; None, from now on, if the GPU's memory is too small."""
        self._pool, graph = self._pool or torch.cuda.graph_pool_handle(), torch.cuda.CUDAGraph()
        try:
            input_A, input_B = real_A.clone(), real_B.clone()
            # Threads that pin memory may continue meanwhile, hence the error mode.
            how = {"pool": self._pool, "stream": self._stream, "capture_error_mode": "thread_local"}
            with torch.cuda.graph(graph, **how):
                return graph, input_A, input_B, update(input_A, input_B)
        except torch.cuda.OutOfMemoryError:
            self.has_room = False
            problem = "the GPU has no memory left to record updates as CUDA graphs: training without"
            print(problem, file=sys.stderr)
            return None


class GraphedUpdate:
    """Calls an update on CUDA tensors through a CUDA graph, one for each of the first shapes of batches.

    The first calls of a shape run the update as it is, on a side stream, as PyTorch asks for before a
    capture; then it is recorded, and replayed from then on. The random numbers of dropout and noise advance
    in a replay as they do without it.

    Args:
        update: (real_A, real_B) -> dict of tensors. It must not read the device from the host, and changes
            state (weights, moments) in place only.
        recorder: shared by all updates of a model.
    """

    def __init__(self, update: Update, recorder: GraphRecorder):
        self.update, self.recorder = update, recorder
        self._calls: dict[torch.Size, int] = {}
        self._graphs: dict[torch.Size, Recording] = {}

    def __call__(self, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        """Do one update; the tensors returned are the caller's own."""
        shape = real_A.shape
        if shape not in self._graphs:
            self._calls[shape] = self._calls.get(shape, 0) + 1
            warm = self._calls[shape] > _WARM_UP_UPDATES and len(self._graphs) < _MOST_GRAPHS
            recorded = None
            if warm and self.recorder.has_room:
                recorded = self.recorder.record(self.update, real_A, real_B)
            if recorded is None:
                return self.recorder.run(self.update, real_A, real_B)
            self._graphs[shape] = recorded
        graph, input_A, input_B, result = self._graphs[shape]
        input_A.copy_(real_A)
        input_B.copy_(real_B)
        graph.replay()
        return {name: value.clone() for name, value in result.items()}
