"""Images that cannot be used: the commands use the other images and report the bad ones."""

import json
import shutil

import numpy as np
import pytest
from conftest import ONE_EPOCH, assert_one_line_error, command, drawing
from loaders import loader_of
from PIL import Image
from runs import state_of, train, where

from util.errors import UserError

HOSTILE = "<img src=x onerror=alert(1)>|*.png"


def test_unreadable_inputs_are_skipped_and_reported(trained, tmp_path):
    inputs, results = tmp_path / "in", tmp_path / "caf\udce9"  # not UTF-8
    inputs.mkdir()
    for name in "ace":
        Image.fromarray(drawing(np.random.default_rng(0), 128)).save(inputs / f"{name}.png")
    (inputs / "b.png").write_bytes((inputs / "a.png").read_bytes()[:90])
    (inputs / HOSTILE).write_bytes(b"")
    line = ["test.py", *where(inputs, trained[1], "tiny"), "--results_dir", results, "--model", "test",
            "--gpu_ids", "-1"]  # fmt: skip
    done = command(*line)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert "caf\\udce9" in done.stdout
    first, second = (line for line in done.stdout.splitlines() if line.startswith("not used: "))
    assert first == f"not used: {HOSTILE}: the file is empty" and second.startswith("not used: b.png: ")
    gallery = results / "tiny" / "test_latest"
    numbers = json.loads((gallery / "metrics.json").read_text())
    assert [row["name"] for row in numbers["rows"]] == ["a", "c", "e"]
    assert set(numbers["not_used"]) == {"b.png", HOSTILE} and numbers["title"] == "3 images from in"
    given = np.asarray(Image.open(gallery / numbers["rows"][1]["images"]["drawing"]).convert("L")).astype(int)
    assert np.abs(given - np.asarray(Image.open(inputs / "c.png").convert("L"))).mean() < 4
    page, markdown = (gallery / "index.html").read_text(), (gallery / "index.md").read_text()
    assert "&lt;img src=x onerror=alert(1)&gt;|*.png" in page and "|*" not in markdown
    assert all("2 files could not be used" in text and "<img src=x" not in text for text in (page, markdown))

    before = {p: p.read_bytes() for p in results.rglob("*") if p.is_file()}
    for path in inputs.iterdir():
        path.write_bytes(b"nothing")
    assert_one_line_error(command(*line), "none of 5 images")
    assert before == {p: p.read_bytes() for p in results.rglob("*") if p.is_file()}


@pytest.fixture
def hundred(pairs):
    """A dataroot of 101 training pairs."""
    for k in range(95):
        shutil.copyfile(pairs / "train" / f"train{k % 6}.png", pairs / "train" / f"more{k:02d}.png")
    return pairs


@pytest.mark.parametrize("cache", ["none", "auto"])
def test_one_percent_of_bad_pairs_is_left_out(hundred, cache):
    # --cache auto may happen to estimate memory from the bad pair.
    (hundred / "train" / "a.png").write_bytes(b"")
    (hundred / "train" / "more07.png").unlink()
    loader = loader_of(hundred, cache=cache, batch_size=16)
    assert len(loader) == 100 and loader.left_out.reasons() == {"a.png": "the file is empty"}
    assert sum(len(batch["A"]) for batch in loader) == 100
    with pytest.raises(UserError, match="a.png cannot be read: the file is empty .--strict"):
        loader_of(hundred, cache=cache, strict=True)
    (hundred / "train" / "more08.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match="more than 1% of the 101 images cannot be used .*: .*/a.png"):
        loader_of(hundred, cache=cache)


def test_training_reports_bad_pairs_before_the_first_losses(hundred, tmp_path):
    (hundred / "train" / "more07.png").write_bytes(b"")
    shutil.copytree(hundred / "train", hundred / "val")
    more = ["--batch_size", "16", "--print_freq", "16", "--val_freq", "1", "--no_kernel_distance"]
    done = train(hundred, tmp_path, *ONE_EPOCH, *more)
    said, _, learned = done.stdout.partition("(epoch: 1,")
    assert "100 images, 100 for validation" in said and learned
    assert said.count("not used: more07.png: the file is empty") == 2
    assert state_of(tmp_path / "run")["progress"]["total_iters"] == 100
