"""Large images generated in tiles, video frames, and gray outputs."""

import json

import numpy as np
import pytest
import torch
from conftest import drawing
from drawing_runs import make_run
from PIL import Image
from runs import generate, where

from models import inference
from models.inference import generate_in_tiles
from models.networks import define_G
from options.test_options import TestOptions
from util.errors import UserError

AS_THEY_ARE = ["--model", "test", "--input_kind", "none"]


@pytest.mark.parametrize("size", [(10, 10), (40, 16), (37, 61), (100, 17)])
def test_tiles_join_without_a_seam(size):
    x, largest = torch.randn(2, 3, *size), []

    def pointwise(part):
        largest.append(max(part.shape[2:]))
        return part[:, :1] * 2 + 1

    assert torch.allclose(generate_in_tiles(pointwise, x, 16), x[:, :1] * 2 + 1, atol=1e-5)
    assert max(largest) <= 16


@pytest.fixture
def frames(tmp_path):
    """A folder that contains the same frame twice."""
    (tmp_path / "in").mkdir()
    for name in ("frame1", "frame2"):
        Image.fromarray(drawing(np.random.default_rng(0), 300)[:200]).save(tmp_path / "in" / f"{name}.png")
    return tmp_path / "in"


def change_options(run, **values):
    path = run / "train_opt.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_tile_option_keeps_the_size_of_large_drawings(frames, tmp_path, capsys):
    run = make_run(tmp_path, "run", ngf=2, dropout=False) / "run"
    images = generate(frames, tmp_path, tmp_path / "out", *AS_THEY_ARE, "--tile", "128")
    sizes = {Image.open(images / f"frame1_{label}.png").size for label in ("fake_B", "real_A")}
    assert sizes == {(300, 200)}
    # For a run trained on edge maps, the message suggests a --load_size at which whole animals fit.
    change_options(run, edge_settings={"edges": "contour"})
    line = [*where(frames, tmp_path, "run"), "--gpu_ids", "-1", "--tile", "512"]
    TestOptions().parse(line)
    opt = TestOptions().parse([*line, "--preprocess", "resize_and_crop"])
    (said,) = capsys.readouterr().out.splitlines()
    assert f"--preprocess resize_and_crop --load_size {2 * opt.crop_size}" in said


def test_image_too_large_for_memory_is_refused(monkeypatch):
    net, room = define_G(3, 3, 8, "unet_128"), 200 * 100 * 4 * 8
    monkeypatch.setattr(inference, "free_ram_bytes", lambda: room)
    inference.check_memory(net, torch.zeros(1, 3, 100, 200))
    with pytest.raises(UserError, match="generating 200x101 pixels at once.*--tile 512"):
        inference.check_memory(net, torch.zeros(1, 3, 101, 200))


def test_same_noise_gives_equal_images_for_equal_frames(frames, tmp_path):
    run = make_run(tmp_path, "run", ngf=2) / "run"
    torch.save(define_G(1, 1, 2, "unet_128", use_dropout=True).state_dict(), run / "latest_net_G.pth")
    change_options(run, input_nc=1, output_nc=1)
    for name, more in (("other", []), ("same", ["--same_noise"])):
        images = generate(frames, tmp_path, tmp_path / name, *AS_THEY_ARE, *more)
        first, second = (Image.open(images / f"frame{i}_fake_B.png") for i in (1, 2))
        assert (first.tobytes() == second.tobytes()) == bool(more)
        assert first.mode == Image.open(images / "frame1_real_A.png").mode == "L"
