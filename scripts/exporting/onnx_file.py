"""Export modules as ONNX models, and describe and run these models."""

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

# The oldest opset that torch's exporter writes. Old runtimes support it.
_OPSET = 18


def require_packages() -> None:
    """Raise `UserError` if a package that exporting needs is not installed."""
    names = ("onnx", "onnxscript", "onnxruntime")
    if missing := [name for name in names if importlib.util.find_spec(name) is None]:
        how = "bash scripts/setup.sh -r requirements-export.txt"
        raise UserError(f"this command needs {', '.join(missing)}: run '{how}'")


def to_onnx(module: nn.Module, examples: tuple[torch.Tensor, ...], *, any_size: bool) -> Any:
    """Export a module with torch's graph exporter.

    Args:
        module: the module, in eval mode.
        examples: an image and, if the module takes noise, a noise vector; both in batches of 2.
        any_size: whether the model accepts any height and width. It always accepts any number of images.

    Returns:
        An ``onnx.ModelProto``. Its inputs are ``real_A`` and, with noise, ``z``; its output is ``fake_B``.

    Raises:
        UserError: this version of torch is too old.
    """
    if not hasattr(torch.export.Dim, "DYNAMIC"):
        raise UserError(f"torch {torch.__version__} is too old to export: install torch 2.6 or newer")
    free = torch.export.Dim.DYNAMIC
    height = 2 if examples[0].is_floating_point() else 1
    sizes = {0: free} | ({height: free, height + 1: free} if any_size else {})
    shapes = (sizes, {0: free})[: len(examples)]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module, examples, dynamo=True, dynamic_shapes=shapes, opset_version=_OPSET, verbose=False,
            input_names=["real_A", "z"][: len(examples)], output_names=["fake_B"],
        )  # fmt: skip
    assert program is not None
    exported = program.model_proto
    layout = ("N", None, "H", "W") if height == 2 else ("N", "H", "W", None)
    for value in (*exported.graph.input, *exported.graph.output):
        names = layout if value.name != "z" else ("N", None)
        for dim, name in zip(value.type.tensor_type.shape.dim, names, strict=True):
            if name and dim.HasField("dim_param"):
                dim.dim_param = name
    del exported.graph.value_info[:]  # they use torch's own names for sizes
    return exported


def describe(exported: Any, properties: Mapping[str, object]) -> None:
    """Add properties to a model's metadata, and check that the model is valid."""
    import onnx

    told = {prop.key: prop.value for prop in exported.metadata_props}
    told |= {key: str(value) for key, value in properties.items()}
    onnx.helper.set_model_props(exported, told)
    exported.producer_name = "chimera-pix2pix"
    onnx.checker.check_model(exported, full_check=True)


def session(exported: Any) -> Any:
    """Load a model in onnxruntime on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    model, providers = exported.SerializeToString(), ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(model, options, providers=providers)
