"""Warming up, recording and replaying updates, with a stand-in for the GPU; test_cuda.py uses a GPU."""

from contextlib import contextmanager

import pytest
import torch

from models.cuda_graph import GraphedUpdate, GraphRecorder
from models.optimizers import make_adam


class Gpu:
    """Stands in for torch.cuda, its streams and its graphs."""

    def __init__(self, monkeypatch):
        self.on_side, self.streams, self.recordings, self.replays, self.capturing = False, 0, [], 0, False
        stand_ins = {
            "graph_pool_handle": lambda: (1, 1), "CUDAGraph": lambda: self, "graph": self.graph,
            "Stream": self.new_stream, "current_stream": lambda: self, "stream": self.on,
        }  # fmt: skip
        for name, stand_in in stand_ins.items():
            monkeypatch.setattr(torch.cuda, name, stand_in)

    def new_stream(self):
        self.streams += 1
        return self

    def wait_stream(self, other):
        pass

    def replay(self):
        self.replays += 1

    @contextmanager
    def on(self, stream):
        self.on_side = True
        yield
        self.on_side = False

    @contextmanager
    def graph(self, graph, pool, stream, capture_error_mode):
        self.recordings.append(pool)
        self.capturing = True
        yield
        self.capturing = False


@pytest.fixture
def gpu(monkeypatch):
    return Gpu(monkeypatch)


class Counting:
    """An update that counts its runs on the side stream, and its recordings."""

    def __init__(self, gpu):
        self.gpu, self.ran, self.recorded = gpu, 0, 0

    def __call__(self, real_A, real_B):
        self.recorded += self.gpu.capturing
        self.ran += self.gpu.on_side
        return {"loss": (real_A - real_B).mean()}


def batch(n=2):
    return torch.ones(n, 3, 4, 4), torch.zeros(n, 3, 4, 4)


def test_three_updates_warm_up_and_the_rest_are_replays_on_the_batch_given(gpu):
    update = Counting(gpu)
    graphed = GraphedUpdate(update, GraphRecorder())
    for _ in range(6):
        graphed(*batch())
    new = torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)
    result = graphed(new, new + 1)
    assert update.ran == 3 and update.recorded == 1 and gpu.replays == 4
    _, input_A, input_B, recorded = graphed._graphs[new.shape]
    assert torch.equal(input_A, new) and torch.equal(input_B, new + 1)
    recorded["loss"].fill_(7)  # a later graph of the same pool overwrites this
    assert result["loss"] == 1


def test_two_shapes_of_all_updates_share_one_stream_and_one_pool(gpu):
    recorder = GraphRecorder()
    critic, both = (GraphedUpdate(Counting(gpu), recorder) for _ in range(2))
    for _ in range(4):  # the last batch of each epoch is shorter, and is recorded in the fourth epoch
        for n in (4, 4, 2):
            critic(*batch(n))
            both(*batch(n))
    assert len(gpu.recordings) == 4 and len(set(gpu.recordings)) == 1 and gpu.streams == 1
    for _ in range(6):
        both(*batch(3))  # a third shape is not recorded
    assert len(gpu.recordings) == 4 and both.update.ran == 3 + 3 + 6


def test_the_optimizer_to_be_recorded_does_not_warn_that_it_is_not_yet():
    weights, device = [torch.nn.Parameter(torch.ones(1))], torch.device("cpu")
    adam = make_adam(weights, 0.1, (0.5, 0.9), device=device, capturable=True)
    # PyTorch's flag for having issued the warning.
    assert adam._warned_capturable_if_run_uncaptured
    assert isinstance(adam.param_groups[0]["lr"], torch.Tensor)
