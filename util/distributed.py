"""Several processes that train one model: who is who, what they tell each other, and what if one ends."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from util.errors import UserError

if TYPE_CHECKING:
    import torch

# The others wait while the first process validates and saves. A process that dies is noticed at once by gloo,
# and by torchrun, which then ends the rest.
_PATIENCE = timedelta(hours=1)


class LostProcess(UserError):
    """Another process of this training has ended, or cannot be reached."""


def rank_and_size() -> tuple[int, int]:
    """Return this process's number and how many there are, as torchrun tells; (0, 1) without it."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def processes_here() -> int:
    """How many of the processes are on this machine, as torchrun tells; without it, all of them."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", rank_and_size()[1]))


def local_gpu(gpu_ids: str) -> str:
    """Return the GPU of this process under torchrun, by its number here, unless the CPU was asked for."""
    return gpu_ids if gpu_ids.strip() == "-1" else os.environ.get("LOCAL_RANK", "0")


def start(device: str) -> None:
    """Make the device current and join the other processes of torchrun: by NCCL between GPUs, else gloo."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    if rank_and_size()[1] > 1 and not torch.distributed.is_initialized():
        backend = "nccl" if device.startswith("cuda") else "gloo"
        torch.distributed.init_process_group(backend, timeout=_PATIENCE)


def leave(code: int) -> int:
    """Leave the other processes when all of them have come here; alone, do nothing. Returns the exit code.

    With gloo the process ends here: gloo takes its connections apart in threads, and where the other side is
    already gone, that can hang (with PyTorch 2.4, in one of ten runs) or abort.
    """
    import torch

    if rank_and_size()[1] == 1:
        return code
    with noticing_lost_processes():
        torch.distributed.barrier()
    if torch.distributed.get_backend() != "gloo":
        torch.distributed.destroy_process_group()
        return code
    for child in multiprocessing.active_children():
        child.terminate()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@contextmanager
def noticing_lost_processes(all_errors: bool = True) -> Iterator[None]:
    """Turn the failure of an exchange with the other processes into `LostProcess`.

    Args:
        all_errors: the block does nothing but exchange, so that any `RuntimeError` means a failed exchange;
            else only the errors of torch.distributed's own kinds do.
    """
    try:
        yield
    except RuntimeError as error:
        import torch

        foreign = not all_errors and not isinstance(error, getattr(torch.distributed, "DistError", ()))
        if foreign or "out of memory" in str(error).lower():
            raise
        raise LostProcess(
            "another process of this training has ended or cannot be reached (what it said stands above): "
            "--continue_train resumes the last save, if there was one"
        ) from error


def broadcast(tensors: Iterable[torch.Tensor]) -> None:
    """Give every process the first one's values."""
    import torch

    if rank_and_size()[1] > 1:
        with noticing_lost_processes():
            for tensor in tensors:
                torch.distributed.broadcast(tensor, 0)


def mean(values: torch.Tensor) -> torch.Tensor:
    """Average a tensor over all processes, which must all call this; alone, return it as it is."""
    import torch

    world = rank_and_size()[1]
    if world == 1:
        return values
    total = values / world
    with noticing_lost_processes():
        torch.distributed.all_reduce(total)
    return total


def average_gradients(parameters: Iterable[torch.Tensor]) -> None:
    """Replace gradients by their means over all processes, in one exchange; alone, do nothing.

    Not `torch.nn.parallel.DistributedDataParallel`, which counts forward passes: a discriminator has two or
    three for one backward pass, and the gradient penalty differentiates it twice.
    """
    import torch

    if rank_and_size()[1] == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    means = mean(torch.cat([gradient.reshape(-1) for gradient in gradients]))
    for gradient, part in zip(gradients, means.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view(gradient.shape))


def from_first_process(number: float, device: str) -> float:
    """Return the first process's number; all must call this."""
    import torch

    if rank_and_size()[1] == 1:
        return number
    shared = torch.tensor(number, device=device, dtype=torch.float64)
    broadcast([shared])
    return shared.item()


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
    with noticing_lost_processes():
        torch.distributed.all_reduce(shared, op=torch.distributed.ReduceOp.MAX)
        return bool(shared.item())
