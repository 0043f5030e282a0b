"""Exporting modules as ONNX models, and describing, running, checking and writing the models."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from util.atomic import make_folder, write_bytes
from util.errors import UserError

# The oldest opset that torch's exporter writes, for old runtimes.
_OPSET = 18
_NAMES = ("real_A", "z")


def require_packages(*names: str, extra: str) -> None:
    """Raise `UserError` if one of these packages is not installed.

    Args:
        names: importable names.
        extra: the requirements file that lists them.
    """
    import importlib.util

    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"this needs {', '.join(missing)}: install it with 'bash scripts/setup.sh -r {extra}'"
        )


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
    """Write properties into the model's metadata, where every runtime can read them."""
    import onnx

    onnx.helper.set_model_props(exported, {key: str(value) for key, value in properties.items()})
    exported.producer_name = "chimera-pix2pix"


def run_onnx(exported: Any, feeds: Mapping[str, np.ndarray]) -> np.ndarray:
    """Run an ONNX model with onnxruntime on the CPU and return its image."""
    return session(exported).run(None, dict(feeds))[0]


def session(exported: Any) -> Any:
    """Open a model, or the path of one, in onnxruntime on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    source = exported if isinstance(exported, str) else exported.SerializeToString()
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def check(exported: Any) -> None:
    """Check that the model is valid ONNX; raises ``onnx.checker.ValidationError``."""
    import onnx

    onnx.checker.check_model(exported, full_check=True)


def write(exported: Any, path: Path) -> None:
    """Write the model in one step.

    Raises:
        UserError: the folder cannot be written.
    """
    make_folder(path.parent, what="--output")
    write_bytes(path, exported.SerializeToString())
