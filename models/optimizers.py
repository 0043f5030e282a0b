"""Adam (Kingma & Ba 2015, arXiv:1412.6980), in the fastest implementation for each device."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

# Settings of the current run, which a saved state must not override. In particular, a CUDA graph reads the
# current learning-rate tensor.
_OF_THIS_RUN = ("lr", "initial_lr", "betas", "fused", "foreach", "capturable")


def make_adam(
    parameters: Iterable[nn.Parameter],
    lr: float,
    betas: tuple[float, float],
    *,
    device: torch.device,
    capturable: bool,
) -> torch.optim.Adam:
    """Create Adam with one fused kernel for all parameters, which must be on ``device``.

    If a CUDA graph will record the step (``capturable``), the learning rate is a tensor that is changed in
    place.
    """
    rate = torch.tensor(lr, device=device) if capturable else lr
    fused = device.type in ("cpu", "cuda")
    adam = torch.optim.Adam(parameters, lr=rate, betas=betas, fused=fused, capturable=capturable)
    # Suppress PyTorch's warning that the first update is not recorded. This update is part of the warm-up.
    adam._warned_capturable_if_run_uncaptured = True  # type: ignore[attr-defined]
    adam.param_groups[0]["initial_lr"] = lr
    return adam


def scale_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set the learning rate to the optimizer's initial learning rate times a factor."""
    for group in optimizer.param_groups:
        lr = group["initial_lr"] * factor
        if isinstance(group["lr"], torch.Tensor):  # a CUDA graph reads this tensor
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Restore moments and step counts, but keep this run's learning rate, betas and implementation."""
    kept = [{k: group[k] for k in _OF_THIS_RUN} for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, ours in zip(optimizer.param_groups, kept, strict=True):
        group.update(ours)
        for parameter in group["params"]:
            moments = optimizer.state[parameter]
            for name, value in moments.items():
                if value.shape == parameter.shape:
                    # The fused kernel processes memory in order, so moments and weights must have the same
                    # memory layout.
                    moments[name] = torch.empty_like(parameter).copy_(value)
                elif name == "step":
                    on_device = ours["capturable"] or ours["fused"]
                    moments[name] = value.to(parameter.device if on_device else "cpu")
