"""pix2pix: a conditional GAN from image to image (Isola et al. 2017, arXiv:1611.07004).

The objective is the paper's equation 4, G* = arg min_G max_D L_cGAN(G, D) + lambda_L1 L_L1(G), with a choice
of adversarial losses, the terms that WGAN-GP and MSGAN add, and a discriminator of pretrained features.
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.augmentation import diff_augment, parse_policy
from models.base_model import BaseModel
from models.features import Features
from models.losses import GANLoss, gradient_penalty, mode_seeking_loss
from models.networks import define_D
from models.pix2pix_options import add_objective_options, check_crop_size, check_objective
from util import checkpoint


class Pair(NamedTuple):
    """A discriminator's input: a condition and an image, concatenated along the channels.

    Attributes:
        images: (N, input_nc + output_nc, H, W), the condition first.
        features: pretrained features of the image at each stride; empty where no loss uses them.
    """

    images: Tensor
    features: list[Tensor]

    def detach(self) -> Pair:
        """Return the pair without its gradient to the generator."""
        return Pair(self.images.detach(), [f.detach() for f in self.features])


class Critic(NamedTuple):
    """A discriminator, its adversarial loss, and the weight of that loss for the generator."""

    net: nn.Module
    criterion: GANLoss
    weight: float
    suffix: str  # of the names of its losses

    def scores(self, pairs: list[Pair]) -> list[Tensor | list[Tensor]]:
        """Score each batch of pairs by itself: batch norm must not mix real and generated ones."""
        if checkpoint.unwrap(self.net).takes_features:
            return [self.net(pair.images, pair.features) for pair in pairs]
        return [self.net(pair.images) for pair in pairs]


class Pix2PixModel(BaseModel):
    """A generator and one or two discriminators of (input, image) pairs, trained in alternation."""

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Add the weights of the loss terms; give each objective the defaults of its paper."""
        parser.set_defaults(dataset_mode="aligned")
        if is_train:
            add_objective_options(parser, known.gan_mode)

    def __init__(self, opt: Namespace):
        super().__init__(opt)
        self.netG = self.define_generator(opt)
        if not self.isTrain:
            return
        norm_D = opt.norm_D or opt.norm
        check_objective(opt, norm_D)

        self.netD = self.define_discriminator(opt, opt.netD, opt.ndf, norm_D)
        self.model_names = ["G", "D"]
        if opt.lambda_proj:
            self.netD_proj = self.define_discriminator(opt, "projected", opt.ndf_proj, norm_D)
            self.model_names.append("D_proj")
        check_crop_size(opt, map(self._net, self.model_names), self.netD.map_side(opt.crop_size))
        self.prepare_training(opt)

        self.criterionGAN, self.criterion_proj = GANLoss(opt.gan_mode), GANLoss(opt.gan_mode_proj)
        self.lambda_proj = opt.lambda_proj
        self.features = self._shared_features()
        self.n_critic, self.diffaug = opt.n_critic, parse_policy(opt.diffaug)
        self.lambda_L1, self.lambda_ms = opt.lambda_L1, opt.lambda_ms
        self.lambda_gp = opt.lambda_gp

        betas = (opt.beta1, opt.beta2)
        self.optimizer_G = self.add_optimizer([self.netG], opt.lr, betas)
        self.optimizer_D = self.add_optimizer([c.net for c in self.critics], opt.lr_D or opt.lr, betas)
        self.update_D = self.graphed(partial(self.update, with_G=False))
        self.update_D_and_G = self.graphed(partial(self.update, with_G=True))

    @property
    def critics(self) -> list[Critic]:
        """The discriminators. `setup` may have replaced them by compiled ones, so the list is made anew."""
        critics = [Critic(self.netD, self.criterionGAN, 1.0, "")]
        if self.lambda_proj:
            critics.append(Critic(self.netD_proj, self.criterion_proj, self.lambda_proj, "_proj"))
        return critics

    def optimize_parameters(self) -> None:
        """Update the discriminators on the current batch, and the generator on every ``n_critic``-th."""
        self.check_batch()
        with_G = (self.n_updates + 1) % self.n_critic == 0
        losses = (self.update_D_and_G if with_G else self.update_D)(self.real_A, self.real_B)
        self.fake_B = losses.pop("fake_B")
        self.finish_update(losses, generator_updated=with_G, n_critic=self.n_critic)

    def update(self, real_A: Tensor, real_B: Tensor, *, with_G: bool) -> dict[str, Tensor]:
        """Update the discriminators, and then the generator if ``with_G``.

        Args:
            real_A: (N, input_nc, H, W) inputs in [-1, 1].
            real_B: (N, output_nc, H, W) targets in [-1, 1].
            with_G: whether the generator learns too.

        Returns:
            ``fake_B`` (N, output_nc, H, W), and the losses, scalars, by name; all detached.
        """
        # Generate; mode seeking compares two images of different noise.
        noises = [self._noise(real_A) for _ in range(2 if self.lambda_ms else 1)]
        with torch.set_grad_enabled(with_G):
            with self.precision.autocast():
                fakes = [self.netG(real_A, noise).float() for noise in noises]
            # All that is compared is augmented alike.
            condition, target, *images = diff_augment([real_A, real_B, *fakes], self.diffaug)
            fake_pairs = [self._pair(condition, image) for image in images]
        with torch.no_grad():
            real_pair = self._pair(condition, target)

        # Discriminators: tell real pairs from generated ones.
        losses = self.losses_D(real_pair, [pair.detach() for pair in fake_pairs])
        self.step(self.optimizer_D, losses.pop("total"))

        # Generator: pass for real, stay near the target, differ where the noise does.
        if with_G:
            terms = self.losses_G(fake_pairs, fakes, real_B, noises)
            self.step(self.optimizer_G, torch.stack(list(terms.values())).sum())
            losses |= terms
        return {"fake_B": fakes[0].detach()} | {name: loss.detach() for name, loss in losses.items()}

    def losses_D(self, real: Pair, fakes: list[Pair]) -> dict[str, Tensor]:
        """Compute the discriminators' losses by name, and the ``total`` to minimise.

        Half the sum of the real and the generated part, which slows the discriminators down (Isola et al.
        2017, section 3.3); for WGAN-GP the sum, and the gradient penalty.
        """
        losses: dict[str, Tensor] = {}
        totals = []
        for critic in self.critics:
            critic.net.requires_grad_(True)
            with self.precision.autocast():
                real_score, *fake_scores = critic.scores([real, *fakes])
            on_real = critic.criterion(real_score, True)
            on_fake = torch.stack([critic.criterion(score, False) for score in fake_scores]).mean()
            losses |= {f"D{critic.suffix}_real": on_real, f"D{critic.suffix}_fake": on_fake}
            if critic.criterion.gan_mode != "wgangp":
                totals.append(0.5 * (on_real + on_fake))
                continue
            # What the critic maximises, of a patch: an estimate of the Wasserstein distance, up to its scale.
            losses["W_distance"] = -(on_real + on_fake)
            found = [
                torch.stack(gradient_penalty(critic.net, real.images, fake.images, lambda_gp=self.lambda_gp))
                for fake in fakes
            ]
            losses["D_gp"], losses["grad_norm"] = torch.stack(found).mean(0).unbind()
            totals.append(on_real + on_fake + losses["D_gp"])
        return losses | {"total": torch.stack(totals).sum()}

    def losses_G(
        self,
        fake_pairs: list[Pair],
        fakes: list[Tensor],
        real_B: Tensor,
        noises: list[Tensor],
    ) -> dict[str, Tensor]:
        """Compute the generator's weighted losses by name; it minimises their sum."""
        losses: dict[str, Tensor] = {}
        for critic in self.critics:
            critic.net.requires_grad_(False)  # its weights need no gradient here
            with self.precision.autocast():
                scores = critic.scores(fake_pairs)
            verdicts = [critic.criterion(score, True, for_discriminator=False) for score in scores]
            losses[f"G_GAN{critic.suffix}"] = critic.weight * torch.stack(verdicts).mean()
        losses["G_L1"] = self.lambda_L1 * torch.stack([F.l1_loss(fake, real_B) for fake in fakes]).mean()
        if self.lambda_ms:
            losses["G_ms"] = self.lambda_ms * mode_seeking_loss(*fakes, *noises)
        return losses

    def define_discriminator(self, opt: Namespace, netD: str, ndf: int, norm: str) -> nn.Module:
        """Build a discriminator of (input, image) pairs, on the device."""
        net = define_D(
            opt.input_nc + opt.output_nc, ndf, netD, opt.n_layers_D, norm, opt.init_type, opt.init_gain,
            num_D=opt.num_D, image_nc=opt.output_nc,
        )  # fmt: skip
        return self.precision.place(net)

    def _shared_features(self) -> Features | None:
        """Return the one feature network that the critics share, or None."""
        for critic in self.critics:
            if checkpoint.unwrap(critic.net).takes_features:
                return checkpoint.unwrap(critic.net).features
        return None

    def _pair(self, condition: Tensor, image: Tensor) -> Pair:
        """Put a condition and an image side by side, and extract the image's features if they are used."""
        features = [] if self.features is None else self.features(image.expand(-1, 3, -1, -1))
        return Pair(torch.cat([condition, image], 1), features)

    def _noise(self, like: Tensor) -> Tensor | None:
        """Draw (N, nz) standard normal noise, or None without noise."""
        return torch.randn(like.shape[0], self.nz, device=self.device) if self.nz else None
