"""Losses as plain functions and modules."""

from models.losses.adversarial import GAN_MODES, GANLoss
from models.losses.penalties import gradient_penalty, mode_seeking_loss
from models.losses.perceptual import feature_loss

__all__ = ["GAN_MODES", "GANLoss", "feature_loss", "gradient_penalty", "mode_seeking_loss"]
