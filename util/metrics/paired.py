"""Metrics that compare images with their targets.

Each metric takes two batches, (N, C, H, W) in [-1, 1], and returns one value per image, (N,) float32. Before
the comparison, intensities are mapped to [0, 1].
"""

from torch import Tensor

SSIM_WINDOW_PX = 11
_STRIP_PX = 2**19  # number of batch pixels that SSIM compares at a time, to limit memory


def l1(x: Tensor, y: Tensor) -> Tensor:
    """Compute the mean absolute difference, from 0 (equal) to 1 (black versus white)."""
    x, y = unit_range(x, y)
    return (x - y).abs().mean(dim=(1, 2, 3))


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Compute the structural similarity (Wang et al. 2004, equation 13), from -1 to 1 (equal).

    The window is an 11x11 Gaussian with sigma 1.5, K1 is 0.01, K2 is 0.03, and borders are mirrored.

    Raises:
        ValueError: the shapes differ, or the images are smaller than the window.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure  # takes a second to import

    x, y = unit_range(x, y)
    if min(x.shape[-2:]) < SSIM_WINDOW_PX:
        side = f"{SSIM_WINDOW_PX}x{SSIM_WINDOW_PX}"
        raise ValueError(f"SSIM needs images of at least {side} px; these are {x.shape[-1]}x{x.shape[-2]}")
    height, margin, rows = x.shape[2], SSIM_WINDOW_PX // 2, max(1, _STRIP_PX // (len(x) * x.shape[3]))
    total = x.new_zeros(len(x))
    for top in range(0, height, rows):
        first = max(0, top - margin)
        part = (slice(None), slice(None), slice(first, top + rows + margin))
        _, similar = structural_similarity_index_measure(
            x[part], y[part], data_range=1.0, reduction="none", return_full_image=True
        )
        total += similar[:, :, top - first : top - first + rows].sum((1, 2, 3))
    return total / x[0].numel()


def unit_range(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Map two batches from [-1, 1] to [0, 1], float32; raise ValueError if their shapes differ."""
    if x.ndim != 4 or x.shape != y.shape:
        raise ValueError(
            f"images of shapes {tuple(x.shape)} and {tuple(y.shape)} cannot be compared: "
            "give two batches of the same shape (N, C, H, W)"
        )
    return (x.float() + 1) / 2, (y.float() + 1) / 2
