"""Batch norm's statistics in runs of train.py: measured again for testing and saving."""

import pytest
import torch
from test_training import same, train, weights


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
