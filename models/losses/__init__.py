"""Losses, implemented as plain functions and modules."""

from models.losses.adversarial import GANLoss
from models.losses.penalties import gradient_penalty, mode_seeking_loss

__all__ = ["GANLoss", "gradient_penalty", "mode_seeking_loss"]
