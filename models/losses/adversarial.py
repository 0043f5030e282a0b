"""Adversarial losses of the scores of real and generated images: LSGAN, vanilla, hinge and WGAN."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.choices import GAN_MODES
from util.errors import UserError


def _lsgan(scores: Tensor, is_real: bool, for_discriminator: bool) -> Tensor:
    """Mean squared distance to 1 or 0 (Mao et al. 2017, arXiv:1611.04076, equation 2 with a=0, b=c=1)."""
    return F.mse_loss(scores, torch.full_like(scores, float(is_real)))


def _vanilla(scores: Tensor, is_real: bool, for_discriminator: bool) -> Tensor:
    """Cross-entropy, non-saturating for G (Goodfellow et al. 2014, arXiv:1406.2661, section 3)."""
    return F.softplus(-scores if is_real else scores).mean()


def _hinge(scores: Tensor, is_real: bool, for_discriminator: bool) -> Tensor:
    """Hinge for D, the bare score for G (Lim & Ye 2017, arXiv:1705.02894)."""
    signed = scores if is_real else -scores
    return F.relu(1 - signed).mean() if for_discriminator else -signed.mean()


def _wasserstein(scores: Tensor, is_real: bool, for_discriminator: bool) -> Tensor:
    """Mean score, negated for real images (Arjovsky et al. 2017, arXiv:1701.07875, eq. 2)."""
    return -scores.mean() if is_real else scores.mean()


# mode -> loss of raw scores (any shape), given whether they should say real, and whether it is for D.
_MODES: dict[str, Callable[[Tensor, bool, bool], Tensor]] = {
    "lsgan": _lsgan,
    "vanilla": _vanilla,
    "hinge": _hinge,
    "wgangp": _wasserstein,
    "msgan": _lsgan,  # mode seeking adds a term of its own; its adversarial part is pix2pix's LSGAN
}


class GANLoss(nn.Module):
    """The adversarial loss of a discriminator's raw scores; raises `UserError` for an unknown gan_mode."""

    def __init__(self, gan_mode: str):
        super().__init__()
        if gan_mode not in _MODES:
            raise UserError(f"--gan_mode {gan_mode!r} is not known: choose from {', '.join(GAN_MODES)}")
        self.gan_mode = gan_mode

    def forward(
        self, prediction: Tensor | Sequence[Tensor], target_is_real: bool, for_discriminator: bool = True
    ) -> Tensor:
        """Compute the adversarial loss.

        Args:
            prediction: raw scores (N, 1, H, W), no sigmoid; or a list of them, one for each scale.
            target_is_real: whether the scores should say that the images are real. Always True for G.
            for_discriminator: False when the generator learns from the scores (hinge treats it differently).

        Returns:
            A scalar, the mean over scores, and over scales; at least float32.
        """
        if isinstance(prediction, Tensor):
            scores = prediction.to(torch.promote_types(prediction.dtype, torch.float32))
            return _MODES[self.gan_mode](scores, target_is_real, for_discriminator)
        return torch.stack([self(scale, target_is_real, for_discriminator) for scale in prediction]).mean()
