"""Several processes that train one model: who is who, and how their gradients become one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def rank_and_size() -> tuple[int, int]:
    """This process's number and how many there are, as torchrun tells; (0, 1) without it."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def local_gpu(gpu_ids: str) -> str:
    """The GPU of this process under torchrun: its number on this machine, unless the CPU was asked for."""
    return gpu_ids if gpu_ids.strip() == "-1" else os.environ.get("LOCAL_RANK", "0")


def start(device: str) -> None:
    """Make the device current and join the other processes of torchrun: by NCCL between GPUs, else gloo."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    if rank_and_size()[1] > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")


def stop() -> None:
    """Leave the other processes."""
    import torch

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def average_gradients(parameters: Iterable[torch.Tensor]) -> None:
    """Replace each gradient by its mean over all processes, in one message; alone: nothing to do."""
    import torch

    world = rank_and_size()[1]
    if world == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    together = torch.cat([g.reshape(-1) for g in gradients])
    torch.distributed.all_reduce(together)
    together /= world
    for gradient, part in zip(gradients, together.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def broadcast(tensors: Iterable[torch.Tensor]) -> None:
    """Give every process the first one's values."""
    import torch

    if rank_and_size()[1] > 1:
        for tensor in tensors:
            torch.distributed.broadcast(tensor, 0)


def union(found: dict[int, str]) -> dict[int, str]:
    """Merge what each process found; all of them get the same dict."""
    import torch

    world = rank_and_size()[1]
    if world == 1:
        return found
    parts: list[dict[int, str]] = [{}] * world
    torch.distributed.all_gather_object(parts, found)
    return {key: value for part in reversed(parts) for key, value in part.items()}


def any_process(flag: bool, device: str) -> bool:
    """Whether the flag is set in any process (an interruption reaches one of them first)."""
    import torch

    if rank_and_size()[1] == 1:
        return flag
    shared = torch.tensor(float(flag), device=device)
    torch.distributed.all_reduce(shared, op=torch.distributed.ReduceOp.MAX)
    return bool(shared.item())
