"""The distance of two images in the feature space of a pretrained network."""

from __future__ import annotations

import torch
from torch import Tensor

from models.features import TYPICAL_RMS


def feature_loss(fake: list[Tensor], real: list[Tensor], weights: tuple[float, ...] = (1, 1, 1, 1)) -> Tensor:
    """Compute the L1 distance of features, each scale divided by the typical size of its features.

    A perceptual loss (Johnson et al. 2016, arXiv:1603.08155, section 3.2) that keeps the features' lengths:
    compared by direction alone they cannot tell a pale coat from a bright one, and images turn grey.

    Args:
        fake: features of generated images, (N, C_i, H_i, W_i) at each stride of `models.features.STRIDES`.
        real: features of the targets, of the same shapes.
        weights: of the scales, the finest first.

    Returns:
        A scalar, the weighted mean over scales.
    """
    terms = [
        weight * (x - y).abs().mean() / rms
        for x, y, rms, weight in zip(fake, real, TYPICAL_RMS, weights, strict=True)
        if weight
    ]
    return torch.stack(terms).sum() / sum(weights)
