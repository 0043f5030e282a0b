"""Images that cannot be used: the others are generated from and trained on, and the bad ones are named."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from conftest import ROOT, TINY, assert_one_line_error, command, drawing
from PIL import Image

HOSTILE = "<img src=x onerror=alert(1)>|*.png"


@pytest.fixture
def inputs(tmp_path):
    """A folder of three drawings."""
    folder, rng = tmp_path / "in", np.random.default_rng(0)
    folder.mkdir()
    for name in "ace":
        Image.fromarray(drawing(rng, 128)).save(folder / f"{name}.png")
    return folder


def generate(trained, dataroot, results, *more):
    where = ("--dataroot", dataroot, "--name", "tiny", "--checkpoints_dir", trained[1])
    return command("test.py", *where, "--model", "test", "--gpu_ids", "-1", "--results_dir", results, *more)


def not_used(done):
    return [line for line in done.stdout.splitlines() if line.startswith("not used: ")]


def test_the_rest_of_a_folder_is_generated_and_the_unreadable_named(trained, inputs, tmp_path):
    (inputs / "b.png").write_bytes((inputs / "a.png").read_bytes()[:90])
    (inputs / HOSTILE).write_bytes(b"")
    # The folder's name is not UTF-8.
    results = tmp_path / "caf\udce9"
    done = generate(trained, inputs, results)
    assert done.returncode == 1 and "Traceback" not in done.stderr and "caf\\udce9" in done.stdout, (
        done.stderr
    )
    first, second = not_used(done)
    assert first == f"not used: {HOSTILE}: the file is empty" and second.startswith("not used: b.png: ")
    gallery = results / "tiny" / "test_latest"
    numbers = json.loads((gallery / "metrics.json").read_text())
    assert [row["name"] for row in numbers["rows"]] == ["a", "c", "e"]
    assert set(numbers["not_used"]) == {"b.png", HOSTILE} and numbers["title"] == "3 images from in"
    given = np.asarray(Image.open(gallery / numbers["rows"][1]["images"]["drawing"]).convert("L")).astype(int)
    assert np.abs(given - np.asarray(Image.open(inputs / "c.png").convert("L"))).mean() < 4
    page, markdown = (gallery / "index.html").read_text(), (gallery / "index.md").read_text()
    assert "&lt;img src=x onerror=alert(1)&gt;|*.png" in page and "|*" not in markdown
    for text in (page, markdown):
        assert "2 files could not be used" in text and "<img src=x" not in text


def test_nothing_readable_leaves_an_older_gallery_as_it_was(trained, inputs, tmp_path):
    def gallery():
        return {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}

    assert generate(trained, inputs, tmp_path / "out").returncode == 0
    before = gallery()
    for path in inputs.iterdir():
        path.write_bytes(b"nothing")
    done = generate(trained, inputs, tmp_path / "out")
    assert_one_line_error(done, "none of 3 images could be used", "a.png")
    assert before and gallery() == before


@pytest.fixture
def hundred(pairs):
    """A dataroot of 101 training pairs; returns it and the path of one of them."""
    for k in range(95):
        shutil.copyfile(pairs / "train" / f"train{k % 6}.png", pairs / "train" / f"more{k:02d}.png")
    return pairs, pairs / "train" / "more07.png"


def arguments(dataroot, checkpoints, epochs, *more, name="run"):
    where = ["--dataroot", dataroot, "--name", name, "--checkpoints_dir", checkpoints, *TINY]
    length = ["--batch_size", "16", "--n_epochs", epochs, "--n_epochs_decay", "0"]
    return [*where, *length, "--no_html", "--n_fixed", "0", "--no_kernel_distance", *more]


def train(*how, **more):
    return command("train.py", *arguments(*how, **more))


def state_of(folder):
    return torch.load(folder / "latest_state.pth", weights_only=True)


@pytest.mark.parametrize("cache", ["none", "auto"])
def test_training_names_a_bad_pair_first_and_continues_without_it(hundred, tmp_path, cache):
    dataroot, bad = hundred
    first = bad.with_name("a.png")  # also the one from which --cache auto estimates the memory
    bad.rename(first).write_bytes(b"")
    (dataroot / "val").mkdir()
    for path in (dataroot / "train").glob("more*"):
        shutil.copyfile(path, dataroot / "val" / path.name)
    for k in range(7):
        shutil.copyfile(dataroot / "train" / "train1.png", dataroot / "val" / f"{k}.png")
    (dataroot / "val" / "more08.png").write_bytes(b"")
    done = train(dataroot, tmp_path, 1, "--cache", cache, "--print_freq", "16", "--val_freq", "1")
    assert done.returncode == 0, done.stderr
    assert "100 images, 100 to validate" in done.stdout, done.stdout
    lines = [line.removeprefix("warning: ") for line in done.stdout.splitlines()]
    named = [lines.index(f"not used: {name}: the file is empty") for name in ("a.png", "more08.png")]
    assert max(named) < next(i for i, line in enumerate(lines) if line.startswith("(epoch: 1,"))
    assert state_of(tmp_path / "run")["data"]["left_out"] == ["a.png"]
    assert state_of(tmp_path / "run")["progress"]["total_iters"] == 100


def test_more_than_one_in_a_hundred_or_strict_stops_before_anything_is_written(hundred, tmp_path):
    dataroot, bad = hundred
    bad.write_bytes(b"")
    done = train(dataroot, tmp_path, 1, "--strict")
    assert_one_line_error(done, "more07.png cannot be read: the file is empty", "--strict")
    bad.with_name("more08.png").write_bytes(b"nothing")
    done = train(dataroot, tmp_path, 1)
    assert_one_line_error(done, "more than 1% of the 101 images cannot be used", "more0")
    assert not list(tmp_path.rglob("*.pth"))


def test_resuming_is_exact_without_the_bad_pair_and_says_if_others_are_bad(hundred, tmp_path):
    dataroot, bad = hundred
    good = bad.read_bytes()
    bad.write_bytes(b"")
    flags = ["--val_fraction", "0.1"]
    assert train(dataroot, tmp_path, 2, *flags, name="whole").returncode == 0
    assert train(dataroot, tmp_path, 1, *flags, name="parts").returncode == 0
    done = train(dataroot, tmp_path, 2, "--continue_train", name="parts")
    assert done.returncode == 0 and "not used: more07.png" in done.stdout, done.stderr
    assert "their order differ" not in done.stdout
    whole, parts = (state_of(tmp_path / name)["model"]["netG"] for name in ("whole", "parts"))
    assert all(torch.equal(value, parts[key]) for key, value in whole.items())
    bad.write_bytes(good)
    bad.with_name("more08.png").write_bytes(b"")
    done = train(dataroot, tmp_path, 3, "--continue_train", name="parts")
    assert done.returncode == 0, done.stderr
    assert "no longer used: more08.png; used again: more07.png" in done.stdout
    assert state_of(tmp_path / "parts")["data"]["left_out"] == ["more08.png"]


UNREADABLE_IN_ONE = """
import os, sys
sys.path.insert(0, {root!r})
import util.image
read = util.image.read_rgba
def flaky(path, **how):
    if os.environ["RANK"] == "1" and str(path).endswith("more07.png"):
        raise util.image.UnreadableImage(path, "Input/output error")
    return read(path, **how)
util.image.read_rgba = flaky
import train
from util.errors import run_command
run_command(train.main)
"""


def test_processes_leave_out_what_one_of_them_cannot_read(hundred, tmp_path):
    script = tmp_path / "flaky.py"
    script.write_text(UNREADABLE_IN_ONE.format(root=str(ROOT)))
    flags = arguments(hundred[0], tmp_path, 1, "--norm", "instance")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port=29573"]
    how = {
        "capture_output": True,
        "text": True,
        "timeout": 180,
        "env": {**os.environ, "OMP_NUM_THREADS": "1"},
    }
    done = subprocess.run([*torchrun, str(script), *map(str, flags)], **how)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "100 images" in done.stdout and done.stdout.count("not used: more07.png: Input/output error") == 1
    assert state_of(tmp_path / "run")["data"]["left_out"] == ["more07.png"]
