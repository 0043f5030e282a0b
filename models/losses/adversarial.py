"""Adversarial losses for the scores of real and generated images: LSGAN, vanilla, hinge and WGAN."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.choices import GAN_MODES, check_choice


def _lsgan(scores: Tensor, is_real: bool, for_discriminator: bool) -> Tensor:
    """Return the mean squared distance to 1 or 0 (Mao et al. 2017, arXiv:1611.04076, eq. 2, a=0, b=c=1)."""
    return F.mse_loss(scores, torch.full_like(scores, float(is_real)))


def _vanilla(scores: Tensor, is_real: bool, for_discriminator: bool) -> Tensor:
    """Return the cross-entropy, non-saturating for G (Goodfellow et al. 2014, arXiv:1406.2661, section 3)."""
    return F.softplus(-scores if is_real else scores).mean()


def _hinge(scores: Tensor, is_real: bool, for_discriminator: bool) -> Tensor:
    """Return the hinge loss for D or the negated mean score for G (Lim & Ye 2017, arXiv:1705.02894)."""
    signed = scores if is_real else -scores
    return F.relu(1 - signed).mean() if for_discriminator else -signed.mean()


def _wasserstein(scores: Tensor, is_real: bool, for_discriminator: bool) -> Tensor:
    """Return the mean score, negated for real images (Arjovsky et al. 2017, arXiv:1701.07875, eq. 2)."""
    return -scores.mean() if is_real else scores.mean()


# mode -> function of raw scores of any shape, is_real and for_discriminator (see `GANLoss.forward`).
_MODES: dict[str, Callable[[Tensor, bool, bool], Tensor]] = {
    "lsgan": _lsgan,
    "vanilla": _vanilla,
    "hinge": _hinge,
    "wgangp": _wasserstein,
    "msgan": _lsgan,  # the mode-seeking loss is added elsewhere
}


class GANLoss(nn.Module):
    """The adversarial loss for a discriminator's raw scores. Unknown modes raise `UserError`."""

    def __init__(self, gan_mode: str):
        super().__init__()
        check_choice("gan_mode", gan_mode, GAN_MODES)
        self.gan_mode = gan_mode

    def forward(
        self, prediction: Tensor | Sequence[Tensor], target_is_real: bool, for_discriminator: bool = True
    ) -> Tensor:
        """Compute the adversarial loss.

        Args:
            prediction: raw scores without a sigmoid, (N, 1, H, W), or a list with one such tensor per scale.
            target_is_real: whether the scores should classify the images as real; always True for G.
            for_discriminator: whether the discriminator learns from the loss; matters only for ``hinge``.

        Returns:
            A scalar, the mean over scores and scales, with at least float32 precision.
        """
        if isinstance(prediction, Tensor):
            scores = prediction.to(torch.promote_types(prediction.dtype, torch.float32))
            return _MODES[self.gan_mode](scores, target_is_real, for_discriminator)
        return torch.stack([self(scale, target_is_real, for_discriminator) for scale in prediction]).mean()
