"""Models: networks, losses and the training step of each, found by name."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.base_model import BaseModel


def model_class(name: str) -> type[BaseModel]:
    """The model in ``models/<name>_model.py``.

    Raises:
        UserError: there is none of that name.
    """
    import models
    from models.base_model import BaseModel
    from util.registry import find_class

    return find_class(models, name, "_model", BaseModel)


def create_model(opt: Namespace) -> BaseModel:
    """The model that ``opt.model`` names, built for ``opt``; call its ``setup(opt)`` before use."""
    return model_class(opt.model)(opt)
