"""The colorization model, an example of a custom model: training data, images and commands."""

import json

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from runs import epochs, generate, same, train, train_refused, weights, where
from tiny import TINY

from data import create_dataset
from models import create_model
from options.train_options import TrainOptions

COLOR = ["--model", "colorization", "--direction", "AtoB", "--load_size", "128"]


def test_colorization_losses_and_visuals_match_hand_computed_values(photos, tmp_path):
    more = ["--serial_batches", "--no_flip", "--no_dropout", "--lambda_L1", "7"]
    opt = TrainOptions().parse([*where(photos, tmp_path / "c", "c"), *TINY, *COLOR, *more])
    model, batch = create_model(opt), next(iter(create_dataset(opt)))
    photo = np.asarray(Image.open(photos / "0.png").resize((128, 128), Image.Resampling.BICUBIC))
    lab = torch.from_numpy(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)).permute(2, 0, 1)[None].float()
    torch.testing.assert_close(torch.cat([batch["A"], batch["B"]], 1), lab / 127.5 - 1)
    with torch.no_grad():
        fake = model.netG(batch["A"])
        score = model.netD(torch.cat([batch["A"], fake], 1))
    model.set_input(batch)
    model.optimize_parameters()
    losses = model.get_current_losses()
    assert losses["G_L1"] == pytest.approx(7 * (fake - batch["B"]).abs().mean().item(), rel=1e-4)
    assert losses["D_fake"] == pytest.approx(score.square().mean().item(), rel=1e-3)
    assert set(losses) == {"D_real", "D_fake", "G_GAN", "G_L1"}

    visuals = model.get_current_visuals()
    assert list(visuals) == ["real_A", "fake_B", "real_B"]
    assert {v.shape for v in visuals.values()} == {(1, 3, 128, 128)}
    assert (visuals["real_A"] - visuals["real_A"].mean(1, keepdim=True)).abs().max() < 0.02
    rgb = torch.from_numpy(photo.copy()).permute(2, 0, 1) / 127.5 - 1
    assert (visuals["real_B"][0] - rgb).abs().mean() < 0.02  # rounding error of 8-bit Lab


def test_colorization_trains_resumes_and_generates(photos, tmp_path):
    for name, count, *more in (("straight", 2), ("resumed", 1), ("resumed", 2, "--continue_train")):
        train(photos, tmp_path, *COLOR, *epochs(count), "--val_fraction", "0.2", *more, name=name)
    for net in "GD":
        assert same(*(weights(tmp_path / name, net) for name in ("straight", "resumed")))
    more = ["--model", "colorization", "--epoch", "best"]
    images = generate(photos, tmp_path, tmp_path / "results", *more, name="resumed")
    assert len(list(images.iterdir())) == 18
    gray, color = (np.asarray(Image.open(images / f"0_{x}.png")) for x in ("real_A", "real_B"))
    assert np.ptp(gray.astype(int), axis=2).max() <= 2 < np.ptp(color.astype(int), axis=2).max()
    metrics = json.loads((images.parent / "metrics.json").read_text())["mean"]
    assert 0 < metrics["L1"] < 1 and -1 < metrics["SSIM"] < 1


@pytest.mark.parametrize("more", [["--input_nc", "3"], ["--direction", "BtoA"], ["--lambda_proj", "1.0"]])
def test_colorization_refuses_unsupported_options(photos, tmp_path, more):
    train_refused(photos, tmp_path, *COLOR, *more, words=[*more, "colorization"])
