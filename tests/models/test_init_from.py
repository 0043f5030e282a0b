"""--init_from: a new run starts from the weights of another."""

import torch
from conftest import ONE_EPOCH, TINY, assert_one_line_error, command


def train(pairs, folder, name, *more):
    where = ["--dataroot", pairs, "--checkpoints_dir", folder, "--name", name]
    return command("train.py", *where, *ONE_EPOCH, "--max_dataset_size", "2", "--no_html", *more)


def weights(folder, name, net):
    return torch.load(folder / name / f"latest_net_{net}.pth", weights_only=True)


def nearly_equal(a, b):
    # Running statistics change with the data, but weights by at most the learning rate.
    return all(torch.allclose(a[k], b[k], atol=1e-6) for k in a if "running" not in k and "num_" not in k)


def test_a_run_starts_from_the_average_and_the_discriminator_of_another(pairs, tmp_path):
    assert train(pairs, tmp_path, "first", *TINY, "--ema", "0.9", "--lr", "0.01").returncode == 0
    still = ["--lr", "1e-12", "--ema", "0.5", "--gpu_ids", "-1", "--amp", "fp32", "--load_size", "136"]
    second = train(pairs, tmp_path, "second", *still, "--crop_size", "128", "--init_from", tmp_path / "first")
    assert second.returncode == 0 and "starting from" in second.stdout, second.stderr
    average = weights(tmp_path, "first", "G_ema")
    assert not nearly_equal(average, weights(tmp_path, "first", "G"))
    assert nearly_equal(average, weights(tmp_path, "second", "G"))
    assert nearly_equal(average, weights(tmp_path, "second", "G_ema"))
    assert nearly_equal(weights(tmp_path, "first", "D"), weights(tmp_path, "second", "D"))

    # Without a discriminator in the folder, a new one is used; resuming does not need the folder.
    (tmp_path / "first/latest_net_D.pth").unlink()
    third = train(pairs, tmp_path, "third", *TINY, "--lr", "1e-12", "--init_from", tmp_path / "first")
    assert "random weights for D" in third.stdout
    assert not nearly_equal(weights(tmp_path, "second", "D"), weights(tmp_path, "third", "D"))
    (tmp_path / "first").rename(tmp_path / "gone")
    more = train(pairs, tmp_path, "third", "--continue_train", "--n_epochs", "2")
    assert more.returncode == 0, more.stderr


def test_a_refinement_joins_a_network_that_has_none(pairs, tmp_path):
    assert train(pairs, tmp_path, "plain", *TINY).returncode == 0
    start = "--init_from", tmp_path / "plain", "--lr", "1e-12"
    refined = train(pairs, tmp_path, "refined", *TINY, *start, "--refine", "4", "--ema", "0.5")
    assert refined.returncode == 0, refined.stderr
    before, after = weights(tmp_path, "plain", "G"), weights(tmp_path, "refined", "G")
    assert nearly_equal(before, after) and len(after) > len(before)
    assert nearly_equal(after, weights(tmp_path, "refined", "G_ema"))

    # Testing takes it from the run; the option does not change a network that has one.
    tested = command("test.py", "--dataroot", pairs, "--name", "refined", "--checkpoints_dir", tmp_path,
                     "--results_dir", tmp_path / "results", "--gpu_ids", "-1")  # fmt: skip
    assert tested.returncode == 0, tested.stderr
    other = train(pairs, tmp_path, "other", *TINY, "--init_from", tmp_path / "refined", "--refine", "8")
    assert_one_line_error(other, "--refine 8")


def test_what_cannot_be_started_from_gets_one_line(pairs, tmp_path):
    assert_one_line_error(train(pairs, tmp_path, "a", *TINY, "--init_from", tmp_path / "none"), "--init_from")
    (tmp_path / "empty").mkdir()
    missing = train(pairs, tmp_path, "b", *TINY, "--init_from", tmp_path / "empty")
    assert_one_line_error(missing, "latest_net_G.pth", "none")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/train_opt.json").write_text('{"netG": "unet_256"}')
    assert_one_line_error(train(pairs, tmp_path, "c", *TINY, "--init_from", tmp_path / "other"), "unet_256")
