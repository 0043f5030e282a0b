"""Tiny models and batches for model tests."""

import torch

from models import create_model
from options.train_options import TrainOptions


def options(tmp_path, *more):
    return TrainOptions().parse(
        ["--dataroot", "x", "--name", "run", "--checkpoints_dir", str(tmp_path), "--netG", "unet_128",
         "--ngf", "2", "--ndf", "2", "--direction", "BtoA", "--amp", "fp32", "--gpu_ids", "-1", *more]
    )  # fmt: skip


def build(tmp_path, *more):
    torch.manual_seed(0)
    return create_model(options(tmp_path, *more))


def batch(n=1, seed=0, size=128):
    a, b = torch.rand(2, n, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    paths = [f"{i}.png" for i in range(n)]
    return {"A": a, "B": b, "A_paths": paths, "B_paths": paths}


def learn(model, updates, seed=0, n=1, size=128):
    for i in range(updates):
        model.set_input(batch(n, seed + i, size))
        model.optimize_parameters()
    return model.get_current_losses()
