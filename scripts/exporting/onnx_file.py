"""Exporting modules as ONNX models, and describing and running the models."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from util.errors import UserError

# The oldest opset that torch's exporter writes, for old runtimes.
_OPSET = 18
_NAMES = ("real_A", "z")


def require_packages() -> None:
    """Raise `UserError` if a package needed for exporting is not installed."""
    names = ("onnx", "onnxscript", "onnxruntime")
    if missing := [name for name in names if importlib.util.find_spec(name) is None]:
        how = "bash scripts/setup.sh -r requirements-export.txt"
        raise UserError(f"this needs {', '.join(missing)}: install it with '{how}'")


def to_onnx(module: nn.Module, examples: tuple[torch.Tensor, ...], *, any_size: bool) -> Any:
    """Export a module with torch's graph exporter.

    Args:
        module: in eval mode.
        examples: an image, and noise if the module takes it; batch of 2.
        any_size: whether height and width are dynamic; the number of images always is.

    Returns:
        An ``onnx.ModelProto`` with inputs ``real_A`` and, with noise, ``z``, and output ``fake_B``.

    Raises:
        UserError: this torch has no such exporter.
    """
    if not hasattr(torch.export.Dim, "DYNAMIC"):
        raise UserError(
            f"torch {torch.__version__} cannot export a model that takes any size: install torch 2.6 or newer"
        )
    open_ = torch.export.Dim.DYNAMIC
    height = 2 if examples[0].is_floating_point() else 1
    sizes = {0: open_} | ({height: open_, height + 1: open_} if any_size else {})
    shapes = (sizes, {0: open_})[: len(examples)]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            examples,
            dynamo=True,
            dynamic_shapes=shapes,
            opset_version=_OPSET,
            input_names=list(_NAMES[: len(examples)]),
            output_names=["fake_B"],
            verbose=False,
        )
    assert program is not None
    exported = program.model_proto
    layout = ("N", None, "H", "W") if height == 2 else ("N", "H", "W", None)
    for value in (*exported.graph.input, *exported.graph.output):
        names = layout if value.name != "z" else ("N", None)
        for dim, name in zip(value.type.tensor_type.shape.dim, names, strict=True):
            if name and dim.HasField("dim_param"):
                dim.dim_param = name
    del exported.graph.value_info[:]  # torch's own names for sizes
    return exported


def describe(exported: Any, properties: Mapping[str, object]) -> None:
    """Add properties to the model's metadata, and check that the model is valid ONNX."""
    import onnx

    told = {prop.key: prop.value for prop in exported.metadata_props}
    told |= {key: str(value) for key, value in properties.items()}
    onnx.helper.set_model_props(exported, told)
    exported.producer_name = "chimera-pix2pix"
    onnx.checker.check_model(exported, full_check=True)


def session(exported: Any) -> Any:
    """Open a model in onnxruntime on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        exported.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
