"""Logger groups, and the loggers that other packages and servers take part in."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from tests.training.feeding import feed, jsonl, progress
from training.loggers import Logger, LoggerGroup, create_loggers


def test_epochs_done_counts_the_fraction():
    assert progress(50, epoch=3).epochs_done == 2.25


class Broken(Logger):
    def __init__(self):
        self.calls = 0

    def losses(self, progress, losses):
        self.calls += 1
        raise RuntimeError("first line\nsecond line")


class Recorder(Logger):
    def __init__(self):
        self.seen = []

    def losses(self, progress, losses):
        self.seen.append(losses)


def test_a_failing_logger_says_one_line_and_the_others_go_on(capsys):
    broken, recorder = Broken(), Recorder()
    group = LoggerGroup({"broken": broken, "recorder": recorder})
    group.losses(progress(), {"G": 1.0})
    group.losses(progress(), {"G": 2.0})
    said = [line for line in capsys.readouterr().out.splitlines() if "broken" in line]
    assert said == ["broken is off: RuntimeError: first line. Training goes on without it."]
    assert broken.calls == 1 and group.names == ["recorder"]
    assert recorder.seen == [{"G": 1.0}, {"G": 2.0}]


def test_a_group_without_loggers_is_silent(capfd):
    group = LoggerGroup()
    feed(group)
    group.warning("x")
    group.close("finished")
    assert capfd.readouterr() == ("", "")


def test_training_outlives_its_screen(tmp_path, monkeypatch):
    def gone(*args, **kwargs):
        raise BrokenPipeError(32, "Broken pipe")

    group = create_loggers(tmp_path, name="x", options={}, html=False)
    monkeypatch.setattr("training.loggers.text_logs.tqdm.write", gone)
    feed(group)
    assert group.names == ["loss_log.txt", "loss_log.jsonl"]
    assert len(jsonl(tmp_path / "loss_log.jsonl")) == 3


def test_ctrl_c_in_a_logger_is_not_swallowed():
    class Interrupted(Logger):
        def losses(self, progress, losses):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LoggerGroup({"x": Interrupted()}).losses(progress(), {})


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_full_disk_switches_off_one_log_only(tmp_path, capsys):
    (tmp_path / "loss_log.txt").symlink_to("/dev/full")
    group = create_loggers(tmp_path, name="x", options={}, html=False)
    group.losses(progress(), {"G": 1.0})
    assert "loss_log.txt is off: " in capsys.readouterr().out
    assert group.names == ["console", "loss_log.jsonl"]
    assert jsonl(tmp_path / "loss_log.jsonl")[0]["losses"] == {"G": 1.0}


def test_a_package_that_is_missing_costs_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    group = create_loggers(tmp_path, name="x", options={}, html=False, wandb=True, tensorboard=True)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and "pip install tensorboard" in said[0] and "pip install wandb" in said[1]
    feed(group)
    assert len(jsonl(tmp_path / "loss_log.jsonl")) == 3


def test_loggers_are_imported_without_torch():
    modules = "training.loggers, training.page, util.gallery.writing, training.doctor"
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_no_visdom_server_costs_one_line_and_no_wait(tmp_path, capfd):
    began = time.monotonic()
    port = free_port()
    group = create_loggers(tmp_path, name="x", options={}, html=False, display_id=1, display_port=port)
    assert time.monotonic() - began < 4
    group.losses(progress(), {"G": 1.0})
    out, err = capfd.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert len(lines) == 2 and lines[0].startswith(
        "visdom is off: no visdom server answers at http://localhost:"
    )


def test_a_server_that_is_no_visdom_costs_one_line(tmp_path, capfd):
    pytest.importorskip("visdom")
    folder = tmp_path / "empty"
    folder.mkdir()
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "--directory",
        str(folder),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, server)
        group = create_loggers(
            tmp_path,
            name="x",
            options={},
            html=False,
            display_id=1,
            display_port=port,
            display_server="127.0.0.1",
        )
        feed(group)
    finally:
        server.kill()
        server.wait()
    out, err = capfd.readouterr()
    assert err == "" and sum("visdom" in line for line in out.splitlines()) == 1
    assert "visdom" not in group.names


def wait_for(port: int, server: subprocess.Popen) -> None:
    for _ in range(300):
        assert server.poll() is None, "the server has ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


@pytest.fixture
def visdom_server(tmp_path):
    """A real visdom server process; started by its inner function, which downloads nothing."""
    pytest.importorskip("visdom")
    port = free_port()
    code = (
        "from visdom.server.run_server import start_server;"
        f"start_server(port={port}, base_url='', env_path={str(tmp_path / 'visdom')!r}, bind_local=True)"
    )
    (tmp_path / "visdom").mkdir()
    with (tmp_path / "visdom.log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=log)
    try:
        wait_for(port, server)
        yield port, server
    finally:
        server.kill()
        server.wait()


def window(port: int, name: str) -> dict:
    import requests

    question = json.dumps({"win": name, "eid": "chimera"})
    answer = requests.post(f"http://127.0.0.1:{port}/win_data", data=question, timeout=5)
    return answer.json()["content"]


def test_visdom_gets_the_familys_windows_and_its_death_costs_one_line(tmp_path, capfd, visdom_server):
    port, server = visdom_server
    where = {
        "display_id": 7,
        "display_server": "http://127.0.0.1",
        "display_port": port,
        "display_env": "chimera",
    }
    group = create_loggers(tmp_path / "run", name="x", options={}, html=False, **where)
    assert "visdom" in group.names
    feed(group)
    group.losses(progress(200), {"G_GAN": 0.25, "G_L1": 11.0})
    curves = {trace["name"]: (trace["x"], trace["y"]) for trace in window(port, "7")["data"]}
    assert curves == {"G_GAN": ([0.5, 1.0], [0.5, 0.25]), "G_L1": ([0.5, 1.0], [12.25, 11.0])}
    assert window(port, "8")["src"].startswith("data:image/")
    assert "real_A" in window(port, "9") and "fake_B" in window(port, "9")
    assert window(port, "10")["data"][0]["y"] == [0.125]
    group.validation(progress(200), {"L1": 0.5, "KD": 140.0, "KD_se": 6.0})
    assert window(port, "10")["data"][0]["y"] == [0.125, 0.5]
    assert [(trace["name"], trace["y"]) for trace in window(port, "11")["data"]] == [
        ("KD", [140.0]),
        ("KD_se", [6.0]),
    ]

    resumed = create_loggers(tmp_path / "run", name="x", options={}, html=False, resume=True, **where)
    resumed.losses(progress(100, epoch=2), {"G_GAN": 0.125})
    assert window(port, "7")["data"][0]["y"] == [0.5, 0.25, 0.125]

    capfd.readouterr()
    server.kill()
    server.wait()
    began = time.monotonic()
    group.losses(progress(), {"G_GAN": 0.5})
    group.losses(progress(), {"G_GAN": 0.5})
    assert time.monotonic() - began < 8
    out, err = capfd.readouterr()
    assert err == "" and sum("visdom" in line for line in out.splitlines()) == 1
    assert group.names == ["console", "loss_log.txt", "loss_log.jsonl"]


def test_tensorboard_writes_scalars_and_images(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    group = create_loggers(tmp_path, name="x", options={}, html=False, tensorboard=True)
    feed(group)
    group.close("finished")
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss/G_L1")] == [(100, 12.25)]
    assert events.Scalars("val/L1")[0].value == 0.125
    assert "training/fake_B" in events.Tags()["images"]


def test_wandb_offline_keeps_a_run_and_resumes_it(tmp_path, monkeypatch, capfd):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    ids = []
    for resume in (False, True):
        group = create_loggers(
            tmp_path, name="x", options={"lr": 1e-4}, html=False, wandb=True, resume=resume
        )
        assert "wandb" in group.names
        feed(group)
        group.close("finished")
        ids.append((tmp_path / "wandb_id.txt").read_text())
    assert ids[0] == ids[1]
    assert len(list((tmp_path / "wandb").glob(f"offline-run-*-{ids[0]}*"))) == 2
    assert "off" not in capfd.readouterr().out
