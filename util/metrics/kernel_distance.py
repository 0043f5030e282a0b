"""Kernel distance between two sets of images, given as features of a pretrained network.

The estimator of KID (Binkowski et al. 2018, arXiv:1801.01401, section 4): the unbiased squared maximum mean
discrepancy (Gretton et al. 2012, JMLR 13, equation 3) under the cubic kernel k(a, b) = (a.b / D + 1)^3, times
1000. It is 0 on average for two samples of one distribution, whatever their sizes, so a single one may come
out negative. KID averages it over random subsets of equal size to save memory; here all images of both sets
enter at once, which has the same mean and less spread. Features of another network than Inception give other
numbers than KID's: compare only distances on the same features.

The standard error is the delete-one jackknife's for two samples (Arvesen 1969, "Jackknifing U-statistics").
A bootstrap would draw an image twice and count the copies as two independent images, whose kernel value
k(a, a) is far above that of any other pair; leaving out one image at a time makes no copies. The jackknife
errs on the careful side (Efron and Stein 1981): it is about right for sets that differ, and at most a factor
of sqrt(2) too large, on average of the variance, where both sets come from one distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from util.metrics.bootstrap import Difference

MIN_IMAGES = 3
_NORMAL_95 = 1.96
# Rows of the kernel matrix computed at once: bounds memory, not the result.
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class KernelDistance:
    """A kernel distance x 1000, and what it would be without each of the images.

    Attributes:
        value: of all images.
        without_x: (G,) the value without each image, or each group of images, of the first set.
        without_y: (N,) the value without each image of the second set.
    """

    value: float
    without_x: np.ndarray
    without_y: np.ndarray

    @property
    def standard_error(self) -> float:
        """Jackknife standard error, both sets being samples of something larger."""
        return _jackknife_error(self.without_x, self.without_y)


def kernel_distance(x: np.ndarray | Tensor, y: np.ndarray | Tensor) -> float:
    """Compute the kernel distance x 1000 of two sets of images.

    Args:
        x: (M, D) features, at least 3 images.
        y: (N, D) features of the same network, at least 3 images.

    Raises:
        ValueError: the shapes are not (M, D) and (N, D), or a set is too small.
    """
    return measure(x, y).value


def measure(
    x: np.ndarray | Tensor, y: np.ndarray | Tensor, groups: np.ndarray | None = None
) -> KernelDistance:
    """Compute the kernel distance x 1000 of two sets of images with what its standard error needs.

    Args:
        x: (M, D) features.
        y: (N, D) features of the same network, at least 3 images.
        groups: (M,) a label for each row of ``x``: images of one group, say several samples of one input, are
            no independent draws, so pairs within a group do not count and a group is left out as a whole;
            at least 3 groups. None: every image is a group of its own.

    Raises:
        ValueError: the shapes are not (M, D) and (N, D), or there are too few images or groups.
    """
    x, y = (torch.as_tensor(z).detach().to("cpu", torch.float64).numpy() for z in (x, y))
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(f"features of {x.shape} and {y.shape} do not compare: give (M, D) and (N, D)")
    labels = np.arange(len(x)) if groups is None else np.unique(groups, return_inverse=True)[1]
    if labels.shape != (len(x),):
        raise ValueError(f"{len(labels)} group labels for {len(x)} images: give one for each")
    singles = np.arange(len(y))
    if min(len(np.unique(labels)), len(y)) < MIN_IMAGES:
        raise ValueError(f"the kernel distance needs {MIN_IMAGES} images or more in each set")
    within_x, within_x_without = _within(x, labels)
    within_y, within_y_without = _within(y, singles)
    across, across_without_x = _across(x, y, labels)
    _, across_without_y = _across(y, x, singles)
    return KernelDistance(
        value=1000 * float(within_x + within_y - 2 * across),
        without_x=1000 * (within_x_without + within_y - 2 * across_without_x),
        without_y=1000 * (within_x + within_y_without - 2 * across_without_y),
    )


def difference(a: KernelDistance, b: KernelDistance) -> Difference:
    """Compute ``a - b`` with its 95% interval (normal theory), for two sets measured against one reference.

    What both share cancels: the images of the same inputs are left out together, and those of the reference.

    Args:
        a: of one set; its groups, or images, belong to the same inputs in the same order as those of ``b``.
        b: of the other set, to the same reference.

    Raises:
        ValueError: other numbers of inputs or of reference images.
    """
    if a.without_x.shape != b.without_x.shape or a.without_y.shape != b.without_y.shape:
        raise ValueError("kernel distances of other inputs or another reference do not pair")
    mean = a.value - b.value
    half = _NORMAL_95 * _jackknife_error(a.without_x - b.without_x, a.without_y - b.without_y)
    return Difference(mean, mean - half, mean + half)


def _within(x: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean kernel over pairs of different groups: of all, and without each group (G,)."""
    rows = _kernel_row_sums(x, x, labels)
    sizes, sums = np.bincount(labels), np.bincount(labels, rows)
    pairs = len(x) ** 2 - (sizes**2).sum()
    # Every pair is counted in both orders, so a group takes its row and its column with it.
    return rows.sum() / pairs, (rows.sum() - 2 * sums) / (pairs - 2 * sizes * (len(x) - sizes))


def _across(x: np.ndarray, y: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean kernel over pairs of one image of ``x`` and one of ``y``: of all, without each group of ``x``."""
    rows = _kernel_row_sums(x, y)
    sizes, sums = np.bincount(labels), np.bincount(labels, rows)
    return rows.sum() / (len(x) * len(y)), (rows.sum() - sums) / ((len(x) - sizes) * len(y))


def _kernel_row_sums(x: np.ndarray, y: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """Sum of k(x_i, y_j) over j, (M,); with labels of both, over those of other groups."""
    sums = np.empty(len(x))
    for start in range(0, len(x), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        kernel = x[rows] @ y.T / x.shape[1] + 1
        kernel *= kernel * kernel
        if labels is not None:
            kernel[labels[rows, None] == labels] = 0
        sums[rows] = kernel.sum(axis=1)
    return sums


def _jackknife_error(*replicates: np.ndarray) -> float:
    """Compute the standard error from the values without each image, one array per independent sample."""
    return float(np.sqrt(sum((len(r) - 1) * r.var() for r in replicates)))
