"""Pretrained features, and the kernel distance computed from them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import drawing

from models.features import NETWORKS, Features, KernelFeatures, load_network
from util.metrics.kernel_distance import measure


def images(n, seed=0, size=96):
    """Return images of grainy discs in warm colors: (N, 3, H, W) in [-1, 1]."""
    rng = np.random.default_rng(seed)
    stacked = np.stack([drawing(rng, size).mean(2, keepdims=True) * (1, 0.7, 0.4) for _ in range(n)])
    grainy = (stacked + rng.normal(0, 6, stacked.shape)).clip(0, 255)
    return torch.from_numpy(grainy).permute(0, 3, 1, 2).float() / 127.5 - 1


@pytest.mark.parametrize("name", NETWORKS)
def test_features_match_the_package_and_stay_frozen(name):
    x = F.interpolate(images(2), (224, 224), mode="bilinear", antialias=True).requires_grad_(True)
    features, package = Features(name).train(), load_network(name)
    theirs = package.extract_features(x)
    torch.testing.assert_close(features.pooled(x), theirs.mean((2, 3)), rtol=0, atol=1e-4)
    torch.testing.assert_close(features.head(features(x)[-1]), theirs, rtol=0, atol=1e-3)
    assert not list(features.parameters()) and not features.state_dict()
    features(x)[-1].sum().backward()
    assert x.grad.abs().max() > 0 and not any(b.requires_grad for b in features.buffers())


def test_kernel_distance_grows_with_blur():
    before = torch.get_rng_state()
    kernel = KernelFeatures()
    assert torch.equal(torch.get_rng_state(), before)
    x = images(8)
    gray = x[:2, :1]
    found = kernel.features([gray, images(1, size=64)])
    assert found.shape == (3, 1280) and found.dtype == torch.float32
    torch.testing.assert_close(found[:2], kernel.features([gray.repeat(1, 3, 1, 1)]))
    others = kernel.features([images(8, seed=1)])
    blurred = [x, *(F.avg_pool2d(x, 2 * k + 1, 1, k, count_include_pad=False) for k in (1, 3))]
    none, little, much = (measure(kernel.features([b]), others) for b in blurred)
    assert abs(none.value) < 3 * none.standard_error and none.value < little.value < much.value
