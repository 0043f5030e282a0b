"""The commands as users run them: real files, real processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from conftest import ROOT, TINY, assert_one_line_error, command, drawing
from PIL import Image

from models.networks import define_D, define_G
from options.test_options import TestOptions


def train(dataroot, checkpoints, *more, name="run", **kwargs):
    return command(
        "train.py",
        "--dataroot",
        dataroot,
        "--name",
        name,
        "--checkpoints_dir",
        checkpoints,
        *TINY,
        *more,
        **kwargs,
    )


def generate(dataroot, checkpoints, results, *more, name="tiny"):
    return command(
        "test.py",
        "--dataroot",
        dataroot,
        "--name",
        name,
        "--checkpoints_dir",
        checkpoints,
        "--results_dir",
        results,
        "--gpu_ids",
        "-1",
        *more,
    )


def weights(folder, epoch="latest", net="G"):
    return torch.load(folder / f"{epoch}_net_{net}.pth", weights_only=True)


def same(a, b):
    return list(a) == list(b) and all(torch.equal(v, b[k]) for k, v in a.items())


def test_training_leaves_what_the_family_expects(trained):
    folder = trained[1] / "tiny"
    names = {p.name for p in folder.iterdir()}
    assert {
        "latest_net_G.pth",
        "latest_net_D.pth",
        "1_net_G.pth",
        "best_net_G.pth",
        "train_opt.txt",
        "loss_log.txt",
        "latest_state.pth",
        "web",
    } <= names
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
        assert (
            generate(
                trained[0], trained[1], tmp_path / str(size), "--batch_size", size, "--amp", "fp32"
            ).returncode
            == 0
        )
    for path in (tmp_path / "1" / "tiny" / "test_latest" / "images").iterdir():
        one = np.asarray(Image.open(path)).astype(int)
        other = np.asarray(Image.open(tmp_path / "3" / "tiny" / "test_latest" / "images" / path.name)).astype(
            int
        )
        assert np.abs(one - other).max() <= 1


def test_the_seeds_form_of_the_path_works_too(trained, tmp_path):
    done = generate(trained[0] / "test", trained[1], tmp_path, "--epoch", "1", "--eval", "--model", "pix2pix")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tiny" / "test_1" / "index.html").exists()


def test_lone_images_of_any_kind_and_size_are_accepted(trained, tmp_path):
    folder = tmp_path / "lone"
    folder.mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(drawing(rng, 200)[:120]).save(folder / "photo & <b>.png")
    edges = np.zeros((100, 128), np.uint8)
    edges[20:80, 30] = edges[20:80, 90] = edges[20, 30:90] = edges[80, 30:91] = 255
    Image.fromarray(edges).save(folder / "edges.png")
    Image.fromarray(np.repeat(edges[..., None], 3, 2)).save(folder / "wide.png")
    (folder / "sub").mkdir()
    Image.fromarray(edges).save(folder / "sub" / "edges.png")
    done = generate(folder, trained[1], tmp_path / "out", "--model", "test", "--dataset_mode", "single")
    assert done.returncode == 0, done.stderr
    assert "edges extracted by auto_canny from 1 photo" in done.stdout
    images = tmp_path / "out" / "tiny" / "test_latest" / "images"
    assert len(list(images.glob("*_fake_B.png"))) == 4
    real = np.asarray(Image.open(images / "edges_real_A.png").convert("L"))
    assert real.shape == (100, 128) and np.array_equal(real, edges)
    assert Image.open(images / "photo & <b>_fake_B.png").size == (128, 128)


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
    assert json.loads((tmp_path / "c" / "run" / "train_opt.json").read_text())["edge_settings"] == settings
    where = ["--dataroot", str(pairs), "--name", "run", "--checkpoints_dir", str(tmp_path / "c")]
    assert TestOptions().parse([*where, "--gpu_ids", "-1"]).edge_settings == settings


def test_overwrite_costs_nothing_until_the_new_run_has_begun(trained, tmp_path):
    shutil.copytree(trained[1], tmp_path / "c")
    before = {p.name: p.read_bytes() for p in (tmp_path / "c" / "tiny").glob("*.pth")}
    small = ("--overwrite", "--preprocess", "none", "--max_dataset_size", "1", "--netG", "unet_256")
    done = train(trained[0], tmp_path / "c", *small)
    assert_one_line_error(done, "multiples of 256")
    assert before and before == {p.name: p.read_bytes() for p in (tmp_path / "c" / "tiny").glob("*.pth")}


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
        (["--diffaug", "colour"], ["colour", "color"]),
        (["--netG", "unet_64"], ["unet_64", "unet_128"]),
        (["--continue_train"], ["--continue_train", "no run"]),
        (["--netG", "unet_256"], ["--crop_size 128", "multiple of 256"]),
        (["--pool_size", "50"], ["--pool_size 50"]),
        (["--suffix", "{nothing}"], ["--suffix", "{netG}"]),
        (["--epoch", "3"], ["--epoch"]),
        (["--lr_policy", "plateau"], ["plateau", "--val_fraction"]),
        (["--dataset_mode", "single"], ["--dataset_mode aligned"]),
        (["--compile", "--gan_mode", "wgangp"], ["--compile"]),
        (["--lr", "fast"], ["--lr", "'fast'"]),
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
    done = train(
        trained[0], tmp_path / "c", "--overwrite", "--n_epochs", "1", "--n_epochs_decay", "0", name="tiny"
    )
    assert done.returncode == 0, done.stderr


def test_a_machine_without_a_gpu_uses_the_cpu_and_says_so(trained, tmp_path):
    done = command(
        "test.py",
        "--dataroot",
        trained[0],
        "--name",
        "tiny",
        "--checkpoints_dir",
        trained[1],
        "--results_dir",
        tmp_path,
        env={"CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0 and "using the CPU" in done.stdout


def test_a_dead_visdom_server_costs_one_line(pairs, tmp_path):
    done = train(
        pairs,
        tmp_path / "c",
        "--n_epochs",
        "1",
        "--n_epochs_decay",
        "0",
        "--display_id",
        "1",
        "--display_port",
        "9",
        "--display_freq",
        "1",
        "--print_freq",
        "1",
    )
    assert done.returncode == 0
    said = [line for line in (done.stdout + done.stderr).splitlines() if "visdom" in line]
    assert len(said) == 1, said
    assert "Traceback" not in done.stderr


def test_a_run_of_two_parts_ends_as_one_that_ran_through(pairs, tmp_path):
    flags = [
        "--n_epochs",
        "2",
        "--n_epochs_decay",
        "1",
        "--ema",
        "0.9",
        "--edge_aug",
        "--val_fraction",
        "0.2",
    ]
    assert train(pairs, tmp_path / "c", *flags, name="whole").returncode == 0
    assert (
        train(
            pairs, tmp_path / "c", *flags, "--n_epochs", "2", "--n_epochs_decay", "0", name="parts"
        ).returncode
        == 0
    )
    done = command(
        "train.py",
        "--name",
        "parts",
        "--checkpoints_dir",
        tmp_path / "c",
        "--continue_train",
        "--n_epochs_decay",
        "1",
        "--gpu_ids",
        "-1",
    )
    assert done.returncode == 0, done.stderr
    for net in ("G", "D", "G_ema"):
        assert same(weights(tmp_path / "c" / "whole", net=net), weights(tmp_path / "c" / "parts", net=net))


def start_training(dataroot, checkpoints, name, *more):
    return subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "train.py"),
            "--dataroot",
            str(dataroot),
            "--name",
            name,
            "--checkpoints_dir",
            str(checkpoints),
            *TINY,
            "--no_html",
            "--print_freq",
            "1",
            *more,
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_training_saves_and_goes_on(pairs, tmp_path, number):
    flags = ["--n_epochs", "400", "--n_epochs_decay", "0", "--save_epoch_freq", "1000"]
    running = start_training(pairs, tmp_path / "c", "run", *flags)
    for line in running.stdout:
        if "iters: 4" in line:
            running.send_signal(number)
            break
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert f"stopped by {signal.Signals(number).name}" in out and "--continue_train" in out
    state = torch.load(tmp_path / "c" / "run" / "latest_state.pth", weights_only=True)
    assert state["total_iters"] >= 4 and same(weights(tmp_path / "c" / "run"), state["model"]["netG"])
    epochs = str(state["epoch"] + 1)
    done = train(pairs, tmp_path / "c", "--continue_train", "--n_epochs", epochs)
    assert done.returncode == 0, done.stderr


def test_twenty_kills_at_random_moments_change_nothing(pairs, tmp_path):
    flags = [
        "--n_epochs",
        "80",
        "--n_epochs_decay",
        "0",
        "--save_latest_freq",
        "3",
        "--n_fixed",
        "0",
        "--val_freq",
        "1000",
    ]
    assert train(pairs, tmp_path / "c", *flags, name="through").returncode == 0
    rng = np.random.default_rng(0)
    kills = starts = 0
    checkpoints = tmp_path / "c" / "killed"
    while starts < 60:
        starts += 1
        resume = ["--continue_train"] if (checkpoints / "latest_state.pth").exists() else ["--overwrite"]
        running = start_training(pairs, tmp_path / "c", "killed", *flags, *resume)
        if kills < 20:
            for _ in running.stdout:  # wait for the first sign of life, then for a random moment more
                break
            time.sleep(float(rng.uniform(0, 0.25)))
            running.kill()
            running.communicate()
            kills += running.returncode == -signal.SIGKILL
            if running.returncode == 0:
                break
        else:
            _, err = running.communicate(timeout=120)
            assert running.returncode == 0, err
            break
    assert kills == 20
    for net in "GD":
        assert same(weights(tmp_path / "c" / "through", net=net), weights(checkpoints, net=net))


def test_a_full_disk_leaves_the_last_good_checkpoint(pairs, tmp_path):
    assert train(pairs, tmp_path / "c", "--n_epochs", "1", "--n_epochs_decay", "0").returncode == 0
    folder = tmp_path / "c" / "run"
    before = {p.name: p.read_bytes() for p in folder.glob("*.pth")}
    # A limit on the size of files stands in for a full disk: writes fail half way with an error.
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)); import os; "
        "os.execv(sys.executable, sys.argv[1:])"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            limited,
            sys.executable,
            str(ROOT / "train.py"),
            "--name",
            "run",
            "--checkpoints_dir",
            str(tmp_path / "c"),
            "--continue_train",
            "--n_epochs",
            "3",
            "--gpu_ids",
            "-1",
            "--no_html",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 2, done.stderr
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    assert len(errors) == 1 and "cannot be written" in errors[0] and "Traceback" not in done.stderr
    assert {p.name: p.read_bytes() for p in folder.glob("*.pth")} == before


def test_a_loss_that_explodes_names_the_images_and_keeps_the_checkpoint(pairs, tmp_path):
    assert train(pairs, tmp_path / "c", "--n_epochs", "1", "--n_epochs_decay", "0").returncode == 0
    folder = tmp_path / "c" / "run"
    before = {p.name: p.read_bytes() for p in folder.glob("*.pth")}
    done = train(
        pairs,
        tmp_path / "c",
        "--continue_train",
        "--n_epochs",
        "9",
        "--lr",
        "1e8",
        "--lambda_L1",
        "1e30",
    )
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    assert len(errors) == 1 and "not finite in epoch 2, iteration" in errors[0] and "train" in errors[0]
    assert {p.name: p.read_bytes() for p in folder.glob("*.pth")} == before


def test_two_processes_learn_what_one_does_on_the_joined_batch(pairs, tmp_path):
    flags = ["--norm", "instance", "--no_dropout", "--n_epochs", "1", "--n_epochs_decay", "0", "--no_html"]
    assert train(pairs, tmp_path / "c", *flags, "--batch_size", "2", name="one").returncode == 0
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port=29571"]
    done = subprocess.run(
        [
            *torchrun,
            str(ROOT / "train.py"),
            "--dataroot",
            str(pairs),
            "--name",
            "two",
            "--checkpoints_dir",
            str(tmp_path / "c"),
            *TINY,
            *flags,
        ],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    one, two = (weights(tmp_path / "c" / name) for name in ("one", "two"))
    start = define_G(3, 3, 2, "unet_128", norm="instance").state_dict()
    assert list(one) == list(two) == list(start)
    weights_alone = {
        k: v for k, v in one.items() if v.ndim == 4
    }  # instance norm cancels the biases before it
    assert len(weights_alone) == 14
    for key, value in weights_alone.items():
        torch.testing.assert_close(two[key], value, rtol=0, atol=2e-5)


def test_batch_norm_over_processes_without_gpus_is_refused_with_the_reason(pairs, tmp_path):
    env = {
        "RANK": "0",
        "WORLD_SIZE": "2",
        "LOCAL_RANK": "0",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "29572",
    }
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "train.py"),
                "--dataroot",
                str(pairs),
                "--name",
                "x",
                "--checkpoints_dir",
                str(tmp_path),
                *TINY,
            ],
            env={**os.environ, **env, "RANK": rank, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 2 and "--norm instance" in err
