"""Memory: how much is free, how the C library reuses it, and the error when it runs out."""

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
    "--cache none, or record no graphs with --no_cuda_graph"
)
# Messages of CUDA, the CPU's allocator, and cuBLAS and cuDNN (..._STATUS_ALLOC_FAILED).
_NO_MEMORY = ("out of memory", "can't allocate memory", "status_alloc_failed", "size calculation overflowed")


def free_ram_bytes() -> int:
    """Return the available memory, from the system's estimate and the container's limit."""
    try:
        with open("/proc/meminfo") as lines:
            free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 4 << 30
    try:
        most, used = (int(Path("/sys/fs/cgroup", f"memory.{x}").read_text()) for x in ("max", "current"))
        counts = dict(line.split() for line in Path("/sys/fs/cgroup/memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
    # The page cache counts as used, but is dropped when memory is needed.
    return min(free, most - used + int(counts.get("inactive_file", 0)))


def keep_freed_memory() -> None:
    """Let the process reuse large blocks of memory instead of returning them to the system.

    Every update of a network on the CPU frees and allocates the same hundreds of megabytes. By default glibc
    maps each large block again, and clearing its pages takes as long as computing the update. Does nothing if
    the C library is not glibc.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_M_TOP_PAD, 256 << 20)


class OutOfMemory(UserError):
    """The host or the device has run out of memory."""


@contextlib.contextmanager
def explaining_memory(advice: str = _OF_TRAINING) -> Iterator[None]:
    """Turn out-of-memory errors into `OutOfMemory` with advice on the options to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = any(words in str(error).lower() for words in _NO_MEMORY)
        if not said and not isinstance(error, MemoryError):
            raise
        raise OutOfMemory(f"out of memory: {advice}") from error
