"""Training that is interrupted, killed, resumed, short of disk, or shared by processes: real processes."""

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
from conftest import ONE_EPOCH, ROOT, TINY, Started, assert_one_line_error, command


def arguments(dataroot, checkpoints, name, *more):
    return [
        "--dataroot",
        dataroot,
        "--name",
        name,
        "--checkpoints_dir",
        checkpoints,
        *TINY,
        "--no_html",
        *more,
    ]


def train(dataroot, checkpoints, *more, name="run"):
    return command("train.py", *arguments(dataroot, checkpoints, name, *more))


def start_training(dataroot, checkpoints, name, *more):
    return Started("train.py", *arguments(dataroot, checkpoints, name, "--print_freq", "1", *more))


def weights(folder, epoch="latest", net="G"):
    return torch.load(folder / f"{epoch}_net_{net}.pth", weights_only=True)


def same(a, b):
    return list(a) == list(b) and all(torch.equal(v, b[k]) for k, v in a.items())


def checkpoints_of(folder):
    return {p.name: p.read_bytes() for p in folder.glob("*.pth")}


def test_a_run_of_two_parts_ends_as_one_that_ran_through(pairs, tmp_path):
    flags = [
        "--n_epochs",
        "2",
        "--n_epochs_decay",
        "1",
        "--ema",
        "0.9",
        "--edge_aug",
        "--splice",
        "0.5",
        "--val_fraction",
        "0.2",
    ]
    assert train(pairs, tmp_path / "c", *flags, name="whole").returncode == 0
    assert train(pairs, tmp_path / "c", *flags, "--n_epochs_decay", "0", name="parts").returncode == 0
    where = ("--name", "parts", "--checkpoints_dir", tmp_path / "c", "--gpu_ids", "-1")
    done = command("train.py", *where, "--continue_train", "--n_epochs_decay", "1")
    assert done.returncode == 0, done.stderr
    for net in ("G", "D", "G_ema"):
        assert same(weights(tmp_path / "c" / "whole", net=net), weights(tmp_path / "c" / "parts", net=net))


@pytest.fixture
def many_pairs(pairs):
    """The pairs with eight more to validate on, enough for the kernel distance."""
    (pairs / "val").mkdir()
    for k in range(8):
        shutil.copyfile(pairs / "train" / f"train{k % 6}.png", pairs / "val" / f"{k}.png")
    return pairs


def state_of(folder):
    return torch.load(folder / "run" / "latest_state.pth", weights_only=True)


def test_the_best_checkpoint_by_kernel_distance(many_pairs, tmp_path):
    flags = ["--n_epochs", "2", "--n_epochs_decay", "0", "--val_freq", "1"]
    done = train(many_pairs, tmp_path, *flags, "--best_by", "kernel_distance")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in (tmp_path / "run" / "loss_log.jsonl").read_text().splitlines()]
    metrics = [record["metrics"] for record in records if record["type"] == "validation"]
    assert [list(m) for m in metrics] == [["L1", "SSIM", "KD", "KD_se"]] * 2
    assert " KD: " in done.stdout and " KD_se: " in done.stdout
    state = state_of(tmp_path)["progress"]
    assert state["best"] == min(m["KD"] for m in metrics) and state["best_by"] == "kernel_distance"

    # Another metric's best does not count: with --best_by L1 the next validation is the best so far.
    (tmp_path / "run" / "best_net_G.pth").unlink()
    more = ["--continue_train", "--n_epochs", "3", "--best_by", "L1", "--no_kernel_distance"]
    done = train(many_pairs, tmp_path, *more)
    assert done.returncode == 0, done.stderr
    assert "KD" not in done.stdout and 0 < state_of(tmp_path)["progress"]["best"] < 1
    assert (tmp_path / "run" / "best_net_G.pth").exists()


def test_a_state_without_best_by_holds_the_best_l1(many_pairs, tmp_path):
    flags = [*ONE_EPOCH, "--val_freq", "1", "--no_kernel_distance"]
    assert train(many_pairs, tmp_path, *flags).returncode == 0
    state = state_of(tmp_path)
    del state["progress"]["best_by"]
    state["progress"]["best"] = 0.0
    torch.save(state, tmp_path / "run" / "latest_state.pth")
    assert train(many_pairs, tmp_path, "--continue_train", "--n_epochs", "2").returncode == 0
    assert state_of(tmp_path)["progress"]["best"] == 0


def test_a_state_in_the_layout_before_version_1_resumes_exactly(pairs, tmp_path):
    flags = ["--batch_size", "4", "--n_epochs_decay", "1", "--lr", "0.01"]
    assert train(pairs, tmp_path, *flags, "--n_epochs", "1", name="whole").returncode == 0
    assert train(pairs, tmp_path, *flags, "--n_epochs", "1", "--n_epochs_decay", "0").returncode == 0
    state = state_of(tmp_path)
    flat = {name: state.pop(name) for name in ("model", "schedule")}
    for part in ("progress", "data", "random"):
        flat |= state.pop(part)
    assert not state
    torch.save(flat, tmp_path / "run" / "latest_state.pth")
    done = train(pairs, tmp_path, "--continue_train", "--n_epochs_decay", "1")
    assert done.returncode == 0, done.stderr
    assert same(weights(tmp_path / "run"), weights(tmp_path / "whole"))
    assert state_of(tmp_path)["progress"]["total_iters"] == 12


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--no_kernel_distance", "--val_fraction", "0.5"], ["--no_kernel_distance", "choose one"]),
        (["--val_fraction", "0.5"], ["needs 8 validation images or more, there are 3"]),
        ([], ["needs a folder val/ or --val_fraction"]),
    ],
)
def test_the_best_by_what_is_not_measured_is_refused(pairs, tmp_path, flags, words):
    assert_one_line_error(train(pairs, tmp_path, "--best_by", "kernel_distance", *flags), *words)


def test_a_state_with_odd_values_is_refused_and_the_networks_stay(trained, tmp_path):
    shutil.copytree(trained[1] / "tiny", tmp_path / "run")
    whole, path = state_of(tmp_path), tmp_path / "run" / "latest_state.pth"
    before = {name: data for name, data in checkpoints_of(tmp_path / "run").items() if "_net_" in name}
    odd = {"epoch": "x", "batch": float("nan"), "total_iters": None, "batch_size": 10**30, "best": []}
    spoilt = [whole | {"progress": whole["progress"] | {name: value}} for name, value in odd.items()]
    for state in [*spoilt, whole | {"data": {"left_out": 5}}, whole | {"random": 5}]:
        torch.save(state, path)
        done = train(trained[0], tmp_path, "--continue_train", "--n_epochs", "2", name="run")
        assert_one_line_error(done, "latest_state.pth does not match this run")
        assert before.items() <= checkpoints_of(tmp_path / "run").items()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_training_saves_and_goes_on(pairs, tmp_path, number):
    flags = ["--n_epochs", "400", "--n_epochs_decay", "0", "--save_epoch_freq", "1000"]
    running = start_training(pairs, tmp_path / "c", "run", *flags)
    running.wait_for("iters: 4")
    os.kill(running.pid, number)
    done = running.finish(60)
    assert done.returncode == 130, done.stderr
    assert f"stopped by {signal.Signals(number).name}" in done.stdout and "--continue_train" in done.stdout
    state = torch.load(tmp_path / "c" / "run" / "latest_state.pth", weights_only=True)
    assert state["progress"]["total_iters"] >= 4 and same(
        weights(tmp_path / "c" / "run"), state["model"]["netG"]
    )
    epochs = str(state["progress"]["epoch"] + 1)
    done = train(pairs, tmp_path / "c", "--continue_train", "--n_epochs", epochs)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("flag", ["--overwrite", "--continue_train"])
def test_a_run_that_is_being_trained_is_left_alone(pairs, tmp_path, flag):
    flags = ["--n_epochs", "4000", "--n_epochs_decay", "0", "--save_epoch_freq", "1"]
    running = start_training(pairs, tmp_path / "c", "run", *flags)
    running.wait_for("epoch: 2")
    assert_one_line_error(train(pairs, tmp_path / "c", flag), "another process is training", "--name")
    os.kill(running.pid, signal.SIGKILL)
    assert running.finish(60).returncode == -signal.SIGKILL
    # The lock ends with the process.
    epochs = str(state_of(tmp_path / "c")["progress"]["epoch"] + 1)
    assert train(pairs, tmp_path / "c", "--continue_train", "--n_epochs", epochs).returncode == 0


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
    checkpoints = tmp_path / "c" / "killed"
    kills = 0
    for _ in range(60):
        resume = ["--continue_train"] if (checkpoints / "latest_state.pth").exists() else ["--overwrite"]
        running = start_training(pairs, tmp_path / "c", "killed", *flags, *resume)
        if kills < 20:
            running.wait_for("\n")  # the first sign of life, and then a random moment more
            time.sleep(float(rng.uniform(0, 0.25)))
            os.kill(running.pid, signal.SIGKILL)
        done = running.finish(120)
        kills += done.returncode == -signal.SIGKILL
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert kills == 20
    for net in "GD":
        assert same(weights(tmp_path / "c" / "through", net=net), weights(checkpoints, net=net))


def test_a_full_disk_leaves_the_last_good_checkpoint(pairs, tmp_path):
    assert train(pairs, tmp_path / "c", *ONE_EPOCH).returncode == 0
    before = checkpoints_of(tmp_path / "c" / "run")
    # A limit on the size of files stands in for a full disk: writes fail half way with an error.
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)); import os; "
        "os.execv(sys.executable, sys.argv[1:])"
    )
    where = ["--name", "run", "--checkpoints_dir", str(tmp_path / "c"), "--gpu_ids", "-1", "--no_html"]
    line = [sys.executable, str(ROOT / "train.py"), *where, "--continue_train", "--n_epochs", "3"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", limited, *line], capture_output=True, text=True, timeout=120, env=env
    )
    assert done.returncode == 2, done.stderr
    errors = [text for text in done.stderr.splitlines() if "error" in text]
    assert len(errors) == 1 and "cannot be written" in errors[0] and "Traceback" not in done.stderr
    assert checkpoints_of(tmp_path / "c" / "run") == before


def test_a_loss_that_explodes_names_the_images_and_keeps_the_checkpoint(pairs, tmp_path):
    assert train(pairs, tmp_path / "c", *ONE_EPOCH).returncode == 0
    before = checkpoints_of(tmp_path / "c" / "run")
    explosive = ("--n_epochs", "9", "--lr", "1e8", "--lambda_L1", "1e30")
    done = train(pairs, tmp_path / "c", "--continue_train", *explosive)
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    assert len(errors) == 1 and "not finite in epoch 2, iteration" in errors[0] and "train" in errors[0]
    assert checkpoints_of(tmp_path / "c" / "run") == before


def test_within_an_epoch_the_batch_size_may_change_to_a_divisor(pairs, tmp_path):
    assert train(pairs, tmp_path, *ONE_EPOCH, "--batch_size", "4").returncode == 0
    state = state_of(tmp_path)
    # As if it had stopped after the first of the two batches, of four and two images.
    state["progress"] |= {"epoch": 1, "batch": 1, "total_iters": 4}
    torch.save(state, tmp_path / "run" / "latest_state.pth")
    done = train(pairs, tmp_path, "--continue_train", "--batch_size", "3")
    assert_one_line_error(done, "--batch_size", "within an epoch at batches of 4", "divisor")
    done = train(pairs, tmp_path, "--continue_train", "--batch_size", "1")
    assert done.returncode == 0, done.stderr
    assert state_of(tmp_path)["progress"]["total_iters"] == 6
