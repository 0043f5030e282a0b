"""Tests of the metrics that compare images with their targets."""

import pytest
import torch

from util.metrics.paired import l1, ssim


def test_l1_is_computed_per_image():
    x = torch.zeros(2, 3, 16, 16)
    y = torch.stack([torch.full((3, 16, 16), 0.2), torch.full((3, 16, 16), 0.4)])
    assert l1(x, y).tolist() == pytest.approx([0.1, 0.2])
    assert l1(x - 1, x + 1).tolist() == [1, 1]


def test_ssim_of_two_flat_images_is_the_luminance_term():
    # Without variance, the contrast term is 1. The luminance term is (2ab + c1) / (a^2 + b^2 + c1).
    x = torch.zeros(1, 1, 12, 12)
    expected = (2 * 0.5 * 0.6 + 1e-4) / (0.25 + 0.36 + 1e-4)
    assert ssim(x, x + 0.2).item() == pytest.approx(expected, abs=1e-4)


def test_ssim_is_symmetric_and_lower_for_blurred_images():
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    blurred = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
    assert ssim(x, blurred).item() < 0.8
    torch.testing.assert_close(ssim(x, blurred), ssim(blurred, x))
    assert ssim(x, x).item() == pytest.approx(1, abs=1e-5)
    assert ssim(x.bfloat16(), x.bfloat16()).dtype == torch.float32
