"""Weight initialization as in pix2pix."""

from functools import partial

import torch
from torch import nn

from models.choices import INIT_TYPES, check_choice


def init_weights(net: nn.Module, init_type: str = "normal", init_gain: float = 0.02) -> nn.Module:
    """Initialize a network in place and return it.

    Biases are set to 0, and batch norm scales are drawn from N(1, init_gain).

    Args:
        net: the network.
        init_type: distribution of convolution weights, one of `INIT_TYPES`; ``normal`` is N(0, init_gain), as
            in the paper.
        init_gain: standard deviation (normal, batch norm) or gain (xavier, orthogonal).

    Raises:
        UserError: the init_type is unknown.
    """
    check_choice("init_type", init_type, INIT_TYPES)
    draw = {
        "normal": partial(nn.init.normal_, std=init_gain),
        "xavier": partial(nn.init.xavier_normal_, gain=init_gain),
        "kaiming": nn.init.kaiming_normal_,
        "orthogonal": partial(nn.init.orthogonal_, gain=init_gain),
    }[init_type]
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            # With spectral norm, the trained tensor is the parametrization's original tensor.
            parametrized = getattr(layer, "parametrizations", None)
            draw(parametrized.weight.original if parametrized else layer.weight)
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
    """Run spectral norm's power iterations until they find the singular vectors of the new weights."""
    for _ in range(15):
        parametrization[0](parametrization.original)  # type: ignore[index]
