"""--init_from: a new run starts from another run's weights."""

import json

import torch
from conftest import ONE_EPOCH
from runs import generate, train, train_refused, weights

SHORT = [*ONE_EPOCH, "--max_dataset_size", "2"]
STILL = [*SHORT, "--lr", "1e-12"]


def nearly_equal(a, b):
    # Running statistics change with the data, while weights change by at most the learning rate.
    return all(torch.allclose(a[k], b[k], atol=1e-6) for k in a if "running" not in k and "num_" not in k)


def test_init_from_copies_the_moving_average_and_the_discriminator(pairs, tmp_path):
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    train(pairs, tmp_path, *SHORT, "--ema", "0.9", "--lr", "0.01", name="first")
    average = weights(first, "G_ema")
    other = {k: v * 0 + 0.01 for k, v in average.items()}
    torch.save(other, first / "7_net_G.pth")
    done = train(pairs, tmp_path, *STILL, "--ema", "0.5", "--init_from", first, name="second")
    assert "starting from" in done.stdout and not nearly_equal(average, weights(first))
    assert nearly_equal(average, weights(second)) and nearly_equal(average, weights(second, "G_ema"))
    assert nearly_equal(weights(first, "D"), weights(second, "D"))

    # Without a discriminator in the folder, a new one is trained. Resuming does not need the folder.
    (first / "latest_net_D.pth").unlink()
    missing = ["5_net_G.pth", "available epochs: 1, 7, latest"]
    train_refused(pairs, tmp_path, "--init_from", first, "--epoch", "5", words=missing, name="third")
    done = train(pairs, tmp_path, *STILL, "--init_from", first, "--which_epoch", "7", name="third")
    assert "random weights for D" in done.stdout and nearly_equal(other, weights(third))
    first.rename(tmp_path / "gone")
    train(pairs, tmp_path, "--continue_train", "--n_epochs", "2", name="third")


def test_init_from_can_add_a_refinement(pairs, tmp_path):
    train(pairs, tmp_path, *SHORT, name="plain")
    start = "--init_from", tmp_path / "plain", "--refine", "4", "--ema", "0.5"
    train(pairs, tmp_path, *STILL, *start, name="refined")
    before, after = weights(tmp_path / "plain"), weights(tmp_path / "refined")
    assert nearly_equal(before, after) and len(after) > len(before)
    assert nearly_equal(after, weights(tmp_path / "refined", "G_ema"))

    # Testing uses the run's refinement. A new run cannot change an existing refinement.
    generate(pairs, tmp_path, tmp_path / "results", name="refined")
    other = ["--init_from", tmp_path / "refined", "--refine", "8"]
    train_refused(pairs, tmp_path, *other, words=["--refine 8"], name="other")


def test_advice_for_old_multiscale_discriminators_works(pairs, tmp_path):
    old = tmp_path / "old"
    train(pairs, tmp_path, *SHORT, name="old")
    options = json.loads((old / "train_opt.json").read_text()) | {"netD": "multi", "num_D": 3, "n_epochs": 2}
    (old / "train_opt.json").write_text(json.dumps(options))
    scales = {f"scales.{i}.{k}": v for i in range(3) for k, v in weights(old, "D").items()}
    torch.save(scales, old / "latest_net_D.pth")
    generate(pairs, tmp_path, tmp_path / "results", name="old")
    advice = ["--netD multi", f"--init_from {old} --name OTHER"]
    train_refused(pairs, tmp_path, "--continue_train", words=advice, name="old")
    done = train(pairs, tmp_path, *STILL, "--init_from", old, name="OTHER")
    assert "random weights for D" in done.stdout and nearly_equal(weights(old), weights(tmp_path / "OTHER"))


def test_unusable_init_from_folder_is_refused(pairs, tmp_path):
    for name, options in (("empty", "{}"), ("other", '{"netG": "unet_256"}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train_opt.json").write_text(options)
    cases = {"none": "--init_from", "empty": "latest_net_G.pth; available epochs: none", "other": "unet_256"}
    for name, word in cases.items():
        train_refused(pairs, tmp_path, "--init_from", tmp_path / name, words=[word])
