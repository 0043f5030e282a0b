"""FID, KID and LPIPS by torchmetrics, where their weights are on this machine; nothing is ever downloaded."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

INCEPTION_FILE = "weights-inception-2015-12-05-6726825d.pth"
ALEXNET_FILE = "alexnet-owt-7be5be79.pth"
_KID_SUBSET = 50


def missing_for_fid() -> str:
    """Say in one line what FID and KID lack and how to get it; empty when they can be computed."""
    fetch = "from torchmetrics.image.fid import FrechetInceptionDistance as F; F()"
    return _missing("FID and KID", ("torchmetrics", "torch_fidelity"), INCEPTION_FILE, fetch)


def missing_for_lpips() -> str:
    """Say in one line what LPIPS lacks and how to get it; empty when it can be computed."""
    fetch = "from torchvision.models import alexnet; alexnet(weights='DEFAULT')"
    return _missing("LPIPS", ("torchmetrics", "torchvision"), ALEXNET_FILE, fetch)


def fid_and_kid(images: Iterable[Tensor], reference: Iterable[Tensor], *, seed: int = 0) -> dict[str, float]:
    """Compute Frechet and kernel Inception distances (Heusel et al. 2017; Binkowski et al. 2018).

    Args:
        images, reference: batches (N, 3, H, W) uint8.
        seed: of KID's subsets.

    Returns:
        ``{"FID": ..., "KID x1000": ...}``.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance
    from torchmetrics.image.kid import KernelInceptionDistance

    fid = FrechetInceptionDistance()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it keeps all features in memory: 8 kB an image
        kid = KernelInceptionDistance(feature=fid.inception, subset_size=_KID_SUBSET)
    counts = [0, 0]
    for real, batches in enumerate((images, reference)):
        for batch in batches:
            counts[real] += len(batch)
            fid.update(batch, real=bool(real))
            kid.update(batch, real=bool(real))
    kid.subset_size = min(_KID_SUBSET, *counts)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return {"FID": fid.compute().item(), "KID x1000": 1000 * kid.compute()[0].item()}


class Lpips:
    """Learned perceptual distance on AlexNet features (Zhang et al. 2018)."""

    def __init__(self) -> None:
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        # The metric averages over a batch; its network gives each image's value.
        self._net = LearnedPerceptualImagePatchSimilarity(net_type="alex").net

    @torch.no_grad()
    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """Measure (N, 3, H, W) images in [-1, 1], at least 64 px: (N,)."""
        return self._net(x.float(), y.float()).flatten()


def _missing(metric: str, packages: tuple[str, ...], weights: str, fetch: str) -> str:
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    if absent:
        names = " ".join(name.replace("_", "-") for name in absent)
        return f"{metric} left out: needs {names} (pip install {names})"
    file = Path(torch.hub.get_dir()) / "checkpoints" / weights
    if not file.is_file():
        return f'{metric} left out: {file} is missing; with a network, python -c "{fetch}" fetches it once'
    return ""
