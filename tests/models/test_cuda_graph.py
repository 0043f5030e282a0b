"""How updates are warmed up, recorded and replayed, with a stand-in for the GPU."""

from contextlib import contextmanager

import pytest
import torch
from torch import Tensor

from models.cuda_graph import GraphedUpdate, GraphRecorder
from models.optimizers import make_adam


class Gpu:
    """Stands in for torch.cuda: notes on which stream, and in which pool, an update ran or was recorded.

    A recorded update is replayed by calling it again on the tensors it was recorded with; what it returns is
    written over its first results, as a graph does.
    """

    def __init__(self, monkeypatch):
        self.current, self.streams, self.recordings, self.capturing = Stream("main"), [], [], False
        self.full = False
        for name, stand_in in {
            "Stream": self.new_stream, "current_stream": lambda: self.current, "stream": self.stream,
            "graph_pool_handle": lambda: (1, 1), "CUDAGraph": Graph, "graph": self.graph,
        }.items():  # fmt: skip
            monkeypatch.setattr(torch.cuda, name, stand_in)

    def new_stream(self):
        self.streams.append(Stream(f"side {len(self.streams)}"))
        return self.streams[-1]

    @contextmanager
    def stream(self, stream):
        before, self.current = self.current, stream
        try:
            yield
        finally:
            self.current = before

    @contextmanager
    def graph(self, graph, pool, stream, capture_error_mode):
        self.recordings.append((pool, stream.name))
        self.capturing = True
        with self.stream(stream):
            try:
                if self.full:
                    raise torch.cuda.OutOfMemoryError("CUDA out of memory")
                yield
            finally:
                self.capturing = False


class Stream:
    def __init__(self, name):
        self.name, self.waited_for = name, []

    def wait_stream(self, other):
        self.waited_for.append(other.name)


class Graph:
    replays = 0

    def replay(self):
        Graph.replays += 1


@pytest.fixture
def gpu(monkeypatch):
    return Gpu(monkeypatch)


class Counting:
    """An update that notes on which stream it ran."""

    def __init__(self, gpu):
        self.gpu, self.ran, self.recorded = gpu, [], 0

    def __call__(self, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        if self.gpu.capturing:
            self.recorded += 1
        else:
            self.ran.append(self.gpu.current.name)
        return {"loss": (real_A - real_B).mean()}


def batch(n=2):
    return torch.ones(n, 3, 4, 4), torch.zeros(n, 3, 4, 4)


def test_three_updates_warm_up_and_the_rest_are_replays(gpu):
    Graph.replays, update = 0, Counting(gpu)
    graphed = GraphedUpdate(update, GraphRecorder())
    for _ in range(7):
        graphed(*batch())
    assert update.ran == ["side 0"] * 3 and update.recorded == 1 and Graph.replays == 4
    assert gpu.streams[0].waited_for == ["main"] * 3 and gpu.current.waited_for == ["side 0"] * 3


def test_all_recordings_of_a_model_share_one_stream_and_one_pool(gpu):
    recorder = GraphRecorder()
    critic, both = (GraphedUpdate(Counting(gpu), recorder) for _ in range(2))
    for _ in range(4):  # the last batch of each epoch is a shorter one, and is recorded in the fourth
        for n in (4, 4, 2):
            critic(*batch(n))
            both(*batch(n))
    assert len(gpu.recordings) == 4 and len(set(gpu.recordings)) == 1 and len(gpu.streams) == 1


def test_no_third_shape_is_recorded(gpu):
    update = Counting(gpu)
    graphed = GraphedUpdate(update, GraphRecorder())
    for n in (1, 2, 3):
        for _ in range(6):
            graphed(*batch(n))
    assert update.recorded == 2 and len(update.ran) == 3 + 3 + 6


def test_results_outlive_the_next_replay(gpu):
    graphed = GraphedUpdate(Counting(gpu), GraphRecorder())
    for _ in range(5):
        result = graphed(*batch())
    (*_, recorded) = graphed._graphs[batch()[0].shape]
    recorded["loss"].fill_(7)  # a later graph of the same pool writes here
    assert result["loss"] == 1


def test_a_replay_reads_the_batch_it_is_given_whatever_its_layout(gpu):
    graphed = GraphedUpdate(Counting(gpu), GraphRecorder())
    for _ in range(4):
        graphed(*batch())
    new = torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)
    graphed(new, new + 1)
    _, input_A, input_B, _ = graphed._graphs[new.shape]
    assert torch.equal(input_A, new) and torch.equal(input_B, new + 1)


def test_without_memory_for_a_recording_training_goes_on_without(gpu, capsys):
    recorder, update = GraphRecorder(), Counting(gpu)
    graphed, other = GraphedUpdate(update, recorder), GraphedUpdate(Counting(gpu), recorder)
    gpu.full = True
    for _ in range(6):
        graphed(*batch())
        other(*batch())
    assert update.ran == ["side 0"] * 6 and len(gpu.recordings) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_optimizer_to_be_recorded_does_not_warn_that_it_is_not_yet():
    adam = make_adam([torch.nn.Parameter(torch.ones(1))], 0.1, (0.5, 0.9), device=torch.device("cpu"),
                     capturable=True)  # fmt: skip
    # The name by which PyTorch remembers that it has warned.
    assert adam._warned_capturable_if_run_uncaptured
    assert isinstance(adam.param_groups[0]["lr"], Tensor)
