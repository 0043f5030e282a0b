"""Generators and discriminators as plain modules, by pix2pix's names and with its state-dict keys."""

from __future__ import annotations

from typing import Any

from torch import nn

from models.architecture import Architecture
from models.networks.discriminators import build_discriminator
from models.networks.generators import build_generator
from models.networks.initialisation import init_weights
from models.networks.layers import set_inference

__all__ = ["build_generator", "define_D", "define_G", "init_weights", "set_inference"]


def define_G(
    input_nc: int,
    output_nc: int,
    ngf: int,
    netG: str,
    norm: str = "batch",
    use_dropout: bool = False,
    init_type: str = "normal",
    init_gain: float = 0.02,
    **more: Any,
) -> nn.Module:
    """Build a generator and initialise its weights.

    Args:
        input_nc: channels of the input image.
        output_nc: channels of the output image.
        ngf: channels of the first level.
        netG: ``unet_128``, ``unet_256``, ``resnet_6blocks`` or ``resnet_9blocks``.
        norm: one of `models.choices.NORMS`.
        use_dropout: dropout 0.5 where the network has its place for it.
        init_type: ``normal``, ``xavier``, ``kaiming`` or ``orthogonal``.
        init_gain: scale of the first weights.
        more: further fields of `Architecture`, such as ``nz``.

    Returns:
        A module (N, input_nc, H, W)[, (N, nz)] -> (N, output_nc, H, W), images in [-1, 1]; H and W
        must be multiples of its attribute ``multiple``.

    Raises:
        UserError: an unknown name.
    """
    architecture = Architecture(input_nc, output_nc, netG, ngf, norm, not use_dropout, **more)
    return init_weights(build_generator(architecture), init_type, init_gain)


def define_D(
    input_nc: int,
    ndf: int,
    netD: str,
    n_layers_D: int = 3,
    norm: str = "batch",
    init_type: str = "normal",
    init_gain: float = 0.02,
    num_D: int = 2,
    image_nc: int = 3,
) -> nn.Module:
    """Build a discriminator and initialise its weights.

    Args:
        input_nc: channels of condition and image together.
        ndf: channels of the first layer.
        netD: ``basic`` (the 70x70 PatchGAN), ``n_layers``, ``pixel``, ``multi`` (``num_D`` scales) or
            ``projected`` (on pretrained features; its own spectral norm, whatever ``norm`` says).
        n_layers_D: strided layers, for ``n_layers`` and ``multi``.
        norm: ``batch``, ``instance``, ``none`` or ``spectral``.
        init_type: ``normal``, ``xavier``, ``kaiming`` or ``orthogonal``.
        init_gain: scale of the first weights.
        num_D: scales, for ``multi``.
        image_nc: how many of the channels are the image's, for ``projected``; they come last.

    Returns:
        A module (N, input_nc, H, W) -> raw patch scores (N, 1, H', W'), a list of them for ``multi`` and
        ``projected``.

    Raises:
        UserError: an unknown name.
    """
    net = build_discriminator(
        netD, input_nc, ndf=ndf, n_layers_D=n_layers_D, norm=norm, num_D=num_D, image_nc=image_nc
    )
    return init_weights(net, init_type, init_gain)
