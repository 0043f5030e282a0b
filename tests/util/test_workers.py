import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT
from soak import survivors


def workers_of(session):
    return [line for line in survivors(session, wait_s=0).values() if "spawn_main" in line]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_parent_that_is_killed(tmp_path, photos, number):
    line = [
        sys.executable,
        "preprocess.py",
        "-i",
        photos,
        "-o",
        tmp_path / "out",
        "-s",
        "64",
        "--workers",
        "2",
    ]
    process = subprocess.Popen(line, stderr=subprocess.DEVNULL, start_new_session=True, cwd=ROOT)
    try:
        until = time.monotonic() + 60
        while len(workers_of(process.pid)) < 2 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(60) == -number
        assert survivors(process.pid, wait_s=30) == {}
    finally:
        for pid in survivors(process.pid, wait_s=0):
            os.kill(pid, signal.SIGKILL)


STUCK = """
import time
from data.loader import BatchLoader

class Stuck:
    paths = ["a.png"] * 4
    def __len__(self):
        return 4
    def __getitem__(self, index):
        print("stuck", flush=True)
        time.sleep(600)

list(BatchLoader(Stuck(), num_threads=1, processes=True))
"""


def test_a_worker_that_is_decoding_ends_with_a_parent_that_is_killed():
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout.readline() == b"stuck\n"
        process.kill()
        process.wait(60)
        assert survivors(process.pid, wait_s=30) == {}
    finally:
        process.stdout.close()
        for pid in survivors(process.pid, wait_s=0):
            os.kill(pid, signal.SIGKILL)
