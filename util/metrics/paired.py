"""Pixelwise distances between an image and its target: L1, PSNR, SSIM and MS-SSIM.

Every function takes two float batches (N, C, H, W) in [-1, 1], the range of the networks, and returns one
float32 value per image, (N,), on the device of the batch. Intensities are compared on the scale from 0 to 1:
an L1 of 0.1 is a tenth of the way from black to white.

PSNR, SSIM and MS-SSIM are computed by torchmetrics, whose import takes over a second. It is imported on the
first call, so that a command that measures nothing does not wait for it.
"""

from __future__ import annotations

from torch import Tensor

SSIM_WINDOW_PX = 11
MS_SSIM_MIN_SIDE_PX = SSIM_WINDOW_PX * 2**4  # the window must fit at the coarsest of five scales


def l1(x: Tensor, y: Tensor) -> Tensor:
    """Compute the mean absolute difference: 0 for equal images, 1 for black against white.

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
    """Compute the peak signal-to-noise ratio in dB, ``-10 log10(MSE)``; infinite for equal images.

    Args:
        x: (N, C, H, W) in [-1, 1].
        y: the same shape and range.

    Returns:
        (N,) in dB, higher is nearer.

    Raises:
        ValueError: the shapes differ or are not (N, C, H, W).
    """
    from torchmetrics.functional.image import peak_signal_noise_ratio

    x, y = _unit_range(x, y)
    return peak_signal_noise_ratio(x, y, data_range=1.0, reduction="none", dim=(1, 2, 3))


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Compute structural similarity, averaged over channels and pixels (Wang et al. 2004, equation 13).

    The window is an 11x11 Gaussian of sigma 1.5; ``K1 = 0.01``, ``K2 = 0.03``; borders are mirrored.

    Args:
        x: (N, C, H, W) in [-1, 1], at least 11 px high and wide.
        y: the same shape and range.

    Returns:
        (N,) in [-1, 1], 1 for equal images.

    Raises:
        ValueError: the shapes differ, are not (N, C, H, W), or are smaller than the window.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    x, y = _unit_range(x, y)
    _require_side(x, "SSIM", SSIM_WINDOW_PX)
    return structural_similarity_index_measure(x, y, data_range=1.0, reduction="none")


def ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """Compute multi-scale structural similarity over five scales (Wang et al. 2003, equation 7).

    Args:
        x: (N, C, H, W) in [-1, 1], at least 176 px high and wide: the window must fit at 1/16.
        y: the same shape and range.

    Returns:
        (N,) in [0, 1], 1 for equal images; a scale of negative similarity counts as 0.

    Raises:
        ValueError: the shapes differ, are not (N, C, H, W), or are smaller than 176 px.
    """
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    x, y = _unit_range(x, y)
    _require_side(x, "MS-SSIM", MS_SSIM_MIN_SIDE_PX)
    return multiscale_structural_similarity_index_measure(x, y, data_range=1.0, reduction="none")


def pointwise(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Compute all the metrics that the size of the images allows, by the names that tables show.

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
    """Check two batches and map them from [-1, 1] to [0, 1] in float32, whatever their precision."""
    if x.ndim != 4 or x.shape != y.shape:
        raise ValueError(
            f"images of shapes {tuple(x.shape)} and {tuple(y.shape)} cannot be compared: "
            "give two batches of one shape (N, C, H, W)"
        )
    return (x.float() + 1) / 2, (y.float() + 1) / 2


def _require_side(x: Tensor, metric: str, side_px: int) -> None:
    """Refuse images on which the metric's window does not fit."""
    if min(x.shape[-2:]) < side_px:
        raise ValueError(
            f"{metric} needs images of at least {side_px}x{side_px} px, these are "
            f"{x.shape[-1]}x{x.shape[-2]}: leave it out or use larger images"
        )
