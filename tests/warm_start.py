"""A server process that imports torch once and forks a child for each command."""

import json
import os
import runpy
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class WarmStart:
    """Starts the project's scripts in children of a server process, which runs until `close` is called."""

    def __init__(self):
        self._server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def start(self, script, arguments, folder, *, cwd=None, env=None, before=""):
        """Start a script that first runs the code in ``before``; return its process id.

        Its output goes to the files ``stdout`` and ``stderr`` in the folder.
        """
        job = {"script": str(ROOT / script), "arguments": arguments, "cwd": str(cwd or os.getcwd())}
        job["before"] = before
        return self._ask({**job, "env": env or {}, "folder": str(folder)})

    def wait(self, pid, timeout):
        """Wait for a script to end; return its exit code, which is negative if a signal ended it."""
        return self.wait_measured(pid, timeout)[0]

    def wait_measured(self, pid, timeout):
        """Wait for a script to end; return its exit code and its peak memory in megabytes."""
        code, megabytes = self._ask({"pid": pid, "timeout": timeout})
        if code is None:
            raise subprocess.TimeoutExpired(f"process {pid}", timeout)
        return code, megabytes

    def close(self):
        self._server.communicate(timeout=60)

    def _ask(self, job):
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())


def serve():
    """Read requests from stdin to start a child or to wait for one."""
    import cv2  # noqa: F401
    import torch
    import torchvision  # noqa: F401

    torch.set_num_threads(1)
    for line in sys.stdin:
        job = json.loads(line)
        if "pid" in job:
            answer = await_child(job["pid"], job["timeout"])
        else:
            answer = os.fork()
            if answer == 0:
                run(job)
        print(json.dumps(answer), flush=True)


def await_child(pid, timeout):
    """Return the child's exit code and peak memory. If it takes too long, kill it and return None."""
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None, 0


def run(job):
    """Run the script in the child process, and never return."""
    os.chdir(job["cwd"])
    os.environ.update(job["env"])
    for number, name in enumerate(("stdout", "stderr"), start=1):
        os.dup2(os.open(Path(job["folder"]) / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # Flush after each line, so that a reader waiting for a line sees it at once.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1) for number in (1, 2))
    sys.argv = [job["script"], *job["arguments"]]
    sys.path[0] = str(ROOT)
    code = 1
    try:
        exec(job["before"], {})
        runpy.run_path(job["script"], run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
