"""Choices of the model options, in a module that does not import torch."""

# Generators: levels of each U-Net, residual blocks of each ResNet.
UNET_DOWNS = {"unet_128": 7, "unet_256": 8}
RESNET_BLOCKS = {"resnet_6blocks": 6, "resnet_9blocks": 9}
GENERATORS = (*UNET_DOWNS, *RESNET_BLOCKS)
NORMS = ("batch", "instance", "group", "none")
WHERE_ADD = ("all", "input")
# The statistics that batch norm normalises by when testing, and the metrics that choose the best checkpoint.
NORM_STATS = ("auto", "image", "running")
BEST_BY = ("L1", "kernel_distance")
UPSAMPLE = ("transpose", "resize")

DISCRIMINATORS = ("basic", "n_layers", "pixel", "multi", "projected")
NORMS_D = (*NORMS, "spectral")

GAN_MODES = ("lsgan", "vanilla", "hinge", "wgangp", "msgan")
INIT_TYPES = ("normal", "xavier", "kaiming", "orthogonal")
AMP = ("auto", "fp32", "bf16", "fp16")
DIFFAUG = ("color", "translation", "cutout")
