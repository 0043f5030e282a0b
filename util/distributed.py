"""Training one model in several processes: their numbers, their communication, and the loss of a process."""

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

# The other processes wait this long while the first one validates and saves. If a process dies, gloo notices
# it at once, and so does torchrun, which then ends the rest.
_PATIENCE = timedelta(hours=1)


class LostProcess(UserError):
    """Another process of this training has ended, or cannot be reached."""


def rank_and_size() -> tuple[int, int]:
    """Return this process's number and the number of processes, from torchrun; (0, 1) without it."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def processes_here() -> int:
    """How many of the processes run on this machine, from torchrun; all of them without it."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", rank_and_size()[1]))


def local_gpu(gpu_ids: str) -> str:
    """Return the index of this process's GPU under torchrun, unless the CPU was requested."""
    return gpu_ids if gpu_ids.strip() == "-1" else os.environ.get("LOCAL_RANK", "0")


def start(device: str) -> None:
    """Make the device current and join the other torchrun processes, with NCCL between GPUs, else gloo."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    if rank_and_size()[1] > 1 and not torch.distributed.is_initialized():
        backend = "nccl" if device.startswith("cuda") else "gloo"
        torch.distributed.init_process_group(backend, timeout=_PATIENCE)


def leave(code: int) -> int:
    """Leave the process group once all processes get here, and return the exit code; alone, do nothing.

    With gloo the process ends here. Gloo closes its connections in threads, which can hang (in one of ten
    runs with PyTorch 2.4) or abort if the other side is already gone.
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
    """Turn a failure of communication with the other processes into `LostProcess`.

    Args:
        all_errors: the block only communicates, so that any `RuntimeError` is a failure of communication;
            otherwise only torch.distributed's own error types are.
    """
    try:
        yield
    except RuntimeError as error:
        import torch

        foreign = not all_errors and not isinstance(error, getattr(torch.distributed, "DistError", ()))
        if foreign or "out of memory" in str(error).lower():
            raise
        raise LostProcess(
            "another process of this training has ended or cannot be reached (see its messages above): "
            "--continue_train resumes the last save, if there is one"
        ) from error


def broadcast(tensors: Iterable[torch.Tensor]) -> None:
    """Give every process the values of the first one."""
    import torch

    if rank_and_size()[1] > 1:
        with noticing_lost_processes():
            for tensor in tensors:
                torch.distributed.broadcast(tensor, 0)


def mean(values: torch.Tensor) -> torch.Tensor:
    """Average a tensor over all processes, which must all call this; alone, return it unchanged."""
    import torch

    world = rank_and_size()[1]
    if world == 1:
        return values
    total = values / world
    with noticing_lost_processes():
        torch.distributed.all_reduce(total)
    return total


def average_gradients(parameters: Iterable[torch.Tensor]) -> None:
    """Replace gradients by their means over all processes, in one all-reduce; alone, do nothing.

    `torch.nn.parallel.DistributedDataParallel` does not fit here. It counts forward passes, but a
    discriminator has two or three for one backward pass, and the gradient penalty differentiates it twice.
    """
    import torch

    if rank_and_size()[1] == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    means = mean(torch.cat([gradient.reshape(-1) for gradient in gradients]))
    for gradient, part in zip(gradients, means.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view(gradient.shape))


def from_first_process(number: float, device: str) -> float:
    """Return the first process's number; all processes must call this."""
    import torch

    if rank_and_size()[1] == 1:
        return number
    shared = torch.tensor(number, device=device, dtype=torch.float64)
    broadcast([shared])
    return shared.item()


def union(found: dict[int, str]) -> dict[int, str]:
    """Merge the dicts of all processes; each gets the same result."""
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

    return flag if rank_and_size()[1] == 1 else bool(mean(torch.tensor(float(flag), device=device)) > 0)
