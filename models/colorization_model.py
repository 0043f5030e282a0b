"""Colorization: pix2pix from the lightness L of a photo to its color ab (CIE Lab)."""

import argparse
from argparse import Namespace

import torch
from torch import Tensor

from models.base_model import BaseModel
from models.losses import GANLoss
from models.networks import define_D
from models.pix2pix_options import check_crop_size, check_fixed
from util.image import lab_to_rgb
from util.parsing import non_negative

FIXED = {"input_nc": 1, "output_nc": 2, "direction": "AtoB", "netD": "basic", "gan_mode": "lsgan",
         "nz": 0, "edge_aug": False, "splice": 0.0}  # fmt: skip


class ColorizationModel(BaseModel):
    """A generator and a PatchGAN trained on plain photos with LSGAN and L1 (``--model colorization``)."""

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Set the dataset and channel defaults, and add ``--lambda_L1``."""
        parser.set_defaults(dataset_mode="colorization", **FIXED)
        if is_train:
            parser.add_argument(
                "--lambda_L1", type=non_negative, default=100.0, help="weight of the L1 loss of ab"
            )

    def __init__(self, opt: Namespace):
        super().__init__(opt)
        check_fixed(opt, FIXED)
        self.netG = self.define_generator(opt)
        if self.isTrain:
            net = define_D(3, opt.ndf, "basic", 3, opt.norm_D or opt.norm, opt.init_type, opt.init_gain)
            self.netD, self.model_names = self.precision.place(net), ["G", "D"]
            check_crop_size(opt, [self.netG], net.map_side(opt.crop_size))
            self.prepare_training(opt)
            self.optimizer_G = self.add_optimizer([self.netG], opt.lr, (opt.beta1, opt.beta2))
            self.optimizer_D = self.add_optimizer([self.netD], opt.lr, (opt.beta1, opt.beta2))
            self.criterionGAN, self.lambda_L1 = GANLoss("lsgan"), opt.lambda_L1
            self.fast_update = self.graphed(self.update)

    def optimize_parameters(self) -> None:
        """Update the discriminator, then the generator."""
        self.check_batch()
        losses = self.fast_update(self.real_A, self.real_B)
        self.fake_B = losses.pop("fake_B")
        self.finish_update(losses)

    def update(self, L: Tensor, ab: Tensor) -> dict[str, Tensor]:
        """Take (N, 1, H, W) and (N, 2, H, W) in [-1, 1]; return ``fake_B`` and the losses, detached."""
        with self.precision.autocast():
            fake = self.netG(L).float()
            self.netD.requires_grad_(True)
            real_score, fake_score = (self.netD(torch.cat([L, x], 1)) for x in (ab, fake.detach()))
        D_real, D_fake = self.criterionGAN(real_score, True), self.criterionGAN(fake_score, False)
        self.step(self.optimizer_D, 0.5 * (D_real + D_fake))
        self.netD.requires_grad_(False)  # its weights need no gradient here
        with self.precision.autocast():
            G_GAN = self.criterionGAN(self.netD(torch.cat([L, fake], 1)), True, for_discriminator=False)
        G_L1 = self.lambda_L1 * (fake - ab).abs().mean()
        self.step(self.optimizer_G, G_GAN + G_L1)
        out = {"fake_B": fake, "D_real": D_real, "D_fake": D_fake, "G_GAN": G_GAN, "G_L1": G_L1}
        return {name: value.detach() for name, value in out.items()}

    def get_current_visuals(self) -> dict[str, Tensor]:
        """Return the images of the current batch in RGB, for galleries and metrics."""
        gray = torch.full_like(self.real_A, 128 / 127.5 - 1).expand(-1, 2, -1, -1)  # a = b = 0
        visuals = super().get_current_visuals() | {"real_A": gray}
        return {name: lab_to_rgb(self.real_A, ab) for name, ab in visuals.items()}
