"""The sliced Wasserstein distance: what it must see, and the order of known sets."""

import pytest
import torch
import torch.nn.functional as F

from scripts.evaluation.sliced_wasserstein import PatchSet, describe, distance, laplacian_pyramid

FAST = {"patches": 2048}


@pytest.fixture(autouse=True)
def few_directions(monkeypatch):
    monkeypatch.setattr("scripts.evaluation.sliced_wasserstein.DIRECTIONS", 64)


def images(n=8, side=64, seed=0):
    """Images with structure at all levels, in [0, 255]."""
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros(n, 3, side, side)
    for cells in (4, 8, 16, 32, 64):
        total += F.interpolate(
            torch.randn(n, 3, cells, cells, generator=generator), size=side, mode="bilinear"
        )
    return (128 + 30 * total).clamp(0, 255)


def swd(a, b, **options):
    return distance(describe(a, len(a), **FAST), describe(b, len(b), **FAST), **options)


def test_pyramid_adds_up_to_the_image():
    x = images(n=1, side=64)
    levels = laplacian_pyramid(x)
    assert [level.shape[-1] for level in levels] == [64, 32, 16]
    whole = levels[-1]
    for level in reversed(levels[:-1]):
        spread = torch.zeros_like(level)
        spread[..., ::2, ::2] = 4 * whole
        kernel = torch.tensor([1.0, 4, 6, 4, 1]) / 16
        kernel = (kernel[:, None] * kernel).expand(3, 1, 5, 5)
        whole = level + F.conv2d(F.pad(spread, (2,) * 4, mode="reflect"), kernel, groups=3)
    torch.testing.assert_close(whole, x)


def test_known_strength(monkeypatch):
    monkeypatch.setattr("scripts.evaluation.sliced_wasserstein.DIRECTIONS", 4096)
    # Patches of all 1 or all -1 have mean 0 and deviation 1. Half as much again moves them by 0.5 |sum(u)|
    # along a unit direction u, and the mean of |sum(u)| over the sphere in 147 dimensions is sqrt(2 / pi).
    patches = torch.ones(64, 147)
    patches[::2] = -1
    strong = PatchSet({16: 1.5 * patches + 0.2})
    values = distance(strong, PatchSet({16: patches}))
    assert values["16"] == values["mean"] == pytest.approx(1000 * 0.5 * (2 / torch.pi) ** 0.5, rel=0.05)


def test_noise_and_blur_show_at_the_fine_levels():
    x = images()
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    little, much = swd(x + 5 * noise, x), swd(x + 20 * noise, x)
    assert 0 < little["64"] < much["64"]
    assert much["64"] > 2 * much["16"]
    once = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
    twice = F.avg_pool2d(once, 3, 1, 1, count_include_pad=False)
    assert 0 < swd(once, x)["64"] < swd(twice, x)["64"]
    assert swd(twice, x)["64"] > 2 * swd(twice, x)["16"]


def test_contrast_is_seen_and_the_seed_decides():
    x, y = images(), images(seed=1)
    assert swd(128 + 0.5 * (x - 128), x)["64"] > 100
    assert swd(x, y) == swd(x, y) != swd(x, y, seed=1)


def test_images_without_a_level_are_refused():
    with pytest.raises(ValueError, match="too small"):
        describe(images(n=1)[..., :8], 1)
