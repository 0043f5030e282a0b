"""Functions that find a model or dataset class by its module's name."""

import importlib
import pkgutil
from types import ModuleType

from util.errors import UserError


def names_of(package: ModuleType, suffix: str) -> list[str]:
    """Return the names of the modules that end in ``suffix``, without the suffix."""
    found = (m.name for m in pkgutil.iter_modules(package.__path__))
    return sorted(n[: -len(suffix)] for n in found if n.endswith(suffix) and n != "base" + suffix)


def find_class(package: ModuleType, name: str, suffix: str, base: type) -> type:
    """Import the module ``<package>.<name><suffix>`` and return its subclass of ``base``.

    The class is named like the module, without underscores and ignoring case. For example, ``Pix2PixModel``
    is in ``pix2pix_model``.

    Raises:
        UserError: the module does not exist or does not define the class.
    """
    choices = names_of(package, suffix)
    if name not in choices:
        raise UserError(f"no {suffix.strip('_')} is called {name!r}: choose from {', '.join(choices)}")
    module = importlib.import_module(f"{package.__name__}.{name}{suffix}")
    wanted = (name + suffix).replace("_", "").lower()
    for attribute, value in vars(module).items():
        if attribute.lower() == wanted and isinstance(value, type) and issubclass(value, base):
            return value
    raise UserError(f"{module.__name__} has no subclass of {base.__name__} named {wanted} (ignoring case)")
