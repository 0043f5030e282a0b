"""Models, which combine networks, losses and a training step. The option ``--model`` selects one by name."""

from __future__ import annotations

import importlib
from argparse import Namespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.base_model import BaseModel


def __getattr__(name: str) -> Any:
    """Provide ``load_generator``, which is in `training.generator` because `models` may not import `data`."""
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
        UserError: the model rejects the options, or the ``--init_from`` folder has no matching weights.
    """
    model = model_class(opt.model)(opt)
    if opt.isTrain and opt.init_from and not opt.continue_train:
        model.start_from(opt.init_from, opt.epoch)
    return model
