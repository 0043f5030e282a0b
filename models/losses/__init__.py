"""Losses as plain functions and modules."""

from models.losses.adversarial import GAN_MODES, GANLoss
from models.losses.penalties import gradient_penalty, mode_seeking_loss

__all__ = ["GAN_MODES", "GANLoss", "gradient_penalty", "mode_seeking_loss"]
