"""A generator's architecture: the recorded options that determine the shapes of its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from models.choices import GENERATORS, NORMS, UPSAMPLE, WHERE_ADD
from util.parsing import OptionGroup, non_negative_int, positive_int


def _option(default: Any, values: Any, help: str) -> Any:
    """Declare a field that is also an option. Takes the same arguments as `OptionGroup.add`."""
    return field(default=default, metadata={"values": values, "help": help})


@dataclass(frozen=True)
class Architecture:
    """A generator's architecture. Each field is also an option with the same name.

    To add an option, add a field here and use it in `models/networks/generators.py`.
    """

    input_nc: int = _option(3, (1, 3), "input channels: 1 for gray, 3 for RGB")
    output_nc: int = _option(3, (1, 2, 3), "output channels: 1 for gray, 2 for Lab's ab, 3 for RGB")
    netG: str = _option("unet_256", GENERATORS, "generator architecture")
    ngf: int = _option(64, positive_int, "number of channels in the generator's outermost level")
    norm: str = _option("batch", NORMS, "normalization layers in the networks")
    no_dropout: bool = _option(False, bool, "build the generator without dropout")
    nz: int = _option(0, non_negative_int, "length of the generator's noise vector; 0: no noise")
    where_add: str = _option("all", WHERE_ADD, "where noise enters: all encoder levels, or only the input")
    upsample: str = _option("transpose", UPSAMPLE, "the generator's upsampling layers")
    refine: int = _option(0, non_negative_int, "channels of full-resolution layers after the U-Net; 0: none")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Architecture:
        """Create an architecture from recorded options. A missing option gets its default value."""
        return cls(**{name: values[name] for name in ARCHITECTURE if name in values})

    @staticmethod
    def add_options(group: OptionGroup) -> None:
        """Add an option for each field."""
        for option in fields(Architecture):
            values, help = option.metadata["values"], option.metadata["help"]
            if values is bool:
                group.flag(f"--{option.name}", help)
            else:
                group.add(f"--{option.name}", option.default, values, help)


ARCHITECTURE = tuple(option.name for option in fields(Architecture))
