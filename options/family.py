"""The family's words that this program does not know, and options that do nothing in a command."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable

_CYCLEGAN = "is CycleGAN's; pix2pix's weight is --lambda_L1"
# Options of pix2pix and CycleGAN, now and before, that are not ours -> what to write instead.
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
    "load_iter": "is, in training, --init_from RUN --epoch iter_N",
    "isTrain": "is decided by the command: train.py or test.py",
    "serial_test": "is always on in test.py",
    "model_suffix": "is test.py's",
    "num_test": "is test.py's; train.py has --max_dataset_size",
    "results_dir": "is test.py's",
}
Check = Callable[[Namespace], object]
# Option -> when it has an effect, and what to say of it when it has none.
_NEEDS: dict[str, tuple[Check, str]] = {
    "lr_decay_iters": (lambda o: o.lr_policy == "step", "--lr_policy step"),
    "n_layers_D": (lambda o: o.netD in ("n_layers", "multi"), "--netD n_layers or multi"),
    "num_D": (lambda o: o.netD == "multi", "--netD multi"),
    "lambda_gp": (lambda o: o.gan_mode == "wgangp", "--gan_mode wgangp"),
    "ndf_proj": (lambda o: o.lambda_proj, "--lambda_proj above 0"),
    "gan_mode_proj": (lambda o: o.lambda_proj, "--lambda_proj above 0"),
    "where_add": (lambda o: o.nz, "a noise vector, --nz 8"),
    "load_size": (
        lambda o: o.preprocess not in ("crop", "none"),
        "--preprocess resize_and_crop",
    ),
    "init_type": (lambda o: not o.init_from, "a run without --init_from"),
    "init_gain": (lambda o: not o.init_from, "a run without --init_from"),
    "epoch": (lambda o: not o.isTrain or o.init_from, "--init_from RUN, or the command test.py"),
    "display_server": (lambda o: o.display_id > 0, "--display_id 1"),
    "display_port": (lambda o: o.display_id > 0, "--display_id 1"),
    "display_env": (lambda o: o.display_id > 0, "--display_id 1"),
    "display_ncols": (lambda o: o.display_id > 0, "--display_id 1"),
    "wandb_project": (lambda o: o.wandb, "--wandb"),
    "norm_stats": (lambda o: o.norm == "batch" and not o.eval, "--norm batch, without --eval"),
}


def instead_of(message: str) -> str | None:
    """Return a line that names what to write for an unknown option of the family; None if it is no such."""
    for word in re.findall(r"--(\w+)", message):
        if word in _INSTEAD:
            return f"--{word} {_INSTEAD[word]}"
    return None


def idle_options(opt: Namespace) -> list[str]:
    """Return a line for each option that was given and has no effect."""
    said = []
    # test.py takes the family's options of discriminators and of initial weights, which say nothing there.
    known = _NEEDS.keys() if opt.isTrain else {"load_size", "norm_stats"}
    for name in sorted(opt.explicit & known):
        has_effect, needs = _NEEDS[name]
        if not has_effect(opt):
            said.append(f"--{name} {getattr(opt, name)} does nothing here: it needs {needs}")
    return said
