"""Set-up of worker processes."""

import multiprocessing
import os
import signal
import threading


def set_up_worker() -> None:
    """Use one OpenCV thread, leave Ctrl-C to the parent process, and end when the parent ends.

    Workers of a ProcessPoolExecutor do not notice that their parent was killed, because they also hold the
    writing end of the pipe from which they read tasks. A thread therefore waits for the parent to end.
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
