"""Free memory, reuse of freed memory, and out-of-memory errors."""

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
# Parts of out-of-memory messages from CUDA, the CPU's allocator, cuBLAS and cuDNN.
_NO_MEMORY = ("out of memory", "can't allocate memory", "status_alloc_failed", "size calculation overflowed")


def free_ram_bytes() -> int:
    """Return the memory that is available on this system and within the container's limit."""
    try:
        with open("/proc/meminfo") as lines:
            free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 4 << 30
    try:
        most, used = (int(Path("/sys/fs/cgroup", f"memory.{x}").read_text()) for x in ("max", "current"))
        counts = dict(line.split() for line in Path("/sys/fs/cgroup/memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # there is no container, or its limit is the word "max"
        return free
    # The inactive page cache counts as used, but the kernel frees it when memory is needed.
    return min(free, most - used + int(counts.get("inactive_file", 0)))


def keep_freed_memory() -> None:
    """Let glibc reuse large blocks of memory instead of returning them to the system.

    Each update of a network on the CPU frees and allocates hundreds of megabytes. By default, glibc maps the
    large blocks again each time, and clearing the new pages takes as long as the update itself.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_M_TOP_PAD, 256 << 20)


@contextlib.contextmanager
def explaining_memory(advice: str = _OF_TRAINING) -> Iterator[None]:
    """Convert out-of-memory errors in this block to a `UserError` with advice."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = any(words in str(error).lower() for words in _NO_MEMORY)
        if not said and not isinstance(error, MemoryError):
            raise
        raise UserError(f"out of memory: {advice}") from error
