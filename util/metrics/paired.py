"""Distances between a picture and its truth: L1, PSNR, SSIM and MS-SSIM.

Every function takes two float batches (N, C, H, W) in [-1, 1], the range networks speak, and returns one
float32 value for each picture, (N,), on the batch's device: a gallery can sort by it, and nothing waits for
the device. Values are on the 0..1 scale of intensity: an L1 of 0.1 is a tenth of the way from black to white.

SSIM and MS-SSIM are torchmetrics' numbers, borders included, written out here because importing torchmetrics
takes several seconds that every training run would pay; the tests hold them to it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SSIM_WINDOW_PX = 11
SSIM_SIGMA_PX = 1.5
MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
MS_SSIM_MIN_SIDE_PX = SSIM_WINDOW_PX * 2 ** (len(MS_SSIM_WEIGHTS) - 1)


def l1(x: Tensor, y: Tensor) -> Tensor:
    """Mean absolute difference on the 0..1 scale: 0 for equal pictures, 1 for black against white.

    Args:
        x: (N, C, H, W) in [-1, 1].
        y: the same shape and range.

    Returns:
        (N,) in [0, 1].

    Raises:
        ValueError: the shapes differ or are not (N, C, H, W).
    """
    x, y = _unit_range(x, y)
    return (x - y).abs().mean(dim=(1, 2, 3))


def psnr(x: Tensor, y: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB, ``-10 log10(MSE)`` on the 0..1 scale; infinite for equal pictures.

    Args:
        x: (N, C, H, W) in [-1, 1].
        y: the same shape and range.

    Returns:
        (N,) in dB, higher is nearer.

    Raises:
        ValueError: the shapes differ or are not (N, C, H, W).
    """
    x, y = _unit_range(x, y)
    return -10 * (x - y).square().mean(dim=(1, 2, 3)).log10()


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Structural similarity, the mean of its map over channels and pixels (Wang et al. 2004, equation 13).

    An 11x11 Gaussian window of sigma 1.5, ``K1 = 0.01``, ``K2 = 0.03``; pictures are mirrored at the border.

    Args:
        x: (N, C, H, W) in [-1, 1], at least 11 px high and wide.
        y: the same shape and range.

    Returns:
        (N,) in [-1, 1], 1 for equal pictures.

    Raises:
        ValueError: the shapes differ, are not (N, C, H, W), or are smaller than the window.
    """
    x, y = _unit_range(x, y)
    _require_side(x, "SSIM", SSIM_WINDOW_PX)
    return _ssim_and_contrast(x, y)[0]


def ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """Multi-scale structural similarity over five scales (Wang et al. 2003, equation 7).

    Args:
        x: (N, C, H, W) in [-1, 1], at least 176 px high and wide: the window must fit at 1/16.
        y: the same shape and range.

    Returns:
        (N,) in [0, 1], 1 for equal pictures; a scale of negative similarity counts as 0.

    Raises:
        ValueError: the shapes differ, are not (N, C, H, W), or are smaller than 176 px.
    """
    x, y = _unit_range(x, y)
    _require_side(x, "MS-SSIM", MS_SSIM_MIN_SIDE_PX)
    product = torch.ones(len(x), device=x.device)
    last = len(MS_SSIM_WEIGHTS) - 1
    for scale, weight in enumerate(MS_SSIM_WEIGHTS):
        similarity, contrast = _ssim_and_contrast(x, y)
        # Luminance enters at the coarsest scale only.
        product = product * (similarity if scale == last else contrast).clamp(min=0) ** weight
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return product


def pointwise(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """All the metrics that the picture's size allows, by the names tables show.

    Args:
        x: (N, C, H, W) in [-1, 1].
        y: the same shape and range.

    Returns:
        ``{"L1": (N,), "PSNR": (N,), "SSIM": (N,), "MS-SSIM": (N,)}``; SSIM needs 11 px, MS-SSIM 176 px.

    Raises:
        ValueError: the shapes differ or are not (N, C, H, W).
    """
    values = {"L1": l1(x, y), "PSNR": psnr(x, y)}
    side = min(x.shape[-2:])
    if side >= SSIM_WINDOW_PX:
        values["SSIM"] = ssim(x, y)
    if side >= MS_SSIM_MIN_SIDE_PX:
        values["MS-SSIM"] = ms_ssim(x, y)
    return values


def _unit_range(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Check two batches and bring them from [-1, 1] to [0, 1] in float32, whatever precision they came in."""
    if x.ndim != 4 or x.shape != y.shape:
        raise ValueError(
            f"pictures of shapes {tuple(x.shape)} and {tuple(y.shape)} cannot be compared: "
            "give two batches of one shape (N, C, H, W)"
        )
    return (x.float() + 1) / 2, (y.float() + 1) / 2


def _require_side(x: Tensor, metric: str, side_px: int) -> None:
    """Refuse pictures on which the metric's window does not fit."""
    if min(x.shape[-2:]) < side_px:
        raise ValueError(
            f"{metric} needs pictures of at least {side_px}x{side_px} px, these are "
            f"{x.shape[-1]}x{x.shape[-2]}: leave it out or use larger pictures"
        )


def _ssim_and_contrast(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """SSIM over all pixels, and its contrast-structure factor where the window fits: (N,), (N,).

    The pictures are in [0, 1].
    """
    n, pad = len(x), SSIM_WINDOW_PX // 2
    offsets = torch.arange(-pad, pad + 1, device=x.device, dtype=torch.float32)
    window = (-0.5 * (offsets / SSIM_SIGMA_PX).square()).exp()
    window = window / window.sum()
    # Channels become pictures, (N * C, 1, H + 10, W + 10): one window serves all.
    x, y = (F.pad(z, (pad,) * 4, mode="reflect").flatten(0, 1).unsqueeze(1) for z in (x, y))

    def blur(z: Tensor) -> Tensor:
        """Weighted mean around each pixel; the window is separable."""
        return F.conv2d(F.conv2d(z, window.view(1, 1, -1, 1)), window.view(1, 1, 1, -1))

    mean_x, mean_y = blur(x), blur(y)
    var_x = blur(x * x) - mean_x.square()
    var_y = blur(y * y) - mean_y.square()
    covariance = blur(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    contrast = (2 * covariance + c2) / (var_x + var_y + c2)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x.square() + mean_y.square() + c1)
    inner = contrast[..., pad:-pad, pad:-pad]
    return (luminance * contrast).reshape(n, -1).mean(1), inner.reshape(n, -1).mean(1)
