"""Generators: the U-Net of Isola et al. 2017 (arXiv:1611.07004) and the ResNet of Johnson et al. 2016.

Module names follow pix2pix's reference code, so that the keys of a state dict do too.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from models.architecture import Architecture
from models.choices import GENERATORS, RESNET_BLOCKS, UNET_DOWNS, WHERE_ADD
from models.networks.layers import Dropout, ResizeConv, needs_bias, norm_layer, up_conv, with_noise
from util.errors import UserError


class Refinement(nn.Module):
    """Convolutions at full resolution, whose result is added to the image that a U-Net is about to put out.

    The U-Net's last layer computes each pixel from 2 x 2 features of half the resolution. What is smaller
    than that, an eye or a hair, has to be painted here.

    Args:
        input_nc: channels of the U-Net's input.
        deep_nc: channels of the features at half resolution.
        output_nc: channels of the image.
        nc: channels in between.
        upsample: ``transpose`` or ``resize``, as for `up_conv`.
    """

    def __init__(self, input_nc: int, deep_nc: int, output_nc: int, nc: int, *, upsample: str):
        super().__init__()
        self.up = up_conv(deep_nc, nc, 4, bias=True, upsample=upsample)
        self.model = nn.Sequential(
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(input_nc + nc + output_nc, nc, 3, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(nc, nc, 3, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(nc, output_nc, 3, padding=1),
        )

    def forward(self, x: Tensor, deep: Tensor, image: Tensor) -> Tensor:
        """(N, input_nc, H, W), (N, deep_nc, H/2, W/2) and (N, output_nc, H, W) -> (N, output_nc, H, W)."""
        return image + self.model(torch.cat([x, self.up(deep), image], dim=1))


class UnetSkipConnectionBlock(nn.Module):
    """One level of the U-Net: down, the levels below, up, and the input beside the result.

    ``|-- down -- |levels below| -- up --|``, built from the innermost outwards.

    Args:
        outer_nc: channels that come out of the up convolution (half of what the level above receives).
        inner_nc: channels that go into the level below.
        input_nc: channels of the input; None: ``outer_nc``.
        submodule: the level below; None for the innermost.
        outermost: no normalisation, no skip, tanh at the end.
        norm: normalisation layer by name.
        use_dropout: dropout 0.5 after the up convolution.
        nz: length of the noise vector appended to the input of the down convolution.
        upsample: ``transpose`` or ``resize``, as for `up_conv`.
        refine: outermost: channels of a `Refinement` before the tanh, 0 for none.
    """

    def __init__(
        self,
        outer_nc: int,
        inner_nc: int,
        *,
        input_nc: int | None = None,
        submodule: UnetSkipConnectionBlock | None = None,
        outermost: bool = False,
        norm: str = "batch",
        use_dropout: bool = False,
        nz: int = 0,
        upsample: str = "transpose",
        refine: int = 0,
    ):
        super().__init__()
        self.outermost, self.nz = outermost, nz
        bias, normalise = needs_bias(norm), norm_layer(norm)
        down = nn.Conv2d((input_nc or outer_nc) + nz, inner_nc, 4, stride=2, padding=1, bias=bias)
        up_nc = inner_nc if submodule is None else 2 * inner_nc
        up = up_conv(up_nc, outer_nc, 4, bias=bias or outermost, upsample=upsample)
        below = [] if submodule is None else [submodule]
        if outermost:
            layers = [down, *below, nn.ReLU(inplace=True), up, nn.Tanh()]
        else:
            before = [nn.LeakyReLU(0.2, inplace=True), down]
            before += [] if submodule is None else [normalise(inner_nc)]
            layers = [*before, *below, nn.ReLU(inplace=True), up, normalise(outer_nc)]
            if use_dropout and submodule is not None:
                layers.append(Dropout(0.5))
        self.model = nn.Sequential(*layers)
        self.refine = (
            Refinement(input_nc or outer_nc, up_nc, outer_nc, refine, upsample=upsample) if refine else None
        )

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """(N, input_nc, H, W) -> (N, outer_nc, H, W) outermost, else (N, input_nc + outer_nc, H, W)."""
        # The first layer works in place, as in pix2pix: what skips is x after its LeakyReLU. The ReLU that
        # follows above makes no difference between the two.
        y = x
        for layer in self.model:
            if isinstance(layer, UnetSkipConnectionBlock):
                y = layer(y, z)
            elif isinstance(layer, nn.Conv2d):
                y = layer(with_noise(y, z) if self.nz else y)
            elif self.refine is not None and isinstance(layer, nn.ConvTranspose2d | ResizeConv):
                y = self.refine(x, y, layer(y))
            else:
                y = layer(y)
        return y if self.outermost else torch.cat([x, y], dim=1)


class UnetGenerator(nn.Module):
    """The U-Net with ``num_downs`` halvings: 8 take 256 x 256 pixels to one (54.414 M parameters at ngf 64).

    Args:
        input_nc: channels of the input image.
        output_nc: channels of the output image.
        num_downs: levels; images must be multiples of 2 ** num_downs.
        ngf: channels of the first level; 8 ngf at the deepest ones.
        norm: normalisation by name.
        use_dropout: dropout 0.5 in the deepest decoder levels (the paper's only source of noise).
        nz: length of the noise vector, 0 for none.
        where_add: ``all``: noise at every encoder level; ``input``: at the first alone (MSGAN, BicycleGAN).
        upsample: ``transpose`` or ``resize``, as for `up_conv`.
        refine: channels of a `Refinement` at full resolution, 0 for none, as in pix2pix.
    """

    def __init__(
        self,
        input_nc: int,
        output_nc: int,
        num_downs: int,
        *,
        ngf: int = 64,
        norm: str = "batch",
        use_dropout: bool = False,
        nz: int = 0,
        where_add: str = "all",
        upsample: str = "transpose",
        refine: int = 0,
    ):
        super().__init__()
        self.nz, self.multiple, self.px_bytes = nz, 2**num_downs, 4 * ngf + 12 * refine
        inner: dict[str, Any] = {"norm": norm, "nz": nz if where_add == "all" else 0, "upsample": upsample}
        block = UnetSkipConnectionBlock(8 * ngf, 8 * ngf, **inner)
        for _ in range(num_downs - 5):
            block = UnetSkipConnectionBlock(
                8 * ngf, 8 * ngf, submodule=block, use_dropout=use_dropout, **inner
            )
        for factor in (4, 2, 1):
            block = UnetSkipConnectionBlock(factor * ngf, 2 * factor * ngf, submodule=block, **inner)
        self.model = UnetSkipConnectionBlock(
            output_nc,
            ngf,
            input_nc=input_nc,
            submodule=block,
            outermost=True,
            norm=norm,
            nz=nz,
            upsample=upsample,
            refine=refine,
        )

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """Generate.

        Args:
            x: (N, input_nc, H, W) in [-1, 1], H and W multiples of ``self.multiple``.
            z: (N, nz) standard normal noise, if nz > 0.

        Returns:
            (N, output_nc, H, W) in [-1, 1].
        """
        return self.model(x, z)


class ResnetBlock(nn.Module):
    """Two 3x3 convolutions with reflection padding and a skip (Johnson et al. 2016, supplement)."""

    def __init__(self, dim: int, *, norm: str, use_dropout: bool):
        super().__init__()
        bias, normalise = needs_bias(norm), norm_layer(norm)
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(dim, dim, 3, bias=bias),
            normalise(dim),
            nn.ReLU(inplace=True),
            *([Dropout(0.5)] if use_dropout else []),
            nn.ReflectionPad2d(1),
            nn.Conv2d(dim, dim, 3, bias=bias),
            normalise(dim),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, dim, H, W) -> (N, dim, H, W)."""
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    """Two halvings, ``n_blocks`` residual blocks, two doublings (Johnson et al. 2016, as in CycleGAN).

    Args:
        input_nc: channels of the input image.
        output_nc: channels of the output image.
        n_blocks: residual blocks.
        ngf: channels of the first level.
        norm: normalisation by name.
        use_dropout: dropout 0.5 in the residual blocks.
        nz: length of the noise vector, appended to the input; 0 for none.
        upsample: ``transpose`` or ``resize``, as for `up_conv`.
    """

    multiple = 4

    def __init__(
        self,
        input_nc: int,
        output_nc: int,
        n_blocks: int,
        *,
        ngf: int = 64,
        norm: str = "batch",
        use_dropout: bool = False,
        nz: int = 0,
        upsample: str = "transpose",
    ):
        super().__init__()
        self.nz, self.px_bytes = nz, 10 * ngf
        bias, normalise = needs_bias(norm), norm_layer(norm)
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(input_nc + nz, ngf, 7, bias=bias),
            normalise(ngf),
            nn.ReLU(inplace=True),
        ]
        for nc in (ngf, 2 * ngf):
            layers += [
                nn.Conv2d(nc, 2 * nc, 3, stride=2, padding=1, bias=bias),
                normalise(2 * nc),
                nn.ReLU(True),
            ]
        layers += [ResnetBlock(4 * ngf, norm=norm, use_dropout=use_dropout) for _ in range(n_blocks)]
        for nc in (4 * ngf, 2 * ngf):
            up = up_conv(nc, nc // 2, 3, bias=bias, upsample=upsample)
            layers += [up, normalise(nc // 2), nn.ReLU(True)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, output_nc, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """(N, input_nc, H, W) in [-1, 1] and (N, nz) noise -> (N, output_nc, H, W) in [-1, 1]."""
        return self.model(with_noise(x, z))


def build_generator(architecture: Architecture) -> UnetGenerator | ResnetGenerator:
    """Build a generator, without initialising its weights.

    Raises:
        UserError: an unknown name, or noise at every level of a network that has no levels.
    """
    a = architecture
    if a.where_add not in WHERE_ADD:
        raise UserError(f"--where_add {a.where_add!r} is not known: choose from {', '.join(WHERE_ADD)}")
    common: dict[str, Any] = {
        "ngf": a.ngf, "norm": a.norm, "use_dropout": not a.no_dropout, "nz": a.nz, "upsample": a.upsample
    }  # fmt: skip
    if a.netG in UNET_DOWNS:
        return UnetGenerator(
            a.input_nc, a.output_nc, UNET_DOWNS[a.netG], where_add=a.where_add, refine=a.refine, **common
        )
    if a.refine:
        raise UserError(f"--refine {a.refine} needs a U-Net: --netG {a.netG} is none")
    if a.netG in RESNET_BLOCKS:
        if a.nz and a.where_add == "all":
            raise UserError(f"--netG {a.netG} takes noise only at its input: add --where_add input")
        return ResnetGenerator(a.input_nc, a.output_nc, RESNET_BLOCKS[a.netG], **common)
    raise UserError(f"--netG {a.netG!r} is not known: choose from {', '.join(GENERATORS)}")
