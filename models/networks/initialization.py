"""Weight initialization as in pix2pix."""

from __future__ import annotations

import torch
from torch import nn

from models.choices import INIT_TYPES
from util.errors import UserError


def init_weights(net: nn.Module, init_type: str = "normal", init_gain: float = 0.02) -> nn.Module:
    """Initialize the weights of convolutions according to ``init_type``, and return the network.

    Biases become 0, and scales of batch norm are drawn from N(1, init_gain).

    Args:
        net: the network, which is changed in place.
        init_type: one of `INIT_TYPES`; ``normal`` is N(0, init_gain), as in the paper.
        init_gain: standard deviation (normal, batch norm) or gain (xavier, orthogonal).

    Raises:
        UserError: the init_type is unknown.
    """
    if init_type not in INIT_TYPES:
        raise UserError(f"--init_type {init_type!r} is not known: choose from {', '.join(INIT_TYPES)}")
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            # With spectral norm, the trained tensor is the original tensor of the parametrization.
            parametrized = getattr(layer, "parametrizations", None)
            weight = parametrized.weight.original if parametrized else layer.weight
            if init_type == "normal":
                nn.init.normal_(weight, 0.0, init_gain)
            elif init_type == "xavier":
                nn.init.xavier_normal_(weight, gain=init_gain)
            elif init_type == "kaiming":
                nn.init.kaiming_normal_(weight)
            else:
                nn.init.orthogonal_(weight, gain=init_gain)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
            if parametrized:
                _settle_spectral_norm(parametrized.weight)
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm):
            nn.init.normal_(layer.weight, 1.0, init_gain)
            nn.init.zeros_(layer.bias)
    for layer in net.modules():
        if hasattr(layer, "after_init_weights"):
            layer.after_init_weights()
    return net


@torch.no_grad()
def _settle_spectral_norm(parametrization: nn.Module) -> None:
    """Run power iterations of spectral norm until they find the singular vectors of the new weights."""
    for _ in range(15):
        parametrization[0](parametrization.original)  # type: ignore[index]
