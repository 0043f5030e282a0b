"""Functions for memory: the free amount, reuse by the C library, and out-of-memory errors."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from pathlib import Path

from util.errors import UserError

# glibc's mallopt parameters (malloc.h).
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_OF_TRAINING = (
    "lower --batch_size, --crop_size (and --load_size), --ngf or --ndf, keep fewer images in memory with "
    "--cache none, or turn off CUDA graphs with --no_cuda_graph"
)
# Parts of the messages of CUDA, the CPU's allocator, and cuBLAS and cuDNN (..._STATUS_ALLOC_FAILED).
_NO_MEMORY = ("out of memory", "can't allocate memory", "status_alloc_failed", "size calculation overflowed")


def free_ram_bytes() -> int:
    """Return the available memory, computed from the system's estimate and the container's limit."""
    try:
        with open("/proc/meminfo") as lines:
            free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 4 << 30
    try:
        most, used = (int(Path("/sys/fs/cgroup", f"memory.{x}").read_text()) for x in ("max", "current"))
        counts = dict(line.split() for line in Path("/sys/fs/cgroup/memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # there is no container, or it has no limit ("max")
        return free
    # The page cache counts as used memory but is freed when memory is needed.
    return min(free, most - used + int(counts.get("inactive_file", 0)))


def keep_freed_memory() -> None:
    """Let the process reuse large blocks of memory instead of returning them to the system.

    Every update of a network on the CPU frees and allocates the same hundreds of megabytes. By default, glibc
    maps each large block again, and clearing the new pages takes as long as computing the update. If the C
    library is not glibc, this function does nothing.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_M_TOP_PAD, 256 << 20)


@contextlib.contextmanager
def explaining_memory(advice: str = _OF_TRAINING) -> Iterator[None]:
    """Convert out-of-memory errors to a `UserError` with advice on which options to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = any(words in str(error).lower() for words in _NO_MEMORY)
        if not said and not isinstance(error, MemoryError):
            raise
        raise UserError(f"out of memory: {advice}") from error
