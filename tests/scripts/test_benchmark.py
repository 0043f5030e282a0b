"""benchmark.py compares the commands with a baseline that computes the same losses."""

import re
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch

from scripts.benchmark import main
from scripts.benchmarks import measuring, ways
from scripts.benchmarks.textbook import Learner

TINY = ["--device", "cpu", "--netG", "unet_128", "--size", "128", "--ngf", "2", "--workers", "1"]
ARGS = Namespace(netG="unet_128", ngf=4, size=128, workers=1, device="cpu")


def test_the_textbook_and_train_py_compute_the_same_losses(pairs):
    model = ways.make_model(ways.train_options(pairs, ARGS, "--amp", "fp32"))
    learner = Learner("unet_128", width=4, device=torch.device("cpu"))
    learner.netG.load_state_dict(model.netG.state_dict())
    learner.netD.load_state_dict(model.netD.state_dict())
    torch.manual_seed(1)
    batches = torch.rand(4, 2, 2, 3, 128, 128) * 2 - 1
    for i, (real_A, real_B) in enumerate(batches):
        torch.manual_seed(i)  # the same dropout
        theirs = {k: v.item() for k, v in learner.update(real_A, real_B).items()}
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
def test_every_benchmark_prints_a_table(capsys, monkeypatch, what, flags, names):
    monkeypatch.setattr(measuring, "Worker", partial(ThreadPoolExecutor, 1))  # fast
    assert main([what, *TINY, "--updates", "1", *flags]) == 0
    text = capsys.readouterr().out
    tables = re.findall(r"^### .+\n\n((?:\|.+\n)+)", text, re.MULTILINE)
    assert f"PyTorch {torch.__version__}" in text and len(tables) == (2 if what == "preprocess" else 1)
    for lines in tables:
        columns, _, *rows = ([c.strip() for c in line.strip("|").split("|")] for line in lines.splitlines())
        assert columns[:4] == ["variant", "images/s", "ms/image", "times the textbook's speed"]
        assert all(row[0].startswith(name) for row, name in zip(rows, names, strict=False))
        assert len(rows) >= len(names) and float(rows[0][3]) == 1
        for row in rows:
            assert float(row[1]) * float(row[2]) == pytest.approx(1000, rel=0.02)
