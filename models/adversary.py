"""Adversaries, which combine a discriminator for (input, image) pairs with an adversarial loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.losses import GANLoss, gradient_penalty
from models.precision import Precision


class Pair(NamedTuple):
    """A discriminator's input.

    Attributes:
        images: input image and output image, concatenated, (N, input_nc + output_nc, H, W).
        features: pretrained features of the output image at each stride; empty if no adversary uses them.
    """

    images: Tensor
    features: list[Tensor]

    def detach(self) -> Pair:
        """Return the pair detached from the generator."""
        return Pair(self.images.detach(), [f.detach() for f in self.features])


class Adversary:
    """A discriminator and its adversarial loss. ``weight`` is the generator loss weight.

    With the suffix ``_proj``, the losses are named ``D_proj_real``, ``D_proj_fake`` and ``G_GAN_proj``.
    """

    def __init__(
        self, net: nn.Module, gan_mode: str, precision: Precision, *, weight: float = 1.0, suffix: str = ""
    ):
        self.net, self.criterion, self.precision = net, GANLoss(gan_mode), precision
        self.weight, self.suffix = weight, suffix

    def loss_D(self, real: Pair, fakes: Sequence[Pair]) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the discriminator's loss and its parts.

        The loss is half the sum of the losses on real and generated pairs. The factor 1/2 slows the
        discriminator down relative to the generator (Isola et al. 2017, section 3.3). ``fakes`` contains one
        detached batch per noise vector.
        """
        self.net.requires_grad_(True)
        real_scores, *fake_scores = self._scores([real, *fakes])
        on_real = self.criterion(real_scores, True)
        on_fake = torch.stack([self.criterion(scores, False) for scores in fake_scores]).mean()
        parts = {f"D{self.suffix}_real": on_real, f"D{self.suffix}_fake": on_fake}
        return 0.5 * (on_real + on_fake), parts

    def loss_G(self, fakes: Sequence[Pair]) -> dict[str, Tensor]:
        """Return the generator's weighted loss by name. It is low if generated pairs are scored as real."""
        self.net.requires_grad_(False)  # the discriminator's weights need no gradients here
        losses = [self.criterion(s, True, for_discriminator=False) for s in self._scores(fakes)]
        return {f"G_GAN{self.suffix}": self.weight * torch.stack(losses).mean()}

    def _scores(self, pairs: Sequence[Pair]) -> list[Tensor | list[Tensor]]:
        """Score each batch separately, because batch norm must not mix them."""
        with self.precision.autocast():
            if self.net.takes_features:
                return [self.net(pair.images, pair.features) for pair in pairs]
            return [self.net(pair.images) for pair in pairs]


class WassersteinAdversary(Adversary):
    """A critic that estimates the Wasserstein distance. A penalty keeps the critic's gradient norm near one.

    See Gulrajani et al. 2017 (arXiv:1704.00028), equation 3. ``lambda_gp`` is the penalty weight.
    """

    def __init__(self, net: nn.Module, precision: Precision, *, lambda_gp: float):
        super().__init__(net, "wgangp", precision)
        self.lambda_gp = lambda_gp

    def loss_D(self, real: Pair, fakes: Sequence[Pair]) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the critic's loss, which is the negated distance estimate plus the penalty."""
        _, parts = super().loss_D(real, fakes)
        penalties = [
            torch.stack(gradient_penalty(self.net, real.images, fake.images, lambda_gp=self.lambda_gp))
            for fake in fakes
        ]
        D_gp, grad_norm = torch.stack(penalties).mean(0).unbind()
        total = parts["D_real"] + parts["D_fake"]
        # This is the distance between the distributions of individual patches, up to a scale factor.
        return total + D_gp, parts | {"W_distance": -total, "D_gp": D_gp, "grad_norm": grad_norm}
