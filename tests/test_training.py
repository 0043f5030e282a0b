"""Training in real processes: interruption, resuming, validation, and a full disk."""

import json
import os
import shutil
import signal
import time

import numpy as np
import pytest
import torch
from conftest import ONE_EPOCH, Started, command
from runs import checkpoints_of, epochs, flags, same, state_of, train, train_refused, weights


def test_resumed_run_equals_an_uninterrupted_run(pairs, tmp_path):
    more = [*ONE_EPOCH, "--ema", "0.9", "--edge_aug", "--splice", "0.5", "--val_fraction", "0.2"]
    train(pairs, tmp_path, *more, "--n_epochs_decay", "1", name="whole")
    train(pairs, tmp_path, *more, name="parts")
    shutil.copytree(tmp_path / "parts", tmp_path / "old")
    # Before version 1, only the model and the schedule had separate dicts.
    state = state_of(tmp_path / "old")
    flat = {name: state.pop(name) for name in ("model", "schedule")}
    for part in ("progress", "random"):
        flat |= state.pop(part)
    del flat["best_by"]  # at that time, the best value was always an L1 distance
    assert not state
    torch.save(flat, tmp_path / "old" / "latest_state.pth")
    for name in ("parts", "old"):
        where = ("--name", name, "--checkpoints_dir", tmp_path, "--gpu_ids", "-1")
        done = command("train.py", *where, "--continue_train", "--n_epochs_decay", "1")
        assert done.returncode == 0, done.stderr
        for net in ("G", "D", "G_ema"):
            assert same(weights(tmp_path / "whole", net), weights(tmp_path / name, net))


def test_measuring_batch_norm_statistics_does_not_change_training(pairs, tmp_path):
    more = [*epochs(2), "--batch_size", "4", "--ema", "0.9", "--edge_aug", "--val_fraction", "0.25"]
    for name, often in (("often", ["--val_freq", "1", "--save_latest_freq", "4"]), ("once", [])):
        train(pairs, tmp_path, *more, *often, name=name)
    for net in ("G", "D", "G_ema"):
        assert same(*(weights(tmp_path / name, net) for name in ("often", "once")))


def test_best_checkpoint_by_kernel_distance(pairs, tmp_path):
    (pairs / "val").mkdir()
    for k in range(8):  # enough for the kernel distance
        shutil.copyfile(pairs / "train" / f"train{k % 6}.png", pairs / "val" / f"{k}.png")
    train(pairs, tmp_path, *epochs(2), "--val_freq", "1", "--best_by", "kernel_distance")
    records = [json.loads(line) for line in (tmp_path / "run" / "loss_log.jsonl").read_text().splitlines()]
    metrics = [record["metrics"] for record in records if record["type"] == "validation"]
    assert [list(m) for m in metrics] == [["L1", "SSIM", "KD", "KD_se"]] * 2
    progress = state_of(tmp_path / "run")["progress"]
    assert progress["best"] == min(m["KD"] for m in metrics) and progress["best_by"] == "kernel_distance"

    # With another --best_by, the run forgets its best value, so the next validation is the best.
    (tmp_path / "run" / "best_net_G.pth").unlink()
    more = ["--continue_train", "--n_epochs", "3", "--best_by", "L1", "--no_kernel_distance"]
    assert "KD" not in train(pairs, tmp_path, *more).stdout
    assert 0 < state_of(tmp_path / "run")["progress"]["best"] < 1
    assert (tmp_path / "run" / "best_net_G.pth").exists()


def test_early_stopped_run_can_be_resumed(pairs, tmp_path):
    # At this learning rate, the generator learns nothing, so the first validation is the best.
    still = ["--val_freq", "1", "--val_fraction", "0.3", "--lr", "1e-12", "--no_kernel_distance"]
    done = train(pairs, tmp_path, *epochs(9), *still, "--no_dropout", "--early_stop", "2")
    assert "--early_stop: 2 validations without improvement" in done.stdout
    (epoch,) = (int(p.name.split("_")[0]) for p in (tmp_path / "run").glob("[0-9]*_net_G.pth"))
    assert 3 <= epoch < 9
    assert f"finished {epoch + 2} epochs" in train(pairs, tmp_path, "--continue_train").stdout


def start_training(dataroot, checkpoints, *more):
    return Started("train.py", *flags(dataroot, checkpoints, "--print_freq", "1", *more))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_training_can_be_resumed(pairs, tmp_path, number):
    running = start_training(pairs, tmp_path, *epochs(400), "--save_epoch_freq", "1000")
    running.wait_for("iters: 4")
    os.kill(running.pid, number)
    done = running.finish(60)
    assert done.returncode == 130, done.stderr
    assert f"stopped by {signal.Signals(number).name}" in done.stdout and "--continue_train" in done.stdout
    state = state_of(tmp_path / "run")
    assert state["progress"]["total_iters"] >= 4 and same(weights(tmp_path / "run"), state["model"]["netG"])
    train(pairs, tmp_path, "--continue_train", "--n_epochs", str(state["progress"]["epoch"] + 1))


def test_two_processes_cannot_train_the_same_run(pairs, tmp_path):
    running = start_training(pairs, tmp_path, *epochs(4000), "--save_epoch_freq", "1")
    running.wait_for("epoch: 2")
    for flag in ("--overwrite", "--continue_train"):
        train_refused(pairs, tmp_path, flag, words=["another process is training", "--name"])
    os.kill(running.pid, signal.SIGKILL)
    assert running.finish(60).returncode == -signal.SIGKILL
    # The lock ends with the process.
    more = str(state_of(tmp_path / "run")["progress"]["epoch"] + 1)
    train(pairs, tmp_path, "--continue_train", "--n_epochs", more)


def test_kills_at_random_moments_do_not_change_the_result(pairs, tmp_path):
    more, killed = [*epochs(30), "--save_latest_freq", "3"], tmp_path / "killed" / "run"
    train(pairs, tmp_path / "through", *more)
    rng = np.random.default_rng(0)
    for kill in [True] * 6 + [False]:
        resume = "--continue_train" if (killed / "latest_state.pth").exists() else "--overwrite"
        running = start_training(pairs, tmp_path / "killed", *more, resume)
        if kill:
            running.wait_for("\n")  # wait for the first output before a random pause
            time.sleep(float(rng.uniform(0, 0.2)))
            os.kill(running.pid, signal.SIGKILL)
        done = running.finish(120)
        assert done.returncode == (-signal.SIGKILL if kill else 0), done.stderr
    for net in "GD":
        assert same(weights(tmp_path / "through" / "run", net), weights(killed, net))


@pytest.fixture
def trained_once(pairs, tmp_path):
    """Train a run for one epoch; return its folder."""
    train(pairs, tmp_path, *ONE_EPOCH)
    return tmp_path / "run"


def test_full_disk_keeps_the_last_good_checkpoint(pairs, trained_once):
    before = checkpoints_of(trained_once)
    # A limit on file size simulates a full disk: writes fail halfway with an error.
    limit = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))"
    )
    line = flags(pairs, trained_once.parent, "--continue_train", "--n_epochs", "3")
    done = command("train.py", *line, before=limit)
    (error,) = (text for text in done.stderr.splitlines() if "error" in text)
    assert done.returncode == 2 and "cannot be written" in error and "Traceback" not in done.stderr
    assert checkpoints_of(trained_once) == before


def test_infinite_loss_is_reported_and_checkpoint_is_kept(pairs, trained_once):
    before = checkpoints_of(trained_once)
    explosive = ("--continue_train", "--n_epochs", "9", "--lr", "1e8", "--lambda_L1", "1e30")
    done = command("train.py", *flags(pairs, trained_once.parent, *explosive))
    (error,) = (line for line in done.stderr.splitlines() if "error" in line)
    assert done.returncode == 2 and "not finite in epoch 2, iteration" in error and "train" in error
    assert checkpoints_of(trained_once) == before


def test_invalid_state_is_refused_and_networks_are_kept(pairs, trained_once):
    whole, before = state_of(trained_once), checkpoints_of(trained_once)
    spoilt = whole | {"progress": whole["progress"] | {"epoch": "x"}}
    for state in (spoilt, whole | {"random": 5}):
        torch.save(state, trained_once / "latest_state.pth")
        more = ["--continue_train", "--n_epochs", "2"]
        train_refused(pairs, trained_once.parent, *more, words=["latest_state.pth", "does not match"])
    after = checkpoints_of(trained_once)
    assert all(after[name] == data for name, data in before.items() if "_net_" in name)
