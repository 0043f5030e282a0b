"""Help with options of pix2pix and CycleGAN that do not exist here, and with options that have no effect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from data import edge_settings
from util.checkpoint import STATE

_CYCLEGAN = "is an option of CycleGAN; pix2pix's weight is --lambda_L1"
# Current and former options of pix2pix and CycleGAN that do not exist here -> what to use instead.
_INSTEAD = {
    "no_lsgan": "is now --gan_mode vanilla",
    "use_dropout": "is the default; --no_dropout switches dropout off",
    "lambda_A": _CYCLEGAN,
    "lambda_B": _CYCLEGAN,
    "lambda_identity": _CYCLEGAN,
    "identity": _CYCLEGAN,
    "align_data": "is now --dataset_mode aligned",
    "continue": "is --continue_train",
    "no_instance_norm": "is --norm batch or none",
    "load_iter": "is --init_from RUN --epoch iter_N in training",
    "num_D": "belonged to --netD multi, which no longer exists; --lambda_proj adds a second discriminator",
    "isTrain": "is determined by the command: train.py or test.py",
    "serial_test": "is always on in test.py",
    "model_suffix": "is an option of test.py",
    "num_test": "is an option of test.py; train.py has --max_dataset_size",
    "results_dir": "is an option of test.py",
}
Check = Callable[[Any], object]


def _has_val(o: Any) -> bool:
    """Return whether a training run has validation pairs."""
    return bool(o.val_fraction or (Path(o.dataroot) / "val").is_dir() or (Path(o.dataroot) / "valA").is_dir())


_VISDOM: tuple[Check, str] = (lambda o: o.display_id > 0, "--display_id 1")
_UNLESS_INIT: tuple[Check, str] = (lambda o: not o.init_from, "a run without --init_from")
_OF_PHOTOS: tuple[Check, str] = (lambda o: o.input_kind in ("auto", "photo"), "--input_kind photo or auto")
_SHOWN: tuple[Check, str] = (
    lambda o: not o.no_html or o.display_id > 0 or o.wandb,
    "the page, visdom or --wandb",
)
_SIZED = ("resize_and_crop", "scale_width", "scale_width_and_crop")
# Command -> option -> a function that returns whether the option has an effect, and what the option needs.
_NEEDS: dict[str, dict[str, tuple[Check, str]]] = {
    "train": {
        "lr_decay_iters": (lambda o: o.lr_policy == "step", "--lr_policy step"),
        "n_layers_D": (lambda o: o.netD == "n_layers", "--netD n_layers"),
        "lambda_gp": (lambda o: o.gan_mode == "wgangp", "--gan_mode wgangp"),
        "ndf_proj": (lambda o: o.lambda_proj, "--lambda_proj above 0"),
        "gan_mode_proj": (lambda o: o.lambda_proj, "--lambda_proj above 0"),
        "where_add": (lambda o: o.nz, "a noise vector, --nz 8"),
        "load_size": (lambda o: o.preprocess in _SIZED, "--preprocess resize_and_crop"),
        "crop_size": (lambda o: o.preprocess != "none", "--preprocess resize_and_crop"),
        "init_type": _UNLESS_INIT,
        "init_gain": _UNLESS_INIT,
        "epoch": (lambda o: o.init_from, "--init_from RUN, or the command test.py"),
        "epoch_count": (
            lambda o: not (o.continue_train and (o.run_dir / STATE).exists()),
            f"a run without {STATE}; this run continues where it stopped",
        ),
        "val_freq": (_has_val, "a folder val/ or --val_fraction"),
        "no_kernel_distance": (_has_val, "a folder val/ or --val_fraction"),
        "hint_dropout": (
            lambda o: (edge_settings(o.dataroot, o.phase) or {}).get("hints") == "color",
            "pairs with hints, preprocess.py --hints color",
        ),
        "no_cuda_graph": (lambda o: o.device.startswith("cuda"), "a CUDA GPU"),
        "display_freq": _SHOWN,
        "n_fixed": _SHOWN,
        "display_server": _VISDOM,
        "display_port": _VISDOM,
        "display_env": _VISDOM,
        "display_ncols": _VISDOM,
        "wandb_project": (lambda o: o.wandb, "--wandb"),
    },
    "test": {
        "load_size": (lambda o: o.preprocess in _SIZED, "--preprocess resize_and_crop"),
        "norm_stats": (lambda o: o.norm == "batch" and not o.eval, "--norm batch, without --eval"),
        "epoch": (lambda o: not o.load_iter, "a command without --load_iter"),
        "batch_size": (lambda o: not o.tile, "a command without --tile"),
        "same_noise": (lambda o: o.nz or not (o.eval or o.no_dropout), "a generator with dropout or noise"),
        "hints": (
            lambda o: (o.edge_settings or {}).get("hints") == "color",
            "a run that was trained with color hints",
        ),
    },
    "preprocess": {
        "sigma": (lambda o: o.edges == "auto_canny", "--edges auto_canny"),
        "edges": _OF_PHOTOS,
        "resize": _OF_PHOTOS,
        "keep_checkerboard": _OF_PHOTOS,
    },
}


def instead_of(message: str) -> str | None:
    """Return a line that says what to use instead of an unknown option, or None if nothing is known."""
    for word in re.findall(r"--(\w+)", message):
        if word in _INSTEAD:
            return f"--{word} {_INSTEAD[word]}"
    return None


def idle_options(command: str, opt: Any, explicit: Iterable[str]) -> list[str]:
    """Return one line for each option on the command line that has no effect.

    Args:
        command: train, test or preprocess.
        opt: all options of the command.
        explicit: names of the options on the command line.
    """
    table = _NEEDS[command]
    return [
        f"--{name} {getattr(opt, name)} has no effect here: it needs {table[name][1]}".replace(" True ", " ")
        for name in sorted(table.keys() & set(explicit))
        if not table[name][0](opt)
    ]
