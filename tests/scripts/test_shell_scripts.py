"""The shell scripts run the commands, and report mistakes in one line."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT, TINY


def run(script, *arguments):
    env = {**os.environ, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    line = ["bash", ROOT / "scripts" / script, *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=300, env=env)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train_pix2pix.sh", "usage: scripts/train_pix2pix.sh"),
        ("test_pix2pix.sh", "usage: scripts/test_pix2pix.sh"),
        ("test_single.sh", "usage: scripts/test_single.sh"),
        ("train_galleries.sh wgan", "wgan is not a number of minutes"),
        ("make_galleries.sh wgan", "wgan is not a part: "),
    ],
)
def test_invalid_arguments_are_reported_in_one_line(line, said):
    done = run(*line.split())
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1


def test_the_scripts_of_pix2pix_train_and_test(pairs, tmp_path):
    where = ["--checkpoints_dir", tmp_path / "c", "--gpu_ids", "-1"]
    short = [*TINY, *where, "--n_epochs", "1", "--n_epochs_decay", "0", "--save_epoch_freq", "1"]
    assert run("train_pix2pix.sh", pairs, "x", *short).returncode == 0
    for script, folder in (("test_pix2pix.sh", pairs), ("test_single.sh", pairs / "test")):
        done = run(script, folder, "x", *where, "--results_dir", tmp_path / script)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / script / "x" / "test_latest" / "index.html").exists()
