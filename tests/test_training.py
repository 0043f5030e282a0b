"""Training that is interrupted, killed, resumed, validated or out of disk space, in real processes."""

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
    where = ["--dataroot", dataroot, "--name", name, "--checkpoints_dir", checkpoints]
    return [*where, *TINY, "--no_html", "--n_fixed", "0", *more]


def train(dataroot, checkpoints, *more, name="run"):
    return command("train.py", *arguments(dataroot, checkpoints, name, *more))


def epochs(count):
    return ["--n_epochs", str(count), "--n_epochs_decay", "0"]


def weights(folder, epoch="latest", net="G"):
    return torch.load(folder / f"{epoch}_net_{net}.pth", weights_only=True)


def same(a, b):
    return list(a) == list(b) and all(torch.equal(v, b[k]) for k, v in a.items())


def checkpoints_of(folder):
    return {p.name: p.read_bytes() for p in folder.glob("*.pth")}


def state_of(folder):
    return torch.load(folder / "latest_state.pth", weights_only=True)


def test_a_run_of_two_parts_ends_as_one_that_ran_through(pairs, tmp_path):
    flags = ["--n_epochs", "1", "--ema", "0.9", "--edge_aug", "--splice", "0.5", "--val_fraction", "0.2"]
    assert train(pairs, tmp_path, *flags, "--n_epochs_decay", "1", name="whole").returncode == 0
    assert train(pairs, tmp_path, *flags, "--n_epochs_decay", "0", name="parts").returncode == 0
    where = ("--name", "parts", "--checkpoints_dir", tmp_path, "--gpu_ids", "-1")
    done = command("train.py", *where, "--continue_train", "--n_epochs_decay", "1")
    assert done.returncode == 0, done.stderr
    for net in ("G", "D", "G_ema"):
        assert same(weights(tmp_path / "whole", net=net), weights(tmp_path / "parts", net=net))


def test_batch_norm_statistics_are_measured_for_the_saved_generator_and_change_nothing_else(pairs, tmp_path):
    flags = [*epochs(2), "--batch_size", "4", "--ema", "0.9", "--edge_aug", "--val_fraction", "0.25"]
    for name, often in (("often", ["--val_freq", "1", "--save_latest_freq", "4"]), ("once", [])):
        done = train(pairs, tmp_path, *flags, *often, name=name)
        assert done.returncode == 0, done.stderr
    for net in ("G", "D", "G_ema"):
        assert same(*(weights(tmp_path / name, net=net) for name in ("often", "once")))


@pytest.fixture
def many_pairs(pairs):
    """The pairs with eight more to validate on, enough for the kernel distance."""
    (pairs / "val").mkdir()
    for k in range(8):
        shutil.copyfile(pairs / "train" / f"train{k % 6}.png", pairs / "val" / f"{k}.png")
    return pairs


def test_the_best_checkpoint_by_kernel_distance(many_pairs, tmp_path):
    done = train(many_pairs, tmp_path, *epochs(2), "--val_freq", "1", "--best_by", "kernel_distance")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in (tmp_path / "run" / "loss_log.jsonl").read_text().splitlines()]
    metrics = [record["metrics"] for record in records if record["type"] == "validation"]
    assert [list(m) for m in metrics] == [["L1", "SSIM", "KD", "KD_se"]] * 2
    progress = state_of(tmp_path / "run")["progress"]
    assert progress["best"] == min(m["KD"] for m in metrics) and progress["best_by"] == "kernel_distance"

    # Another metric's best does not count: with --best_by L1 the next validation is the best so far.
    (tmp_path / "run" / "best_net_G.pth").unlink()
    more = ["--continue_train", "--n_epochs", "3", "--best_by", "L1", "--no_kernel_distance"]
    done = train(many_pairs, tmp_path, *more)
    assert done.returncode == 0, done.stderr
    assert "KD" not in done.stdout and 0 < state_of(tmp_path / "run")["progress"]["best"] < 1
    assert (tmp_path / "run" / "best_net_G.pth").exists()


def test_a_run_that_gets_no_better_stops_and_can_be_continued(pairs, tmp_path):
    # At this rate nothing is learned, so the first validation is the best.
    flags = ["--val_freq", "1", "--val_fraction", "0.3", "--lr", "1e-12", "--no_kernel_distance"]
    done = train(pairs, tmp_path, *epochs(9), *flags, "--no_dropout", "--early_stop", "2")
    assert done.returncode == 0 and "--early_stop: 2 validations without a better one" in done.stdout
    (epoch,) = (int(p.name.split("_")[0]) for p in (tmp_path / "run").glob("[0-9]*_net_G.pth"))
    assert 3 <= epoch < 9
    done = train(pairs, tmp_path, "--continue_train")
    assert done.returncode == 0 and f"finished {epoch + 2} epochs" in done.stdout, done.stdout


def test_a_state_in_the_layout_before_version_1_resumes_exactly(pairs, tmp_path):
    flags = ["--batch_size", "4", "--lr", "0.01", "--n_epochs", "1"]
    assert train(pairs, tmp_path, *flags, "--n_epochs_decay", "1", name="whole").returncode == 0
    assert train(pairs, tmp_path, *flags, "--n_epochs_decay", "0").returncode == 0
    state = state_of(tmp_path / "run")
    flat = {name: state.pop(name) for name in ("model", "schedule")}
    for part in ("progress", "data", "random"):
        flat |= state.pop(part)
    del flat["best_by"]  # the best value was always an L1
    assert not state
    torch.save(flat, tmp_path / "run" / "latest_state.pth")
    done = train(pairs, tmp_path, "--continue_train", "--n_epochs_decay", "1")
    assert done.returncode == 0, done.stderr
    assert same(weights(tmp_path / "run"), weights(tmp_path / "whole"))
    assert state_of(tmp_path / "run")["progress"]["total_iters"] == 12


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--best_by", "kernel_distance", "--no_kernel_distance", "--val_fraction", "0.5"], ["choose one"]),
        (["--best_by", "kernel_distance", "--val_fraction", "0.5"], ["needs 8 validation images", "are 3"]),
        (["--best_by", "kernel_distance"], ["--best_by", "needs a folder val/ or --val_fraction"]),
        (["--early_stop", "2"], ["--early_stop 2", "--val_fraction"]),
    ],
)
def test_validation_that_cannot_be_done_is_refused(pairs, tmp_path, flags, words):
    assert_one_line_error(train(pairs, tmp_path, *flags), *words)


def test_a_state_with_odd_values_is_refused_and_the_networks_stay(trained, tmp_path):
    shutil.copytree(trained[1] / "tiny", tmp_path / "run")
    whole, path = state_of(tmp_path / "run"), tmp_path / "run" / "latest_state.pth"
    before = {name: data for name, data in checkpoints_of(tmp_path / "run").items() if "_net_" in name}
    odd = {"epoch": "x", "batch": float("nan"), "batch_size": 10**30, "best": []}
    spoilt = [whole | {"progress": whole["progress"] | {name: value}} for name, value in odd.items()]
    for state in [*spoilt, whole | {"random": 5}]:
        torch.save(state, path)
        done = train(trained[0], tmp_path, "--continue_train", "--n_epochs", "2")
        assert_one_line_error(done, "latest_state.pth does not match this run")
        assert before.items() <= checkpoints_of(tmp_path / "run").items()


def start_training(dataroot, checkpoints, *more):
    return Started("train.py", *arguments(dataroot, checkpoints, "run", "--print_freq", "1", *more))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_training_saves_and_can_be_resumed(pairs, tmp_path, number):
    running = start_training(pairs, tmp_path, *epochs(400), "--save_epoch_freq", "1000")
    running.wait_for("iters: 4")
    os.kill(running.pid, number)
    done = running.finish(60)
    assert done.returncode == 130, done.stderr
    assert f"stopped by {signal.Signals(number).name}" in done.stdout and "--continue_train" in done.stdout
    state = state_of(tmp_path / "run")
    assert state["progress"]["total_iters"] >= 4 and same(weights(tmp_path / "run"), state["model"]["netG"])
    done = train(pairs, tmp_path, "--continue_train", "--n_epochs", str(state["progress"]["epoch"] + 1))
    assert done.returncode == 0, done.stderr


def test_a_run_in_training_is_not_touched_by_another_process(pairs, tmp_path):
    running = start_training(pairs, tmp_path, *epochs(4000), "--save_epoch_freq", "1")
    running.wait_for("epoch: 2")
    for flag in ("--overwrite", "--continue_train"):
        assert_one_line_error(train(pairs, tmp_path, flag), "another process is training", "--name")
    os.kill(running.pid, signal.SIGKILL)
    assert running.finish(60).returncode == -signal.SIGKILL
    # The lock ends with the process.
    more = str(state_of(tmp_path / "run")["progress"]["epoch"] + 1)
    assert train(pairs, tmp_path, "--continue_train", "--n_epochs", more).returncode == 0


def test_kills_at_random_moments_change_nothing(pairs, tmp_path):
    flags = [*epochs(40), "--save_latest_freq", "3"]
    assert train(pairs, tmp_path / "through", *flags).returncode == 0
    rng, run, kills = np.random.default_rng(0), tmp_path / "killed" / "run", 0
    for _ in range(30):
        resume = "--continue_train" if (run / "latest_state.pth").exists() else "--overwrite"
        running = start_training(pairs, tmp_path / "killed", *flags, resume)
        if kills < 8:
            running.wait_for("\n")  # the first output, and then a random delay
            time.sleep(float(rng.uniform(0, 0.25)))
            os.kill(running.pid, signal.SIGKILL)
        done = running.finish(120)
        kills += done.returncode == -signal.SIGKILL
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert kills == 8
    for net in "GD":
        assert same(weights(tmp_path / "through" / "run", net=net), weights(run, net=net))


def test_a_full_disk_leaves_the_last_good_checkpoint(pairs, tmp_path):
    assert train(pairs, tmp_path, *ONE_EPOCH).returncode == 0
    before = checkpoints_of(tmp_path / "run")
    # A limit on file size stands in for a full disk: writes fail halfway with an error.
    limited = (
        "import os, resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)); os.execv(sys.executable, sys.argv[1:])"
    )
    where = ["--name", "run", "--checkpoints_dir", str(tmp_path), "--gpu_ids", "-1", "--no_html"]
    line = [sys.executable, str(ROOT / "train.py"), *where, "--continue_train", "--n_epochs", "3"]
    how = {
        "capture_output": True,
        "text": True,
        "timeout": 120,
        "env": {**os.environ, "OMP_NUM_THREADS": "1"},
    }
    done = subprocess.run([sys.executable, "-c", limited, *line], **how)
    (error,) = (text for text in done.stderr.splitlines() if "error" in text)
    assert done.returncode == 2 and "cannot be written" in error and "Traceback" not in done.stderr
    assert checkpoints_of(tmp_path / "run") == before


def test_a_loss_that_explodes_names_the_images_and_keeps_the_checkpoint(pairs, tmp_path):
    assert train(pairs, tmp_path, *ONE_EPOCH).returncode == 0
    before = checkpoints_of(tmp_path / "run")
    explosive = ("--n_epochs", "9", "--lr", "1e8", "--lambda_L1", "1e30")
    done = train(pairs, tmp_path, "--continue_train", *explosive)
    (error,) = (line for line in done.stderr.splitlines() if "error" in line)
    assert done.returncode == 2 and "not finite in epoch 2, iteration" in error and "train" in error
    assert checkpoints_of(tmp_path / "run") == before


def test_within_an_epoch_the_batch_size_may_change_to_a_divisor(pairs, tmp_path):
    assert train(pairs, tmp_path, *ONE_EPOCH, "--batch_size", "4").returncode == 0
    state = state_of(tmp_path / "run")
    # As if it had stopped after the first of two batches, with four and two images.
    state["progress"] |= {"epoch": 1, "batch": 1, "total_iters": 4}
    torch.save(state, tmp_path / "run" / "latest_state.pth")
    done = train(pairs, tmp_path, "--continue_train", "--batch_size", "3")
    assert_one_line_error(done, "--batch_size", "within an epoch at batches of 4", "divisor")
    done = train(pairs, tmp_path, "--continue_train", "--batch_size", "1")
    assert done.returncode == 0, done.stderr
    assert state_of(tmp_path / "run")["progress"]["total_iters"] == 6
