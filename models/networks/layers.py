"""Layers that differ between training and testing (norms, dropout), upsampling layers, and noise."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.choices import NORMS, UPSAMPLE, check_choice
from util import distributed
from util.errors import UserError

# Number of channels in each group of group norm.
GROUP_NC = 16


class ChosenStatistics(nn.modules.batchnorm._BatchNorm):
    """Batch norm whose statistics can be chosen independently of train or eval mode; see `set_inference`."""

    statistics = "mode"

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        if self.statistics == "image":
            return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)
        if self.statistics == "running":
            return F.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
            )
        return super().forward(x)


class BatchNorm2d(ChosenStatistics, nn.BatchNorm2d):
    """Batch normalization with selectable statistics."""


class SyncBatchNorm(ChosenStatistics, nn.SyncBatchNorm):
    """Batch normalization that computes its training statistics over the batches of all processes."""


class Dropout(nn.Dropout):
    """Dropout that can draw each image's mask from a separate random generator on the CPU.

    The mask then depends neither on the other images in the batch nor on the device.
    """

    generators: Sequence[torch.Generator] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        if self.generators is None:
            return super().forward(x)
        keep = torch.stack([torch.rand(x.shape[1:], generator=g) >= self.p for g in self.generators])
        return x * keep.to(x.device, x.dtype) / (1 - self.p)


class ResizeConv(nn.Module):
    """Bilinear upsampling and a 3x3 convolution, which avoid a transposed convolution's checkerboards.

    See Odena et al. 2016, "Deconvolution and Checkerboard Artifacts". This layer needs 2.25 times as many
    operations as a 4x4 transposed convolution.
    """

    def __init__(self, input_nc: int, output_nc: int, *, bias: bool):
        super().__init__()
        self.conv = nn.Conv2d(input_nc, output_nc, 3, padding=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, input_nc, H, W) -> (N, output_nc, 2 H, 2 W)."""
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False))


def up_conv(input_nc: int, output_nc: int, kernel_size: int, *, bias: bool, upsample: str) -> nn.Module:
    """Build a layer that doubles height and width: `ResizeConv` or pix2pix's transposed convolution."""
    check_choice("upsample", upsample, UPSAMPLE)
    if upsample == "resize":
        return ResizeConv(input_nc, output_nc, bias=bias)
    return nn.ConvTranspose2d(
        input_nc, output_nc, kernel_size, stride=2, padding=1, output_padding=kernel_size % 2, bias=bias
    )


def norm_layer(norm: str) -> Callable[[int], nn.Module]:
    """Return a normalization layer's constructor, which takes the number of channels.

    As in pix2pix, batch norm learns a scale and a shift and tracks statistics, while instance norm does
    neither. Group norm (Wu & He 2018) learns a scale and a shift and is the same in testing and training.
    """
    check_choice("norm", norm, NORMS)
    layers: dict[str, Callable[[int], nn.Module]] = {
        "batch": BatchNorm2d,
        "instance": nn.InstanceNorm2d,
        "group": lambda channels: nn.GroupNorm(max(1, channels // GROUP_NC), channels),
        "none": lambda channels: nn.Identity(),
    }
    return layers[norm]


def needs_bias(norm: str) -> bool:
    """Return whether a convolution before this normalization has a bias.

    As in pix2pix, convolutions before instance norm have a bias. Convolutions with spectral norm have one
    because spectral norm has no shift.
    """
    return norm in ("instance", "spectral")


def set_inference(net: nn.Module, *, statistics: str, seeds: Sequence[int] | None) -> None:
    """Configure batch norm and dropout for testing.

    Args:
        net: the network, which must be in train mode for dropout to be active.
        statistics: the statistics that batch norm uses: ``image`` (those of each image, as in pix2pix),
            ``running``, or ``mode`` (decided by the network's train or eval mode, as in training).
        seeds: one seed per image of the next batch, for its dropout masks; None: use the global random
            generator.
    """
    generators = None if seeds is None else [torch.Generator().manual_seed(s) for s in seeds]
    for layer in net.modules():
        if isinstance(layer, ChosenStatistics):
            layer.statistics = statistics
        elif isinstance(layer, Dropout):
            layer.generators = generators


def synchronize_batch_norm(net: nn.Module) -> None:
    """Replace every batch norm layer of the network with `SyncBatchNorm`, in place."""
    for parent in list(net.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, BatchNorm2d):
                shared = SyncBatchNorm(layer.num_features, eps=layer.eps, momentum=layer.momentum)
                shared = shared.to(layer.weight.device)
                shared.load_state_dict(layer.state_dict())
                setattr(parent, name, shared)


def share_weights(net: nn.Module, device: torch.device) -> None:
    """Copy the network's weights from the first process to all others, and synchronize its batch norm."""
    if any(isinstance(layer, BatchNorm2d) for layer in net.modules()):
        if device.type != "cuda":
            raise UserError(
                "--norm batch cannot be synchronized between processes on the CPU: choose --norm instance, "
                "or use one process"
            )
        synchronize_batch_norm(net)
    distributed.broadcast(net.state_dict().values())


def with_noise(x: Tensor, z: Tensor | None) -> Tensor:
    """Append noise, (N, nz), to every pixel: (N, C, H, W) -> (N, C + nz, H, W). Without noise, return x."""
    if z is None:
        return x
    return torch.cat([x, z[:, :, None, None].to(x.dtype).expand(-1, -1, *x.shape[2:])], dim=1)
