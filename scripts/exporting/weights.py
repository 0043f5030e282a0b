"""Smaller weights: stored in 16, 8 or 4 bits, and converted to 32 bits when a runtime loads the model.

Only plain operators are used, which runtimes fold into constants, so the arithmetic stays in 32 bits and
generating takes no longer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from scripts.drawing import example_drawings
from scripts.drawing.uploads import input_of_image
from scripts.exporting.export import Export
from scripts.exporting.onnx_file import describe, session
from util.errors import UserError

# Smaller tensors (norms, biases, the first and last convolution) stay unchanged.
_LEAST_VALUES = 4096
# Number of weights that share one 16-bit scale.
_BLOCK = 64


def as_small_as_needed(found: Export, bits: int, most_bytes: int) -> tuple[Any, str]:
    """Store the exported model with as many bits per weight as fit; return it and a line about the loss.

    Args:
        found: the export in 32 bits.
        bits: 16, 8 or 4; 0: as many as fit.
        most_bytes: largest size of the file.

    Raises:
        UserError: it does not fit.
    """
    for tried in (bits,) if bits else (16, 8, 4):
        small = shrink(found.onnx, tried, most_bytes)
        if small.ByteSize() <= most_bytes:
            break
    else:
        raise UserError(
            f"with {tried}-bit weights the model is {small.ByteSize() / 1e6:.1f} MB, more than "
            f"{most_bytes / 1e6:g}: {'leave out --bits, or ' if bits else ''}train with a smaller --ngf"
        )
    describe(small, {"weights": f"stored in {tried} bits"})
    mean, most = loss(found, small)
    return small, (
        f"{tried}-bit weights: {small.ByteSize() / 1e6:.1f} MB; compared with 32 bits, images of the example "
        f"drawings differ by {mean:.3f} of 255 levels on average, {most:.1f} at most"
    )


def loss(found: Export, small: Any) -> tuple[float, float]:
    """Measure the mean and largest difference, in levels of 255, that fewer bits cause on the examples."""
    run, channels = found.generator.make_input, found.generator.architecture.input_nc
    whole, less = session(found.onnx), session(small)
    differences = []
    for path in example_drawings(run.takes_colors):
        made, _ = input_of_image(path.read_bytes(), run, found.side)
        batch = torch.from_numpy(made.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None, :channels]
        feeds = found.feeds(batch.contiguous())
        differences.append(np.abs(whole.run(None, feeds)[0] - less.run(None, feeds)[0]) * 127.5)
    return float(np.mean(differences)), float(np.max(differences))


def shrink(exported: Any, bits: int, most_bytes: int = 0) -> Any:
    """Return a copy of a model with its large weights in fewer bits.

    Args:
        exported: an ``onnx.ModelProto`` of opset 18 or newer in 32 bits.
        bits: 16: half precision; 8: whole numbers with a scale for every 64 weights; 4: the largest tensors
            in 4 bits, as many as needed until the file fits, and the others in 8 bits.
        most_bytes: target size for ``bits`` = 4; 0: all large tensors in 4 bits.

    Returns:
        The smaller ``onnx.ModelProto``.
    """
    import onnx
    from onnx import numpy_helper

    small = onnx.ModelProto()
    small.CopyFrom(exported)
    graph = small.graph
    large = [
        t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT and _count(t) >= _LEAST_VALUES
    ]
    large.sort(key=_count, reverse=True)
    size = exported.ByteSize() - 3 * sum(map(_count, large)) * 95 // 96  # all in 8 bits and scales
    nodes = []
    for tensor in large:
        values, name = numpy_helper.to_array(tensor), tensor.name
        graph.initializer.remove(tensor)
        if bits == 16:
            nodes += _half(graph, name, values)
        elif bits == 8 or (most_bytes and size <= most_bytes):
            nodes += _whole(graph, name, values, 8)
        else:
            nodes += _whole(graph, name, values, 4)
            size -= _count(tensor) // 2
    for position, node in enumerate(nodes):
        graph.node.insert(position, node)
    return small


def _count(tensor: Any) -> int:
    """Values in a tensor."""
    return int(np.prod(tensor.dims, dtype=np.int64))


def _half(graph: Any, name: str, values: np.ndarray) -> list[Any]:
    """Half precision, cast back."""
    from onnx import TensorProto, helper, numpy_helper

    graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{name}_f16"))
    return [helper.make_node("Cast", [f"{name}_f16"], [name], to=TensorProto.FLOAT)]


def _whole(graph: Any, name: str, values: np.ndarray, bits: int) -> list[Any]:
    """Store whole numbers (-7 to 7, or -127 to 127) with a half-precision scale for every `_BLOCK` weights.

    Two 4-bit numbers share a byte: the low bits hold the number from the first half of the blocks.
    """
    from onnx import TensorProto, helper, numpy_helper

    most = 2 ** (bits - 1) - 1
    flat = np.zeros(-(-values.size // (2 * _BLOCK)) * 2 * _BLOCK, np.float32)
    flat[: values.size] = values.ravel()
    blocks = flat.reshape(-1, _BLOCK)
    scale = np.maximum(np.abs(blocks).max(axis=1, keepdims=True) / most, 1e-7).astype(np.float16)
    whole = np.rint(blocks / scale.astype(np.float32)) + most + 1
    whole = np.clip(whole, 1, 2 * most + 1).astype(np.uint8)
    nodes: list[Any] = []

    def keep(what: str, stored: Any) -> str:
        graph.initializer.append(numpy_helper.from_array(np.asarray(stored), f"{name}_{what}"))
        return f"{name}_{what}"

    def node(kind: str, *inputs: str, **how: Any) -> str:
        nodes.append(helper.make_node(kind, list(inputs), [f"{name}_{len(nodes)}"], **how))
        return nodes[-1].output[0]

    if bits == 4:
        low, high = np.split(whole, 2)
        both = keep("u4", low | high << 4)
        shifted = node("BitShift", both, keep("shift", np.uint8(4)), direction="RIGHT")
        stored = node("Concat", node("BitwiseAnd", both, keep("mask", np.uint8(15))), shifted, axis=0)
    else:
        stored = keep("u8", whole)
    to = {"to": TensorProto.FLOAT}
    signed = node("Sub", node("Cast", stored, **to), keep("middle", np.float32(most + 1)))
    product = node("Mul", signed, node("Cast", keep("scale", scale), **to))
    padded = node("Reshape", product, keep("flat", np.array([-1])))
    cut = node("Slice", padded, keep("first", np.array([0])), keep("last", np.array([values.size])))
    nodes.append(helper.make_node("Reshape", [cut, keep("shape", np.array(values.shape))], [name]))
    return nodes
