"""Recording a training update once and replaying it: one launch instead of thousands."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_WARM_UP_UPDATES = 3  # PyTorch's advice: cuDNN has chosen its kernels and the optimizers have their state
_MOST_GRAPHS = (
    2  # each keeps the memory of a whole update: the usual batch's, and the epoch's shorter last one's
)


class GraphedUpdate:
    """Calls an update on CUDA tensors through a CUDA graph, one for each of the first shapes of batches.

    The first calls of a shape run the update as it is, on a side stream, as PyTorch asks for before a capture
    (each is a real update, none is lost); then it is recorded, and replayed ever after. The random numbers of
    dropout and noise advance in a replay as they do without it.

    Args:
        update: (real_A, real_B) -> dict of tensors. It must not read the device from the host, and changes
            state (weights, moments) in place only.
    """

    def __init__(self, update: Callable[[Tensor, Tensor], dict[str, Tensor]]):
        self.update = update
        self._calls: dict[torch.Size, int] = {}
        # One for all, for memory that was freed on one stream serves no other.
        self._side_stream: torch.cuda.Stream | None = None
        self._graphs: dict[torch.Size, tuple[torch.cuda.CUDAGraph, Tensor, Tensor, dict[str, Tensor]]] = {}

    def __call__(self, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        """Do one update; the tensors returned are valid until the next."""
        shape = real_A.shape
        if shape not in self._graphs:
            self._calls[shape] = self._calls.get(shape, 0) + 1
            if self._calls[shape] <= _WARM_UP_UPDATES or len(self._graphs) >= _MOST_GRAPHS:
                return self._on_side_stream(real_A, real_B)
            self._record(real_A, real_B)
        graph, input_A, input_B, result = self._graphs[shape]
        input_A.copy_(real_A)
        input_B.copy_(real_B)
        graph.replay()
        return dict(result)

    def _on_side_stream(self, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        """The update itself, beside the main stream."""
        stream = self._side_stream = self._side_stream or torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            result = self.update(real_A, real_B)
        torch.cuda.current_stream().wait_stream(stream)
        for tensor in (real_A, real_B):
            tensor.record_stream(stream)
        return result

    def _record(self, real_A: Tensor, real_B: Tensor) -> None:
        """Capture the update; capturing does not execute it. Threads that pin memory may go on meanwhile."""
        input_A, input_B = real_A.clone(), real_B.clone()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            result = self.update(input_A, input_B)
        self._graphs[real_A.shape] = (graph, input_A, input_B, result)
