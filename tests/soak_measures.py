"""What the soak test measures: memory, descriptors, processes, temporary files and shared memory."""

import ctypes
import os
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

MB = 1e6
_PR_SET_CHILD_SUBREAPER = 36
_TEMPORARY_ENDINGS = (".tmp", ".temp", ".part", ".partial", "~")


def slope_per_hour(seconds, values):
    """Fit a straight line by least squares: its slope in units an hour, and the slope's standard error.

    Without three values at two moments or more there is no slope: (0, inf).
    """
    hours, values = np.asarray(seconds, float) / 3600, np.asarray(values, float)
    if len(hours) < 3 or np.ptp(hours) == 0:
        return 0.0, float("inf")
    from_mean = hours - hours.mean()
    sxx = (from_mean**2).sum()
    slope = (from_mean * (values - values.mean())).sum() / sxx
    left_over = values - values.mean() - slope * from_mean
    return float(slope), float(np.sqrt((left_over**2).sum() / (len(hours) - 2) / sxx))


def robust_slope_per_hour(seconds, values):
    """Take the median slope of all pairs (Theil, Sen): units an hour, and half its 68% interval.

    A single step, as when a heap fragments once in hours, hardly moves it; growth that goes on does. Without
    three values there is no slope: (0, inf).
    """
    hours, values = np.asarray(seconds, float) / 3600, np.asarray(values, float)
    count = len(hours)
    first, second = np.triu_indices(count, 1)
    apart = hours[second] != hours[first]
    first, second = first[apart], second[apart]
    if count < 3 or not len(first):
        return 0.0, float("inf")
    slopes = np.sort((values[second] - values[first]) / (hours[second] - hours[first]))
    # The spread of Kendall's statistic where there is no trend.
    spread = np.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    ends = np.clip([(len(slopes) - spread) / 2, (len(slopes) + spread) / 2], 0, len(slopes) - 1)
    low, high = slopes[ends.round().astype(int)]
    return float(np.median(slopes)), float(high - low) / 2


def block_means(seconds, values, blocks=30):
    """Average neighbouring samples, which depend on each other; their means hardly do."""
    count = min(blocks, len(values))
    split = [np.array_split(np.asarray(x, float), count) if count else [] for x in (seconds, values)]
    return tuple([float(part.mean()) for part in parts] for parts in split)


def grows(slope, error, limit):
    """Whether a slope is above the limit and cannot be chance."""
    return slope > limit and slope > 3 * error


def thirds(values):
    """Mean of the first and of the last third of the values."""
    count = max(1, len(values) // 3)
    return float(np.mean(values[:count])), float(np.mean(values[-count:]))


def resident_mb(pid):
    """Resident memory of a process in MB; None if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / MB for line in lines if line.startswith("VmRSS:")), None)


def descriptors(pid):
    """Number of open descriptors of a process; None if it has ended."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None


def processes():
    """Every process: id -> (state, parent's id, session, command line)."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # The command's name stands in brackets and may hold anything, brackets too.
            state, parent, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        found[int(folder.name)] = (state, int(parent), int(session), line)
    return found


def adopt_orphans():
    """Become the parent of every descendant that loses its own, so that none escapes the count."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def survivors(session, wait_s):
    """Processes of a session that are still there some seconds after its leader ended: id -> command line.

    Those that have ended and were left to this process are reaped.
    """
    until = time.monotonic() + wait_s
    while True:
        alive = {}
        for pid, (state, parent, its_session, line) in processes().items():
            if its_session != session:
                continue
            if state == "Z" and parent == os.getpid():
                os.waitpid(pid, 0)
            else:
                alive[pid] = f"{line} ({state})"
        if not alive or time.monotonic() > until:
            return alive
        time.sleep(0.1)


def zombie_children(pid):
    """Number of children of a process that have ended and that it has not waited for."""
    return sum(state == "Z" and parent == pid for state, parent, _, _ in processes().values())


def temporary_files(*folders):
    """Files below the folders that are hidden or named like something unfinished.

    The empty `.lock` of a run's folder stays by design: removing it would let a second training in.
    """
    return sorted(
        path
        for folder in folders
        for path in Path(folder).rglob("*")
        if path.is_file()
        and path.name != ".lock"
        and (path.name.startswith(".") or path.name.endswith(_TEMPORARY_ENDINGS))
    )


def size_of(*paths):
    """Number and total bytes of the files at or below the paths that do not vanish meanwhile."""
    count = total = 0
    for top in map(Path, paths):
        for path in [top, *top.rglob("*")]:
            try:
                status = path.lstat()
            except OSError:
                continue
            if not path.is_dir():
                count, total = count + 1, total + status.st_size
    return count, total


def shared_memory():
    """Names of the files in /dev/shm."""
    return {entry.name for entry in os.scandir("/dev/shm")} if Path("/dev/shm").is_dir() else set()


def unused_shared_memory(before):
    """Files in /dev/shm that are new and that no process has mapped or open: others' programs use it too."""
    new = shared_memory() - before
    for folder in Path("/proc").iterdir():
        if not (new and folder.name.isdigit()):
            continue
        try:
            used = (folder / "maps").read_text()
            for link in (folder / "fd").iterdir():
                with suppress(FileNotFoundError):  # closed this moment
                    used += os.readlink(link) + "\n"
        except OSError:
            continue
        new = {name for name in new if f"/dev/shm/{name}\n" not in used}
    return new & shared_memory()
