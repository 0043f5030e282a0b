"""Discriminators that score an image patch by patch (Isola et al. 2017, section 3.2.2)."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.choices import DISCRIMINATORS, NORMS_D, check_choice
from models.networks.initialization import init_weights
from models.networks.layers import needs_bias, norm_layer
from models.networks.projected import ProjectedDiscriminator
from util.errors import UserError


def define_D(
    input_nc: int,
    ndf: int,
    netD: str,
    n_layers_D: int = 3,
    norm: str = "batch",
    init_type: str = "normal",
    init_gain: float = 0.02,
    image_nc: int = 3,
) -> nn.Module:
    """Build a discriminator and initialize its weights.

    Args:
        input_nc: total number of channels in condition and image.
        ndf: number of channels in the first layer. Deeper layers have at most ``8 * ndf`` channels.
        netD: ``basic`` (the 70x70 PatchGAN), ``n_layers``, ``pixel``, or ``projected`` (uses pretrained
            features and spectral norm; ignores ``norm``).
        n_layers_D: number of layers with stride 2, for ``n_layers``.
        norm: one of `NORMS_D`; ``spectral`` is spectral norm (Miyato et al. 2018).
        init_type, init_gain: see `init_weights`.
        image_nc: number of image channels, which come last in the input; for ``projected``.

    Returns:
        A module from (N, input_nc, H, W) to raw patch scores, (N, 1, H', W'), or to a list of scores for
        ``projected``. The module's method ``map_side(side)`` returns the side of the coarsest score map for a
        square image; a result below 1 means that the image is too small.

    Raises:
        UserError: a name is unknown, or ``n_layers_D`` is below 1.
    """
    check_choice("norm_D", norm, NORMS_D)
    check_choice("netD", netD, DISCRIMINATORS)
    if n_layers_D < 1:
        raise UserError(f"--n_layers_D {n_layers_D} must be at least 1")
    if netD == "pixel":
        net: nn.Module = PixelDiscriminator(input_nc, ndf, norm)
    elif netD == "projected":
        net = ProjectedDiscriminator(input_nc - image_nc, image_nc, ndf)
    else:
        net = NLayerDiscriminator(input_nc, ndf, 3 if netD == "basic" else n_layers_D, norm)
    return init_weights(net, init_type, init_gain)


class NLayerDiscriminator(nn.Module):
    """The PatchGAN: ``n_layers`` 4x4 convolutions with stride 2, and then two with stride 1.

    With three layers, the receptive field of a score is 70 x 70 pixels.
    """

    takes_features = False

    def __init__(self, input_nc: int, ndf: int, n_layers: int, norm: str):
        super().__init__()
        wrap, normalize, bias = _layers_of(norm)
        layers: list[nn.Module] = [
            wrap(nn.Conv2d(input_nc, ndf, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        nc = ndf
        for layer in range(1, n_layers + 1):
            stride, wider = (2 if layer < n_layers else 1), min(2**layer, 8) * ndf
            layers += [wrap(nn.Conv2d(nc, wider, 4, stride=stride, padding=1, bias=bias))]
            layers += [normalize(wider), nn.LeakyReLU(0.2, inplace=True)]
            nc = wider
        layers += [wrap(nn.Conv2d(nc, 1, 4, padding=1))]
        self.model = nn.Sequential(*layers)
        self.n_layers = n_layers

    def map_side(self, side: int) -> int:
        """See `define_D`."""
        return side // 2**self.n_layers - 2

    def forward(self, x: Tensor) -> Tensor:
        """(N, input_nc, H, W) -> (N, 1, H', W') raw scores, one per patch: 30 x 30 for a 256 x 256 image."""
        return self.model(x)


class PixelDiscriminator(nn.Module):
    """A 1x1 PatchGAN, which scores each pixel separately."""

    takes_features = False

    def __init__(self, input_nc: int, ndf: int, norm: str):
        super().__init__()
        wrap, normalize, bias = _layers_of(norm)
        self.net = nn.Sequential(
            wrap(nn.Conv2d(input_nc, ndf, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            wrap(nn.Conv2d(ndf, 2 * ndf, 1, bias=bias)),
            normalize(2 * ndf),
            nn.LeakyReLU(0.2, inplace=True),
            wrap(nn.Conv2d(2 * ndf, 1, 1, bias=bias)),
        )

    def map_side(self, side: int) -> int:
        """See `define_D`."""
        return side

    def forward(self, x: Tensor) -> Tensor:
        """(N, input_nc, H, W) -> (N, 1, H, W) raw scores."""
        return self.net(x)


def _layers_of(norm: str) -> tuple[Callable[[nn.Module], nn.Module], Callable[[int], nn.Module], bool]:
    """Return a wrapper for convolutions, a constructor of norms, and whether convolutions have a bias."""
    if norm == "spectral":
        return spectral_norm, norm_layer("none"), needs_bias(norm)
    return lambda conv: conv, norm_layer(norm), needs_bias(norm)
