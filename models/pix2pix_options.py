"""Options for pix2pix's losses, and checks for combinations that cannot work."""

import argparse
from argparse import Namespace
from collections.abc import Iterable

from torch import nn

from models.inference import size_multiple
from util.errors import UserError
from util.parsing import OptionGroup, non_negative, positive, positive_int, two_or_more

# Objectives of the projected discriminator. Objectives with a gradient penalty are not supported.
GAN_MODES_PROJ = ("hinge", "lsgan", "vanilla")


def add_objective_options(parser: argparse.ArgumentParser, gan_mode: str) -> None:
    """Add the loss weights. Their defaults depend on ``gan_mode``."""
    add = OptionGroup(parser, "pix2pix").add
    add("--lambda_L1", 100.0, non_negative, "weight of the L1 distance to the target (10 with wgangp)")
    add("--lambda_color", 0.0, non_negative, "weight of the L1 distance between averages over 8 x 8 px, to "
    "preserve colors without affecting texture; 0: none")  # fmt: skip
    add("--lambda_gp", 10.0, non_negative, "gradient penalty weight for --gan_mode wgangp")
    add("--n_critic", 1, positive_int, "discriminator updates per generator update (5 with wgangp)")
    add("--lambda_ms", 0.0, non_negative, "weight of the mode-seeking loss; needs --nz (0.3 with msgan)")
    add("--lr_D", None, positive, "discriminator learning rate; default: the --lr value")
    add("--lambda_proj", 0.0, non_negative, "weight of a discriminator on pretrained features; 0: none")
    add("--ndf_proj", 64, two_or_more, "channels in the first layer of the projected discriminator")
    add("--gan_mode_proj", "hinge", GAN_MODES_PROJ, "the projected discriminator's objective")
    if gan_mode == "wgangp":
        parser.set_defaults(norm_D="none", beta1=0.0, beta2=0.9, n_critic=5, lambda_L1=10.0)
    elif gan_mode == "msgan":
        # With a weight of 1, the best of five samples was 21% farther from the target than with LSGAN. With
        # 0.3, it was just as close.
        parser.set_defaults(nz=8, lambda_ms=0.3)


def check_objective(opt: Namespace) -> None:
    """Raise `UserError` if a combination of options cannot work."""
    if opt.gan_mode == "wgangp" and (opt.norm_D or opt.norm) == "batch":
        raise UserError(
            "--gan_mode wgangp with --norm_D batch: the gradient penalty needs independent samples, and "
            "batch norm mixes them (Gulrajani et al. 2017, section 4): choose --norm_D none or instance"
        )
    if opt.lambda_ms and not opt.nz:
        raise UserError(f"--lambda_ms {opt.lambda_ms} needs a noise vector: add --nz 8")
    if opt.compile and opt.gan_mode == "wgangp":
        raise UserError(
            "leave out --compile: it does not support the second derivatives that wgangp's penalty needs"
        )
    if opt.pool_size:
        raise UserError(f"--pool_size {opt.pool_size}: pix2pix has no image pool; only 0 is possible")


def check_fixed(opt: Namespace, fixed: dict[str, object]) -> None:
    """Raise `UserError` if an option differs from the only value that the model supports."""
    for name, value in fixed.items():
        if getattr(opt, name, value) != value:
            way_out = "leave it out" if name in opt.explicit else f"add --{name} {value}"
            raise UserError(f"--model {opt.model} does not support --{name} {getattr(opt, name)}: {way_out}")


def check_crop_size(opt: Namespace, nets: Iterable[nn.Module], map_side: int) -> None:
    """Raise `UserError` if a network does not support the crop size.

    ``map_side`` is the side of the discriminator's score map. If it is below 1, the crop is too small.
    """
    if "crop" not in opt.preprocess:
        return
    multiple = size_multiple(nets)
    if opt.crop_size % multiple:
        raise UserError(
            f"--crop_size {opt.crop_size} must be a multiple of {multiple} for --netG {opt.netG}; "
            "--netG unet_128 takes any multiple of 128, the resnets any multiple of 4, and a projected "
            "discriminator any multiple of 32"
        )
    if map_side < 1:
        raise UserError(
            f"--crop_size {opt.crop_size} is too small for --netD {opt.netD} with --n_layers_D "
            f"{opt.n_layers_D}: lower --n_layers_D, or raise --crop_size"
        )
