"""Whether the soak test (tests/soak.py) would notice what it is there for."""

import numpy as np
import pytest
from soak import Soak, grows, slope_per_hour


def test_one_step_is_no_slope_but_many_are():
    seconds, memory = np.arange(0, 7200, 240.0), np.full(30, 1100.0)
    memory[-4:] += 20
    assert slope_per_hour(seconds, memory)[0] == 0
    slope, error = slope_per_hour(seconds, 1100 + 20 * (seconds // 1800))
    assert slope == pytest.approx(40, rel=0.2) and slope > 3 * error
    assert slope_per_hour([0, 3600, 7200], [0, 1, 5])[0] == 2.5


@pytest.mark.parametrize("seed", range(8))
def test_a_slow_leak_stands_out_of_the_noise_and_a_warm_up_is_none(seed):
    seconds = np.arange(0, 5400, 5.0)
    steps = np.repeat(np.random.default_rng(seed).normal(0, 2, len(seconds) // 20), 20)
    calm = 600 + 400 * (1 - np.exp(-seconds / 60)) + steps
    assert not grows(seconds, calm) and grows(seconds, calm + 16 * seconds / 3600)


def test_a_command_is_called_to_account_for_what_it_leaves(tmp_path, monkeypatch):
    monkeypatch.setattr("soak.ORPHANS_MAY_LIVE_S", 0.2)
    script = tmp_path / "untidy.py"
    script.write_text(
        "import subprocess, sys, tempfile\n"
        "tempfile.mkstemp()\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "sys.exit(3)\n"
    )
    soak = Soak(tmp_path, 0)
    assert soak.run(script) == 3
    kinds = " ".join(soak.problems)
    assert len(soak.problems) == 3
    assert "ends with 3" in kinds and "leaves a process" in kinds and "leaves a temporary file" in kinds
