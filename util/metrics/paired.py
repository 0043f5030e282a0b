"""Distances between images and their targets, one value per image of a batch.

Functions take two batches (N, C, H, W) in [-1, 1] and return (N,) float32 on the device of the batch.
Intensities are compared on a scale from 0 to 1. torchmetrics takes over a second to import, so it is imported
when it is used.
"""

from __future__ import annotations

from torch import Tensor

SSIM_WINDOW_PX = 11
_STRIP_PX = 2**19  # pixels of a batch that SSIM compares at once


def l1(x: Tensor, y: Tensor) -> Tensor:
    """Compute the mean absolute difference: 0 for equal images, 1 for black against white."""
    x, y = unit_range(x, y)
    return (x - y).abs().mean(dim=(1, 2, 3))


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Compute structural similarity (Wang et al. 2004, equation 13): 1 for equal images, at least -1.

    The window is an 11x11 Gaussian of sigma 1.5; ``K1 = 0.01``, ``K2 = 0.03``; borders are mirrored.

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
    for top in range(0, height, rows):  # a megapixel at once would take a gigabyte
        first = max(0, top - margin)
        part = (slice(None), slice(None), slice(first, top + rows + margin))
        _, similar = structural_similarity_index_measure(
            x[part], y[part], data_range=1.0, reduction="none", return_full_image=True
        )
        total += similar[:, :, top - first : top - first + rows].sum((1, 2, 3))
    return total / x[0].numel()


def unit_range(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Map two batches of one shape from [-1, 1] to [0, 1], in float32 regardless of their precision.

    Raises:
        ValueError: the shapes differ or are not (N, C, H, W).
    """
    if x.ndim != 4 or x.shape != y.shape:
        raise ValueError(
            f"images of shapes {tuple(x.shape)} and {tuple(y.shape)} cannot be compared: "
            "give two batches of one shape (N, C, H, W)"
        )
    return (x.float() + 1) / 2, (y.float() + 1) / 2
