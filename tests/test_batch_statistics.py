"""Batch norm's statistics in runs of train.py: measured anew for testing and saving, or fixed at the end."""

import os
import signal

import pytest
import torch
from conftest import assert_one_line_error
from test_training import same, start_training, train, weights


@pytest.mark.parametrize("more", [[], ["--gan_mode", "msgan"]], ids=["lsgan", "msgan"])
def test_batch_norm_statistics_are_measured_anew_when_a_generator_is_saved(pairs, tmp_path, more):
    flags = [
        *more,
        "--batch_size",
        "4",
        "--n_epochs",
        "2",
        "--n_epochs_decay",
        "0",
        "--ema",
        "0.9",
        "--edge_aug",
    ]
    for name, extra in (("checked", ["--val_fraction", "0.25", "--val_freq", "1", "--save_latest_freq", "4"]),
                       ("alone", ["--val_fraction", "0.25", "--val_freq", "9"])):  # fmt: skip
        done = train(pairs, tmp_path, *flags, *extra, name=name)
        assert done.returncode == 0, done.stderr
    state = torch.load(tmp_path / "checked/latest_state.pth", weights_only=True)["model"]
    for key in ("netG", "netG_ema"):
        saved = weights(tmp_path / "checked", net="G" + key[4:])
        differing = {name for name, value in saved.items() if not torch.equal(value, state[key][name])}
        assert differing and all("running" in name or "num_batches" in name for name in differing)
    # Measuring more often, or less, leaves training as it is.
    other = torch.load(tmp_path / "alone/latest_state.pth", weights_only=True)["model"]
    assert same(state["netG"], other["netG"]) and same(state["netG_ema"], other["netG_ema"])


def test_the_last_epochs_train_with_the_statistics_that_testing_uses(pairs, tmp_path):
    flags = ["--batch_size", "2", "--n_epochs", "20", "--n_epochs_decay", "20", "--ema", "0.5"]
    frozen = [*flags, "--freeze_norm", "20", "--save_epoch_freq", "20"]
    assert train(pairs, tmp_path, *frozen, name="through").returncode == 0
    running = start_training(pairs, tmp_path, "stopped", *frozen)
    running.wait_for("(epoch: 21, iters: 4")
    os.kill(running.pid, signal.SIGINT)
    assert running.finish(60).returncode in (0, 130)
    resumed = train(pairs, tmp_path, "--continue_train", name="stopped")
    assert resumed.returncode in (0, 2), resumed.stderr  # 2: it was too quick to be stopped

    run = tmp_path / "through"
    before, after, average = weights(run, "20"), weights(run), weights(run, net="G_ema")
    names = [name for name in before if "running" in name]
    assert same(after, weights(tmp_path / "stopped")) and same(
        average, weights(tmp_path / "stopped", net="G_ema")
    )
    assert names and all(torch.equal(before[name], after[name]) for name in names)
    assert any(not torch.equal(before[name], after[name]) for name in before)
    for name in names:
        torch.testing.assert_close(average[name], after[name], rtol=1e-3, atol=1e-4)

    # Trained on without, statistics move again.
    more = ["--continue_train", "--n_epochs_decay", "21", "--freeze_norm", "0"]
    assert train(pairs, tmp_path, *more, name="through").returncode == 0
    assert any(not torch.equal(weights(run)[name], after[name]) for name in names)


@pytest.mark.parametrize("more", [["--batch_size", "1"], ["--batch_size", "2", "--norm", "instance"]])
def test_statistics_that_testing_does_not_use_are_not_fixed(pairs, tmp_path, more):
    assert_one_line_error(
        train(pairs, tmp_path, "--freeze_norm", "1", *more), "--freeze_norm", "--batch_size 2"
    )
