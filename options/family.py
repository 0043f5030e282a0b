"""Advice on pix2pix and CycleGAN options that do not exist here, and on options that have no effect."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from data import edge_settings
from util.checkpoint import STATE

_CYCLEGAN = "is a CycleGAN option; pix2pix's weight is --lambda_L1"
# Current and former pix2pix and CycleGAN options that do not exist here -> what to use instead.
_INSTEAD = {
    **dict.fromkeys(("lambda_A", "lambda_B", "lambda_identity", "identity"), _CYCLEGAN),
    "no_lsgan": "is now --gan_mode vanilla",
    "use_dropout": "is the default; --no_dropout switches dropout off",
    "align_data": "is now --dataset_mode aligned",
    "continue": "is --continue_train",
    "no_instance_norm": "is --norm batch or none",
    "load_iter": "is --init_from RUN --epoch iter_N in training",
    "num_D": "belonged to --netD multi, which no longer exists; --lambda_proj adds a second discriminator",
    "isTrain": "is determined by the command: train.py or test.py",
    "serial_test": "is always on in test.py",
    "model_suffix": "is a test.py option",
    "num_test": "is a test.py option; train.py has --max_dataset_size",
    "results_dir": "is a test.py option",
}
# A function that checks whether an option has an effect, and a description of what the option needs.
Need = tuple[Callable[[Any], object], str]


def _has_val(o: Any) -> bool:
    """Return whether a training run has validation pairs."""
    return bool(o.val_fraction or (Path(o.dataroot) / "val").is_dir() or (Path(o.dataroot) / "valA").is_dir())


def _has_hints(settings: Any) -> bool:
    """Return whether pairs with these edge settings have color hints."""
    return (settings or {}).get("hints") == "color"


_PROJECTED: Need = (lambda o: o.lambda_proj, "--lambda_proj above 0")
_NOT_INITIALIZED: Need = (lambda o: not o.init_from, "a run without --init_from")
_VALIDATED: Need = (_has_val, "a val/ folder or --val_fraction")
_SHOWN: Need = (lambda o: not o.no_html or o.display_id > 0 or o.wandb, "the page, visdom or --wandb")
_VISDOM: Need = (lambda o: o.display_id > 0, "--display_id 1")
_PHOTO: Need = (lambda o: o.input_kind in ("auto", "photo"), "--input_kind photo or auto")
_SIZED = ("resize_and_crop", "scale_width", "scale_width_and_crop")
# Command -> option -> what the option needs.
_NEEDS: dict[str, dict[str, Need]] = {
    "train": {
        **dict.fromkeys(("ndf_proj", "gan_mode_proj"), _PROJECTED),
        **dict.fromkeys(("init_type", "init_gain"), _NOT_INITIALIZED),
        **dict.fromkeys(("val_freq", "no_kernel_distance"), _VALIDATED),
        **dict.fromkeys(("display_freq", "n_fixed"), _SHOWN),
        **dict.fromkeys(("display_server", "display_port", "display_env", "display_ncols"), _VISDOM),
        "lr_decay_iters": (lambda o: o.lr_policy == "step", "--lr_policy step"),
        "n_layers_D": (lambda o: o.netD == "n_layers", "--netD n_layers"),
        "lambda_gp": (lambda o: o.gan_mode == "wgangp", "--gan_mode wgangp"),
        "where_add": (lambda o: o.nz, "a noise vector, --nz 8"),
        "load_size": (lambda o: o.preprocess in _SIZED, "--preprocess resize_and_crop"),
        "crop_size": (lambda o: o.preprocess != "none", "--preprocess resize_and_crop"),
        "epoch": (lambda o: o.init_from, "--init_from RUN, or test.py"),
        "epoch_count": (
            lambda o: not (o.continue_train and (o.run_dir / STATE).exists()),
            f"a run without {STATE}; this run continues where it stopped",
        ),
        "hint_dropout": (
            lambda o: _has_hints(edge_settings(o.dataroot, o.phase)),
            "pairs with hints, preprocess.py --hints color",
        ),
        "no_cuda_graph": (lambda o: o.device.startswith("cuda"), "a CUDA GPU"),
        "wandb_project": (lambda o: o.wandb, "--wandb"),
    },
    "test": {
        "load_size": (lambda o: o.preprocess in _SIZED, "--preprocess resize_and_crop"),
        "norm_stats": (lambda o: o.norm == "batch" and not o.eval, "--norm batch, without --eval"),
        "epoch": (lambda o: not o.load_iter, "a command without --load_iter"),
        "batch_size": (lambda o: not o.tile, "a command without --tile"),
        "same_noise": (lambda o: o.nz or not (o.eval or o.no_dropout), "a generator with dropout or noise"),
        "hints": (lambda o: _has_hints(o.edge_settings), "a run that was trained with color hints"),
    },
    "preprocess": {
        **dict.fromkeys(("edges", "resize", "keep_checkerboard"), _PHOTO),
        "sigma": (lambda o: o.edges == "auto_canny", "--edges auto_canny"),
    },
}


def instead_of(message: str) -> str | None:
    """Return a line that says what to use instead of an unknown option, or None if there is no advice."""
    for word in re.findall(r"--(\w+)", message):
        if word in _INSTEAD:
            return f"--{word} {_INSTEAD[word]}"
    return None


def idle_options(command: str, opt: Any, explicit: Iterable[str]) -> list[str]:
    """Return one line for each option on the command line (``explicit``) that has no effect."""
    table = _NEEDS[command]
    return [
        f"--{name} {getattr(opt, name)} has no effect here: it needs {table[name][1]}".replace(" True ", " ")
        for name in sorted(table.keys() & set(explicit))
        if not table[name][0](opt)
    ]
