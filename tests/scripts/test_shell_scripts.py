"""The shell scripts start the commands they name."""

import os
import subprocess
import sys

import pytest
import torch
from conftest import ROOT, TINY

SCRIPTS = [
    "train_pix2pix.sh", "test_pix2pix.sh", "test_single.sh",
    "train_lsgan.sh", "train_wgangp.sh", "train_msgan.sh", "train_best.sh",
]  # fmt: skip


def run(script, *arguments):
    env = {**os.environ, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        ["bash", ROOT / "scripts" / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env=env,
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_without_arguments_they_say_how(script):
    done = run(script)
    assert done.returncode == 2 and "usage: scripts/" + script in done.stderr


EXPERIMENTS = {
    "train_lsgan.sh": "gan_mode: lsgan",
    "train_wgangp.sh": "gan_mode: wgangp",
    "train_msgan.sh": "gan_mode: msgan",
    "train_best.sh": "lambda_proj: 0.5",
}


@pytest.mark.parametrize("script", EXPERIMENTS)
def test_the_experiments_train(pairs, tmp_path, script):
    short = [*TINY, "--name", "x", "--checkpoints_dir", tmp_path, "--n_epochs", "1", "--n_epochs_decay", "0"]
    done = run(script, pairs, *short)
    assert done.returncode == 0, done.stderr
    assert EXPERIMENTS[script] in (tmp_path / "x" / "train_opt.txt").read_text()


def test_train_then_test_both_ways(pairs, tmp_path):
    where = ["--checkpoints_dir", tmp_path / "c", "--gpu_ids", "-1"]
    short = [*TINY, *where, "--n_epochs", "1", "--n_epochs_decay", "0", "--save_epoch_freq", "1"]
    assert run("train_pix2pix.sh", pairs, "x", *short).returncode == 0
    for script, folder in (("test_pix2pix.sh", pairs), ("test_single.sh", pairs / "test")):
        done = run(script, folder, "x", *where, "--results_dir", tmp_path / script)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / script / "x" / "test_latest" / "index.html").exists()


@pytest.mark.parametrize("script", ["train_galleries.sh", "make_galleries.sh"])
def test_unknown_parts_of_the_galleries_are_named(script):
    done = run(script, "wgan")
    assert done.returncode == 2 and "wgan is not a" in done.stderr and "wgangp" in done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU")
def test_without_a_gpu_its_check_says_so_in_one_line():
    done = run("gpu_check.sh")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "no CUDA GPU here" in done.stderr
