"""Worker processes: what every one of them does first."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def set_up_worker() -> None:
    """Use one thread in OpenCV, leave Ctrl-C to the parent, and end with the parent, however that ends.

    The workers of a ProcessPoolExecutor hold both ends of the pipe that their work comes through: by itself
    none of them would notice that the parent was killed.
    """
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process as soon as its parent has ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
