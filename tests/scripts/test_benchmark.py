"""benchmark.py: its baseline is the same mathematics as ours, its tables are whole, its mistakes one line."""

import re
import time
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import assert_one_line_error, command
from PIL import Image

from models.precision import has_bf16
from scripts.benchmark import main
from scripts.benchmarks import commands, measuring, report, sample_images, scale, textbook
from scripts.benchmarks.report import Table, format_cell, write_section
from scripts.benchmarks.textbook import make_learner, update
from util.errors import UserError

TINY = ["--device", "cpu", "--netG", "unet_128", "--size", "128", "--ngf", "2", "--workers", "1"]
ARGS = Namespace(netG="unet_128", ngf=4, ndf=4, size=128, workers=1, device="cpu")


@pytest.fixture(autouse=True)
def short_peak(monkeypatch):
    """The peak of the device is measured for as long as it takes three products."""
    real = measuring.matmul_peak
    monkeypatch.setattr(
        "scripts.benchmarks.train.matmul_peak",
        lambda device, kind: real(device, kind, seconds=0.0),
        raising=False,
    )


def run(what, tmp_path, *flags):
    """Tables of a tiny run as title -> (columns, rows of strings), read back from the Markdown file."""
    file = tmp_path / "BENCHMARKS.md"
    assert main([what, *TINY, "--markdown", str(file), *flags]) == 0
    text = file.read_text("utf-8")
    tables = {}
    for title, body in re.findall(r"^### (.+)\n\n((?:\|.+\n)+)", text, re.MULTILINE):
        lines = [[c.strip() for c in line.strip("|").split("|")] for line in body.splitlines()]
        tables[title] = lines[0], lines[2:]
    assert f"PyTorch {torch.__version__}" in text
    return tables


def number(cell):
    return float(cell.replace(",", ""))


def assert_positive(rows, columns, but=("spread %", "MB more", "KB an image")):
    for row in rows:
        for name, cell in zip(columns, row, strict=True):
            if re.fullmatch(r"[\d.,]+", cell) and name not in but:
                assert number(cell) > 0, (name, row)


def test_the_textbooks_update_and_ours_give_the_same_losses_from_the_same_weights():
    model = commands.make_model(commands.train_options(Path("none"), ARGS, "--amp", "fp32"))
    learner = make_learner("unet_128", ngf=4, ndf=4, device=torch.device("cpu"))
    learner.netG.load_state_dict(model.netG.state_dict())
    learner.netD.load_state_dict(model.netD.state_dict())
    torch.manual_seed(1)
    pairs = torch.rand(4, 2, 2, 3, 128, 128) * 2 - 1
    for i, (real_A, real_B) in enumerate(pairs):
        torch.manual_seed(i)  # the same dropout
        theirs = {k: v.item() for k, v in update(learner, real_A, real_B).items()}
        torch.manual_seed(i)
        model.set_input({"A": real_B, "B": real_A, "A_paths": ["", ""], "B_paths": ["", ""]})
        model.optimize_parameters()
        assert theirs == pytest.approx(model.get_current_losses(), rel=1e-4)


def test_the_textbooks_images_are_those_of_our_loader(tmp_path):
    paths = sample_images.write_pairs(tmp_path / "train", 1, 64)
    sample = textbook.PairDataset(paths, load_px=64, crop_px=64)[0]
    args = Namespace(**{**vars(ARGS), "size": 64})
    opt = commands.train_options(tmp_path, args, "--load_size", "64", "--no_flip")
    batch = next(iter(commands.make_loader(opt)))
    assert sample["A"].shape == (3, 64, 64)
    edges, photo = batch["B"][0], batch["A"][0]
    if not torch.allclose(sample["A"], edges, atol=1e-5):
        sample = {name: image.flip(2) for name, image in sample.items()}
    torch.testing.assert_close(sample["A"], edges)
    torch.testing.assert_close(sample["B"], photo)


def test_the_textbook_paints_what_test_py_paints(tmp_path):
    """Without dropout the two must agree but for the rounding of grey levels."""
    paths = sample_images.write_pairs(tmp_path / "test", 2, 128)
    net = make_learner("unet_128", ngf=4, ndf=4, device=torch.device("cpu"), use_dropout=False).netG
    (tmp_path / "out").mkdir()
    textbook.generate_folder(
        net, paths, tmp_path / "out", size_px=128, pairs=True, device=torch.device("cpu")
    )
    for path in paths:
        both = np.asarray(Image.open(path)).astype(int)
        stem = str(tmp_path / "out" / path.stem)
        real_B, real_A, fake_B = (
            np.asarray(Image.open(f"{stem}_{name}.png")).astype(int)
            for name in ("real_B", "real_A", "fake_B")
        )
        assert np.abs(np.concatenate([real_B, real_A], axis=1) - both).max() <= 1
        x = torch.from_numpy(real_A.transpose(2, 0, 1)[None] / 127.5 - 1).float()
        generated = ((net(x)[0] + 1) * 127.5).detach().numpy().transpose(1, 2, 0)
        assert np.abs(generated - fake_B).mean() < 2


def test_train_has_a_row_for_every_loop_and_batch_size(tmp_path):
    tables = run("train", tmp_path, "--batch_sizes", "1,2", "--updates", "1", "--images", "2")
    ((columns, rows),) = tables.values()
    loops = ["textbook loop", "+ fused Adam", "+ decoded once, kept as uint8", "+ losses not read"]
    loops += ["... channels last"]
    bf16 = has_bf16(torch.device("cpu"))
    loops += ["... bf16", "... bf16, channels last"] if bf16 else []
    loops += ["train.py --amp fp32", *(["train.py --amp bf16"] if bf16 else [])]
    loops += [f"train.py --amp {'bf16' if bf16 else 'fp32'} --lambda_proj 1"]
    assert [row[:2] for row in rows] == [[n, loop] for n in "12" for loop in loops]
    assert_positive(rows, columns)
    assert number(rows[0][3]) == 1
    ms, updates = (columns.index(name) for name in ("ms an image", "updates/s"))
    for row in rows:
        assert number(row[ms]) * int(row[0]) * number(row[updates]) == pytest.approx(1000, rel=0.02)


def test_test_compares_test_py_with_the_textbook(tmp_path):
    tables = run("test", tmp_path, "--batch_sizes", "2", "--updates", "1", "--images", "3")
    assert [title.split(",")[0] for title in tables] == ["Testing: 3 drawings", "Testing: 3 pairs"]
    for columns, rows in tables.values():
        ways = [
            "textbook, batch 1, fp32",
            *(f"test.py --batch_size 2 --amp {amp}" for amp in ("fp32", "auto")),
        ]
        assert [row[0] for row in rows] == ways
        assert_positive(rows, columns)


def test_preprocess_compares_both_ways_of_resizing(tmp_path):
    flags = ("--updates", "1", "--images", "2", "--megapixels", "0.1")
    ((columns, rows),) = run("preprocess", tmp_path, *flags).values()
    whole, own = "whole, one after the other", "preprocess.py --workers 1"
    assert [row[:2] for row in rows] == [[r, way] for r in ("seed", "area") for way in (whole, own)]
    assert_positive(rows, columns)


def test_start_measures_real_processes(tmp_path):
    ((columns, rows),) = run("start", tmp_path, "--updates", "1", "--images", "1").values()
    assert [row[0] for row in rows][:2] == ["torch imported", "first image on disk"]
    assert_positive(rows, columns)
    imported, first, _, ended = (number(row[1]) for row in rows)
    # Two processes on a busy machine: which of them was sooner is for the medians of many to say.
    assert imported > 0.05 and 0.05 < first <= ended


def test_scale_measures_updates_and_loaders(tmp_path, monkeypatch):
    # Each point in this very process: fast, and as its own process would.
    monkeypatch.setattr(scale, "_UPDATES_S", 0.01)
    monkeypatch.setattr(scale.Budget, "measure", lambda self, call, point: call(point))
    flags = ("--batch_sizes", "2,1", "--sizes", "128,256", "--counts", "40", "--images", "1")
    batches, sizes, counts = run("scale", tmp_path, *flags).values()
    assert [row[0] for row in batches[1]] == ["1", "2"]
    assert [row[:2] for row in sizes[1]] == [["128", "unet_128"], ["256", "unet_128"]]
    assert [row[:2] for row in counts[1]] == [["40", "ram"], ["40", "none"]]
    for columns, rows in (batches, sizes, counts):
        assert_positive(rows, columns, but=("peak memory MB", "MB more", "KB an image"))


def _too_much(point):
    return None


def test_a_point_of_scale_has_a_process_of_its_own_and_a_budget():
    budget = scale.Budget(time.monotonic() + 60)
    assert budget.measure(_too_much, Namespace()) == "out of memory"
    assert budget.allows(growth=1)
    assert not scale.Budget(time.monotonic() - 1).allows(growth=1)
    table = Table("t", ("size", "a", "b"))
    scale._add(table, [7], _too_much, Namespace(), scale.Budget(time.monotonic() - 1), growth=1)
    assert table.rows == [[7, "over budget", "over budget"]]


def test_alternatives_take_turns_and_the_first_one_changes():
    calls = []
    steps = {name: lambda name=name: calls.append(name) for name in "abc"}
    timings = measuring.interleave(steps, rounds=3, warm_up=1)
    assert "".join(calls) == "abc" + "abc" + "bca" + "cab"
    assert {timing.count for timing in timings.values()} == {3}


def test_a_turn_is_the_mean_of_its_repeats_and_a_budget_ends_the_rounds():
    timing = measuring.interleave({"nap": lambda: time.sleep(0.01)}, budget_s=0.25, repeats=2)["nap"]
    assert 0.01 <= timing.median_s < 0.02
    assert measuring.LEAST_ROUNDS <= timing.count <= 13


def test_median_and_spread():
    timing = measuring.Timing.of([1.0, 2.0, 3.0, 4.0, 100.0])
    assert (timing.median_s, timing.count) == (3.0, 5)
    assert timing.spread == pytest.approx(2 / 3)


def test_flops_are_those_of_the_products():
    layer = torch.nn.Conv2d(3, 5, 3, bias=False)
    x = torch.zeros(2, 3, 10, 10)
    assert measuring.count_flops(lambda: layer(x)) == 2 * (2 * 5 * 8 * 8) * (3 * 3 * 3)


def test_a_peak_is_a_speed():
    assert 1e8 < measuring.matmul_peak(torch.device("cpu"), "fp32", seconds=0.0) < 1e14


def test_camera_photos_weigh_what_a_cameras_do(tmp_path):
    path, copy = sample_images.write_camera_photos(tmp_path, 2, 2.0, different=1)
    width, height = Image.open(path).size
    assert width * height == pytest.approx(2e6, rel=0.01)
    assert 0.1 < path.stat().st_size / (width * height) < 1.0  # bytes a pixel
    assert path.read_bytes() == copy.read_bytes()


def test_a_folder_grows_to_any_number_of_names(tmp_path):
    for count in (10, 40, 100):
        sample_images.grow_folder(tmp_path / "many", count, 16)
        assert len(list((tmp_path / "many").glob("*.png"))) == count


def test_sections_are_replaced_under_their_heading_and_others_stay(tmp_path):
    file = tmp_path / "B.md"
    file.write_text("# Speed\n\nBy hand.\n\n## Mine\n\nkept\n")
    for text in ("old", "new"):
        write_section(file, "Training: a CPU", text)
        write_section(file, "Training: a CPU 2", "other")
    assert file.read_text() == (
        "# Speed\n\nBy hand.\n\n## Mine\n\nkept\n\n## Training: a CPU\n\nnew\n\n"
        "## Training: a CPU 2\n\nother\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5, "1,234"),
        (12.345, "12.3"),
        (1.0, "1.00"),
        (0.01234, "0.0123"),
        (100_000, "100,000"),
        ("a", "a"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert format_cell(value) == text


def test_the_machine_is_described():
    name, line = report.describe_machine("cpu")
    assert line.startswith(name) and f"{report.usable_cores()} core" in name
    assert re.search(r"\d{4}-\d\d-\d\d$", line)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["nothing"], ["nothing", "train"]),
        (["train", "--batch_sizes", "1,x"], ["x", "whole number"]),
        (["train", "--updates", "0"], ["0", "at least 1"]),
        (["train", "--netG", "vgg"], ["vgg", "unet_256"]),
        (["train", "--size", "200"], ["200", "256"]),
        (["scale", "--sizes", "100"], ["100", "128"]),
        (["test", "--scratch", "/no/such/place"], ["/no/such/place"]),
        *([] if torch.cuda.is_available() else [(["train", "--device", "cuda"], ["cuda", "cpu"])]),
    ],
)
def test_mistakes_are_one_line(flags, words, capsys):
    with pytest.raises((UserError, SystemExit)) as raised:
        main(flags)
    text = str(raised.value)
    if isinstance(raised.value, SystemExit):
        assert raised.value.code == 2
        text = capsys.readouterr().err.rstrip("\n")
    assert "\n" not in text
    for word in words:
        assert word in text


def test_the_command_leaves_with_code_2():
    for flags in (["nothing"], ["train", "--netG", "vgg"]):
        assert_one_line_error(command("scripts/benchmark.py", *flags), flags[-1])
