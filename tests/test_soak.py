"""The soak test (tests/soak.py) detects the problems for which it looks."""

import numpy as np
import pytest
from soak import Soak, grows


@pytest.mark.parametrize("seed", range(8))
def test_a_slow_leak_is_distinguished_from_noise_warm_up_and_steps(seed):
    seconds = np.arange(0, 5400, 5.0)
    noise = np.repeat(np.random.default_rng(seed).normal(0, 2, len(seconds) // 20), 20)
    calm = 600 + 400 * (1 - np.exp(-seconds / 60)) + noise
    assert not grows(seconds, calm) and not grows(seconds, calm + 20 * (seconds > 4800))
    assert grows(seconds, calm + 16 * seconds / 3600)


def test_leftovers_of_a_command_are_recorded(tmp_path, monkeypatch):
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
