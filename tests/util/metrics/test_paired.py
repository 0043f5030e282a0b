"""Pixelwise metrics: hand-computed values and properties."""

import math
import subprocess
import sys

import pytest
import torch

from util.metrics.paired import l1, ms_ssim, pointwise, psnr, ssim


def images(n=2, side=32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(n, 3, side // 8, side // 8, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    return smooth * 2 - 1


def test_black_against_white_is_one():
    black, white = -torch.ones(1, 3, 4, 4), torch.ones(1, 3, 4, 4)
    assert l1(black, white).tolist() == [1.0]
    assert psnr(black, white).tolist() == [0.0]


def test_known_offset():
    # 0.2 in [-1, 1] is 0.1 on the 0..1 scale: MSE 0.01, 20 dB.
    x = torch.zeros(2, 3, 4, 4)
    assert l1(x, x + 0.2).tolist() == pytest.approx([0.1, 0.1])
    assert psnr(x, x + 0.2).tolist() == pytest.approx([20.0, 20.0], abs=1e-4)


def test_each_image_has_its_own_value():
    x = torch.zeros(2, 3, 16, 16)
    y = torch.stack([torch.full((3, 16, 16), 0.2), torch.full((3, 16, 16), 0.4)])
    assert l1(x, y).tolist() == pytest.approx([0.1, 0.2])
    assert psnr(x, y).tolist() == pytest.approx([20.0, 10 * math.log10(1 / 0.04)], abs=1e-4)


def test_equal_images():
    x = images(side=176)
    assert l1(x, x).tolist() == [0, 0]
    assert psnr(x, x).tolist() == [math.inf, math.inf]
    assert ssim(x, x).tolist() == pytest.approx([1, 1], abs=1e-5)
    assert ms_ssim(x, x).tolist() == pytest.approx([1, 1], abs=1e-5)


def test_ssim_of_two_flat_images_is_the_luminance_term():
    # No variance: contrast is 1, luminance (2ab + c1) / (a^2 + b^2 + c1) with a = 0.5, b = 0.6.
    x = torch.zeros(1, 1, 12, 12)
    expected = (2 * 0.5 * 0.6 + 1e-4) / (0.25 + 0.36 + 1e-4)
    assert ssim(x, x + 0.2).item() == pytest.approx(expected, abs=1e-4)


def test_blur_lowers_similarity_and_image_order_does_not_matter():
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    blurred = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
    assert ssim(x, blurred).item() < 0.8
    torch.testing.assert_close(ssim(x, blurred), ssim(blurred, x))


def test_an_intensity_scale_that_starts_at_black_is_compared():
    # SSIM depends on where zero lies: compared in [-1, 1], two grey images about 0 would have no luminance.
    grey = torch.zeros(1, 1, 176, 176)
    assert ssim(grey, grey - 1).item() == pytest.approx((0 + 1e-4) / (0.25 + 1e-4), abs=1e-4)
    expected = ((0.6 + 1e-4) / (0.61 + 1e-4)) ** 0.1333
    assert ms_ssim(grey, grey + 0.2).item() == pytest.approx(expected, abs=1e-4)


def test_half_precision_is_computed_in_float32():
    x = images()
    y = (x + 0.1).clamp(-1, 1)
    assert ssim(x.bfloat16(), y.bfloat16()).dtype == torch.float32
    torch.testing.assert_close(l1(x.bfloat16(), y.bfloat16()), l1(x, y), atol=2e-3, rtol=0)


def test_pointwise_leaves_out_what_the_size_does_not_allow():
    assert list(pointwise(*[torch.zeros(1, 3, 8, 8)] * 2)) == ["L1", "PSNR"]
    assert list(pointwise(*[torch.zeros(1, 3, 175, 200)] * 2)) == ["L1", "PSNR", "SSIM"]
    assert list(pointwise(*[torch.zeros(1, 3, 176, 176)] * 2)) == ["L1", "PSNR", "SSIM", "MS-SSIM"]


def test_wrong_images_are_refused_in_one_line():
    x = torch.zeros(1, 3, 32, 32)
    with pytest.raises(ValueError, match=r"\(1, 3, 32, 32\) and \(2, 3, 32, 32\)"):
        l1(x, torch.zeros(2, 3, 32, 32))
    with pytest.raises(ValueError, match="one shape"):
        psnr(x[0], x[0])
    with pytest.raises(ValueError, match="11x11 px, these are 10x32"):
        ssim(x[..., :10], x[..., :10])
    with pytest.raises(ValueError, match="176x176"):
        ms_ssim(x, x)


def test_importing_does_not_load_torchmetrics():
    code = "import sys, util.metrics.paired; sys.exit('torchmetrics' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
