"""Features for the kernel distance, from a network that no training loss uses."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from models.features import Features

NETWORK = "lite1"


class KernelFeatures:
    """Computes the pooled EfficientNet-Lite1 features that `util.metrics.kernel_distance` compares.

    Args:
        device: where the network computes.

    Raises:
        UserError: the packages that hold the network are not installed.
    """

    def __init__(self, device: torch.device | str = "cpu"):
        # The package draws weights before it loads the real ones: the run's random numbers stay untouched.
        with torch.random.fork_rng(devices=[]):
            self._network = Features(NETWORK).to(device)
        self._device = device

    def features(self, batches: Iterable[Tensor]) -> Tensor:
        """Compute the features of images of any size, resized to the network's own size.

        Args:
            batches: each (N, 3, H, W) or, grey, (N, 1, H, W), in [-1, 1]; at least one.

        Returns:
            (images, 1280) float32 on the CPU.
        """
        pooled = [self._network.pooled(x.to(self._device).expand(-1, 3, -1, -1)) for x in batches]
        return torch.cat(pooled).cpu()
