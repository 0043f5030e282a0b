"""Functions that train and test tiny runs, and read their files."""

import socket

import torch
from conftest import TINY, assert_one_line_error, command


def where(dataroot, checkpoints, name):
    return ["--dataroot", str(dataroot), "--name", name, "--checkpoints_dir", str(checkpoints)]


def epochs(count):
    return ["--n_epochs", str(count), "--n_epochs_decay", "0"]


def flags(dataroot, checkpoints, *more, name="run"):
    """Return the command line for a tiny training run."""
    return [*where(dataroot, checkpoints, name), *TINY, "--no_html", "--n_fixed", "0", *more]


def train(dataroot, checkpoints, *more, name="run"):
    """Train a tiny run to its end; return the finished process."""
    done = command("train.py", *flags(dataroot, checkpoints, *more, name=name))
    assert done.returncode == 0, done.stderr
    return done


def train_refused(dataroot, checkpoints, *more, words, name="run"):
    """Check that training is refused with one line that contains the words."""
    assert_one_line_error(command("train.py", *flags(dataroot, checkpoints, *more, name=name)), *words)


def _testing(dataroot, checkpoints, results, *more, name="run"):
    return [*where(dataroot, checkpoints, name), "--results_dir", results, "--gpu_ids", "-1", *more]


def generate(dataroot, checkpoints, results, *more, name="run"):
    """Generate a gallery; return its image folder."""
    done = command("test.py", *_testing(dataroot, checkpoints, results, *more, name=name))
    assert done.returncode == 0, done.stderr
    (images,) = (results / name).glob("*/images")
    return images


def generate_refused(dataroot, checkpoints, results, *more, words, name="run"):
    """Check that testing is refused with one line that contains the words."""
    line = _testing(dataroot, checkpoints, results, *more, name=name)
    assert_one_line_error(command("test.py", *line), *words)


def weights(folder, net="G", epoch="latest"):
    return torch.load(folder / f"{epoch}_net_{net}.pth", weights_only=True)


def same(a, b):
    """Return whether two state dicts are bit-exactly equal."""
    return list(a) == list(b) and all(torch.equal(v, b[k]) for k, v in a.items())


def state_of(folder):
    return torch.load(folder / "latest_state.pth", weights_only=True)


def checkpoints_of(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.pth")}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
