"""Discriminators that score an image patch by patch (Isola et al. 2017, section 3.2.2)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.choices import DISCRIMINATORS, NORMS_D
from models.networks.layers import needs_bias, norm_layer
from models.networks.projected import ProjectedDiscriminator
from util.errors import UserError


class NLayerDiscriminator(nn.Module):
    """The PatchGAN: 4x4 convolutions, stride 2 ``n_layers`` times, then two of stride 1.

    With three layers each score sees 70 x 70 pixels (2.769 M parameters at ndf 64 and six channels).

    Args:
        input_nc: channels of condition and image together.
        ndf: channels of the first layer; at most 8 ndf.
        n_layers: strided layers.
        norm: ``batch``, ``instance``, ``none``, or ``spectral`` (Miyato et al. 2018: every convolution's
            weight is divided by its largest singular value).
    """

    takes_features = False

    def __init__(self, input_nc: int, ndf: int = 64, n_layers: int = 3, norm: str = "batch"):
        super().__init__()
        wrap = spectral_norm if norm == "spectral" else lambda layer: layer
        normalise = norm_layer("none" if norm == "spectral" else norm)
        bias = needs_bias(norm)
        layers: list[nn.Module] = [
            wrap(nn.Conv2d(input_nc, ndf, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        nc = ndf
        for layer in range(1, n_layers + 1):
            stride, wider = (2 if layer < n_layers else 1), min(2**layer, 8) * ndf
            layers += [wrap(nn.Conv2d(nc, wider, 4, stride=stride, padding=1, bias=bias))]
            layers += [normalise(wider), nn.LeakyReLU(0.2, inplace=True)]
            nc = wider
        layers += [wrap(nn.Conv2d(nc, 1, 4, padding=1))]
        self.model = nn.Sequential(*layers)
        self.n_layers = n_layers

    def map_side(self, side: int) -> int:
        """Return the side of a square image's score map; below 1 if the image is too small."""
        return side // 2**self.n_layers - 2

    def forward(self, x: Tensor) -> Tensor:
        """(N, input_nc, H, W) -> (N, 1, H', W') raw scores, one for each patch; 30 x 30 for 256 pixels."""
        return self.model(x)


class PixelDiscriminator(nn.Module):
    """A 1x1 PatchGAN: scores each pixel by itself.

    Args:
        input_nc: channels of condition and image together.
        ndf: channels of the first layer.
        norm: as for `NLayerDiscriminator`.
    """

    takes_features = False

    def __init__(self, input_nc: int, ndf: int = 64, norm: str = "batch"):
        super().__init__()
        wrap = spectral_norm if norm == "spectral" else lambda layer: layer
        normalise = norm_layer("none" if norm == "spectral" else norm)
        bias = needs_bias(norm)
        self.net = nn.Sequential(
            wrap(nn.Conv2d(input_nc, ndf, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            wrap(nn.Conv2d(ndf, 2 * ndf, 1, bias=bias)),
            normalise(2 * ndf),
            nn.LeakyReLU(0.2, inplace=True),
            wrap(nn.Conv2d(2 * ndf, 1, 1, bias=bias)),
        )

    def map_side(self, side: int) -> int:
        """Return the side of the score map of a square image."""
        return side

    def forward(self, x: Tensor) -> Tensor:
        """(N, input_nc, H, W) -> (N, 1, H, W) raw scores."""
        return self.net(x)


class MultiscaleDiscriminator(nn.Module):
    """``num_D`` PatchGANs, each on images half the size of the one before (pix2pixHD, Wang et al. 2018).

    Args:
        input_nc: channels of condition and image together.
        ndf: channels of the first layer of each.
        n_layers: strided layers of each.
        norm: as for `NLayerDiscriminator`.
        num_D: how many.
    """

    takes_features = False

    def __init__(self, input_nc: int, ndf: int = 64, n_layers: int = 3, norm: str = "batch", num_D: int = 2):
        super().__init__()
        self.scales = nn.ModuleList(NLayerDiscriminator(input_nc, ndf, n_layers, norm) for _ in range(num_D))

    def map_side(self, side: int) -> int:
        """Return the side of a square image's coarsest score map; below 1 if the image is too small."""
        for _ in self.scales[1:]:
            side = (side + 1) // 2
        return self.scales[0].map_side(side)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, input_nc, H, W) -> raw scores (N, 1, H_i, W_i) of each scale, the finest first."""
        scores = []
        for i, scale in enumerate(self.scales):
            x = x if i == 0 else F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            scores.append(scale(x))
        return scores


def build_discriminator(
    netD: str, input_nc: int, *, ndf: int, n_layers_D: int, norm: str, num_D: int = 2, image_nc: int = 3
) -> nn.Module:
    """Build a discriminator by its name, without initialising its weights.

    Raises:
        UserError: an unknown name or normalisation, or fewer than one layer or scale.
    """
    if norm not in NORMS_D:
        raise UserError(f"--norm_D {norm!r} is not known: choose from {', '.join(NORMS_D)}")
    if n_layers_D < 1 or num_D < 1:
        raise UserError(f"--n_layers_D {n_layers_D} and --num_D {num_D} must be at least 1")
    if netD == "basic":
        return NLayerDiscriminator(input_nc, ndf, 3, norm)
    if netD == "n_layers":
        return NLayerDiscriminator(input_nc, ndf, n_layers_D, norm)
    if netD == "pixel":
        return PixelDiscriminator(input_nc, ndf, norm)
    if netD == "multi":
        return MultiscaleDiscriminator(input_nc, ndf, n_layers_D, norm, num_D)
    if netD == "projected":
        return ProjectedDiscriminator(input_nc - image_nc, image_nc, ndf)
    raise UserError(f"--netD {netD!r} is not known: choose from {', '.join(DISCRIMINATORS)}")
