"""Tests of loading networks from files."""

import os
import pickle

import pytest
import torch

from models.networks import define_G
from util import checkpoint
from util.errors import UserError


@pytest.fixture(scope="module")
def net():
    return define_G(3, 3, 2, "unet_128")


@pytest.mark.parametrize(
    "change",
    [
        lambda weights: {1: torch.zeros(1)},
        lambda weights: {("a",): torch.zeros(1)},
        lambda weights: {k: v.to("meta") for k, v in weights.items()},
        lambda weights: {k: v.to_sparse() if v.is_floating_point() else v for k, v in weights.items()},
        lambda weights: {"state_dict": {"a": 1}},
    ],
)
def test_files_without_a_valid_state_dict_are_rejected(net, tmp_path, change):
    before = {key: value.clone() for key, value in net.state_dict().items()}
    torch.save(change(net.state_dict()), tmp_path / "a.pth")
    with pytest.raises(UserError, match="a.pth does not contain a network's state dict"):
        checkpoint.load_network(net, tmp_path / "a.pth")
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_pipes_and_missing_files_are_rejected(net, tmp_path):
    os.mkfifo(tmp_path / "a.pth")
    with pytest.raises(UserError, match="not a regular file"):
        checkpoint.load_network(net, tmp_path / "a.pth")
    with pytest.raises(UserError, match="does not exist"):
        checkpoint.load_network(net, tmp_path / "b.pth")


@pytest.mark.parametrize("prefix", ["", "module._orig_mod."])
def test_checkpoints_with_wrapper_prefixes_load(net, tmp_path, prefix):
    other = define_G(3, 3, 2, "unet_128")
    torch.save({prefix + k: v for k, v in net.state_dict().items()}, tmp_path / "net.pth")
    checkpoint.load_network(other, tmp_path / "net.pth")
    assert all(torch.equal(v, other.state_dict()[k]) for k, v in net.state_dict().items())
    with pytest.raises(UserError, match="--ngf"):
        checkpoint.load_network(define_G(3, 3, 4, "unet_128"), tmp_path / "net.pth")


def test_code_in_a_checkpoint_never_runs(tmp_path):
    class Hostile:
        def __reduce__(self):
            return (open, (str(tmp_path / "was_here"), "w"))

    (tmp_path / "net.pth").write_bytes(pickle.dumps(Hostile()))
    torch.save({"weight": Hostile()}, tmp_path / "zip.pth")
    for name in ("net.pth", "zip.pth"):
        with pytest.raises(UserError, match="cannot be loaded"):
            checkpoint.load(tmp_path / name)
    assert not (tmp_path / "was_here").exists()
