"""Training ends by itself where validation gets no better."""

import json

from conftest import TINY, assert_one_line_error, command


def train(dataroot, checkpoints, *more):
    where = ("--dataroot", dataroot, "--name", "run", "--checkpoints_dir", checkpoints)
    return command("train.py", *where, *TINY, "--early_stop", "2", *more)


def test_a_run_that_gets_no_better_stops_is_saved_and_can_go_on(pairs, tmp_path):
    # At such a rate nothing is learned: with the first validation the best is found.
    often = (
        "--val_freq",
        "1",
        "--val_fraction",
        "0.3",
        "--lr",
        "1e-12",
        "--n_epochs",
        "9",
        "--no_kernel_distance",
    )
    done = train(pairs, tmp_path, *often, "--no_dropout")
    assert done.returncode == 0, done.stderr
    epochs = sorted(int(p.name.split("_")[0]) for p in (tmp_path / "run").glob("[0-9]*_net_G.pth"))
    assert "--early_stop: 2 validations without a better one" in done.stdout
    assert len(epochs) == 1 and 3 <= epochs[0] < 9
    assert json.loads((tmp_path / "run" / "train_opt.json").read_text())["early_stop"] == 2
    done = train(pairs, tmp_path, "--continue_train")
    assert done.returncode == 0 and f"finished {epochs[0] + 2} epochs" in done.stdout, done.stdout


def test_stopping_early_needs_something_to_validate_on(pairs, tmp_path):
    assert_one_line_error(train(pairs, tmp_path), "--early_stop 2", "--val_fraction")
