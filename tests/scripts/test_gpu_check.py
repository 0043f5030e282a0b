"""gpu_check.sh on a machine without a GPU: a line, or the same rows in small."""

import os
import subprocess
import sys

import pytest
import torch
from conftest import ROOT

from scripts.gpu_checks.__main__ import attempt
from scripts.gpu_checks.rows import Row, learned, within
from scripts.gpu_checks.runs import CheckFailed, Settings, Skipped, furthest_apart


def gpu_check(*flags):
    env = {**os.environ, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    line = ["bash", ROOT / "scripts" / "gpu_check.sh", *flags]
    return subprocess.run(line, capture_output=True, text=True, timeout=300, env=env)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU")
def test_without_a_gpu_it_says_so_in_one_line():
    done = gpu_check()
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "no CUDA GPU here" in done.stderr and "--device cpu" in done.stderr


def test_the_dry_run_ends_with_one_table():
    done = gpu_check("--device", "cpu", "--only", "trains in")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert [row.split("|")[3].strip() for row in rows[2:]] == ["passed", "passed", "skipped"]
    assert "fp16 needs a GPU" in rows[-1] and "G_L1" in rows[-2]


def test_train_py_without_a_page_needs_no_dominate():
    code = "import sys; sys.modules['dominate'] = sys.modules['torchvision'] = None; import train"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def settings(tmp_path):
    return Settings("cpu", tmp_path, training_s=1)


def fail(settings):
    raise CheckFailed("too far apart")


def crash(settings):
    raise ZeroDivisionError("division by zero")


def skip(settings):
    raise Skipped("not here")


@pytest.mark.parametrize(("row", "result", "figure"), [
    (Row("x", lambda settings: "3 | 4"), "passed", "3 / 4"),
    (Row("x", fail), "FAILED", "too far apart"),
    (Row("x", crash), "FAILED", "ZeroDivisionError: division by zero"),
    (Row("x", skip), "skipped", "not here"),
    (Row("x", fail, ("no_such_package",)), "skipped", "the package no_such_package is not installed"),
])  # fmt: skip
def test_a_row_that_breaks_is_a_line_of_the_table(tmp_path, row, result, figure):
    assert attempt(row, settings(tmp_path))[:2] == (result, figure)


def logged(*values):
    return [{"total_iters": k, "losses": {"G_L1": value}} for k, value in enumerate(values)]


def test_losses_are_compared_update_by_update():
    assert furthest_apart(logged(1.0, 40.0), logged(1.0, 44.0)) == (pytest.approx(0.1), "G_L1 at 1 images")
    assert furthest_apart(logged(0.5), logged(0.6))[0] == pytest.approx(0.1)
    assert furthest_apart(logged(1.0), logged(float("nan")))[0] == float("inf")


def test_a_figure_that_is_not_reached_fails():
    assert within(0.1, 0.1, "text") == "text"
    for bad in (0.2, float("nan")):
        with pytest.raises(CheckFailed, match="allowed is 0.1"):
            within(bad, 0.1, "text")
    assert "40.0 to 20.0" in learned(logged(40.0, 30.0, 20.0))
    with pytest.raises(CheckFailed, match="did not fall"):
        learned(logged(20.0, 30.0))
