"""Loggers: pix2pix's text log, JSON lines, visdom, W&B, and failing loggers."""

import json
import math
import re
import socket
import subprocess
import sys
import time
from unittest.mock import Mock

import numpy as np
import pytest
from runs import free_port

from training.loggers import Logger, Moment, create_loggers
from training.loggers.text_logs import JsonLinesLog

SAMPLES = {"real_A": np.zeros((8, 8, 3), np.uint8), "fake_B": np.full((8, 8, 3), 90, np.uint8)}


def moment(iters=100, epoch=1):
    """Return a moment in a training run with 4 epochs of 200 images."""
    total = (epoch - 1) * 200 + iters
    return Moment(
        epoch, 4, iters, 200, total, 2e-4, images_per_s=12.5, eta_s=60.0, data_s=0.004, step_s=0.123
    )


def make(folder, resume=False, **options):
    options = {"name": "x", "no_html": True, "display_id": 0, "wandb": False, **options}
    return create_loggers(folder, options, resume=resume)


def losses(group, values, **when):
    group.tell(Logger.numbers, "losses", moment(**when), values)


def feed(group):
    losses(group, {"G_GAN": 0.5, "G_L1": 12.25})
    group.tell(Logger.samples, moment(), SAMPLES)
    group.tell(Logger.fixed_samples, moment(), {"lion <1>": SAMPLES})
    group.tell(Logger.numbers, "validation", moment(), {"L1": 0.125, "KD": 140.0})
    group.tell(Logger.line, "warning", "a\nb\x1b[31m")


def jsonl(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_console_and_loss_log_write_lines_like_pix2pix(tmp_path, capsys):
    for resume in (False, True):
        feed(make(tmp_path, resume))
    wanted = [
        "(epoch: 1, iters: 100, time: 0.123, data: 0.004) G_GAN: 0.500 G_L1: 12.250",
        "(epoch: 1, val) L1: 0.125 KD: 140",
        "warning: a\\nb\\x1b[31m",
    ]
    assert capsys.readouterr().out.splitlines() == wanted * 2
    header, *lines = (tmp_path / "loss_log.txt").read_text().splitlines()
    assert re.fullmatch(r"=+ Training Loss \(.+\) =+", header) and lines[3].startswith("=====")
    assert lines[:3] == lines[4:] == wanted


def test_json_log_continues_after_its_last_complete_line(tmp_path):
    group, path = make(tmp_path), tmp_path / "loss_log.jsonl"
    feed(group)
    losses(group, {"G_GAN": math.nan, "G_L1": 11.0})
    group.tell(Logger.close, "interrupted")
    records = jsonl(path)
    assert [record["type"] for record in records] == ["losses", "validation", "warning", "losses", "end"]
    assert records[0]["losses"] == {"G_GAN": 0.5, "G_L1": 12.25} and records[0]["total_iters"] == 100
    assert records[1]["metrics"] == {"L1": 0.125, "KD": 140.0}
    assert records[3]["losses"] == {"G_GAN": None, "G_L1": 11.0} and records[4]["reason"] == "interrupted"
    with path.open("a") as file:
        file.write('{"torn": 1, 2')
    JsonLinesLog(path, resume=True).close("finished")
    assert jsonl(path)[:5] == records and jsonl(path)[5]["reason"] == "finished"
    JsonLinesLog(path)  # a new run starts a new log
    assert jsonl(path) == []


def test_failing_logger_is_switched_off_with_one_line(tmp_path, capsys, monkeypatch):
    class Broken(Logger):
        def numbers(self, kind, moment, values):
            raise RuntimeError("first line\nsecond line")

    monkeypatch.setitem(sys.modules, "wandb", None)
    group = make(tmp_path, wandb=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert "pip install wandb" in line
    group.add("broken", Broken)
    for _ in range(2):
        losses(group, {"G": 1.0})
    said = [line for line in capsys.readouterr().out.splitlines() if "(epoch" not in line]
    assert said == ["broken is off: RuntimeError: first line. Training continues without it."]

    gone = Mock(side_effect=BrokenPipeError(32, "Broken pipe"))
    monkeypatch.setattr("training.loggers.text_logs.tqdm.write", gone)
    losses(group, {"G": 1.0})
    assert list(group.loggers) == ["loss_log.txt", "loss_log.jsonl"]
    assert len(jsonl(tmp_path / "loss_log.jsonl")) == 3


def wait_for(port, server):
    for _ in range(1200):
        assert server.poll() is None, "the server has ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


def visdom_options(port):
    where = {"display_server": "http://127.0.0.1", "display_port": port, "display_env": "chimera"}
    return {"display_id": 7, "display_ncols": 4, "display_winsize": 256, **where}


@pytest.fixture
def server(tmp_path):
    """A visdom server: (port, process)."""
    pytest.importorskip("visdom")
    port = free_port()
    (tmp_path / "served").mkdir()
    code = (
        "from visdom.server.run_server import start_server;"
        f"start_server(port={port}, base_url='', env_path={str(tmp_path / 'served')!r}, bind_local=True)"
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-c", code], **quiet)
    try:
        wait_for(port, process)
        yield port, process
    finally:
        process.kill()
        process.wait()


def window(port, name):
    import requests

    question = json.dumps({"win": name, "eid": "chimera"})
    return requests.post(f"http://127.0.0.1:{port}/win_data", data=question, timeout=5).json()["content"]


def test_visdom_shows_a_run_until_its_server_is_killed(tmp_path, capfd, server):
    port, process = server
    group = make(tmp_path, **visdom_options(port))
    feed(group)
    losses(group, {"G_GAN": 0.25, "G_L1": 11.0}, iters=200)
    curves = {trace["name"]: (trace["x"], trace["y"]) for trace in window(port, "7")["data"]}
    assert curves == {"G_GAN": ([0.5, 1.0], [0.5, 0.25]), "G_L1": ([0.5, 1.0], [12.25, 11.0])}
    assert window(port, "8")["src"].startswith("data:image/")
    assert "real_A" in window(port, "9") and "fake_B" in window(port, "9")
    assert window(port, "10")["data"][0]["y"] == [0.125] and window(port, "11")["data"][0]["y"] == [140.0]

    losses(make(tmp_path, resume=True, **visdom_options(port)), {"G_GAN": 0.125}, epoch=2)
    assert window(port, "7")["data"][0]["y"] == [0.5, 0.25, 0.125]

    capfd.readouterr()
    process.kill()
    process.wait()
    for _ in range(2):
        losses(group, {"G_GAN": 0.5})
    out, err = capfd.readouterr()
    assert err == "" and sum("visdom" in line for line in out.splitlines()) == 1
    assert list(group.loggers) == ["console", "loss_log.txt", "loss_log.jsonl"]


def test_wandb_resumes_an_offline_run(tmp_path, monkeypatch, capfd):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    ids = []
    for resume in (False, True):
        group = make(tmp_path, resume, wandb=True, wandb_project="chimera")
        assert "wandb" in group.loggers
        feed(group)
        group.tell(Logger.close, "finished")
        ids.append((tmp_path / "wandb_id.txt").read_text())
    assert ids[0] == ids[1]
    assert len(list((tmp_path / "wandb").glob(f"offline-run-*-{ids[0]}*"))) == 2
    assert "off" not in capfd.readouterr().out
