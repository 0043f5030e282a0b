"""Initial weights, drawn as in pix2pix."""

from __future__ import annotations

import torch
from torch import nn

from models.choices import INIT_TYPES
from util.errors import UserError


def init_weights(net: nn.Module, init_type: str = "normal", init_gain: float = 0.02) -> nn.Module:
    """Draw the weights of convolutions by ``init_type``; their biases are 0, batch norm's scale N(1, gain).

    Args:
        net: changed in place, and returned.
        init_type: one of `INIT_TYPES`; ``normal`` is N(0, init_gain), the paper's.
        init_gain: standard deviation (normal, batch norm) or gain (xavier, orthogonal).

    Raises:
        UserError: an unknown init_type.
    """
    if init_type not in INIT_TYPES:
        raise UserError(f"--init_type {init_type!r} is not known: choose from {', '.join(INIT_TYPES)}")
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            # Under spectral norm the trained tensor is the one behind the parametrization.
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
    """Let the power iterations of spectral norm find the singular vectors of the new weights."""
    for _ in range(15):
        parametrization[0](parametrization.original)  # type: ignore[index]
