"""publish.py writes a small copy of a run, with which test.py generates the same images."""

import json

import cv2
import numpy as np
import torch
from conftest import assert_one_line_error, command
from drawing_runs import make_run
from runs import generate as generate_gallery


def publish(tmp_path, output, *more):
    return command(
        "scripts/publish.py", "--name", "run", "--checkpoints_dir", tmp_path, "--output", output,
        "--inputs", tmp_path / "drawings", *more,
    )  # fmt: skip


def generate(tmp_path, name, *more):
    more = ("--model", "test", "--amp", "fp32", *more)
    images = generate_gallery(tmp_path / "drawings", tmp_path, tmp_path / "results", *more, name=name)
    return cv2.imread(str(images / "a_fake_B.png"), cv2.IMREAD_COLOR).astype(np.float32)


def test_a_published_run_gives_the_same_images_and_contains_no_paths(tmp_path):
    make_run(tmp_path, "run")
    options = json.loads((tmp_path / "run/train_opt.json").read_text())
    options |= {"batch_size": 4, "dataroot": "/home/someone/private", "ema": 0.9}
    (tmp_path / "run/train_opt.json").write_text(json.dumps(options))
    # Testing uses the moving average, whose weights are different.
    weights = torch.load(tmp_path / "run/latest_net_G.pth", weights_only=True)
    average = {key: value * 0.9 if value.is_floating_point() else value for key, value in weights.items()}
    torch.save(average, tmp_path / "run/latest_net_G_ema.pth")
    (tmp_path / "drawings").mkdir()
    drawing = np.zeros((128, 128), np.uint8)
    cv2.circle(drawing, (60, 60), 40, 255, 2)
    cv2.imwrite(str(tmp_path / "drawings/a.png"), drawing)

    done = publish(tmp_path, tmp_path / "shared")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "shared").iterdir()) == ["latest_net_G.pth", "train_opt.json"]
    small = (tmp_path / "shared/latest_net_G.pth").stat().st_size
    assert small < 0.6 * (tmp_path / "run/latest_net_G.pth").stat().st_size
    assert "private" not in (tmp_path / "shared/train_opt.json").read_text()
    assert np.abs(generate(tmp_path, "shared") - generate(tmp_path, "run")).mean() < 1

    # A published run can record which batch norm statistics to use.
    assert publish(tmp_path, tmp_path / "own", "--norm_stats", "image").returncode == 0
    own = generate(tmp_path, "own")
    assert np.abs(own - generate(tmp_path, "run", "--norm_stats", "image")).mean() < 1
    assert np.abs(own - generate(tmp_path, "own", "--norm_stats", "running")).mean() > 5
    text = (tmp_path / "own/train_opt.json").read_text()
    (tmp_path / "own/train_opt.json").write_text(text.replace('"image"', '"mine"'))
    asked = "test.py", "--dataroot", tmp_path / "drawings", "--name", "own", "--checkpoints_dir", tmp_path
    assert_one_line_error(command(*asked), "norm_stats to 'mine'")

    refused = publish(tmp_path, tmp_path / "worse", "--most_lost", "0")
    assert_one_line_error(refused, "--most_lost")
    assert not (tmp_path / "worse").exists()
    assert_one_line_error(publish(tmp_path, tmp_path / "run"), "is the run itself")


def test_the_mean_of_several_checkpoints_is_published(tmp_path):
    make_run(tmp_path, "run")
    make_run(tmp_path, "an@other")
    (tmp_path / "drawings").mkdir()
    cv2.imwrite(str(tmp_path / "drawings/a.png"), np.eye(128, dtype=np.uint8) * 255)
    one = torch.load(tmp_path / "run/latest_net_G.pth", weights_only=True)
    for path, factor in (("an@other/latest_net_G.pth", 3), ("run/2_net_G.pth", 5)):
        scaled = {key: value * factor if value.is_floating_point() else value for key, value in one.items()}
        torch.save(scaled, tmp_path / path)
    done = publish(tmp_path, tmp_path / "mean", "--average", "an@other", "@2", "--most_lost", "99")
    assert done.returncode == 0, done.stderr
    mean = torch.load(tmp_path / "mean/latest_net_G.pth", weights_only=True)
    for key, value in one.items():
        if value.is_floating_point():
            assert torch.allclose(mean[key].float(), 3 * value.float(), rtol=2e-3, atol=1e-6), key
    for others, word in ((["nobody"], "nobody"), (["@7"], "7_net_G"), (["@2", "run@2"], "twice")):
        assert_one_line_error(publish(tmp_path, tmp_path / "none", "--average", *others), word)
