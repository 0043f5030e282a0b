"""Text logs: console, loss_log.txt, JSON lines and CSV."""

import math
import re

from tests.training.feeding import feed, jsonl, progress
from training.loggers import create_loggers
from training.loggers.text_logs import JsonLinesLog


def test_console_and_loss_log_speak_as_the_family_does(tmp_path, capsys):
    group = create_loggers(tmp_path, name="x", options={}, html=False)
    feed(group)
    group.close("finished")
    line = "(epoch: 1, iters: 100, time: 0.123, data: 0.004) G_GAN: 0.500 G_L1: 12.250"
    assert line in capsys.readouterr().out.splitlines()
    header, *lines = (tmp_path / "loss_log.txt").read_text().splitlines()
    assert re.fullmatch(r"=+ Training Loss \(.+\) =+", header)
    assert lines[0] == line


def test_message_keeps_the_bar_whole_and_stays_on_one_line(tmp_path, capsys):
    create_loggers(tmp_path, name="x", options={}, html=False).message("a\nb\x1b[31m")
    assert capsys.readouterr().out == "a\\nb\\x1b[31m\n"


def test_jsonl_holds_the_numbers(tmp_path):
    group = create_loggers(tmp_path, name="x", options={}, html=False)
    feed(group)
    group.losses(progress(200), {"G_GAN": math.nan, "G_L1": 11.0})
    group.close("interrupted")
    records = jsonl(tmp_path / "loss_log.jsonl")
    assert [record["type"] for record in records] == ["losses", "validation", "message", "losses", "end"]
    assert records[0]["losses"] == {"G_GAN": 0.5, "G_L1": 12.25} and records[0]["total_iters"] == 100
    assert records[3]["losses"] == {"G_GAN": None, "G_L1": 11.0}
    assert records[4]["reason"] == "interrupted"


def test_resume_appends_after_the_last_whole_line_and_a_new_run_starts_anew(tmp_path):
    path = tmp_path / "log.jsonl"
    JsonLinesLog(path).losses(progress(1), {"G_L1": 3.0})
    with path.open("a") as file:
        file.write('{"torn": 1, 2')
    JsonLinesLog(path, resume=True).losses(progress(2), {"G_L1": 2.0})
    assert [record["losses"] for record in jsonl(path)] == [{"G_L1": 3.0}, {"G_L1": 2.0}]
    JsonLinesLog(path).losses(progress(5), {"G_L1": 1.0})
    assert [record["losses"] for record in jsonl(path)] == [{"G_L1": 1.0}]


def test_resume_appends_loss_log_with_a_second_header(tmp_path):
    for resume in (False, True):
        create_loggers(tmp_path, name="x", options={}, html=False, resume=resume).losses(
            progress(), {"G": 1.0}
        )
    lines = (tmp_path / "loss_log.txt").read_text().splitlines()
    assert [line.startswith("=====") for line in lines] == [True, False, True, False]
