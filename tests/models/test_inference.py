"""Large images in tiles, films, and gray outputs."""

import json

import numpy as np
import pytest
import torch
from conftest import command, drawing
from drawing_runs import make_run
from PIL import Image

from models import inference
from models.inference import generate_in_tiles
from models.networks import define_G
from options.test_options import TestOptions


@pytest.mark.parametrize("size", [(10, 10), (40, 16), (16, 40), (37, 61), (64, 64), (100, 17)])
def test_tiles_of_a_pointwise_generator_join_without_a_seam(size):
    x, largest = torch.randn(2, 3, *size), []

    def generate(part):
        largest.append(max(part.shape[2:]))
        return part[:, :1] * 2 + 1

    assert torch.allclose(generate_in_tiles(generate, x, 16), x[:, :1] * 2 + 1, atol=1e-5)
    assert max(largest) <= 16


def test_neighboring_tiles_fade_into_one_another():
    made = iter([0.0, 1.0])
    whole = generate_in_tiles(lambda part: torch.full_like(part, next(made)), torch.zeros(1, 1, 16, 28), 16)
    assert whole[0, 0, 0, :12].max() == 0 and whole[0, 0, 0, 16:].min() == 1
    steps = whole[0, 0, 0].diff()
    assert (steps >= 0).all() and steps.max() < 0.35


@pytest.fixture
def drawings(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("frame1", "frame2"):
        Image.fromarray(drawing(np.random.default_rng(0), 300)[:200]).save(folder / f"{name}.png")
    return folder


def generate(drawings, *more):
    """Return the images of the gallery by file name."""
    results = drawings.parent / "_".join(("results", *more))
    where = ["--dataroot", drawings, "--name", "run", "--checkpoints_dir", drawings.parent]
    line = [
        *where,
        "--results_dir",
        results,
        "--model",
        "test",
        "--gpu_ids",
        "-1",
        "--input_kind",
        "none",
        *more,
    ]
    done = command("test.py", *line)
    assert done.returncode == 0, done.stderr
    return {path.name: path for path in (results / "run" / "test_latest" / "images").iterdir()}


def test_a_large_drawing_is_generated_at_its_size_in_tiles(drawings):
    make_run(drawings.parent, "run", ngf=2, dropout=False)
    images = generate(drawings, "--tile", "128")
    assert {Image.open(images[f"frame1_{label}.png"]).size for label in ("fake_B", "real_A")} == {(300, 200)}


def test_tiles_of_a_run_on_edge_maps_name_the_size_for_whole_animals(tmp_path, capsys):
    make_run(tmp_path, "run", ngf=2)
    where = [
        "--dataroot",
        str(tmp_path),
        "--name",
        "run",
        "--checkpoints_dir",
        str(tmp_path),
        "--gpu_ids",
        "-1",
    ]
    path = tmp_path / "run" / "train_opt.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"edge_settings": {"edges": "contour"}}))
    TestOptions().parse([*where, "--tile", "512"])
    opt = TestOptions().parse([*where, "--tile", "512", "--preprocess", "resize_and_crop"])
    (line,) = capsys.readouterr().out.splitlines()
    assert f"--preprocess resize_and_crop --load_size {2 * opt.crop_size}" in line


def test_an_image_that_does_not_fit_into_memory_is_refused_with_the_option_that_helps(monkeypatch):
    net, room = define_G(3, 3, 8, "unet_128"), 200 * 100 * 4 * 8
    monkeypatch.setattr(inference, "free_ram_bytes", lambda: room)
    inference.check_memory(net, torch.zeros(1, 3, 100, 200))
    with pytest.raises(inference.OutOfMemory, match="generating 200x101 pixels at once.*--tile 512"):
        inference.check_memory(net, torch.zeros(1, 3, 101, 200))


def test_equal_frames_give_equal_images_with_the_same_noise(drawings):
    make_run(drawings.parent, "run", ngf=2)
    for more in ([], ["--same_noise"]):
        images = generate(drawings, *more)
        first, second = (images[f"frame{i}_fake_B.png"].read_bytes() for i in (1, 2))
        assert (first == second) == bool(more)


def test_gray_outputs_are_files_of_one_channel(drawings):
    run = make_run(drawings.parent, "run", ngf=2) / "run"
    torch.save(define_G(1, 1, 2, "unet_128", use_dropout=True).state_dict(), run / "latest_net_G.pth")
    options = json.loads((run / "train_opt.json").read_text()) | {"input_nc": 1, "output_nc": 1}
    (run / "train_opt.json").write_text(json.dumps(options))
    images = generate(drawings)
    assert {Image.open(images[f"frame1_{label}.png"]).mode for label in ("fake_B", "real_A")} == {"L"}
