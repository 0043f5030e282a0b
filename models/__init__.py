"""Models, which combine networks, losses and training steps and are selected by name."""

from __future__ import annotations

import importlib
from argparse import Namespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from models.base_model import BaseModel
    from models.validation import Validator


def __getattr__(name: str) -> Any:
    """Make ``load_generator`` available here, although `training.generator` defines it to import `data`."""
    if name == "load_generator":
        return importlib.import_module("training.generator").load_generator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def model_class(name: str) -> type[BaseModel]:
    """Return the model class in ``models/<name>_model.py``; raise `UserError` if it does not exist."""
    import models
    from models.base_model import BaseModel
    from util.registry import find_class

    return find_class(models, name, "_model", BaseModel)


def create_model(opt: Namespace) -> BaseModel:
    """Build the model named by ``opt.model``. The caller must call its ``setup(opt)`` before using it.

    Raises:
        UserError: the model rejects the options, or the folder of ``--init_from`` has no matching weights.
    """
    model = model_class(opt.model)(opt)
    if opt.isTrain and opt.init_from and not opt.continue_train:
        model.start_from(opt.init_from, opt.epoch)
    return model


def create_validator(
    opt: Namespace, held_out: Any, reference: Callable[[], Iterable[dict]]
) -> Validator | None:
    """Create a `models.validation.Validator` for the held-out pairs, or return None if there are none.

    Args:
        opt: the training options.
        held_out: a loader of the held-out pairs, or None.
        reference: a function that returns training pairs, whose targets are the reference for the kernel
            distance.

    Raises:
        UserError: an option needs held-out pairs, but there are none.
    """
    from models.validation import Validator
    from util.errors import UserError

    needs = "a folder val/ or --val_fraction"
    if opt.lr_policy == "plateau" and (opt.world_size > 1 or held_out is None):
        raise UserError(f"--lr_policy plateau needs one process, and {needs}")
    if held_out is None:
        if opt.early_stop and opt.rank == 0:
            raise UserError(f"--early_stop {opt.early_stop} needs {needs} to measure")
        if opt.best_by != "L1" and opt.rank == 0:
            raise UserError(f"--best_by {opt.best_by} needs {needs} to measure")
        return None
    used = None if opt.no_kernel_distance else reference
    validator = Validator(held_out, reference=used, best_by=opt.best_by, device=opt.device)
    if validator.note:
        print(validator.note)
    return validator
