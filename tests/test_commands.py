"""The commands as users run them: real files, real processes."""

import json
import shutil

import numpy as np
import pytest
import torch
from conftest import ONE_EPOCH, TINY, assert_one_line_error, command, fresh_command
from PIL import Image

from models.networks import define_D, define_G
from options.test_options import TestOptions


def train(dataroot, checkpoints, *more, name="run"):
    where = ("--dataroot", dataroot, "--name", name, "--checkpoints_dir", checkpoints)
    return command("train.py", *where, *TINY, *more)


def generate(dataroot, checkpoints, results, *more, name="tiny"):
    where = ("--dataroot", dataroot, "--name", name, "--checkpoints_dir", checkpoints)
    return command("test.py", *where, "--results_dir", results, "--gpu_ids", "-1", *more)


def weights(folder, epoch="latest", net="G"):
    return torch.load(folder / f"{epoch}_net_{net}.pth", weights_only=True)


def same(a, b):
    return list(a) == list(b) and all(torch.equal(v, b[k]) for k, v in a.items())


def test_training_leaves_what_the_family_expects(trained):
    folder = trained[1] / "tiny"
    names = {p.name for p in folder.iterdir()}
    wanted = "latest_net_G.pth latest_net_D.pth 1_net_G.pth best_net_G.pth train_opt.txt loss_log.txt "
    assert {*wanted.split(), "latest_state.pth", "web"} <= names
    assert (folder / "web" / "index.html").exists()
    text = (folder / "train_opt.txt").read_text()
    assert "netG: unet_128" in text and "[default: unet_256]" in text
    options = json.loads((folder / "train_opt.json").read_text())
    assert "edge_settings" in options and not {"explicit", "run_dir"} & set(options)
    log = (folder / "loss_log.txt").read_text()
    assert log.count("(epoch: 1, iters: ") == 2 and "G_L1: " in log and "D_real: " in log
    assert list(weights(folder)) == list(define_G(3, 3, 2, "unet_128").state_dict())


def test_testing_writes_both_galleries_of_all_images(trained, tmp_path):
    done = generate(trained[0], trained[1], tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "tiny" / "test_latest"
    assert sorted(p.name for p in (folder / "images").iterdir()) == [
        f"test{i}_{label}.png" for i in range(3) for label in ("fake_B", "real_A", "real_B")
    ]
    page, markdown = (folder / "index.html").read_text(), (folder / "index.md").read_text()
    for i in range(3):
        assert f"images/test{i}_fake_B.png" in page and f"images/test{i}_fake_B.png" in markdown
    metrics = json.loads((folder / "metrics.json").read_text())
    assert 0 < metrics["mean"]["L1"] < 1
    pair = np.asarray(Image.open(trained[0] / "test" / "test0.png"))
    for label, half in (("real_B", pair[:, :128]), ("real_A", pair[:, 128:])):
        assert np.array_equal(np.asarray(Image.open(folder / "images" / f"test0_{label}.png")), half)


def test_batches_generate_what_single_images_do(trained, tmp_path):
    for size in (1, 3):
        done = generate(*trained, tmp_path / str(size), "--batch_size", size, "--amp", "fp32")
        assert done.returncode == 0
    one, three = (tmp_path / size / "tiny" / "test_latest" / "images" for size in "13")
    for path in one.iterdir():
        a, b = (np.asarray(Image.open(p)).astype(int) for p in (path, three / path.name))
        assert np.abs(a - b).max() <= 1


def test_the_seeds_form_of_the_path_works_too(trained, tmp_path):
    done = generate(trained[0] / "test", trained[1], tmp_path, "--epoch", "1", "--eval", "--model", "pix2pix")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tiny" / "test_1" / "index.html").exists()


def test_several_samples_are_columns_and_repeat(trained, tmp_path):
    for run in ("a", "b"):
        assert generate(trained[0], trained[1], tmp_path / run, "--n_samples", "3").returncode == 0
    folders = [tmp_path / run / "tiny" / "test_latest" for run in "ab"]
    rows = json.loads((folders[0] / "metrics.json").read_text())["rows"]
    assert set(rows[0]["images"]) == {"real_A", "real_B", *(f"random_sample0{i}" for i in (1, 2, 3))}
    for path in (folders[0] / "images").iterdir():
        assert path.read_bytes() == (folders[1] / "images" / path.name).read_bytes()
    first, second = (folders[0] / "images" / f"test0_random_sample0{i}.png" for i in (1, 2))
    assert first.read_bytes() != second.read_bytes()


def test_a_gallery_of_jpegs_is_smaller_and_can_be_evaluated(trained, tmp_path):
    done = generate(trained[0], trained[1], tmp_path, "--format", "jpg")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "tiny" / "test_latest"
    endings = {path.name.split("_", 1)[1] for path in (folder / "images").iterdir()}
    assert endings == {"real_A.png", "fake_B.jpg", "real_B.jpg"}
    assert (folder / "contact_sheet.jpg").exists() and not list(folder.glob("*.png"))
    measured = command("scripts/evaluate.py", "--results", folder)
    assert measured.returncode == 0 and "L1" in measured.stdout


def test_weights_of_the_family_load_with_its_train_opt(trained, tmp_path):
    folder = tmp_path / "checkpoints" / "theirs"
    folder.mkdir(parents=True)
    net = define_G(3, 3, 2, "unet_128", use_dropout=True)
    torch.save({"module." + k: v for k, v in net.state_dict().items()}, folder / "latest_net_G.pth")
    (folder / "train_opt.txt").write_text(
        "----------------- Options ---------------\n"
        "               direction: BtoA       \t[default: AtoB]\n"
        "                     ngf: 2                             \t[default: 64]\n"
        "                    netG: unet_128\n"
        "               crop_size: 128\n              no_dropout: False\n"
        "----------------- End -------------------\n"
    )
    done = generate(trained[0], tmp_path / "checkpoints", tmp_path / "out", name="theirs")
    assert done.returncode == 0, done.stderr


def test_training_goes_on_from_the_familys_weights(trained, tmp_path):
    folder = tmp_path / "c" / "theirs"
    folder.mkdir(parents=True)
    torch.save(define_G(3, 3, 2, "unet_128", use_dropout=True).state_dict(), folder / "latest_net_G.pth")
    torch.save(define_D(6, 2, "basic").state_dict(), folder / "latest_net_D.pth")
    options = {"direction": "BtoA", "ngf": 2, "ndf": 2, "netG": "unet_128", "max_dataset_size": "inf"}
    options |= {"crop_size": 128, "load_size": 143, "n_epochs": 1, "n_epochs_decay": 0}
    (folder / "train_opt.txt").write_text("".join(f"{k:>25}: {v:<30}\n" for k, v in options.items()))
    done = train(trained[0], tmp_path / "c", "--continue_train", name="theirs")
    assert done.returncode == 0, done.stderr
    assert "with new optimizers" in done.stdout


def test_the_training_sets_edge_settings_travel_to_test(pairs, tmp_path):
    settings = {"edges": "contour", "sigma": 0.2, "resize": "area", "pad": "auto", "keep_checkerboard": True}
    record = {"settings": {**settings, "size": 128}, "files": []}
    (pairs / "train" / "preprocess.json").write_text(json.dumps(record))
    done = train(pairs, tmp_path / "c", "--n_epochs", "1", "--n_epochs_decay", "0", "--max_dataset_size", "1")
    assert done.returncode == 0, done.stderr
    settings |= {"ground": "keep", "hints": "none"}  # what the record lacks
    assert json.loads((tmp_path / "c" / "run" / "train_opt.json").read_text())["edge_settings"] == settings
    where = ["--dataroot", str(pairs), "--name", "run", "--checkpoints_dir", str(tmp_path / "c")]
    assert TestOptions().parse([*where, "--gpu_ids", "-1"]).edge_settings == settings


def run_of(folder):
    """What testing and resuming need: checkpoints, and the options that they were trained with."""
    return {p.name: p.read_bytes() for pattern in ("*.pth", "train_opt.*") for p in folder.glob(pattern)}


def test_overwrite_costs_nothing_until_the_new_run_has_begun(trained, tmp_path):
    shutil.copytree(trained[1], tmp_path / "c")
    before = run_of(tmp_path / "c" / "tiny")
    small = ("--overwrite", "--preprocess", "none", "--max_dataset_size", "1", "--netG", "unet_256")
    done = train(trained[0], tmp_path / "c", *small)
    assert_one_line_error(done, "multiples of 256")
    assert "train_opt.json" in before and before == run_of(tmp_path / "c" / "tiny")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--netG", "unet_256"], ["--netG unet_256", "unet_128"]),
        (["--ngf", "64"], ["--ngf 64", "2"]),
        (["--norm", "instance"], ["--norm instance"]),
        (["--no_dropout"], ["--no_dropout True"]),
        (["--direction", "AtoB"], ["--direction AtoB", "BtoA"]),
        (["--epoch", "7"], ["7_net_G.pth", "epochs there: 1, best, latest"]),
        (["--epoch", "../../x"], ["no checkpoint"]),
        (["--phase", "../up"], ["expected a folder ../up/"]),
        (["--phase", "nothing"], ["expected a folder nothing/", "test/, train/"]),
        (["--name", "other"], ["runs there: tiny"]),
        (["--name", "../tiny"], ["--name", ".."]),
        (["--name", ""], ["--name"]),
        (["--dataroot", "nowhere"], ["nowhere", "does not exist"]),
        (["--amp", "fp16"], ["fp16", "GPU"]),
        (["--gpu_ids", "first"], ["--gpu_ids", "first"]),
        (["--gpu_ids", "0,1"], ["torchrun --nproc_per_node=2"]),
        (["--model", "cyclegan"], ["cyclegan", "pix2pix"]),
        (["--dataset_mode", "unaligned"], ["unaligned", "aligned"]),
        (["--batch_size", "0"], ["--batch_size", "'0'"]),
        (["--nonsense"], ["--nonsense"]),
        (["--eval", "--n_samples", "2"], ["--n_samples", "--eval"]),
        (["--model_suffix", "_A"], ["latest_net_G_A.pth"]),
        (["--n_samples", "2147483648"], ["--n_samples", "1 to 1000"]),
        (["--aspect_ratio", "1e9"], ["--aspect_ratio", "1/64 to 64"]),
    ],
)
def test_wrong_test_commands_get_one_line(trained, tmp_path, flags, words):
    assert_one_line_error(generate(trained[0], trained[1], tmp_path, *flags), *words)
    assert not any(tmp_path.rglob("*.png"))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--dataroot", "nowhere"], ["nowhere", "does not exist"]),
        (["--phase", "nothing"], ["expected a folder nothing/", "test/, train/"]),
        (
            ["--epoch_count", "3", "--n_epochs", "1", "--n_epochs_decay", "1"],
            ["--epoch_count 3", "nothing to train"],
        ),
        (["--name", "../out"], ["--name", ".."]),
        (["--name", "/tmp/out"], ["--name"]),
        (["--crop_size", "300"], ["--crop_size 300", "--load_size"]),
        (["--gan_mode", "wgan"], ["wgan", "lsgan"]),
        (["--gan_mode", "wgangp", "--norm_D", "batch"], ["batch norm", "--norm_D none"]),
        (["--netG", "unet_64"], ["unet_64", "unet_128"]),
        (["--continue_train"], ["--continue_train", "no run"]),
        (["--netG", "unet_256"], ["--crop_size 128", "multiple of 256"]),
        (["--pool_size", "50"], ["--pool_size 50"]),
        (["--suffix", "{nothing}"], ["--suffix", "{netG}"]),
        (["--lr_policy", "plateau"], ["plateau", "--val_fraction"]),
        (["--dataset_mode", "single"], ["--dataset_mode aligned"]),
        (["--compile", "--gan_mode", "wgangp"], ["--compile"]),
        (["--lr", "fast"], ["--lr", "'fast'"]),
        (["--suffix", "{lr:>99999999}"], ["--suffix", "two digits"]),
        (["--ngf", "2147483647"], ["out of memory", "--ngf"]),
        (["--load_size", "2147483648"], ["--load_size", "65536"]),
        (["--crop_size=--"], ["--crop_size", "expected one argument"]),
        (["--seed", "1" + "0" * 30], ["--seed", "64 bits"]),
        (["--val_fraction", "0.99"], ["--val_fraction", "none to train"]),
    ],
)
def test_wrong_training_commands_get_one_line(pairs, tmp_path, flags, words):
    done = train(pairs, tmp_path / "checkpoints", *flags)
    assert_one_line_error(done, *words)
    assert not any(tmp_path.rglob("*.pth"))


def test_a_finished_run_is_not_overwritten_by_accident(trained, tmp_path):
    shutil.copytree(trained[1], tmp_path / "c")
    before = weights(tmp_path / "c" / "tiny")
    done = train(trained[0], tmp_path / "c", name="tiny")
    assert_one_line_error(done, "--continue_train", "--overwrite")
    assert same(weights(tmp_path / "c" / "tiny"), before)
    done = train(trained[0], tmp_path / "c", "--continue_train", name="tiny")
    assert_one_line_error(done, "finished", "--n_epochs")
    done = train(trained[0], tmp_path / "c", "--overwrite", *ONE_EPOCH, name="tiny")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("ngf", "x"), ("norm", 5), ("crop_size", -1), ("no_dropout", "yes"), ("batch_size", [2])],
)
def test_recorded_options_of_other_types_are_refused(trained, tmp_path, name, value):
    shutil.copytree(trained[1] / "tiny", tmp_path / "tiny")
    path = tmp_path / "tiny" / "train_opt.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    assert_one_line_error(generate(trained[0], tmp_path, tmp_path / "out"), name, str(value))
    done = train(trained[0], tmp_path, "--continue_train", name="tiny")
    if f"--{name}" not in TINY:
        assert_one_line_error(done, name, str(value))


def test_a_machine_without_a_gpu_uses_the_cpu_and_says_so(trained, tmp_path):
    where = ("--dataroot", trained[0], "--name", "tiny", "--checkpoints_dir", trained[1])
    done = command("test.py", *where, "--results_dir", tmp_path, env={"CUDA_VISIBLE_DEVICES": ""})
    assert done.returncode == 0 and "using the CPU" in done.stdout


@pytest.mark.parametrize("script", ["train.py", "test.py"])
def test_a_mistake_ends_a_new_interpreter_in_one_line(script):
    assert_one_line_error(fresh_command(script, "--dataroot", "nowhere", "--name", "none", "--gpu_ids", "-1"))


def test_a_dead_visdom_server_costs_one_line(pairs, tmp_path):
    visdom = ("--display_id", "1", "--display_port", "9", "--display_freq", "1", "--print_freq", "1")
    done = train(pairs, tmp_path / "c", *ONE_EPOCH, *visdom)
    assert done.returncode == 0
    said = [line for line in (done.stdout + done.stderr).splitlines() if "visdom" in line]
    assert len(said) == 1, said
    assert "Traceback" not in done.stderr
