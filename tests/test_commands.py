"""The commands as users run them, with real files and real processes."""

import json
import shutil

import numpy as np
import pytest
import torch
from conftest import ONE_EPOCH, assert_one_line_error, command, fresh_command
from PIL import Image
from runs import checkpoints_of, flags, generate, generate_refused, train, train_refused, where

from models.networks import define_D, define_G
from options.test_options import TestOptions


def gallery(trained, results, *more):
    """Generate a gallery with the trained run; return the gallery's folder."""
    return generate(*trained, results, *more, name="tiny").parent


def test_training_writes_the_same_files_as_pix2pix(trained):
    folder = trained[1] / "tiny"
    wanted = "latest_net_G.pth latest_net_D.pth 1_net_G.pth best_net_G.pth latest_state.pth web/index.html"
    assert all((folder / name).exists() for name in wanted.split())
    text = (folder / "train_opt.txt").read_text()
    assert "netG: unet_128" in text and "[default: unet_256]" in text
    options = json.loads((folder / "train_opt.json").read_text())
    assert "edge_settings" in options and not {"explicit", "run_dir"} & set(options)
    log = (folder / "loss_log.txt").read_text()
    assert log.count("(epoch: 1, iters: ") == 2 and "G_L1: " in log and "D_real: " in log
    weights = torch.load(folder / "latest_net_G.pth", weights_only=True)
    assert list(weights) == list(define_G(3, 3, 2, "unet_128").state_dict())


def test_testing_writes_html_and_markdown_galleries(trained, tmp_path):
    folder = gallery(trained, tmp_path)
    names = [f"test{i}_{label}.png" for i in range(3) for label in ("fake_B", "real_A", "real_B")]
    assert sorted(p.name for p in (folder / "images").iterdir()) == names
    for page in ("index.html", "index.md"):
        assert all(f"images/test{i}_fake_B.png" in (folder / page).read_text() for i in range(3))
    assert 0 < json.loads((folder / "metrics.json").read_text())["mean"]["L1"] < 1
    pair = np.asarray(Image.open(trained[0] / "test" / "test0.png"))
    for label, half in (("real_B", pair[:, :128]), ("real_A", pair[:, 128:])):
        assert np.array_equal(np.asarray(Image.open(folder / "images" / f"test0_{label}.png")), half)
    # The folder of images itself is also a valid dataroot.
    images = generate(trained[0] / "test", trained[1], tmp_path / "1", "--epoch", "1", "--eval", name="tiny")
    assert images.parent.name == "test_1" and len(list(images.iterdir())) == 9


def test_samples_are_reproducible_and_shown_as_columns(trained, tmp_path):
    first, again = (gallery(trained, tmp_path / run, "--n_samples", "2") for run in "ab")
    rows = json.loads((first / "metrics.json").read_text())["rows"]
    assert set(rows[0]["images"]) == {"real_A", "real_B", "random_sample01", "random_sample02"}
    for path in (first / "images").iterdir():
        assert path.read_bytes() == (again / "images" / path.name).read_bytes()
    samples = (first / "images" / f"test0_random_sample0{i}.png" for i in (1, 2))
    assert len({path.read_bytes() for path in samples}) == 2


def test_jpeg_gallery_can_be_evaluated(trained, tmp_path):
    folder = gallery(trained, tmp_path, "--format", "jpg")
    endings = {path.name.split("_", 1)[1] for path in (folder / "images").iterdir()}
    assert endings == {"real_A.png", "fake_B.jpg", "real_B.jpg"}
    assert (folder / "contact_sheet.jpg").exists() and not list(folder.glob("*.png"))
    measured = command("scripts/evaluate.py", "--results", folder)
    assert measured.returncode == 0 and "L1" in measured.stdout


def test_pix2pix_checkpoints_can_be_tested_and_resumed(trained, tmp_path):
    folder = tmp_path / "c" / "theirs"
    folder.mkdir(parents=True)
    for name, net in (("G", define_G(3, 3, 2, "unet_128", use_dropout=True)), ("D", define_D(6, 2, "basic"))):
        weights = {"module." + k: v for k, v in net.state_dict().items()}
        torch.save(weights, folder / f"latest_net_{name}.pth")
    options = {"direction": "BtoA       \t[default: AtoB]", "ngf": "2      \t[default: 64]", "ndf": 2}
    options |= {"netG": "unet_128", "crop_size": 128, "load_size": 143, "no_dropout": False}
    options |= {"n_epochs": 1, "n_epochs_decay": 0, "max_dataset_size": "inf"}
    lines = "".join(f"{k:>25}: {v!s:<30}\n" for k, v in options.items())
    (folder / "train_opt.txt").write_text(f"---------- Options --------\n{lines}---------- End --------\n")
    generate(trained[0], tmp_path / "c", tmp_path / "out", name="theirs")
    done = train(trained[0], tmp_path / "c", "--continue_train", name="theirs")
    assert "with new optimizers" in done.stdout


def test_testing_uses_the_edge_settings_from_training(pairs, tmp_path):
    settings = {"edges": "contour", "sigma": 0.2, "resize": "area", "pad": "auto", "keep_checkerboard": True}
    record = {"settings": {**settings, "size": 128}, "files": []}
    (pairs / "train" / "preprocess.json").write_text(json.dumps(record))
    train(pairs, tmp_path, *ONE_EPOCH, "--max_dataset_size", "1")
    settings |= {"ground": "keep", "hints": "none"}  # values missing in the record
    assert json.loads((tmp_path / "run" / "train_opt.json").read_text())["edge_settings"] == settings
    opt = TestOptions().parse([*where(pairs, tmp_path, "run"), "--gpu_ids", "-1"])
    assert opt.edge_settings == settings


def test_overwrite_keeps_the_old_run_until_the_first_update(trained, tmp_path):
    shutil.copytree(trained[1], tmp_path / "c")
    folder = tmp_path / "c" / "tiny"

    def run():
        return checkpoints_of(folder) | {p.name: p.read_bytes() for p in folder.glob("train_opt.*")}

    before = run()
    for more, words in (
        ([], ["--continue_train", "--overwrite"]),
        (["--continue_train"], ["finished", "--n_epochs"]),
        (["--overwrite", "--preprocess", "none", "--netG", "unet_256"], ["multiples of 256"]),
    ):
        train_refused(trained[0], tmp_path / "c", *more, words=words, name="tiny")
        assert run() == before
    train(trained[0], tmp_path / "c", "--overwrite", *ONE_EPOCH, name="tiny")
    assert run() != before


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--netG", "unet_256"], ["--netG unet_256", "unet_128"]),
        (["--no_dropout"], ["--no_dropout True"]),
        (["--direction", "AtoB"], ["--direction AtoB", "BtoA"]),
        (["--epoch", "7"], ["7_net_G.pth", "available epochs: 1, best, latest"]),
        (["--epoch", "../../x"], ["no checkpoint"]),
        (["--phase", "../up"], ["expected a folder ../up/"]),
        (["--name", "other"], ["available runs: tiny"]),
        (["--name", ""], ["--name"]),
        (["--amp", "fp16"], ["fp16", "GPU"]),
        (["--gpu_ids", "first"], ["--gpu_ids", "first"]),
        (["--model", "cyclegan"], ["cyclegan", "pix2pix"]),
        (["--dataset_mode", "unaligned"], ["unaligned", "aligned"]),
        (["--model_suffix", "_A"], ["latest_net_G_A.pth"]),
    ],
)
def test_invalid_test_commands_print_one_line_errors(trained, tmp_path, more, words):
    generate_refused(*trained, tmp_path, *more, words=words, name="tiny")
    assert not any(tmp_path.rglob("*.png"))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--phase", "nothing"], ["expected a folder nothing/", "test/, train/"]),
        (["--epoch_count", "3", *ONE_EPOCH], ["--epoch_count 3", "nothing to train"]),
        (["--name", "../out"], ["--name", ".."]),
        (["--name", "/tmp/out"], ["--name"]),
        (["--gan_mode", "wgangp", "--norm_D", "batch"], ["batch norm", "--norm_D none"]),
        (["--continue_train"], ["--continue_train", "no run"]),
        (["--netG", "unet_256"], ["--crop_size 128", "multiple of 256"]),
        (["--suffix", "{nothing}"], ["--suffix", "{netG}"]),
        (["--suffix", "{lr:>99999999}"], ["--suffix", "two digits"]),
        (["--lr_policy", "plateau"], ["plateau", "--val_fraction"]),
        (["--dataset_mode", "single"], ["--dataset_mode aligned"]),
        (["--compile", "--gan_mode", "wgangp"], ["--compile"]),
        (["--lr", "fast"], ["--lr", "'fast'"]),
        (["--lambda_L1", "nan"], ["--lambda_L1", "'nan'", "at least 0"]),
        (["--ngf", "2147483647"], ["out of memory", "--ngf"]),
        (["--crop_size=--"], ["--crop_size", "expected one argument"]),
        (["--val_fraction", "0.99"], ["--val_fraction", "no training images"]),
        (["--best_by", "kernel_distance", "--no_kernel_distance"], ["choose one"]),
        (["--best_by", "kernel_distance", "--val_fraction", "0.5"], ["needs at least 8 ", "are 3"]),
        (["--best_by", "kernel_distance"], ["--best_by", "needs a val/ folder or --val_fraction"]),
        (["--early_stop", "2"], ["--early_stop 2", "--val_fraction"]),
    ],
)
def test_invalid_training_commands_print_one_line_errors(pairs, tmp_path, more, words):
    train_refused(pairs, tmp_path / "checkpoints", *more, words=words)
    assert not any(tmp_path.rglob("*.pth"))


def test_cpu_is_used_with_a_message_if_there_is_no_gpu(trained, tmp_path):
    line = [*where(*trained, "tiny"), "--results_dir", tmp_path]
    done = command("test.py", *line, env={"CUDA_VISIBLE_DEVICES": ""})
    assert done.returncode == 0 and "using the CPU" in done.stdout


@pytest.mark.parametrize("script", ["train.py", "test.py"])
def test_user_error_in_a_fresh_process_prints_one_line(script):
    assert_one_line_error(fresh_command(script, "--dataroot", "nowhere", "--name", "none", "--gpu_ids", "-1"))


def test_unreachable_visdom_server_prints_one_line(pairs, tmp_path):
    visdom = ("--display_id", "1", "--display_port", "9", "--display_freq", "1", "--print_freq", "1")
    done = command("train.py", *flags(pairs, tmp_path, *ONE_EPOCH, *visdom))
    said = [line for line in (done.stdout + done.stderr).splitlines() if "visdom" in line]
    assert done.returncode == 0 and len(said) == 1 and "Traceback" not in done.stderr
