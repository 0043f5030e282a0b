"""The reporter of a training run, in the first process and in others."""

import json
from argparse import Namespace
from types import SimpleNamespace

import pytest
import torch

from training.progress import Progress
from training.reporter import Reporter


class Model:
    precision = SimpleNamespace(name="fp32")

    def get_current_losses(self):
        return {"G_L1": 0.5}

    def get_current_visuals(self):
        return {"real_A": torch.zeros(1, 3, 4, 4)}


class Loader:
    cache = "ram"

    def __len__(self):
        return 10


DATA = SimpleNamespace(loader=Loader(), held_out=None, notes=["a note"], fixed=lambda: None)


def reporter(folder, progress=None, rank=0):
    opt = Namespace(
        rank=rank, run_dir=folder, name="x", gan_mode="lsgan", device="cpu", lr=0.1, continue_train=False,
        display_id=0, wandb=False, no_html=True,
    )  # fmt: skip
    progress = progress or Progress(last_epoch=4, epoch_size=10, update_size=2, epoch=2, images=10)
    return Reporter(opt, Model(), DATA, progress)


def logged(folder):
    return [json.loads(line) for line in (folder / "loss_log.jsonl").read_text().splitlines()]


def test_a_report_says_where_training_is(tmp_path):
    progress = Progress(last_epoch=4, epoch_size=10, update_size=2, epoch=2, batch=2, images=14)
    with reporter(tmp_path, progress) as report:
        report.begin_epoch(0.05)
        for images in report.timed([2, 2]):
            progress.count(images)
            report.advance(images)
        report.losses()
        report.samples()
        report.finish("finished", "done")
    greeting, note, losses, message, end = logged(tmp_path)
    assert "10 images; cpu, fp32" in greeting["text"] and "epochs 2 to 4" in greeting["text"]
    assert note["text"] == "a note"
    assert losses["images_per_s"] > 0 and losses["eta_s"] > 0 and 0 <= losses["data_s"] < losses["step_s"]
    moment = {k: losses[k] for k in ("epoch", "iters", "total_iters", "lr", "losses")}
    assert moment == {"epoch": 2, "iters": 8, "total_iters": 18, "lr": 0.05, "losses": {"G_L1": 0.5}}
    assert message["text"] == "done" and end["reason"] == "finished"


def test_an_error_is_reported_and_raised(tmp_path):
    with pytest.raises(ValueError, match="broke"), reporter(tmp_path):
        raise ValueError("broke")
    assert logged(tmp_path)[-1]["reason"] == "failed: broke"


def test_other_processes_report_nothing(tmp_path, capfd):
    with reporter(tmp_path, rank=1) as report:
        assert list(report.timed([1, 2])) == [1, 2]
        report.losses()
        report.samples()
        report.fixed()
        report.finish("finished", "done")
    assert not list(tmp_path.iterdir()) and capfd.readouterr() == ("", "")
