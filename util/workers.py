"""Worker processes: what they do first, so that none outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def set_up_worker() -> None:
    """Use one thread in OpenCV, leave Ctrl-C to the parent, and end with the parent, even if that is killed.

    The workers of a ProcessPoolExecutor hold both ends of the pipe that their work comes through: by itself
    none of them would notice.
    """
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_wait_for_parent_and_end, daemon=True).start()


def _wait_for_parent_and_end() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
