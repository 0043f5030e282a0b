"""Training with several processes: ranks, communication, and detection of lost processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from util.errors import UserError

if TYPE_CHECKING:
    import torch

# Maximum time to wait for another process, for example while the first process validates and saves. If a
# process dies, gloo and torchrun notice this at once.
_PATIENCE = timedelta(hours=1)


class LostProcess(UserError):
    """Another process of this training run has ended or cannot be reached."""


def rank_and_size() -> tuple[int, int]:
    """Return this process's rank and the number of processes; without torchrun, (0, 1)."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def processes_here() -> int:
    """Return the number of the run's processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", rank_and_size()[1]))


def local_gpu(gpu_ids: str) -> str:
    """Return the index of this process's GPU under torchrun, or "-1" if ``--gpu_ids`` requests the CPU."""
    return gpu_ids if gpu_ids.strip() == "-1" else os.environ.get("LOCAL_RANK", "0")


def start(device: str) -> None:
    """Select the device and, under torchrun, join the process group. GPUs use NCCL, and CPUs use gloo."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    if rank_and_size()[1] > 1 and not torch.distributed.is_initialized():
        backend = "nccl" if device.startswith("cuda") else "gloo"
        torch.distributed.init_process_group(backend, timeout=_PATIENCE)


def leave(code: int) -> int:
    """Wait for all processes, leave the process group, and return the exit code.

    With gloo, the process ends here. Gloo closes its connections in threads, which can hang (in one of ten
    runs with PyTorch 2.4) or abort if the process at the other end has already ended.
    """
    import torch

    if rank_and_size()[1] == 1:
        return code
    with noticing_lost_processes():
        torch.distributed.barrier()
    if torch.distributed.get_backend() != "gloo":
        torch.distributed.destroy_process_group()
        return code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@contextmanager
def noticing_lost_processes(all_errors: bool = True) -> Iterator[None]:
    """Raise `LostProcess` if communication with another process fails in this block.

    Args:
        all_errors: whether to treat every `RuntimeError` as such a failure, instead of only torch's
            ``DistError``. Set this only for blocks that do nothing but communicate.
    """
    try:
        yield
    except RuntimeError as error:
        import torch

        foreign = not all_errors and not isinstance(error, getattr(torch.distributed, "DistError", ()))
        if foreign or "out of memory" in str(error).lower():
            raise
        raise LostProcess(
            "another process of this training run has ended or cannot be reached (see its messages above): "
            "--continue_train resumes from the last save, if there is one"
        ) from error


def broadcast(tensors: Iterable[torch.Tensor]) -> None:
    """Copy tensor values from the first process to all others."""
    import torch

    if rank_and_size()[1] > 1:
        with noticing_lost_processes():
            for tensor in tensors:
                torch.distributed.broadcast(tensor, 0)


def mean(values: torch.Tensor) -> torch.Tensor:
    """Average a tensor over all processes, which must all call this function."""
    import torch

    world = rank_and_size()[1]
    if world == 1:
        return values
    total = values / world
    with noticing_lost_processes():
        torch.distributed.all_reduce(total)
    return total


def average_gradients(parameters: Iterable[torch.Tensor]) -> None:
    """Replace each gradient by its mean over all processes, in one all-reduce.

    `torch.nn.parallel.DistributedDataParallel` does not work here: it expects one forward pass per backward
    pass, but a discriminator has two or three, and the gradient penalty differentiates it twice.
    """
    import torch

    if rank_and_size()[1] == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    means = mean(torch.cat([gradient.reshape(-1) for gradient in gradients]))
    for gradient, part in zip(gradients, means.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view(gradient.shape))


def from_first_process(number: float, device: str) -> float:
    """Return the number that the first process passes. All processes must call this function."""
    import torch

    if rank_and_size()[1] == 1:
        return number
    shared = torch.tensor(number, device=device, dtype=torch.float64)
    broadcast([shared])
    return shared.item()


def union(found: dict[int, str]) -> dict[int, str]:
    """Merge the dicts from all processes and return the result in each of them."""
    import torch

    world = rank_and_size()[1]
    if world == 1:
        return found
    parts: list[dict[int, str]] = [{}] * world
    torch.distributed.all_gather_object(parts, found)
    return {key: value for part in reversed(parts) for key, value in part.items()}


def any_process(flag: bool, device: str) -> bool:
    """Return whether the flag is set in any process. All processes must call this function."""
    import torch

    return flag if rank_and_size()[1] == 1 else bool(mean(torch.tensor(float(flag), device=device)) > 0)
