"""Images that cannot be used: the others are generated from and trained on, and the bad ones are named."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from conftest import ROOT, TINY, assert_one_line_error, command, drawing
from PIL import Image

HOSTILE = "<img src=x onerror=alert(1)>|*.png"


def generate(trained, dataroot, results, *more):
    where = ("--dataroot", dataroot, "--name", "tiny", "--checkpoints_dir", trained[1])
    single = ("--model", "test", "--dataset_mode", "single", "--gpu_ids", "-1")
    return command("test.py", *where, *single, "--results_dir", results, *more)


def gallery_of(results):
    return {p: p.read_bytes() for p in (results / "tiny").rglob("*") if p.is_file()}


@pytest.mark.parametrize("batch_size", ["8"])
def test_the_rest_of_a_folder_is_generated_and_the_unreadable_named(trained, tmp_path, batch_size):
    folder = tmp_path / "in"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a.png", "c.png", "e.png"):
        Image.fromarray(drawing(rng, 128)).save(folder / name)
    (folder / "b.png").write_bytes((folder / "a.png").read_bytes()[:90])
    (folder / HOSTILE).write_bytes(b"")
    done = generate(trained, folder, tmp_path / "out", "--batch_size", batch_size)
    assert done.returncode == 1 and not done.stderr.count("Traceback"), done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("not used: ")] == [
        line for line in done.stdout.splitlines() if HOSTILE in line or "b.png" in line
    ]
    assert f"not used: {HOSTILE}: the file is empty" in done.stdout and "not used: b.png: " in done.stdout
    gallery = tmp_path / "out" / "tiny" / "test_latest"
    numbers = json.loads((gallery / "metrics.json").read_text())
    assert [row["name"] for row in numbers["rows"]] == ["a", "c", "e"]
    assert set(numbers["not_used"]) == {"b.png", HOSTILE} and numbers["title"] == "3 images from in"
    given = np.asarray(Image.open(gallery / numbers["rows"][1]["images"]["drawing"]).convert("L")).astype(int)
    assert np.abs(given - np.asarray(Image.open(folder / "c.png").convert("L"))).mean() < 4
    page, markdown = (gallery / "index.html").read_text(), (gallery / "index.md").read_text()
    assert "2 files could not be used" in page and "&lt;img src=x onerror=alert(1)&gt;|*.png" in page
    assert (
        "2 files could not be used" in markdown
        and "<img src=x" not in page + markdown
        and "|*" not in markdown
    )


def test_nothing_readable_leaves_an_older_gallery_as_it_was(trained, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(drawing(np.random.default_rng(0), 128)).save(folder / "a.png")
    assert generate(trained, folder, tmp_path / "out").returncode == 0
    before = gallery_of(tmp_path / "out")
    (folder / "a.png").write_bytes(b"nothing")
    (folder / "b.png").write_bytes(b"")
    done = generate(trained, folder, tmp_path / "out")
    assert_one_line_error(done, "none of 2 images could be used", "a.png")
    assert gallery_of(tmp_path / "out") == before


@pytest.fixture
def hundred(pairs):
    """A dataroot of 101 training pairs; returns it and the path of one of them."""
    for k in range(95):
        shutil.copyfile(pairs / "train" / f"train{k % 6}.png", pairs / "train" / f"more{k:02d}.png")
    return pairs, pairs / "train" / "more07.png"


def arguments(dataroot, checkpoints, *more, name="run"):
    where = ("--dataroot", dataroot, "--name", name, "--checkpoints_dir", checkpoints)
    return [*where, *TINY, "--batch_size", "16", "--no_html", *more]


def train(dataroot, checkpoints, *more, name="run"):
    return command("train.py", *arguments(dataroot, checkpoints, *more, name=name))


def epochs(count):
    return ["--n_epochs", str(count), "--n_epochs_decay", "0"]


def state_of(folder):
    return torch.load(folder / "latest_state.pth", weights_only=True)


@pytest.mark.parametrize("cache", ["none", "auto"])
def test_training_names_a_bad_pair_first_and_goes_on_without_it(hundred, tmp_path, cache):
    dataroot, bad = hundred
    first = bad.with_name("a.png")  # also the one from which --cache auto estimates the memory
    bad.rename(first).write_bytes(b"")
    done = train(dataroot, tmp_path, *epochs(1), "--cache", cache, "--print_freq", "16")
    assert done.returncode == 0, done.stderr
    assert "100 images" in done.stdout
    lines = done.stdout.splitlines()
    named = next(i for i, line in enumerate(lines) if "not used: a.png: the file is empty" in line)
    assert named < next(i for i, line in enumerate(lines) if line.startswith("(epoch: 1,"))
    assert state_of(tmp_path / "run")["data"]["left_out"] == ["a.png"]
    assert state_of(tmp_path / "run")["progress"]["total_iters"] == 100


@pytest.mark.parametrize("cache", ["ram"])
def test_more_than_one_in_a_hundred_or_strict_stops_before_anything_is_written(hundred, tmp_path, cache):
    dataroot, bad = hundred
    bad.write_bytes(b"")
    done = train(dataroot, tmp_path, *epochs(1), "--strict", "--cache", cache)
    assert_one_line_error(done, "more07.png cannot be read: the file is empty", "--strict")
    bad.with_name("more08.png").write_bytes(b"nothing")
    done = train(dataroot, tmp_path, *epochs(1), "--cache", cache)
    assert_one_line_error(done, "more than 1% of the 101 images cannot be used", "more0")
    assert not list(tmp_path.rglob("*.pth"))


def test_resuming_is_exact_without_the_bad_pair(hundred, tmp_path):
    dataroot, bad = hundred
    bad.write_bytes(b"")
    flags = ["--val_fraction", "0.1", "--no_kernel_distance"]
    assert train(dataroot, tmp_path, *flags, *epochs(2), name="whole").returncode == 0
    assert train(dataroot, tmp_path, *flags, *epochs(1), name="parts").returncode == 0
    done = train(dataroot, tmp_path, "--continue_train", *epochs(2), name="parts")
    assert done.returncode == 0 and "not used: more07.png" in done.stdout, done.stderr
    assert "another order" not in done.stdout
    whole, parts = (state_of(tmp_path / name)["model"]["netG"] for name in ("whole", "parts"))
    assert all(torch.equal(value, parts[key]) for key, value in whole.items())


def test_resuming_with_other_bad_pairs_says_what_changed(hundred, tmp_path):
    dataroot, bad = hundred
    whole = bad.read_bytes()
    bad.write_bytes(b"")
    assert train(dataroot, tmp_path, *epochs(1)).returncode == 0
    bad.write_bytes(whole)
    bad.with_name("more08.png").write_bytes(b"")
    done = train(dataroot, tmp_path, "--continue_train", *epochs(2))
    assert done.returncode == 0, done.stderr
    said = re.search("another order: not used any more: more08.png; used again: more07.png", done.stdout)
    assert said and state_of(tmp_path / "run")["data"]["left_out"] == ["more08.png"]


def test_a_bad_pair_to_validate_on_is_left_out_too(hundred, tmp_path):
    dataroot, bad = hundred
    shutil.copytree(dataroot / "train", dataroot / "val")
    (dataroot / "val" / bad.name).write_bytes(b"")
    done = train(dataroot, tmp_path, *epochs(1), "--no_kernel_distance", "--val_freq", "1")
    assert done.returncode == 0 and "101 images, 100 to validate" in done.stdout, done.stdout + done.stderr
    assert f"not used: {bad.name}: the file is empty" in done.stdout


UNREADABLE_IN_ONE = """
import os, sys
sys.path.insert(0, {root!r})
import util.image
read = util.image.read_rgba
def flaky(path, **how):
    if os.environ["RANK"] == "1" and str(path).endswith("more07.png"):
        raise util.image.UnreadableImage("Input/output error")
    return read(path, **how)
util.image.read_rgba = flaky
import train
from util.errors import run_command
run_command(train.main)
"""


def test_processes_leave_out_what_one_of_them_cannot_read(hundred, tmp_path):
    dataroot, _ = hundred
    script = tmp_path / "flaky.py"
    script.write_text(UNREADABLE_IN_ONE.format(root=str(ROOT)))
    flags = arguments(dataroot, tmp_path, *epochs(1), "--norm", "instance")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port=29573"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    line = [str(part) for part in (*torchrun, script, *flags)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=180, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "100 images" in done.stdout and done.stdout.count("not used: more07.png: Input/output error") == 1
    assert state_of(tmp_path / "run")["data"]["left_out"] == ["more07.png"]
