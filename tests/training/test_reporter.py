"""The reporter of a training run, and the one that reports nothing."""

import inspect
import json
from argparse import Namespace
from types import SimpleNamespace

import pytest
import torch

from training.pace import Pace
from training.progress import Progress
from training.reporter import Reporter, TrainingReporter, create_reporter

SILENT = {"display_id": 0, "display_server": "", "display_port": 1, "display_env": "", "display_winsize": 1}
SILENT |= {"display_ncols": 1, "tensorboard": False, "wandb": False, "wandb_project": "", "no_html": True}


class Model:
    def __init__(self):
        self.netG, self.precision = SimpleNamespace(multiple=128), SimpleNamespace(name="fp32")

    def get_current_losses(self):
        return {"G_L1": 0.5}

    def get_current_visuals(self):
        return {"real_A": torch.zeros(1, 3, 4, 4)}


class Loader:
    cache = "ram"

    def __len__(self):
        return 10


DATA = SimpleNamespace(loader=Loader(), held_out=None, notes=[], fixed=lambda: None)


def reporter(folder, rank=0, progress=None):
    opt = Namespace(
        rank=rank, run_dir=folder, name="x", gan_mode="lsgan", netG="resnet_6blocks", device="cpu", lr=0.1,
        continue_train=False, explicit=frozenset(["lr"]), **SILENT,
    )  # fmt: skip
    progress = progress or Progress(last_epoch=4, epoch_size=10, update_size=2, epoch=2, images=10)
    return create_reporter(opt, Model(), DATA, progress)


def logged(folder):
    return [json.loads(line) for line in (folder / "loss_log.jsonl").read_text().splitlines()]


def test_a_report_says_where_training_is(tmp_path):
    progress = Progress(last_epoch=4, epoch_size=10, update_size=2, epoch=2, batch=2, images=14)
    with reporter(tmp_path, progress=progress) as report:
        report.begin_epoch(0.05)
        for images in report.timed([2, 2]):
            progress.count(images)
            report.advance(images)
        report.losses()
        report.finish("finished", "done")
    greeting, losses, message, end = logged(tmp_path)
    assert "10 images; cpu, fp32" in greeting["text"] and "epochs 2 to 4" in greeting["text"]
    moment = {k: losses[k] for k in ("epoch", "iters", "total_iters", "lr", "losses")}
    assert moment == {"epoch": 2, "iters": 8, "total_iters": 18, "lr": 0.05, "losses": {"G_L1": 0.5}}
    assert message["text"] == "done" and end["reason"] == "finished"


def test_an_error_is_reported_and_goes_on_its_way(tmp_path):
    with pytest.raises(ValueError, match="broke"), reporter(tmp_path):
        raise ValueError("broke")
    assert logged(tmp_path)[-1]["reason"] == "failed: broke"


def test_other_processes_report_nothing_by_the_same_calls(tmp_path):
    with reporter(tmp_path, rank=1) as report:
        assert list(report.timed([1, 2])) == [1, 2]
        report.losses()
        report.finish("finished", "done")
    assert type(report) is Reporter and not list(tmp_path.iterdir())
    for name, method in inspect.getmembers(TrainingReporter, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(Reporter, name)) == inspect.signature(method), name


def test_a_pace_asked_twice_at_the_same_image_answers_the_same():
    pace = Pace(10)
    for _ in pace.timed(range(3)):
        pace.advance(1)
    first = pace.report()
    assert first["images_per_s"] > 0 and pace.report() == first
    pace.advance(1)
    assert pace.report() != first
