"""Adam (Kingma & Ba 2015, arXiv:1412.6980), in the fastest variant for each device."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

# Settings of the computation, which a saved state must not override. A CUDA graph has recorded the
# learning-rate tensor.
_OF_THIS_RUN = ("lr", "initial_lr", "betas", "fused", "foreach", "capturable")


def make_adam(
    parameters: Iterable[nn.Parameter],
    lr: float,
    betas: tuple[float, float],
    *,
    device: torch.device,
    capturable: bool,
) -> torch.optim.Adam:
    """Build Adam with one fused kernel for all tensors.

    ``capturable``: a CUDA graph will record the step; the learning rate is then a tensor on the device, which
        is changed in place.
    """
    rate = torch.tensor(lr, device=device) if capturable else lr
    fused = device.type in ("cpu", "cuda")
    adam = torch.optim.Adam(parameters, lr=rate, betas=betas, fused=fused, capturable=capturable)
    # PyTorch would warn that the first update is not being recorded; it is part of the warm-up.
    adam._warned_capturable_if_run_uncaptured = True  # type: ignore[attr-defined]
    adam.param_groups[0]["initial_lr"] = lr
    return adam


def scale_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set the learning rate to the one that the optimizer was made with, times a factor."""
    for group in optimizer.param_groups:
        lr = group["initial_lr"] * factor
        if isinstance(group["lr"], torch.Tensor):  # which a CUDA graph reads
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Restore moments and step counts; keep this run's learning rate, betas and compute settings."""
    kept = [{k: group[k] for k in _OF_THIS_RUN} for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, ours in zip(optimizer.param_groups, kept, strict=True):
        group.update(ours)
        for parameter in group["params"]:
            moments = optimizer.state[parameter]
            for name, value in moments.items():
                if value.shape == parameter.shape:
                    # The fused kernel walks memory in order: moments must have the same memory layout as the
                    # weights.
                    moments[name] = torch.empty_like(parameter).copy_(value)
                elif name == "step":
                    on_device = ours["capturable"] or ours["fused"]
                    moments[name] = value.to(parameter.device if on_device else "cpu")
