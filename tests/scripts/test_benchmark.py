"""benchmark.py: its baseline computes the same as train.py, tables are complete, mistakes give one line."""

import re
import time
from argparse import Namespace

import pytest
import torch
from conftest import assert_one_line_error, command

from scripts.benchmark import main
from scripts.benchmarks import measuring, ways
from scripts.benchmarks.textbook import make_learner, update

TINY = ["--device", "cpu", "--netG", "unet_128", "--size", "128", "--ngf", "2", "--workers", "1"]
ARGS = Namespace(netG="unet_128", ngf=4, ndf=4, size=128, workers=1, device="cpu")


class Here:
    """A fast stand-in for a separate process."""

    def __init__(self, make, *args, repeats):
        self.step = make(*args)

    def __call__(self):
        self.step()

    def close(self):
        pass


def run(what, capsys, *flags):
    """Tables of a tiny run as title -> (columns, rows of strings)."""
    assert main([what, *TINY, *flags]) == 0
    text = capsys.readouterr().out
    tables = {}
    for title, body in re.findall(r"^### (.+)\n\n((?:\|.+\n)+)", text, re.MULTILINE):
        lines = [[c.strip() for c in line.strip("|").split("|")] for line in body.splitlines()]
        tables[title] = lines[0], lines[2:]
    assert f"PyTorch {torch.__version__}" in text
    return tables


def number(cell):
    return float(cell.replace(",", ""))


def test_the_textbooks_update_and_ours_give_the_same_losses_from_the_same_weights(pairs):
    model = ways.make_model(ways.train_options(pairs, ARGS, "--amp", "fp32"))
    learner = make_learner("unet_128", ngf=4, ndf=4, device=torch.device("cpu"))
    learner.netG.load_state_dict(model.netG.state_dict())
    learner.netD.load_state_dict(model.netD.state_dict())
    torch.manual_seed(1)
    batches = torch.rand(4, 2, 2, 3, 128, 128) * 2 - 1
    for i, (real_A, real_B) in enumerate(batches):
        torch.manual_seed(i)  # the same dropout
        theirs = {k: v.item() for k, v in update(learner, real_A, real_B).items()}
        torch.manual_seed(i)
        model.set_input({"A": real_B, "B": real_A, "A_paths": ["", ""], "B_paths": ["", ""]})
        model.optimize_parameters()
        assert theirs == pytest.approx(model.get_current_losses(), rel=1e-4)


@pytest.mark.parametrize(
    ("what", "flags", "names"),
    [
        ("train", ["--batch_sizes", "2", "--images", "2"], ["textbook", "train.py --amp fp32", "train.py"]),
        ("test", ["--batch_sizes", "2", "--images", "3"], ["textbook", "test.py --batch_size 2"]),
        ("preprocess", ["--images", "2", "--megapixels", "0.1"], ["textbook", "preprocess.py --workers 1"]),
    ],
)
def test_every_benchmark_compares_a_command_with_the_textbook(capsys, monkeypatch, what, flags, names):
    monkeypatch.setattr(ways, "Alternative", Here)
    tables = run(what, capsys, "--updates", "1", *flags)
    assert len(tables) == (2 if what == "preprocess" else 1)
    for columns, rows in tables.values():
        assert columns[:4] == ["way", "images/s", "ms an image", "times the textbook's speed"]
        assert all(row[0].startswith(name) for row, name in zip(rows, names, strict=False))
        assert len(rows) >= len(names) and number(rows[0][3]) == 1
        for row in rows:
            assert number(row[1]) * number(row[2]) == pytest.approx(1000, rel=0.02)


def test_alternatives_take_turns_and_the_first_one_changes():
    calls = []
    steps = {name: lambda name=name: calls.append(name) for name in "abc"}
    timings = measuring.interleave(steps, rounds=3, budget_s=0)
    assert "".join(calls) == "abc" + "abc" + "bca" + "cab"
    assert {timing.turns for timing in timings.values()} == {3}


def test_a_budget_ends_the_rounds_and_medians_are_taken():
    timing = measuring.interleave({"nap": lambda: time.sleep(0.01)}, rounds=None, budget_s=0.1)["nap"]
    assert timing.median_s >= 0.01
    assert measuring.LEAST_ROUNDS <= timing.turns <= 10
    assert measuring.Timing.of([1.0, 2.0, 3.0, 4.0, 100.0]) == (3.0, pytest.approx(2 / 3), 5)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["train", "--batch_sizes", "1,x"], ["x", "whole number"]),
        (["train", "--netG", "vgg"], ["vgg", "unet_256"]),
        (["train", "--size", "200"], ["200", "256"]),
        *([] if torch.cuda.is_available() else [(["train", "--device", "cuda"], ["cuda", "cpu"])]),
    ],
)
def test_mistakes_are_one_line(flags, words):
    assert_one_line_error(command("scripts/benchmark.py", *flags), *words)
