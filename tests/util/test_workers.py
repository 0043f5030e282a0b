import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT
from soak import survivors


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_when_their_parent_is_killed(tmp_path, photos, number):
    where = ["-i", photos, "-o", tmp_path / "out", "-s", "64", "--workers", "2"]
    line = [sys.executable, "preprocess.py", *where]
    process = subprocess.Popen(line, stderr=subprocess.DEVNULL, start_new_session=True, cwd=ROOT)

    def workers():
        return [line for line in survivors(process.pid, wait_s=0).values() if "spawn_main" in line]

    try:
        until = time.monotonic() + 60
        while len(workers()) < 2 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(60) == -number
        assert survivors(process.pid, wait_s=30) == {}
    finally:
        for pid in survivors(process.pid, wait_s=0):
            os.kill(pid, signal.SIGKILL)
