"""Finding a class by the name of the file that holds it: one file per model or dataset."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from util.errors import UserError


def names_of(package: ModuleType, suffix: str) -> list[str]:
    """List the names that `find_class` accepts: the package's modules that end in ``suffix``, without it."""
    found = (m.name for m in pkgutil.iter_modules(package.__path__))
    return sorted(n[: -len(suffix)] for n in found if n.endswith(suffix) and n != "base" + suffix)


def find_class(package: ModuleType, name: str, suffix: str, base: type) -> type:
    """Find the subclass of ``base`` in module ``<package>.<name><suffix>`` (``models.pix2pix_model``).

    The class has the module's name without underscores, ignoring case: ``Pix2PixModel``.

    Raises:
        UserError: there is no such file, or no such class in it.
    """
    choices = names_of(package, suffix)
    if name not in choices:
        raise UserError(f"no {suffix.strip('_')} is called {name!r}: choose from {', '.join(choices)}")
    module = importlib.import_module(f"{package.__name__}.{name}{suffix}")
    wanted = (name + suffix).replace("_", "").lower()
    for attribute, value in vars(module).items():
        if attribute.lower() == wanted and isinstance(value, type) and issubclass(value, base):
            return value
    raise UserError(
        f"{module.__name__} holds no subclass of {base.__name__} whose name is {wanted} in lower case"
    )
