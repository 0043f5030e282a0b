"""A discriminator in a pretrained network's feature space (Sauer et al. 2021, arXiv:2111.01007)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.features import STRIDES, TYPICAL_RMS, Features


class FixedConv(nn.Module):
    """A convolution with fixed random weights. Checkpoints include the weights."""

    def __init__(self, input_nc: int, output_nc: int, kernel_size: int):
        super().__init__()
        weight = torch.empty(output_nc, input_nc, kernel_size, kernel_size)
        # No activation follows, so this initialization preserves the variance of the input.
        nn.init.kaiming_normal_(weight, nonlinearity="linear")
        self.register_buffer("weight", weight)

    def forward(self, x: Tensor) -> Tensor:
        """(N, input_nc, H, W) -> (N, output_nc, H, W)."""
        return F.conv2d(x, self.weight, padding=self.weight.shape[-1] // 2)


class RandomProjection(nn.Module):
    """The paper's mixing of features across channels and scales (section 3.2).

    Fixed random 1x1 convolutions map each scale to ``output_nc`` channels. Then, from the coarsest scale to
    the finest, a fixed random 3x3 convolution mixes the channels, and the upsampled result is added to the
    next scale. As a result, no head can rely on a few features or on a single scale.
    """

    def __init__(self, channels: list[int], output_nc: int):
        super().__init__()
        self.across_channels = nn.ModuleList(FixedConv(nc, output_nc, 1) for nc in channels)
        self.across_scales = nn.ModuleList(FixedConv(output_nc, output_nc, 3) for _ in channels)

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """[(N, C_i, H_i, W_i)], finest scale first -> [(N, output_nc, H_i, W_i)]."""
        mixed: list[Tensor] = []
        for i in reversed(range(len(features))):
            y = self.across_channels[i](features[i] / TYPICAL_RMS[i])
            if mixed:
                coarser = F.interpolate(mixed[-1], y.shape[2:], mode="bilinear", align_corners=False)
                y = (y + coarser) * 0.5**0.5
            mixed.append(self.across_scales[i](y))
        return mixed[::-1]


class ConditionPyramid(nn.Module):
    """Learned strided convolutions that map the condition (edge map) to the feature scales."""

    def __init__(self, input_nc: int, output_nc: int):
        super().__init__()
        # Each 4 x 4 block of pixels becomes the channels of one position, so that no line is averaged away.
        layers = [nn.Sequential(nn.PixelUnshuffle(STRIDES[0]), _conv(16 * input_nc, output_nc, 3))]
        layers += [_conv(output_nc, output_nc, 4, stride=2) for _ in STRIDES[1:]]
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, input_nc, H, W) -> [(N, output_nc, H / s, W / s)] for the strides 4, 8, 16, 32."""
        scales = []
        for layer in self.layers:
            x = 2 * F.leaky_relu(layer(x), 0.2)  # the factor roughly compensates for spectral norm
            scales.append(x)
        return scales


class ProjectedDiscriminator(nn.Module):
    """A discriminator for (condition, image) pairs that uses pretrained features of the image at four scales.

    For each scale, a small head with spectral norm sees the projected features and the condition at this
    scale. The state dict includes the random projections, but not the feature network.
    """

    takes_features = True
    multiple = STRIDES[-1]

    def __init__(self, condition_nc: int, image_nc: int, ndf: int):
        super().__init__()
        self.condition_nc, self.image_nc = condition_nc, image_nc
        self.features = Features("lite0")
        self.projection = RandomProjection(self.features.channels, ndf)
        self.condition = ConditionPyramid(condition_nc, ndf // 2)
        self.heads = nn.ModuleList(_head(ndf + ndf // 2, ndf, halvings) for halvings in (2, 1, 0, 0))

    def map_side(self, side: int) -> int:
        """See `models.networks.define_D`."""
        return side // STRIDES[-1]

    def forward(self, x: Tensor, features: list[Tensor] | None = None) -> list[Tensor]:
        """(N, condition_nc + image_nc, H, W) in [-1, 1] -> a list of raw scores, (N, 1, H_i, W_i) per scale.

        H and W must be multiples of 32. For 128 px images, the maps have sides 8, 8, 8 and 4. The caller can
        pass the images' features if it has already computed them.
        """
        if features is None:
            features = self.features(x[:, self.condition_nc :].expand(-1, 3, -1, -1))
        projected = self.projection(features)
        pyramid = self.condition(x[:, : self.condition_nc])
        return [
            head(torch.cat([y, c.to(y.dtype)], 1))
            for head, y, c in zip(self.heads, projected, pyramid, strict=True)
        ]


def _conv(input_nc: int, output_nc: int, kernel_size: int, stride: int = 1) -> nn.Module:
    """Build a convolution with spectral norm that divides height and width by its stride."""
    padding = (kernel_size - stride + 1) // 2
    return spectral_norm(nn.Conv2d(input_nc, output_nc, kernel_size, stride, padding))


def _head(input_nc: int, ndf: int, halvings: int) -> nn.Sequential:
    """Build a head, which halves height and width ``halvings`` times and returns raw scores."""
    layers: list[nn.Module] = []
    for nc in [input_nc, ndf][:halvings]:
        layers += [_conv(nc, ndf, 4, stride=2), nn.LeakyReLU(0.2, inplace=True)]
    layers += [_conv(ndf if halvings else input_nc, ndf, 3), nn.LeakyReLU(0.2, inplace=True)]
    return nn.Sequential(*layers, _conv(ndf, 1, 1))
