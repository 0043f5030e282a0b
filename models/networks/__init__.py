"""Generators and discriminators as plain modules, with pix2pix's names and state-dict keys."""

from models.networks.discriminators import define_D
from models.networks.generators import build_generator, define_G
from models.networks.initialization import init_weights
from models.networks.layers import set_inference

__all__ = ["build_generator", "define_D", "define_G", "init_weights", "set_inference"]
