"""Whether the soak test (tests/soak.py) would notice what it is there for."""

import mmap
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from soak_commands import Commands, Problems
from soak_history import drive
from soak_long_run import Samples
from soak_measures import (
    block_means,
    robust_slope_per_hour,
    slope_per_hour,
    survivors,
    temporary_files,
    unused_shared_memory,
)
from soak_report import check_history, check_peaks, check_samples, memory_slope

# A pool of blocks that are never given back, files that are never closed, children that nobody waits for.
LEAKS = {
    "memory": "kept.append(bytearray(os.urandom(1000)) * 2000)",
    "opens more": "kept.append(open(os.devnull))",
    "zombies": "kept.append(os.fork() or os._exit(0))",
    None: "kept = []",
}


def test_the_slope_of_three_points_by_hand():
    slope, error = slope_per_hour([0, 3600, 7200], [0, 1, 1])
    # The line is 1/6 + x/2; what is left over is -1/6, 1/3, -1/6, with one degree of freedom.
    assert slope == pytest.approx(0.5) and error == pytest.approx((1 / 6 / 2) ** 0.5)
    assert slope_per_hour([0, 3600], [0, 1])[1] == float("inf")


def test_one_step_is_no_slope_but_many_are():
    seconds, memory = np.arange(0, 7200, 240.0), np.full(30, 1100.0)
    memory[-4:] += 20
    assert slope_per_hour(seconds, memory)[0] > 5 and robust_slope_per_hour(seconds, memory)[0] == 0
    stairs = 1100 + 20 * (seconds // 1800)
    slope, error = robust_slope_per_hour(seconds, stairs)
    assert slope == pytest.approx(40, rel=0.2) and slope > 3 * error
    assert robust_slope_per_hour([0, 3600, 7200], [0, 1, 5])[0] == 2.5
    assert robust_slope_per_hour([0, 1], [0, 1])[1] == float("inf")


def hours_of_samples(slope_mb_per_h, seed):
    """An hour and a half of noisy samples that depend on their neighbours, as memory does."""
    seconds = np.arange(0, 5400, 5.0)
    steps = np.repeat(np.random.default_rng(seed).normal(0, 2, len(seconds) // 20), 20)
    warming_up = 400 * (1 - np.exp(-seconds / 60))
    memory = 600 + warming_up + steps + slope_mb_per_h * seconds / 3600
    return Samples(list(seconds), list(memory), [9] * len(seconds))


@pytest.mark.parametrize("seed", range(8))
def test_a_slow_leak_stands_out_of_the_noise_and_a_warm_up_is_none(seed):
    for slope, expected in ((0, 0), (12, 1)):
        problems, samples = Problems(), hours_of_samples(slope, seed)
        check_samples(samples, "it", problems)
        assert len(problems.counts) == expected, (memory_slope(samples), problems.lines())


def test_blocks_keep_the_mean():
    seconds, values = block_means(range(100), range(100), blocks=10)
    assert len(values) == 10 and values[0] == 4.5 and np.mean(values) == 49.5 and seconds == values


@pytest.mark.parametrize("leak", LEAKS)
def test_a_process_that_leaks_is_noticed(leak):
    code = f"import os, time; kept = []; print(flush=True)\nwhile True: {LEAKS[leak]}; time.sleep(0.02)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            samples, began = Samples(), time.monotonic()
            while time.monotonic() - began < 1.5:
                assert samples.take(process.pid, time.monotonic() - began)
                time.sleep(0.05)
        finally:
            process.kill()
    problems = Problems()
    check_samples(samples, "it", problems)
    if leak:
        assert any(leak in kind for kind in problems.counts)
    else:
        assert not problems.counts
    assert not samples.take(process.pid, 2.0)


def test_peaks_that_rise_from_cycle_to_cycle_are_noticed(tmp_path):
    commands, noise = Commands(tmp_path, Problems()), [0, 2, -1, 1, -2, 0, 1, -1, 2, 0]
    hours = [0.1 * k for k in range(10)]
    commands.peaks = {
        "calm": [(3600 * h, 500 + 3 * n) for h, n in zip(hours, noise, strict=True)],
        "leaks": [(3600 * h, 500 + 60 * h + 3 * n) for h, n in zip(hours, noise, strict=True)],
    }
    check_peaks(commands, commands.problems)
    assert list(commands.problems.counts) == ["the memory of leaks grows over the cycles"]


def test_files_of_a_page_and_logs_of_many_epochs(tmp_path):
    costs = drive(tmp_path, 20, looks=(5, 10))
    assert list(costs) == [5, 10, 20]
    assert costs[20]["page_files"] == sum(path.is_file() for path in (tmp_path / "web").rglob("*"))
    problems, full = Problems(), costs[20]
    logs = {name: 10 * size for name, size in full.items() if name.startswith("loss_log")}
    check_history({100: full, 1000: full, 10_000: full | logs}, problems)
    assert not problems.counts
    grown = full | logs | {"page_files": 500, "loss_log.jsonl": 20 * full["loss_log.jsonl"]}
    check_history({100: full, 1000: full, 10_000: grown}, problems)
    assert len(problems.counts) == 2 and "page_files" in problems.lines()[0]


def test_what_counts_as_a_temporary_file(tmp_path):
    kept = ("page/index.html", "particle.png", ".lock")
    for name in (".abcdefgh.part", "a.tmp", "b.png~", "page/.hidden", *kept):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in temporary_files(tmp_path)]
    assert found == [".abcdefgh.part", "a.tmp", "b.png~", "page/.hidden"]


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="no /dev/shm")
def test_shared_memory_that_nobody_uses():
    name = f"soak_test_{os.getpid()}"
    path = f"/dev/shm/{name}"
    with open(path, "w+b") as file:
        file.truncate(4096)
        used = mmap.mmap(file.fileno(), 4096)
    try:
        assert name not in unused_shared_memory(set())
        used.close()
        assert name in unused_shared_memory(set()) and name not in unused_shared_memory({name})
    finally:
        os.unlink(path)


def test_a_command_is_called_to_account_for_what_it_leaves(tmp_path, monkeypatch):
    monkeypatch.setattr("soak_commands._ORPHANS_MAY_LIVE_S", 0.2)
    script = tmp_path / "untidy.py"
    script.write_text(
        "import subprocess, sys, tempfile\n"
        "tempfile.mkstemp()\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('done')\n"
    )
    commands = Commands(tmp_path, Problems())
    done = commands.run(script, label="untidy")
    assert done.code == 0 and done.output == "done\n" and done.peak_mb > 5
    kinds = sorted(commands.problems.counts)
    assert len(kinds) == 2 and "leaves a process" in kinds[0] and "leaves a temporary file" in kinds[1]

    script.write_text("import time; time.sleep(60)")
    done = commands.run(script, label="sleeper", kill=9, after_s=0.3)
    assert done.code == -9 and commands.kills == {"SIGKILL": 1} and list(commands.peaks) == ["untidy"]


def test_processes_that_outlive_their_session(tmp_path):
    code = "import subprocess; subprocess.Popen(['sleep', '60'])"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as process:
        process.wait()
    (orphan,) = survivors(process.pid, wait_s=0)
    os.kill(orphan, 9)
