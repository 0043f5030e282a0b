"""The kernel distance between two sets of images, given as features from a pretrained network.

The distance is KID (Binkowski et al. 2018, arXiv:1801.01401, section 4) times 1000: the unbiased squared
maximum mean discrepancy (Gretton et al. 2012, JMLR 13, equation 3) with the kernel k(a, b) = (a.b / D + 1)^3.
For samples from the same distribution, the expected value is 0, so a value can be negative. KID is usually
averaged over random subsets. Using all images at once gives the same mean and a smaller variance.

The standard error is the two-sample delete-one jackknife (Arvesen 1969). If both samples have the same
distribution, it is too large by a factor of at most sqrt(2) (Efron and Stein 1981).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

MIN_IMAGES = 3
_ROWS_AT_ONCE = 1024  # rows of the kernel matrix are computed in blocks of this size, to limit memory


@dataclass(frozen=True)
class KernelDistance:
    """A kernel distance, multiplied by 1000.

    Attributes:
        value: the distance between the complete sets.
        without_x: (G,) for each group of the first set, the distance without this group.
        without_y: (N,) for each image of the second set, the distance without this image.
    """

    value: float
    without_x: np.ndarray
    without_y: np.ndarray

    @property
    def standard_error(self) -> float:
        """The jackknife standard error, which treats both sets as samples of larger populations."""
        return jackknife_error(self.without_x, self.without_y)


def measure(
    x: np.ndarray | Tensor, y: np.ndarray | Tensor, groups: np.ndarray | None = None
) -> KernelDistance:
    """Compute the kernel distance between two sets of images.

    Args:
        x: (M, D) features.
        y: (N, D) features from the same network.
        groups: (M,) labels of x. Images with the same label depend on each other, for example because they
            were generated from one input. Pairs in a group are ignored; the jackknife omits whole groups.

    Raises:
        ValueError: the shapes are not (M, D) and (N, D), or there are fewer than 3 images or groups.
    """
    x, y = (torch.as_tensor(z).detach().to("cpu", torch.float64).numpy() for z in (x, y))
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(f"features of {x.shape} and {y.shape} cannot be compared: give (M, D) and (N, D)")
    labels = np.arange(len(x)) if groups is None else np.unique(groups, return_inverse=True)[1]
    singles = np.arange(len(y))
    if min(len(np.unique(labels)), len(y)) < MIN_IMAGES:
        raise ValueError(f"the kernel distance needs at least {MIN_IMAGES} images in each set")
    within_x, within_x_without = _within(x, labels)
    within_y, within_y_without = _within(y, singles)
    across, across_without_x = _across(x, y, labels)
    _, across_without_y = _across(y, x, singles)
    return KernelDistance(
        value=1000 * float(within_x + within_y - 2 * across),
        without_x=1000 * (within_x_without + within_y - 2 * across_without_x),
        without_y=1000 * (within_x + within_y_without - 2 * across_without_y),
    )


def jackknife_error(*replicates: np.ndarray) -> float:
    """Compute the standard error from one array of leave-one-out values per independent sample."""
    return float(np.sqrt(sum((len(r) - 1) * r.var() for r in replicates)))


def _within(x: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean kernel value for pairs across groups, and the means without each group, (G,)."""
    rows = _kernel_row_sums(x, x, labels)
    sizes, sums = np.bincount(labels), np.bincount(labels, rows)
    pairs = len(x) ** 2 - (sizes**2).sum()
    # The kernel matrix contains each pair twice, so leaving out a group removes its rows and its columns.
    return rows.sum() / pairs, (rows.sum() - 2 * sums) / (pairs - 2 * sizes * (len(x) - sizes))


def _across(x: np.ndarray, y: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean kernel value for pairs from x and y, and the means without each group of x, (G,)."""
    rows = _kernel_row_sums(x, y)
    sizes, sums = np.bincount(labels), np.bincount(labels, rows)
    return rows.sum() / (len(x) * len(y)), (rows.sum() - sums) / ((len(x) - sizes) * len(y))


def _kernel_row_sums(x: np.ndarray, y: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """Return the sums of k(x_i, y_j) over j, (M,). If labels are given, skip pairs with equal labels."""
    sums = np.empty(len(x))
    for start in range(0, len(x), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        kernel = (x[rows] @ y.T / x.shape[1] + 1) ** 3
        if labels is not None:
            kernel[labels[rows, None] == labels] = 0
        sums[rows] = kernel.sum(axis=1)
    return sums
