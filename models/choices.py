"""The choices of the model options. This module does not import torch."""

from collections.abc import Mapping
from typing import Any

# Generators: number of levels of each U-Net and number of residual blocks of each ResNet.
UNET_DOWNS = {"unet_128": 7, "unet_256": 8}
RESNET_BLOCKS = {"resnet_6blocks": 6, "resnet_9blocks": 9}
GENERATORS = (*UNET_DOWNS, *RESNET_BLOCKS)
NORMS = ("batch", "instance", "group", "none")
WHERE_ADD = ("all", "input")
# The statistics that batch norm uses in testing, and the metrics that select the best checkpoint.
NORM_STATS = ("auto", "image", "running")
BEST_BY = ("L1", "kernel_distance")
UPSAMPLE = ("transpose", "resize")

DISCRIMINATORS = ("basic", "n_layers", "pixel", "projected")
NORMS_D = (*NORMS, "spectral")

GAN_MODES = ("lsgan", "vanilla", "hinge", "wgangp", "msgan")
INIT_TYPES = ("normal", "xavier", "kaiming", "orthogonal")
AMP = ("auto", "fp32", "bf16", "fp16")


def choose_statistics(wanted: str, trained: Mapping[str, Any]) -> str:
    """Return the batch norm statistics to use for a value of ``--norm_stats``: ``image`` or ``running``.

    Args:
        wanted: one of `NORM_STATS`. With auto, the value recorded by `publish.py` is used or, without such a
            record, the value that suits the training batch size.
        trained: the options that the run recorded.
    """
    recorded = trained.get("norm_stats", "auto") if wanted == "auto" else wanted
    several = trained.get("batch_size", 1) * trained.get("world_size", 1) > 1
    return ("running" if several else "image") if recorded == "auto" else str(recorded)
