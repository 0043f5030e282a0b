"""Colorization, the example of a model of one's own: what it learns from, what it shows, and its commands."""

import json

import cv2
import numpy as np
import pytest
import torch
from conftest import assert_one_line_error, command
from PIL import Image

from data import create_dataset
from models import create_model
from options.train_options import TrainOptions
from util.image import lab_to_rgb

TINY = ["--model", "colorization", "--netG", "unet_128", "--ngf", "2", "--ndf", "2", "--load_size", "136",
        "--crop_size", "128", "--gpu_ids", "-1", "--amp", "fp32", "--num_threads", "0"]  # fmt: skip


def options(photos, tmp_path, *more):
    where = ["--dataroot", str(photos), "--name", "c", "--checkpoints_dir", str(tmp_path / "c")]
    return TrainOptions().parse([*where, *TINY, *more])


def train(photos, checkpoints, *more):
    return command(
        "train.py", "--dataroot", photos, "--name", "c", "--checkpoints_dir", checkpoints, *TINY,
        "--n_epochs_decay", "0", "--save_epoch_freq", "1", *more,
    )  # fmt: skip


def weights(checkpoints, net="G"):
    return torch.load(checkpoints / "c" / f"latest_net_{net}.pth", weights_only=True)


def test_lightness_is_the_input_and_colour_the_target(photos, tmp_path):
    opt = options(photos, tmp_path, "--serial_batches", "--no_flip", "--load_size", "128")
    batch = next(iter(create_dataset(opt)))
    assert batch["A"].shape == (1, 1, 128, 128) and batch["B"].shape == (1, 2, 128, 128)
    rgb = np.asarray(Image.open(photos / "0.png").resize((128, 128), Image.Resampling.BICUBIC))
    lab = torch.from_numpy(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)).permute(2, 0, 1)[None].float()
    torch.testing.assert_close(torch.cat([batch["A"], batch["B"]], 1), lab / 127.5 - 1)


def test_lab_comes_back_as_rgb():
    # White, black, mid grey and pure red in OpenCV's 8-bit Lab.
    lab = torch.tensor([[255, 128, 128], [0, 128, 128], [137, 128, 128], [136, 208, 195]])
    lab = lab.T.reshape(1, 3, 1, 4).float() / 127.5 - 1
    rgb = (lab_to_rgb(lab[:, :1], lab[:, 1:]) + 1) * 127.5
    wanted = torch.tensor([[255, 255, 255], [0, 0, 0], [128, 128, 128], [255, 0, 0]]).T.reshape(1, 3, 1, 4)
    assert (rgb - wanted).abs().max() <= 2


def test_visuals_are_rgb_and_the_input_grey(photos, tmp_path):
    opt = options(photos, tmp_path, "--load_size", "128", "--serial_batches", "--no_flip")
    model = create_model(opt)
    model.set_input(next(iter(create_dataset(opt))))
    model.test()
    visuals = model.get_current_visuals()
    assert list(visuals) == ["real_A", "fake_B", "real_B"]
    assert {v.shape for v in visuals.values()} == {(1, 3, 128, 128)}
    assert (visuals["real_A"] - visuals["real_A"].mean(1, keepdim=True)).abs().max() < 0.02
    photo = Image.open(photos / "0.png").resize((128, 128), Image.Resampling.BICUBIC)
    photo = torch.from_numpy(np.asarray(photo).copy()).permute(2, 0, 1) / 127.5 - 1
    assert (visuals["real_B"][0] - photo).abs().mean() < 0.02  # what 8-bit Lab rounds away


def test_one_update_by_the_formulas(photos, tmp_path):
    opt = options(photos, tmp_path, "--no_dropout", "--lambda_L1", "7")
    model, batch = create_model(opt), next(iter(create_dataset(opt)))
    with torch.no_grad():
        fake = model.netG(batch["A"])
        score = model.netD(torch.cat([batch["A"], fake], 1))
    model.set_input(batch)
    model.optimize_parameters()
    losses = model.get_current_losses()
    assert losses["G_L1"] == pytest.approx(7 * (fake - batch["B"]).abs().mean().item(), rel=1e-4)
    assert losses["D_fake"] == pytest.approx(score.square().mean().item(), rel=1e-3)
    assert set(losses) == {"D_real", "D_fake", "G_GAN", "G_L1"}


def test_train_resume_and_test(photos, tmp_path):
    straight, resumed = tmp_path / "straight", tmp_path / "resumed"
    assert train(photos, straight, "--n_epochs", "2", "--val_fraction", "0.2").returncode == 0
    assert train(photos, resumed, "--n_epochs", "1", "--val_fraction", "0.2").returncode == 0
    done = train(photos, resumed, "--n_epochs", "2", "--continue_train")
    assert done.returncode == 0, done.stderr
    for net in "GD":
        wanted, found = weights(straight, net), weights(resumed, net)
        assert all(torch.equal(v, found[k]) for k, v in wanted.items())
    assert (resumed / "c" / "best_net_G.pth").exists()

    done = command(
        "test.py", "--model", "colorization", "--dataroot", photos, "--name", "c", "--checkpoints_dir",
        resumed, "--results_dir", tmp_path / "results", "--gpu_ids", "-1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "c" / "test_latest"
    assert len(list((folder / "images").iterdir())) == 18
    grey, colour = (np.asarray(Image.open(folder / "images" / f"0_{x}.png")) for x in ("real_A", "real_B"))
    assert np.ptp(grey.astype(int), axis=2).max() <= 2 < np.ptp(colour.astype(int), axis=2).max()
    metrics = json.loads((folder / "metrics.json").read_text())["mean"]
    assert 0 < metrics["L1"] < 1 and -1 < metrics["SSIM"] < 1


@pytest.mark.parametrize(
    "flags", [["--input_nc", "3"], ["--direction", "BtoA"], ["--gan_mode", "wgangp"], ["--netD", "projected"]]
)
def test_what_it_does_not_know_is_refused(photos, tmp_path, flags):
    assert_one_line_error(train(photos, tmp_path / "c", "--n_epochs", "1", *flags), *flags, "colorization")
