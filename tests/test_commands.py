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


def gallery(trained, results, *more):
    """Generate a gallery of the trained run; return its folder."""
    done = generate(*trained, results, *more)
    assert done.returncode == 0, done.stderr
    return results / "tiny" / "test_latest"


def test_training_leaves_what_the_family_expects(trained):
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


def test_testing_writes_both_galleries_of_all_images(trained, tmp_path):
    folder = gallery(trained, tmp_path)
    names = [f"test{i}_{label}.png" for i in range(3) for label in ("fake_B", "real_A", "real_B")]
    assert sorted(p.name for p in (folder / "images").iterdir()) == names
    for page in ("index.html", "index.md"):
        assert all(f"images/test{i}_fake_B.png" in (folder / page).read_text() for i in range(3))
    assert 0 < json.loads((folder / "metrics.json").read_text())["mean"]["L1"] < 1
    pair = np.asarray(Image.open(trained[0] / "test" / "test0.png"))
    for label, half in (("real_B", pair[:, :128]), ("real_A", pair[:, 128:])):
        assert np.array_equal(np.asarray(Image.open(folder / "images" / f"test0_{label}.png")), half)


def test_the_folder_of_images_itself_is_a_dataroot_too(trained, tmp_path):
    done = generate(trained[0] / "test", trained[1], tmp_path, "--epoch", "1", "--eval", "--model", "pix2pix")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tiny" / "test_1" / "index.html").exists()


def test_several_samples_are_columns_and_repeat(trained, tmp_path):
    first, again = (gallery(trained, tmp_path / run, "--n_samples", "2") for run in "ab")
    rows = json.loads((first / "metrics.json").read_text())["rows"]
    assert set(rows[0]["images"]) == {"real_A", "real_B", "random_sample01", "random_sample02"}
    for path in (first / "images").iterdir():
        assert path.read_bytes() == (again / "images" / path.name).read_bytes()
    samples = (first / "images" / f"test0_random_sample0{i}.png" for i in (1, 2))
    assert len({path.read_bytes() for path in samples}) == 2


def test_a_gallery_of_jpegs_can_be_evaluated(trained, tmp_path):
    folder = gallery(trained, tmp_path, "--format", "jpg")
    endings = {path.name.split("_", 1)[1] for path in (folder / "images").iterdir()}
    assert endings == {"real_A.png", "fake_B.jpg", "real_B.jpg"}
    assert (folder / "contact_sheet.jpg").exists() and not list(folder.glob("*.png"))
    measured = command("scripts/evaluate.py", "--results", folder)
    assert measured.returncode == 0 and "L1" in measured.stdout


def test_weights_of_the_family_are_tested_and_trained_further(trained, tmp_path):
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
    done = generate(trained[0], tmp_path / "c", tmp_path / "out", name="theirs")
    assert done.returncode == 0, done.stderr
    done = train(trained[0], tmp_path / "c", "--continue_train", name="theirs")
    assert done.returncode == 0 and "with new optimizers" in done.stdout, done.stderr


def test_the_training_sets_edge_settings_travel_to_test(pairs, tmp_path):
    settings = {"edges": "contour", "sigma": 0.2, "resize": "area", "pad": "auto", "keep_checkerboard": True}
    record = {"settings": {**settings, "size": 128}, "files": []}
    (pairs / "train" / "preprocess.json").write_text(json.dumps(record))
    assert train(pairs, tmp_path, *ONE_EPOCH, "--max_dataset_size", "1").returncode == 0
    settings |= {"ground": "keep", "hints": "none"}  # what the record lacks
    assert json.loads((tmp_path / "run" / "train_opt.json").read_text())["edge_settings"] == settings
    where = ["--dataroot", str(pairs), "--name", "run", "--checkpoints_dir", str(tmp_path)]
    assert TestOptions().parse([*where, "--gpu_ids", "-1"]).edge_settings == settings


def test_a_run_is_overwritten_only_when_the_new_one_has_begun(trained, tmp_path):
    shutil.copytree(trained[1], tmp_path / "c")

    def run():
        paths = [p for pattern in ("*.pth", "train_opt.*") for p in (tmp_path / "c" / "tiny").glob(pattern)]
        return {p.name: p.read_bytes() for p in paths}

    before = run()
    for more, words in (
        ([], ["--continue_train", "--overwrite"]),
        (["--continue_train"], ["finished", "--n_epochs"]),
        (["--overwrite", "--preprocess", "none", "--netG", "unet_256"], ["multiples of 256"]),
    ):
        assert_one_line_error(train(trained[0], tmp_path / "c", *more, name="tiny"), *words)
        assert run() == before
    done = train(trained[0], tmp_path / "c", "--overwrite", *ONE_EPOCH, name="tiny")
    assert done.returncode == 0 and run() != before, done.stderr


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
        (["--model", "cyclegan"], ["cyclegan", "pix2pix"]),
        (["--dataset_mode", "unaligned"], ["unaligned", "aligned"]),
        (["--batch_size", "0"], ["--batch_size", "'0'"]),
        (["--nonsense"], ["--nonsense"]),
        (["--model_suffix", "_A"], ["latest_net_G_A.pth"]),
        (["--n_samples", "2147483648"], ["--n_samples", "1 to 1000"]),
        (["--aspect_ratio", "1e9"], ["--aspect_ratio", "1/64 to 64"]),
    ],
)
def test_wrong_test_commands_get_one_line(trained, tmp_path, flags, words):
    assert_one_line_error(generate(*trained, tmp_path, *flags), *words)
    assert not any(tmp_path.rglob("*.png"))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--dataroot", "nowhere"], ["nowhere", "does not exist"]),
        (["--phase", "nothing"], ["expected a folder nothing/", "test/, train/"]),
        (["--epoch_count", "3", *ONE_EPOCH], ["--epoch_count 3", "nothing to train"]),
        (["--name", "../out"], ["--name", ".."]),
        (["--name", "/tmp/out"], ["--name"]),
        (["--crop_size", "300"], ["--crop_size 300", "--load_size"]),
        (["--gan_mode", "wgan"], ["wgan", "lsgan"]),
        (["--gan_mode", "wgangp", "--norm_D", "batch"], ["batch norm", "--norm_D none"]),
        (["--netG", "unet_64"], ["unet_64", "unet_128"]),
        (["--continue_train"], ["--continue_train", "no run"]),
        (["--netG", "unet_256"], ["--crop_size 128", "multiple of 256"]),
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
        (["--val_fraction", "0.99"], ["--val_fraction", "no training images"]),
    ],
)
def test_wrong_training_commands_get_one_line(pairs, tmp_path, flags, words):
    assert_one_line_error(train(pairs, tmp_path / "checkpoints", *flags), *words)
    assert not any(tmp_path.rglob("*.pth"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("ngf", "x"), ("norm", 5), ("crop_size", -1), ("no_dropout", "yes"), ("batch_size", [2])],
)
def test_recorded_options_of_other_types_are_refused(trained, tmp_path, name, value):
    shutil.copytree(trained[1] / "tiny", tmp_path / "tiny")
    path = tmp_path / "tiny" / "train_opt.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    assert_one_line_error(generate(trained[0], tmp_path, tmp_path / "out"), name, str(value))
    where = ("--dataroot", trained[0], "--name", "tiny", "--checkpoints_dir", tmp_path, "--gpu_ids", "-1")
    assert_one_line_error(command("train.py", *where, "--continue_train"), name, str(value))


def test_a_machine_without_a_gpu_uses_the_cpu_and_says_so(trained, tmp_path):
    where = ("--dataroot", trained[0], "--name", "tiny", "--checkpoints_dir", trained[1])
    done = command("test.py", *where, "--results_dir", tmp_path, env={"CUDA_VISIBLE_DEVICES": ""})
    assert done.returncode == 0 and "using the CPU" in done.stdout


@pytest.mark.parametrize("script", ["train.py", "test.py"])
def test_a_mistake_ends_a_new_interpreter_in_one_line(script):
    assert_one_line_error(fresh_command(script, "--dataroot", "nowhere", "--name", "none", "--gpu_ids", "-1"))


def test_a_dead_visdom_server_costs_one_line(pairs, tmp_path):
    visdom = ("--display_id", "1", "--display_port", "9", "--display_freq", "1", "--print_freq", "1")
    done = train(pairs, tmp_path, *ONE_EPOCH, *visdom)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "visdom" in line]
    assert done.returncode == 0 and len(said) == 1 and "Traceback" not in done.stderr
