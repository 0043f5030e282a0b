"""pix2pix: a conditional GAN that translates images to images (Isola et al. 2017, arXiv:1611.07004).

The objective is the paper's equation 4, G* = arg min_G max_D L_cGAN(G, D) + lambda_L1 L_L1(G). Options select
another adversarial loss, or add a mode-seeking loss, a color loss or a discriminator on pretrained features.
"""

import argparse
from argparse import Namespace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.adversary import Adversary, Pair, WassersteinAdversary
from models.base_model import BaseModel
from models.losses import mode_seeking_loss
from models.networks import define_D
from models.pix2pix_options import add_objective_options, check_crop_size, check_objective

# Side of the squares over which the --lambda_color loss averages colors.
_COLOR_PX = 8


class Pix2PixModel(BaseModel):
    """A generator and one or two discriminators for (input, image) pairs. They are trained alternately."""

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Add the loss weights. Their defaults depend on the objective."""
        parser.set_defaults(dataset_mode="aligned")
        if is_train:
            add_objective_options(parser, known.gan_mode)

    def __init__(self, opt: Namespace):
        super().__init__(opt)
        self.netG = self.define_generator(opt)
        if not self.isTrain:
            return
        check_objective(opt)
        self.netD, self.model_names = self.define_discriminator(opt, opt.netD, opt.ndf), ["G", "D"]
        if opt.lambda_proj:
            self.netD_proj = self.define_discriminator(opt, "projected", opt.ndf_proj)
            self.model_names.append("D_proj")
        check_crop_size(opt, map(self._net, self.model_names), self.netD.map_side(opt.crop_size))
        self.prepare_training(opt)

        self.adversaries = self.make_adversaries(opt)
        # All adversaries share one feature network.
        self.features = next((a.net.features for a in self.adversaries if a.net.takes_features), None)
        self.n_critic, self.lambda_L1, self.lambda_ms = opt.n_critic, opt.lambda_L1, opt.lambda_ms
        self.lambda_color = opt.lambda_color

        betas = (opt.beta1, opt.beta2)
        self.optimizer_G = self.add_optimizer([self.netG], opt.lr, betas)
        self.optimizer_D = self.add_optimizer([a.net for a in self.adversaries], opt.lr_D or opt.lr, betas)
        self.update_D = self.graphed(partial(self.update, with_G=False))
        self.update_D_and_G = self.graphed(partial(self.update, with_G=True))

    def define_discriminator(self, opt: Namespace, netD: str, ndf: int) -> nn.Module:
        """Build a discriminator for (input, image) pairs on the device."""
        net = define_D(
            opt.input_nc + opt.output_nc, ndf, netD, opt.n_layers_D, opt.norm_D or opt.norm, opt.init_type,
            opt.init_gain, image_nc=opt.output_nc,
        )  # fmt: skip
        return self.precision.place(net)

    def make_adversaries(self, opt: Namespace) -> list[Adversary]:
        """Combine each discriminator with its objective."""
        if opt.gan_mode == "wgangp":
            first: Adversary = WassersteinAdversary(self.netD, self.precision, lambda_gp=opt.lambda_gp)
        else:
            first = Adversary(self.netD, opt.gan_mode, self.precision)
        if not opt.lambda_proj:
            return [first]
        how = {"weight": opt.lambda_proj, "suffix": "_proj"}
        return [first, Adversary(self.netD_proj, opt.gan_mode_proj, self.precision, **how)]

    def optimize_parameters(self) -> None:
        """Update the discriminators on every batch and the generator on every ``n_critic``-th batch."""
        self.check_batch()
        with_G = (self.n_updates + 1) % self.n_critic == 0
        losses = (self.update_D_and_G if with_G else self.update_D)(self.real_A, self.real_B)
        self.fake_B = losses.pop("fake_B")
        self.finish_update(losses, generator_updated=with_G, n_critic=self.n_critic)

    def update(self, real_A: Tensor, real_B: Tensor, *, with_G: bool) -> dict[str, Tensor]:
        """Update the discriminators on images in [-1, 1] and, if ``with_G``, then the generator.

        Returns:
            A dict with ``fake_B``, (N, output_nc, H, W), and the scalar losses by name, all detached.
        """
        # Generate images. Mode seeking needs two images from different noise.
        noises = [self._noise(real_A) for _ in range(2 if self.lambda_ms else 1)]  # 1 or 2 x (N, nz) or None
        with torch.set_grad_enabled(with_G):
            with self.precision.autocast():
                fakes = [self.netG(real_A, z).float() for z in noises]  # 1 or 2 x (N, output_nc, H, W)
            fake_pairs = [self._pair(real_A, fake) for fake in fakes]  # (N, input_nc + output_nc, H, W)
        with torch.no_grad():
            real_pair = self._pair(real_A, real_B)  # (N, input_nc + output_nc, H, W)

        # The discriminators learn to distinguish real pairs from generated pairs.
        totals: list[Tensor] = []
        losses: dict[str, Tensor] = {}
        for adversary in self.adversaries:
            total, parts = adversary.loss_D(real_pair, [pair.detach() for pair in fake_pairs])
            totals.append(total)
            losses |= parts
        self.step(self.optimizer_D, torch.stack(totals).sum())

        # The generator learns to fool the discriminators, match the target, and vary with the noise.
        if with_G:
            terms = self.losses_G(fake_pairs, fakes, real_B, noises)
            self.step(self.optimizer_G, torch.stack(list(terms.values())).sum())
            losses |= terms
        return {"fake_B": fakes[0].detach()} | {name: loss.detach() for name, loss in losses.items()}

    def losses_G(
        self, fake_pairs: list[Pair], fakes: list[Tensor], real_B: Tensor, noises: list[Tensor]
    ) -> dict[str, Tensor]:
        """Return the generator's weighted losses by name. The generator minimizes their sum."""
        losses: dict[str, Tensor] = {}
        for adversary in self.adversaries:
            losses |= adversary.loss_G(fake_pairs)
        losses["G_L1"] = self.lambda_L1 * torch.stack([F.l1_loss(fake, real_B) for fake in fakes]).mean()
        if self.lambda_color:
            coarse, *coarse_fakes = (F.avg_pool2d(image, _COLOR_PX) for image in (real_B, *fakes))
            distances = torch.stack([F.l1_loss(fake, coarse) for fake in coarse_fakes])
            losses["G_color"] = self.lambda_color * distances.mean()
        if self.lambda_ms:
            losses["G_ms"] = self.lambda_ms * mode_seeking_loss(*fakes, *noises)
        return losses

    def _pair(self, condition: Tensor, image: Tensor) -> Pair:
        """Concatenate condition and image, and compute the image's features if an adversary uses them."""
        features = [] if self.features is None else self.features(image.expand(-1, 3, -1, -1))
        return Pair(torch.cat([condition, image], 1), features)

    def _noise(self, like: Tensor) -> Tensor | None:
        """Draw standard normal noise, (N, nz), or return None if the generator takes no noise."""
        return torch.randn(like.shape[0], self.nz, device=self.device) if self.nz else None
