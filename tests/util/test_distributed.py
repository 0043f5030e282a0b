"""Gradients averaged over processes, with a stand-in all-reduce for the other processes."""

import pytest
import torch
from torch import nn

from util import distributed
from util.distributed import LostProcess


@pytest.fixture
def three_processes(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "3")


def with_gradients():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(2, 4, 3), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 3))
    net = net.to(memory_format=torch.channels_last)
    net(torch.rand(2, 2, 8, 8)).square().sum().backward()
    return net


def test_gradients_become_the_mean_in_one_exchange(three_processes, monkeypatch):
    exchanged = []

    def add_the_others(total):  # two more processes, whose gradients are 2 and 6 times as large
        exchanged.append(total.numel())
        total *= 1 + 2 + 6

    monkeypatch.setattr(torch.distributed, "all_reduce", add_the_others)
    net, alone = with_gradients(), with_gradients()
    unused = nn.Parameter(torch.ones(5))
    distributed.average_gradients([*net.parameters(), unused])
    assert exchanged == [sum(p.numel() for p in net.parameters())] and unused.grad is None
    for ours, own in zip(net.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, 3 * own.grad)
        assert ours.grad.stride() == own.grad.stride()


def test_a_failed_exchange_says_that_a_process_is_lost(three_processes, monkeypatch):
    def fail(total):
        raise RuntimeError("Connection closed by peer")

    monkeypatch.setattr(torch.distributed, "all_reduce", fail)
    with pytest.raises(LostProcess, match="another process"):
        distributed.average_gradients(with_gradients().parameters())
