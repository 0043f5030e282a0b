"""Generators: the U-Net of Isola et al. 2017 (arXiv:1611.07004) and the ResNet of Johnson et al. 2016.

Module names follow pix2pix's reference code, so that state dicts have the same keys.
"""

from typing import Any

import torch
from torch import Tensor, nn

from models.architecture import Architecture
from models.choices import GENERATORS, RESNET_BLOCKS, UNET_DOWNS, WHERE_ADD, check_choice
from models.networks.initialization import init_weights
from models.networks.layers import Dropout, ResizeConv, needs_bias, norm_layer, up_conv, with_noise
from util.errors import UserError


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
    """Build a generator and initialize its weights.

    Args:
        input_nc: number of channels in the input image.
        output_nc: number of channels in the output image.
        ngf: number of channels in the first level.
        netG: one of `GENERATORS`.
        norm: one of `models.choices.NORMS`.
        use_dropout: whether to use dropout 0.5 in a U-Net's deepest decoder levels or in residual blocks.
        init_type, init_gain: see `init_weights`.
        more: further fields of `Architecture`, such as ``nz``.

    Returns:
        A module from images, (N, input_nc, H, W), and optional noise, (N, nz), to (N, output_nc, H, W).
        Images are in [-1, 1]. H and W must be multiples of the module's attribute ``multiple``.

    Raises:
        UserError: a name is unknown.
    """
    architecture = Architecture(input_nc, output_nc, netG, ngf, norm, not use_dropout, **more)
    return init_weights(build_generator(architecture), init_type, init_gain)


def build_generator(a: Architecture) -> nn.Module:
    """Build a generator without initializing its weights; raise `UserError` for unknown names."""
    check_choice("where_add", a.where_add, WHERE_ADD)
    check_choice("netG", a.netG, GENERATORS)
    if a.netG in UNET_DOWNS:
        return UnetGenerator(a)
    if a.refine:
        raise UserError(f"--refine {a.refine} needs a U-Net; --netG {a.netG} is not one")
    if a.nz and a.where_add == "all":
        raise UserError(f"--netG {a.netG} takes noise only at its input: add --where_add input")
    return ResnetGenerator(a)


# Weights for two chroma axes, green-magenta and red-blue. For each axis, the first three weights map RGB to a
# position on the axis, and the other three map the position back to RGB.
_CHROMA = (((-0.5, 1.0, -0.5), (-1 / 3, 2 / 3, -1 / 3)), ((1.0, 0.0, -1.0), (0.5, 0.0, -0.5)))
_HINT_SCALE = 0.32  # ratio of hint levels to color values, equal to `data.hints.SCALE`


class Refinement(nn.Module):
    """Convolutions at full resolution, whose result is added to the U-Net's image before the tanh.

    The U-Net's last layer computes each pixel from 2 x 2 features at half the resolution. This module adds
    smaller details, such as eyes and hair.
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

    @torch.no_grad()
    def after_init_weights(self) -> None:
        """Initialize the last four channels so that they copy the input's chroma to the output.

        Learning colors from hints by gradients alone would take hours, because hints have only a third of an
        image's range. Each of the two chroma axes uses one channel per sign: leaky(x) - leaky(-x) = 1.2 x.
        """
        first, second, last = (layer for layer in self.model if isinstance(layer, nn.Conv2d))
        nc, input_nc = second.out_channels, first.in_channels - second.out_channels - last.out_channels
        if nc < 8 or input_nc != 3 or last.out_channels != 3:
            return
        for axis, (weights, color) in enumerate(_CHROMA):
            ends = torch.tensor([1.0, -1.0])
            rows = slice(nc - 4 + 2 * axis, nc - 2 + 2 * axis)
            for layer in (first, second):
                layer.weight[rows], layer.bias[rows] = 0, 0
            last.weight[:, rows] = 0
            first.weight[rows, :3, 1, 1] = ends[:, None] * torch.tensor(weights) / 0.2
            second.weight[rows, rows, 1, 1] = torch.outer(ends, ends) / 1.2
            last.weight[:, rows, 1, 1] = torch.outer(torch.tensor(color), ends) / (1.2 * _HINT_SCALE)

    def forward(self, x: Tensor, deep: Tensor, image: Tensor) -> Tensor:
        """(N, input_nc, H, W), (N, deep_nc, H/2, W/2) and (N, output_nc, H, W) -> (N, output_nc, H, W)."""
        return image + self.model(torch.cat([x, self.up(deep), image], dim=1))


class UnetSkipConnectionBlock(nn.Module):
    """One level of the U-Net: ``|-- down -- |levels below| -- up --|``, concatenated with its input.

    Args:
        outer_nc: the up convolution's number of output channels.
        inner_nc: number of channels that enter ``submodule``.
        norm, upsample, nz: as in `Architecture`.
        input_nc: number of input channels; None: ``outer_nc``.
        submodule: the level below; None: this is the innermost level.
        outermost: whether this level has no normalization and no skip connection, and ends with tanh.
        use_dropout: whether to apply dropout 0.5 after the up convolution.
        refine: number of channels in the `Refinement` before the tanh; 0: no refinement.
    """

    def __init__(
        self,
        outer_nc: int,
        inner_nc: int,
        *,
        norm: str,
        upsample: str,
        nz: int,
        input_nc: int | None = None,
        submodule: nn.Module | None = None,
        outermost: bool = False,
        use_dropout: bool = False,
        refine: int = 0,
    ):
        super().__init__()
        self.outermost, self.nz, input_nc = outermost, nz, input_nc or outer_nc
        bias, normalize = needs_bias(norm), norm_layer(norm)
        down = nn.Conv2d(input_nc + nz, inner_nc, 4, stride=2, padding=1, bias=bias)
        up_nc = inner_nc if submodule is None else 2 * inner_nc
        up = up_conv(up_nc, outer_nc, 4, bias=bias or outermost, upsample=upsample)
        below = [] if submodule is None else [submodule]
        if outermost:
            layers = [down, *below, nn.ReLU(inplace=True), up, nn.Tanh()]
        else:
            before = [nn.LeakyReLU(0.2, inplace=True), down]
            before += [] if submodule is None else [normalize(inner_nc)]
            layers = [*before, *below, nn.ReLU(inplace=True), up, normalize(outer_nc)]
            layers += [Dropout(0.5)] if use_dropout else []
        self.model = nn.Sequential(*layers)
        self.refine = Refinement(input_nc, up_nc, outer_nc, refine, upsample=upsample) if refine else None

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """(N, input_nc, H, W) -> (N, input_nc + outer_nc, H, W), or (N, outer_nc, H, W) if outermost."""
        # As in pix2pix, the LeakyReLU changes x in place. This does not change the result, because a ReLU
        # follows the skip connection.
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
    """The U-Net. Eight halvings reduce 256 x 256 pixels to one pixel (54.414 M parameters with ngf 64).

    Noise is concatenated to every level's input or, with ``where_add="input"``, only to the first level's,
    as in MSGAN and BicycleGAN.
    """

    def __init__(self, a: Architecture):
        super().__init__()
        num_downs, ngf = UNET_DOWNS[a.netG], a.ngf
        self.nz, self.multiple, self.px_bytes = a.nz, 2**num_downs, 4 * ngf + 12 * a.refine
        common: dict[str, Any] = {"norm": a.norm, "upsample": a.upsample}
        inner = common | {"nz": a.nz if a.where_add == "all" else 0}
        block = UnetSkipConnectionBlock(8 * ngf, 8 * ngf, **inner)
        for _ in range(num_downs - 5):  # dropout in these levels is the only source of noise in the paper
            block = UnetSkipConnectionBlock(
                8 * ngf, 8 * ngf, submodule=block, use_dropout=not a.no_dropout, **inner
            )
        for factor in (4, 2, 1):
            block = UnetSkipConnectionBlock(factor * ngf, 2 * factor * ngf, submodule=block, **inner)
        self.model = UnetSkipConnectionBlock(
            a.output_nc, ngf, input_nc=a.input_nc, submodule=block, outermost=True, nz=a.nz, refine=a.refine,
            **common,
        )  # fmt: skip

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """(N, input_nc, H, W) in [-1, 1] and (N, nz) noise -> (N, output_nc, H, W) in [-1, 1]."""
        return self.model(x, z)


class ResnetBlock(nn.Module):
    """A residual block of two 3x3 convolutions with reflection padding (Johnson et al. 2016, supplement)."""

    def __init__(self, dim: int, *, norm: str, use_dropout: bool):
        super().__init__()
        bias, normalize = needs_bias(norm), norm_layer(norm)
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(dim, dim, 3, bias=bias),
            normalize(dim),
            nn.ReLU(inplace=True),
            *([Dropout(0.5)] if use_dropout else []),
            nn.ReflectionPad2d(1),
            nn.Conv2d(dim, dim, 3, bias=bias),
            normalize(dim),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, dim, H, W) -> (N, dim, H, W)."""
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    """Two downsampling layers, residual blocks, and two upsampling layers (Johnson et al. 2016)."""

    multiple = 4

    def __init__(self, a: Architecture):
        super().__init__()
        ngf, bias, normalize = a.ngf, needs_bias(a.norm), norm_layer(a.norm)
        self.nz, self.px_bytes = a.nz, 10 * ngf
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(a.input_nc + a.nz, ngf, 7, bias=bias),
            normalize(ngf),
            nn.ReLU(inplace=True),
        ]
        for nc in (ngf, 2 * ngf):
            down = nn.Conv2d(nc, 2 * nc, 3, stride=2, padding=1, bias=bias)
            layers += [down, normalize(2 * nc), nn.ReLU(inplace=True)]
        for _ in range(RESNET_BLOCKS[a.netG]):
            layers.append(ResnetBlock(4 * ngf, norm=a.norm, use_dropout=not a.no_dropout))
        for nc in (4 * ngf, 2 * ngf):
            up = up_conv(nc, nc // 2, 3, bias=bias, upsample=a.upsample)
            layers += [up, normalize(nc // 2), nn.ReLU(inplace=True)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, a.output_nc, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """(N, input_nc, H, W) in [-1, 1] and (N, nz) noise -> (N, output_nc, H, W) in [-1, 1]."""
        return self.model(with_noise(x, z))
