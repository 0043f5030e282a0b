"""Metrics that compare images with their targets and give one value per image of a batch.

The metrics take two batches, (N, C, H, W) in [-1, 1], and return (N,) float32 on the device of the batches.
Intensities are compared on a scale from 0 to 1. Importing torchmetrics takes over a second, so it is imported
only when it is used.
"""

from __future__ import annotations

from torch import Tensor

SSIM_WINDOW_PX = 11
_STRIP_PX = 2**19  # number of pixels of a batch that SSIM compares at once


def l1(x: Tensor, y: Tensor) -> Tensor:
    """Compute the mean absolute difference: 0 for equal images, 1 for black versus white."""
    x, y = unit_range(x, y)
    return (x - y).abs().mean(dim=(1, 2, 3))


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Compute the structural similarity (Wang et al. 2004, equation 13), which is 1 for equal images.

    Values range from -1 to 1.
    The window is an 11x11 Gaussian with sigma 1.5, the constants are ``K1 = 0.01`` and ``K2 = 0.03``, and
    borders are mirrored.

    Raises:
        ValueError: the shapes differ, or images are smaller than the window.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    x, y = unit_range(x, y)
    if min(x.shape[-2:]) < SSIM_WINDOW_PX:
        side = f"{SSIM_WINDOW_PX}x{SSIM_WINDOW_PX}"
        raise ValueError(f"SSIM needs images of at least {side} px; these are {x.shape[-1]}x{x.shape[-2]}")
    height, margin, rows = x.shape[2], SSIM_WINDOW_PX // 2, max(1, _STRIP_PX // (len(x) * x.shape[3]))
    total = x.new_zeros(len(x))
    for top in range(0, height, rows):  # comparing a megapixel at once would take a gigabyte
        first = max(0, top - margin)
        part = (slice(None), slice(None), slice(first, top + rows + margin))
        _, similar = structural_similarity_index_measure(
            x[part], y[part], data_range=1.0, reduction="none", return_full_image=True
        )
        total += similar[:, :, top - first : top - first + rows].sum((1, 2, 3))
    return total / x[0].numel()


def unit_range(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Map two batches of equal shape from [-1, 1] to [0, 1] in float32, regardless of their precision.

    Raises:
        ValueError: the shapes differ or are not (N, C, H, W).
    """
    if x.ndim != 4 or x.shape != y.shape:
        raise ValueError(
            f"images of shapes {tuple(x.shape)} and {tuple(y.shape)} cannot be compared: "
            "give two batches of the same shape (N, C, H, W)"
        )
    return (x.float() + 1) / 2, (y.float() + 1) / 2
