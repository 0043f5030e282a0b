"""Worker processes: what they do first, so that none outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def set_up_worker() -> None:
    """Use one thread in OpenCV, leave Ctrl-C to the parent, and end with the parent, however that ends."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    end_with_parent()


def end_with_parent() -> None:
    """Let this process end as soon as its parent has ended, even by SIGKILL.

    The workers of a ProcessPoolExecutor hold both ends of the pipe that their work comes through: by itself
    none of them would notice. Those of a DataLoader do not ask while they decode.
    """
    threading.Thread(target=_wait_for_parent_and_end, daemon=True).start()


def _wait_for_parent_and_end() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
