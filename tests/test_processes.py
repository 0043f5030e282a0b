"""Training shared by several processes: real ones, joined by gloo."""

import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from conftest import ROOT, TINY, Started, assert_one_line_error, drawing
from PIL import Image

# Random masks would differ, because each process draws its own.
SAME = ["--norm", "instance", "--no_dropout", "--n_epochs_decay", "0", "--no_html", "--n_fixed", "0"]


@pytest.fixture
def eight_pairs(tmp_path):
    """Eight pairs: two batches of four."""
    folder = tmp_path / "pairs" / "train"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for i in range(8):
        photo = drawing(rng, 128)
        Image.fromarray(np.concatenate([photo, 255 - photo], axis=1)).save(folder / f"{i}.png")
    return tmp_path / "pairs"


def arguments(pairs, checkpoints, name, *more):
    return ["--dataroot", pairs, "--name", name, "--checkpoints_dir", checkpoints, *TINY, *SAME, *more]


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return str(any_port.getsockname()[1])


def start(count, *line):
    """Start train.py in several processes like torchrun, but without supervision."""
    common = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]
    return [Started("train.py", *line, env={**common, **rank}) for rank in ranks]


def train(count, *line):
    done = [process.finish(180) for process in start(count, *line)]
    assert [d.returncode for d in done] == [0] * count, [d.stderr for d in done]
    return done[0].stdout


def losses(stdout):
    """The values of every printed report of losses."""
    lines = [line.partition(") ")[2].split() for line in stdout.splitlines() if line.startswith("(epoch")]
    return [dict(zip(line[::2], map(float, line[1::2]), strict=True)) for line in lines]


def weights(folder, net="G"):
    """A network's 4D weights: instance norm cancels the biases before it, which therefore follow rounding."""
    state = torch.load(folder / f"latest_net_{net}.pth", weights_only=True)
    return {k: v for k, v in state.items() if v.ndim == 4}


def assert_close(ours, theirs):
    """Adam turns a gradient near zero, whatever its size, into a step of 2e-4 whose sign rounding decides: a
    few weights part. With other gradients, all would."""
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        assert (ours[key] - value).abs().mean() < 4e-5, key


@pytest.mark.parametrize(
    "objective", [[], ["--gan_mode", "hinge", "--netD", "multi"]], ids=["lsgan", "multi"]
)
def test_processes_learn_what_one_does_on_the_joined_batch(eight_pairs, tmp_path, objective):
    flags, said = [*objective, "--n_epochs", "2", "--print_freq", "1", "--ema", "0.9"], {}
    for count in (1, 2, 4):
        more = ("--batch_size", str(4 // count))
        said[count] = losses(train(count, *arguments(eight_pairs, tmp_path, f"by{count}", *flags, *more)))
    assert len(said[1]) == 4 and {"D_real:", "D_fake:", "G_GAN:", "G_L1:"} <= set(said[1][0])
    for count in (2, 4):
        for ours, theirs in zip(said[count], said[1], strict=True):
            assert ours == pytest.approx(theirs, rel=1e-3, abs=2e-3)
        for net in ("G", "D", "G_ema"):
            assert_close(weights(tmp_path / f"by{count}", net), weights(tmp_path / "by1", net))


def test_torchrun_starts_the_processes(eight_pairs, tmp_path):
    torchrun = ["-m", "torch.distributed.run", "--nproc_per_node=2", f"--master_port={free_port()}"]
    line = [*torchrun, ROOT / "train.py", *arguments(eight_pairs, tmp_path, "x", "--n_epochs", "1")]
    how = {
        "capture_output": True,
        "text": True,
        "timeout": 180,
        "env": {**os.environ, "OMP_NUM_THREADS": "1"},
    }
    done = subprocess.run([sys.executable, *map(str, line)], **how)
    assert done.returncode == 0 and weights(tmp_path / "x"), done.stderr[-2000:]


def test_a_run_continues_with_another_number_of_processes(eight_pairs, tmp_path):
    train(1, *arguments(eight_pairs, tmp_path, "whole", "--batch_size", "4", "--n_epochs", "3"))
    train(2, *arguments(eight_pairs, tmp_path, "parts", "--batch_size", "2", "--n_epochs", "1"))
    where = ["--name", "parts", "--checkpoints_dir", tmp_path, "--gpu_ids", "-1", "--continue_train"]
    train(4, *where, "--n_epochs", "2", "--batch_size", "1")
    train(1, *where, "--n_epochs", "3", "--batch_size", "4")
    for net in "GD":
        assert_close(weights(tmp_path / "parts", net), weights(tmp_path / "whole", net))


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_all_with_one_line_and_the_run_resumes(eight_pairs, tmp_path, victim):
    line = arguments(
        eight_pairs, tmp_path, "x", "--n_epochs", "1000", "--print_freq", "1", "--save_latest_freq", "2"
    )
    processes = start(2, *line)
    processes[0].wait_for("iters: 6")
    os.kill(processes[victim].pid, signal.SIGKILL)
    began = time.monotonic()
    killed, other = processes[victim].finish(60), processes[1 - victim].finish(60)
    assert time.monotonic() - began < 30 and killed.returncode == -signal.SIGKILL
    assert_one_line_error(other, "another process", "--continue_train resumes the last save")
    progress = torch.load(tmp_path / "x" / "latest_state.pth", weights_only=True)["progress"]
    assert progress["total_iters"] >= 4
    where = ["--name", "x", "--checkpoints_dir", tmp_path, "--gpu_ids", "-1", "--continue_train"]
    train(2, *where, "--n_epochs", str(progress["epoch"]))
    assert not list((tmp_path / "x").glob(".*.part"))


def test_batch_norm_over_processes_without_gpus_is_refused_with_the_reason(eight_pairs, tmp_path):
    # Each process would normalize by the statistics of its own share, unlike one process with the joined
    # batch.
    for process in start(2, *arguments(eight_pairs, tmp_path, "x", "--norm", "batch")):
        done = process.finish(120)
        assert done.returncode == 2 and "--norm instance" in done.stderr
