"""CUDA graphs that record a training update and replay it with one launch instead of thousands."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# PyTorch recommends this number. By then, cuDNN has chosen its kernels, and optimizers have created their
# state.
_WARM_UP_UPDATES = 3
# Maximum number of graphs per update: one for full batches, one for the shorter last batch of an epoch.
_MAX_GRAPHS = 2

Update = Callable[[Tensor, Tensor], dict[str, Tensor]]
# A graph, its two input tensors, and its result, which a replay of any graph in the pool may overwrite.
Recording = tuple[torch.cuda.CUDAGraph, Tensor, Tensor, dict[str, Tensor]]


class GraphRecorder:
    """The stream and the memory pool that all of a model's graphs share.

    Warm-up and recording must use the same stream: autograd runs a node on the stream that created the node,
    so a node left over from a warm-up on another stream would break the recording. The pool is shared because
    a graph keeps its pool forever.
    """

    def __init__(self) -> None:
        self._stream: Any = None
        self._pool: Any = None

    def run(self, update: Update, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        """Run an update without a graph on the side stream, synchronized with the caller's stream."""
        self._stream, caller = self._stream or torch.cuda.Stream(), torch.cuda.current_stream()
        self._stream.wait_stream(caller)
        with torch.cuda.stream(self._stream):
            result = update(real_A, real_B)
        # The caller's stream waits for the update, so memory that the caller frees is not reused too early.
        caller.wait_stream(self._stream)
        return result

    def record(self, update: Update, real_A: Tensor, real_B: Tensor) -> Recording:
        """Record an update without executing it."""
        self._pool, graph = self._pool or torch.cuda.graph_pool_handle(), torch.cuda.CUDAGraph()
        input_A, input_B = real_A.clone(), real_B.clone()
        # This error mode is needed because other threads may pin memory during the recording.
        how = {"pool": self._pool, "stream": self._stream, "capture_error_mode": "thread_local"}
        with torch.cuda.graph(graph, **how):
            return graph, input_A, input_B, update(input_A, input_B)


class GraphedUpdate:
    """An update on CUDA tensors that is replayed from a CUDA graph, with a separate graph per batch shape.

    The first calls with a shape run the update directly, as PyTorch requires before a recording. The random
    numbers for dropout and noise advance in a replay just as they do without a graph.

    Args:
        update: a function of (real_A, real_B) that returns a dict of tensors. It must not copy values from
            the device to the host, and must change state (weights, moments) in place.
        recorder: the recorder, which all of the model's updates share.
    """

    def __init__(self, update: Update, recorder: GraphRecorder):
        self.update, self.recorder = update, recorder
        self._calls: dict[torch.Size, int] = {}
        self._graphs: dict[torch.Size, Recording] = {}

    def __call__(self, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        """Run one update. The caller owns the returned tensors."""
        shape = real_A.shape
        if shape not in self._graphs:
            self._calls[shape] = self._calls.get(shape, 0) + 1
            if self._calls[shape] <= _WARM_UP_UPDATES or len(self._graphs) == _MAX_GRAPHS:
                return self.recorder.run(self.update, real_A, real_B)
            self._graphs[shape] = self.recorder.record(self.update, real_A, real_B)
        graph, input_A, input_B, result = self._graphs[shape]
        input_A.copy_(real_A)
        input_B.copy_(real_B)
        graph.replay()
        return {name: value.clone() for name, value in result.items()}
