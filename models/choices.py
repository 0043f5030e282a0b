"""Allowed values for the model options. This module does not import torch."""

from collections.abc import Collection, Mapping
from typing import Any

from util.errors import UserError

# Generators: number of levels in each U-Net and number of residual blocks in each ResNet.
UNET_DOWNS = {"unet_128": 7, "unet_256": 8}
RESNET_BLOCKS = {"resnet_6blocks": 6, "resnet_9blocks": 9}
GENERATORS = (*UNET_DOWNS, *RESNET_BLOCKS)
NORMS = ("batch", "instance", "group", "none")
WHERE_ADD = ("all", "input")
UPSAMPLE = ("transpose", "resize")

DISCRIMINATORS = ("basic", "n_layers", "pixel", "projected")
NORMS_D = (*NORMS, "spectral")

GAN_MODES = ("lsgan", "vanilla", "hinge", "wgangp", "msgan")
INIT_TYPES = ("normal", "xavier", "kaiming", "orthogonal")
AMP = ("auto", "fp32", "bf16", "fp16")
NORM_STATS = ("auto", "image", "running")  # statistics that batch norm uses in testing
BEST_BY = ("L1", "kernel_distance")  # metrics that select the best checkpoint


def check_choice(option: str, value: str, choices: Collection[str]) -> None:
    """Raise `UserError` if an option's value is not one of the choices."""
    if value not in choices:
        raise UserError(f"--{option} {value!r} is not known: choose from {', '.join(choices)}")


def choose_statistics(wanted: str, trained: Mapping[str, Any]) -> str:
    """Return the batch norm statistics, ``image`` or ``running``, for a ``--norm_stats`` value.

    ``trained`` contains the options that the run recorded. For ``auto``, use the value that publish.py
    recorded or, if there is none, the value that suits the training batch size.
    """
    recorded = trained.get("norm_stats", "auto") if wanted == "auto" else wanted
    several = trained.get("batch_size", 1) * trained.get("world_size", 1) > 1
    return ("running" if several else "image") if recorded == "auto" else str(recorded)
