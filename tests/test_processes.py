"""Training in several real processes that communicate through gloo."""

import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT, Started, assert_one_line_error
from runs import epochs, flags, free_port, state_of, weights
from tiny import write_pairs

# Dropout is off, because each process draws its own masks.
SAME = ["--norm", "instance", "--no_dropout", "--n_epochs_decay", "0"]


@pytest.fixture
def eight_pairs(tmp_path):
    """Return a dataroot of eight pairs."""
    return write_pairs(tmp_path / "pairs", train=8)


def start(count, *line):
    """Start train.py in several processes like torchrun, but do not stop them when one fails."""
    common = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]
    return [Started("train.py", *line, env={**common, **rank}) for rank in ranks]


def train(count, *line):
    done = [process.finish(180) for process in start(count, *line)]
    assert [d.returncode for d in done] == [0] * count, [d.stderr for d in done]
    return done[0].stdout


def losses(stdout):
    """Return the values in every printed loss report."""
    lines = [line.partition(") ")[2].split() for line in stdout.splitlines() if line.startswith("(epoch")]
    return [dict(zip(line[::2], map(float, line[1::2]), strict=True)) for line in lines]


def assert_close(ours, theirs, net):
    """Check that two runs' convolution weights agree on average.

    Individual weights may differ, because rounding decides the sign of nearly zero gradients, and Adam still
    takes a full step. Biases are not compared, because instance norm cancels them.
    """
    ours, theirs = weights(ours, net), weights(theirs, net)
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        assert value.ndim < 4 or (ours[key] - value).abs().mean() < 4e-5, key


def test_several_processes_train_like_a_single_process(eight_pairs, tmp_path):
    more, said = [*SAME, *epochs(2), "--print_freq", "1", "--ema", "0.9"], {}
    for count in (1, 2, 4):
        line = flags(eight_pairs, tmp_path, *more, "--batch_size", str(4 // count), name=f"by{count}")
        said[count] = losses(train(count, *line))
    assert len(said[1]) == 4 and {"D_real:", "D_fake:", "G_GAN:", "G_L1:"} <= set(said[1][0])
    for count in (2, 4):
        for ours, theirs in zip(said[count], said[1], strict=True):
            assert ours == pytest.approx(theirs, rel=1e-3, abs=2e-3)
        for net in ("G", "D", "G_ema"):
            assert_close(tmp_path / f"by{count}", tmp_path / "by1", net)
    # A run can be resumed with a different number of processes.
    for count, name in ((2, "by2"), (1, "by4")):
        more = ["--continue_train", "--n_epochs", "3", "--batch_size", str(4 // count)]
        train(count, *flags(eight_pairs, tmp_path, *SAME, *more, name=name))
    for net in "GD":
        assert_close(tmp_path / "by2", tmp_path / "by4", net)


def test_training_works_with_torchrun(eight_pairs, tmp_path):
    torchrun = ["-m", "torch.distributed.run", "--nproc_per_node=2", f"--master_port={free_port()}"]
    line = [sys.executable, *torchrun, ROOT / "train.py", *flags(eight_pairs, tmp_path, *SAME, *epochs(1))]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True, timeout=180, env=env)
    assert done.returncode == 0 and weights(tmp_path / "run"), done.stderr[-2000:]


@pytest.mark.parametrize("victim", [0, 1])
def test_killing_one_process_ends_all_and_run_can_be_resumed(eight_pairs, tmp_path, victim):
    more = ["--n_epochs", "1000", "--print_freq", "1", "--save_latest_freq", "2"]
    processes = start(2, *flags(eight_pairs, tmp_path, *SAME, *more))
    processes[0].wait_for("iters: 6")
    os.kill(processes[victim].pid, signal.SIGKILL)
    began = time.monotonic()
    killed, other = processes[victim].finish(60), processes[1 - victim].finish(60)
    assert time.monotonic() - began < 30 and killed.returncode == -signal.SIGKILL
    assert_one_line_error(other, "another process", "--continue_train resumes from the last save")
    progress = state_of(tmp_path / "run")["progress"]
    assert progress["total_iters"] >= 4
    more = ["--continue_train", "--n_epochs", str(progress["epoch"])]
    train(2, *flags(eight_pairs, tmp_path, *SAME, *more))
    assert not list((tmp_path / "run").glob(".*.part"))


def test_batch_norm_is_refused_in_several_cpu_processes(eight_pairs, tmp_path):
    # Each process would compute statistics from its own images only.
    for process in start(2, *flags(eight_pairs, tmp_path, *SAME, "--norm", "batch")):
        done = process.finish(120)
        assert done.returncode == 2 and "--norm instance" in done.stderr
