"""Initialization of worker processes, which ensures that they end with their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def set_up_worker() -> None:
    """Use one OpenCV thread, leave Ctrl-C to the parent, and end with the parent even if it is killed.

    Workers of a ProcessPoolExecutor hold both ends of the pipe that delivers their tasks, so the pipe does
    not close, and they would not notice that the parent has ended.
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
