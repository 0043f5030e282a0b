"""Gradients on their way to other processes, which an all-reduce of our own stands in for."""

import pytest
import torch
from torch import nn

from models.gradient_average import GradientAverage
from models.losses import gradient_penalty
from util.distributed import LostProcess


class Exchange:
    """Stands in for an all-reduce over three processes of equal gradients: their sum is three times ours."""

    def __init__(self):
        self.sent = []

    def __call__(self, tensor, async_op=False):
        self.sent.append(tensor.data_ptr())
        tensor *= 3
        return self

    def wait(self):
        return True


@pytest.fixture
def exchange(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "3")
    exchange = Exchange()
    monkeypatch.setattr(torch.distributed, "all_reduce", exchange)
    return exchange


def small_critic():
    torch.manual_seed(0)
    layers = [
        nn.Conv2d(2, 4, 3),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4, 4, 3),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4, 1, 3),
    ]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def critic_loss(critic, real, fake):
    """Two passes and a gradient penalty, as WGAN-GP has them."""
    mix = torch.full((len(real), 1, 1, 1), 0.3)
    penalty, _ = gradient_penalty(critic, real, fake, mix=mix)
    return critic(fake).mean() - critic(real).mean() + penalty


def test_the_mean_of_equal_gradients_is_the_gradient(exchange):
    critic, alone = small_critic(), small_critic()
    unused = nn.Parameter(torch.ones(5))
    average = GradientAverage([*critic.parameters(), unused], bucket_bytes=400)
    for seed in range(3):
        real, fake = torch.rand(2, 2, 2, 8, 8, generator=torch.Generator().manual_seed(seed))
        alone.zero_grad()
        critic_loss(alone, real, fake).backward()
        critic.zero_grad()
        with average.during_backward():
            critic_loss(critic, real, fake).backward()
        for ours, theirs in zip(critic.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad)
            assert ours.grad.stride() == ours.stride()
    assert unused.grad is None
    first, rest = exchange.sent[: len(exchange.sent) // 3], exchange.sent[len(exchange.sent) // 3 :]
    assert len(set(first)) == len(first) > 2 and rest == first * 2  # each bucket once, always in one order


def test_buckets_travel_before_backward_has_ended(exchange):
    critic = small_critic()
    sent_before = []
    average = GradientAverage(critic.parameters(), bucket_bytes=400)
    critic[0].weight.register_post_accumulate_grad_hook(lambda p: sent_before.append(len(exchange.sent)))
    with average.during_backward():
        critic(torch.rand(1, 2, 8, 8)).sum().backward()
    assert sent_before[0] > 0 and len(exchange.sent) >= sent_before[0]


def test_gradients_of_another_loss_stay_here(exchange):
    critic = small_critic()
    GradientAverage(critic.parameters())
    critic(torch.rand(1, 2, 8, 8)).sum().backward()
    assert exchange.sent == [] and all(p.grad is not None for p in critic.parameters())


def test_a_failed_exchange_says_that_a_process_is_lost(exchange, monkeypatch):
    def fail(tensor, async_op=False):
        raise RuntimeError("Connection closed by peer")

    monkeypatch.setattr(torch.distributed, "all_reduce", fail)
    critic = small_critic()
    average = GradientAverage(critic.parameters())
    with pytest.raises(LostProcess, match="another process"), average.during_backward():
        critic(torch.rand(1, 2, 8, 8)).sum().backward()


def test_alone_there_is_nothing_to_do(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    critic = small_critic()
    with GradientAverage(critic.parameters()).during_backward():
        critic(torch.rand(1, 2, 8, 8)).sum().backward()
    assert all(p.grad is not None for p in critic.parameters())
