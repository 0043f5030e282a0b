"""Presets, which set several training options at once."""

import argparse
from typing import Any

from util.errors import UserError

PRESETS: dict[str, dict[str, Any]] = {
    # The default values: Isola et al. 2017, but with the least-squares loss.
    "pix2pix": {"gan_mode": "lsgan", "netG": "unet_256", "batch_size": 1, "lr": 0.0002, "lambda_L1": 100.0},
    # This preset gave the best images for its training time; see docs/pretrained-features.md.
    "best": {
        "batch_size": 4, "lambda_proj": 0.5, "lambda_L1": 20.0, "lr": 0.0012, "lr_D": 0.0003, "ema": 0.995,
    },
    # Other experiments of the original project. With wgangp, the generator is updated on every fifth batch.
    "wgangp": {"gan_mode": "wgangp", "n_epochs": 1000, "n_epochs_decay": 1000},
    "msgan": {"gan_mode": "msgan", "n_epochs": 200, "n_epochs_decay": 200},
}  # fmt: skip


def describe_presets() -> str:
    """Return the options that each preset sets, in command-line syntax."""
    described = []
    for preset, values in PRESETS.items():
        shown = (
            (name, f"{value:g}" if isinstance(value, float) else value) for name, value in values.items()
        )
        described.append(f"{preset}: " + " ".join(f"--{name} {value}" for name, value in shown))
    return "; ".join(described)


def apply_preset(parser: argparse.ArgumentParser, preset: str | None) -> dict[str, Any]:
    """Make the values of a preset the defaults of a parser's options, and return the previous defaults."""
    values, before = PRESETS[preset] if preset else {}, {}
    for action in parser._actions:
        if action.dest in values:
            before[action.dest], action.default = action.default, values[action.dest]
    return before


def check_preset(preset: str | None, known: set[str], model: str) -> None:
    """Raise `UserError` if a preset sets an option that the model does not have."""
    for name in PRESETS[preset] if preset else {}:
        if name not in known:
            raise UserError(f"--preset {preset} sets --{name}, which --model {model} does not have")
