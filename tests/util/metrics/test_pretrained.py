"""What needs a network's weights says so in a line, and never reaches for them itself."""

import pytest
import torch

from util.metrics import pretrained


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def refuse(*args, **kwargs):
        raise AssertionError("reached for the network")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    folder = tmp_path / "hub/checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def installed(monkeypatch):
    """Choose which packages there are."""
    present = {"torchmetrics", "torchvision", "torch_fidelity"}
    monkeypatch.setattr(
        pretrained.importlib.util, "find_spec", lambda name: object() if name in present else None
    )
    return present


def test_missing_weights_are_named_with_the_way_to_get_them(hub, installed):
    for line, file in (
        (pretrained.missing_for_fid(), pretrained.INCEPTION_FILE),
        (pretrained.missing_for_lpips(), pretrained.ALEXNET_FILE),
    ):
        assert str(hub / file) in line
        assert "python -c" in line
        assert "\n" not in line


def test_missing_packages_are_named_before_weights(hub, installed):
    installed -= {"torch_fidelity"}
    assert pretrained.missing_for_fid() == (
        "FID and KID left out: needs torch-fidelity (pip install torch-fidelity)"
    )
    installed.clear()
    assert "pip install torchmetrics torchvision" in pretrained.missing_for_lpips()


def test_nothing_is_missing_once_the_files_are_there(hub, installed):
    (hub / pretrained.INCEPTION_FILE).touch()
    (hub / pretrained.ALEXNET_FILE).touch()
    assert pretrained.missing_for_fid() == ""
    assert pretrained.missing_for_lpips() == ""
