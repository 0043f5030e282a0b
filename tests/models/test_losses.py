"""Losses compared with hand-computed values and finite differences."""

import math

import pytest
import torch

from models.losses import GANLoss, gradient_penalty, mode_seeking_loss

SCORES, FOOLED = torch.tensor([[0.5, -1.0], [2.0, 0.0]]), math.log(8 / 3) / 2


@pytest.mark.parametrize(
    ("mode", "scores", "real", "fake", "generator"),
    [
        # ((.5)^2 + 2^2 + 1^2 + 1^2) / 4, (.25 + 1 + 4 + 0) / 4
        ("lsgan", SCORES, 1.5625, 1.3125, 1.5625),
        ("msgan", SCORES, 1.5625, 1.3125, 1.5625),
        ("wgangp", SCORES, -0.375, 0.375, -0.375),
        # relu(1 - x): .5, 2, 0, 1; relu(1 + x): 1.5, 0, 3, 1; G: -mean
        ("hinge", SCORES, 0.875, 1.375, -0.375),
        # The cross-entropy of scores whose sigmoids are 1/2 and 3/4.
        ("vanilla", torch.tensor([0.0, math.log(3)]), FOOLED, math.log(8) / 2, FOOLED),
    ],
)
def test_adversarial_losses_match_hand_computed_values(mode, scores, real, fake, generator):
    loss = GANLoss(mode)
    assert loss(scores, True).item() == pytest.approx(real)
    assert loss(scores, False).item() == pytest.approx(fake)
    assert loss(scores, True, for_discriminator=False).item() == pytest.approx(generator)


@pytest.mark.parametrize("length", [0.0, 0.5, 1.0, 3.0])
def test_gradient_penalty_of_a_linear_critic_is_exact(length):
    torch.manual_seed(0)
    w = torch.randn(3, 4, 4, dtype=torch.float64)
    w = w / w.norm() * length
    real, fake = torch.randn(2, 5, 3, 4, 4, dtype=torch.float64)
    penalty, norm = gradient_penalty(lambda x: (x * w).sum((1, 2, 3)), real, fake, lambda_gp=10)
    assert penalty.item() == pytest.approx(10 * (length - 1) ** 2, abs=1e-9)
    assert norm.item() == pytest.approx(length, abs=1e-9)


def test_gradient_penalty_is_differentiable():
    torch.manual_seed(1)
    w1 = torch.randn(4, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    real, fake = torch.randn(2, 2, 2, 6, 6, dtype=torch.float64)
    mix = torch.rand(2, 1, 1, 1, dtype=torch.float64)

    def penalty(weight):
        def critic(x):
            return torch.tanh(torch.nn.functional.conv2d(x, weight)).mean(1, keepdim=True)

        return gradient_penalty(critic, real, fake, mix=mix)[0]

    assert torch.autograd.gradcheck(penalty, (w1,))
    flat = torch.zeros(1, requires_grad=True)
    gradient_penalty(lambda v: v.flatten(1).sum(1) * flat, real, fake)[0].backward()
    assert torch.isfinite(flat.grad).all()


def test_mode_seeking_loss_matches_hand_computed_values():
    fake1, fake2 = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.5)
    z1, z2 = torch.zeros(1, 8), torch.full((1, 8), 2.0)
    # ratio 0.5 / 2
    assert mode_seeking_loss(fake1, fake2, z1, z2).item() == pytest.approx(1 / (0.25 + 1e-5))
    assert mode_seeking_loss(fake1, fake1, z1, z2).item() == pytest.approx(1e5)
    fakes = [torch.randn(1, 3, 4, 4, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    assert torch.autograd.gradcheck(lambda a, b: mode_seeking_loss(a, b, z1, z2), fakes)
