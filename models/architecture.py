"""The architecture of a generator: options that a run records and that its weights depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from models.choices import GENERATORS, NORMS, UPSAMPLE, WHERE_ADD
from util.parsing import OptionGroup, non_negative_int, positive_int


def _option(default: Any, values: Any, help: str) -> Any:
    """Declare a field that is an option, with default, values and help as in `OptionGroup.add`."""
    return field(default=default, metadata={"values": values, "help": help})


@dataclass(frozen=True)
class Architecture:
    """The architecture of a generator; each field is the option of the same name.

    To add one, add a field here and use it in `models/networks/generators.py`: the command lines, the run's
    record, `define_G` and the loading of checkpoints follow.
    """

    input_nc: int = _option(3, (1, 3), "channels of the input image, 1 for gray and 3 for RGB")
    output_nc: int = _option(3, (1, 2, 3), "channels of the output: 1 gray, 2 colorization's ab, 3 RGB")
    netG: str = _option("unet_256", GENERATORS, "generator architecture")
    ngf: int = _option(64, positive_int, "channels of the generator's outermost level")
    norm: str = _option("batch", NORMS, "normalization layers in the networks")
    no_dropout: bool = _option(False, bool, "leave dropout out of the generator")
    nz: int = _option(0, non_negative_int, "length of the generator's noise vector; 0 for none")
    where_add: str = _option("all", WHERE_ADD, "where noise enters: all encoder levels, or only the input")
    upsample: str = _option("transpose", UPSAMPLE, "upsampling layers of the generator")
    refine: int = _option(0, non_negative_int, "channels of convolutions at full resolution after the U-Net, "
                          "for fine detail; 0: none, as in pix2pix")  # fmt: skip

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Architecture:
        """Take the fields from options by name; fields missing in an older record get their default."""
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
