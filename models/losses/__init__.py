"""Losses as plain functions and modules."""

from models.losses.adversarial import GANLoss
from models.losses.penalties import gradient_penalty, mode_seeking_loss
from models.losses.perceptual import feature_loss

__all__ = ["GANLoss", "feature_loss", "gradient_penalty", "mode_seeking_loss"]
