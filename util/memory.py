"""Memory: how the C library hands it out, and what to say when there is none left."""

from __future__ import annotations

import contextlib
import ctypes

from util.errors import UserError

# glibc's mallopt parameters (malloc.h).
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> None:
    """Let the process reuse the large blocks that it frees instead of giving each back to the system.

    Every update of a network on the CPU frees and takes the same hundreds of megabytes. By default glibc maps
    each large block anew, and the system spends as long clearing its pages as the update spends computing.
    Elsewhere than on glibc this does nothing.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_M_TOP_PAD, 256 << 20)


class ExplainingMemory:
    """Turns running out of memory into a `UserError` that names the options to lower."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        """Translate."""
        text = str(error).lower()
        if isinstance(error, MemoryError) or (
            isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)
        ):
            raise UserError(
                "out of memory: lower --batch_size, --crop_size (and --load_size), --ngf or --ndf, keep "
                "fewer pictures in memory with --cache none, or record no graphs with --no_cuda_graph"
            ) from error
