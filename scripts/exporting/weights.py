"""Smaller weights: stored in 16, 8 or 4 bits, and converted to 32 bits when a runtime loads the model.

Only plain operators are used, which runtimes fold into constants, so the arithmetic stays in 32 bits and
generating takes no longer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Smaller tensors (norms, biases, the first and last convolution) stay unchanged.
_LEAST_VALUES = 4096
# Number of weights that share a scale in 4 bits.
_BLOCK = 64


def shrink(exported: Any, bits: int, most_bytes: int = 0) -> Any:
    """Return a copy of a model with its large weights in fewer bits.

    Args:
        exported: an ``onnx.ModelProto`` of opset 18 or newer in 32 bits.
        bits: 16: half precision; 8: whole numbers with a scale for each output channel; 4: the largest
            tensors in 4 bits with a scale for every 64 weights, until the file fits, the others in 8.
        most_bytes: target size for 4 bits; 0: all large tensors in 4 bits.

    Returns:
        The smaller ``onnx.ModelProto``.
    """
    import onnx
    from onnx import numpy_helper

    small = onnx.ModelProto()
    small.CopyFrom(exported)
    graph = small.graph
    axes = {n.input[1]: 1 for n in graph.node if n.op_type == "ConvTranspose"}
    large = [
        t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT and _count(t) >= _LEAST_VALUES
    ]
    large.sort(key=_count, reverse=True)
    size = exported.ByteSize() - 3 * sum(map(_count, large))  # all in 8 bits
    nodes = []
    for tensor in large:
        values, name = numpy_helper.to_array(tensor), tensor.name
        graph.initializer.remove(tensor)
        if bits == 16:
            nodes += _half(graph, name, values)
        elif bits == 8 or (most_bytes and size <= most_bytes):
            nodes += _eight(graph, name, values, axes.get(name, 0))
        else:
            nodes += _four(graph, name, values)
            size -= _count(tensor) * 7 // 16
    for position, node in enumerate(nodes):
        graph.node.insert(position, node)
    return small


def _count(tensor: Any) -> int:
    """Values in a tensor."""
    return int(np.prod(tensor.dims, dtype=np.int64))


def _keep(graph: Any, name: str, values: np.ndarray) -> str:
    """Store values in the graph; returns their name."""
    from onnx import numpy_helper

    graph.initializer.append(numpy_helper.from_array(values, name))
    return name


def _node(kind: str, inputs: list[str], output: str, **attributes: Any) -> Any:
    """Make an operator."""
    from onnx import helper

    return helper.make_node(kind, inputs, [output], **attributes)


def _half(graph: Any, name: str, values: np.ndarray) -> list[Any]:
    """Half precision, cast back."""
    from onnx import TensorProto

    stored = _keep(graph, f"{name}_f16", values.astype(np.float16))
    return [_node("Cast", [stored], name, to=TensorProto.FLOAT)]


def _eight(graph: Any, name: str, values: np.ndarray, axis: int) -> list[Any]:
    """Whole numbers from -127 to 127 times a scale for each output channel."""
    from onnx import TensorProto

    others = tuple(i for i in range(values.ndim) if i != axis)
    scale = np.maximum(np.abs(values).max(axis=others, keepdims=True), 1e-12) / 127
    stored = _keep(graph, f"{name}_i8", np.rint(values / scale).astype(np.int8))
    scales = _keep(graph, f"{name}_scale", scale.astype(np.float32))
    return [
        _node("Cast", [stored], f"{name}_whole", to=TensorProto.FLOAT),
        _node("Mul", [f"{name}_whole", scales], name),
    ]


def _four(graph: Any, name: str, values: np.ndarray) -> list[Any]:
    """Whole numbers from -7 to 7, two to a byte, times a half-precision scale for every `_BLOCK` weights.

    Both halves of the blocks share bytes: the numbers of the first half are in the low bits.
    """
    from onnx import TensorProto

    flat = np.zeros(-(-values.size // (2 * _BLOCK)) * 2 * _BLOCK, np.float32)
    flat[: values.size] = values.ravel()
    blocks = flat.reshape(-1, _BLOCK)
    scale = np.maximum(np.abs(blocks).max(axis=1, keepdims=True) / 7, 1e-7).astype(np.float16)
    whole = np.clip(np.rint(blocks / scale.astype(np.float32)) + 8, 1, 15).astype(np.uint8)
    low, high = np.split(whole, 2)
    stored = _keep(graph, f"{name}_u4", low | high << 4)
    scales = _keep(graph, f"{name}_scale", scale)
    constants = {
        "mask": np.uint8(15), "shift": np.uint8(4), "middle": np.float32(8), "flat": np.array([-1], np.int64),
        "first": np.array([0], np.int64), "last": np.array([values.size], np.int64),
        "shape": np.array(values.shape, np.int64),
    }  # fmt: skip
    at = {key: _keep(graph, f"{name}_{key}", np.asarray(value)) for key, value in constants.items()}
    to = {"to": TensorProto.FLOAT}
    return [
        _node("BitwiseAnd", [stored, at["mask"]], f"{name}_low"),
        _node("BitShift", [stored, at["shift"]], f"{name}_high", direction="RIGHT"),
        _node("Concat", [f"{name}_low", f"{name}_high"], f"{name}_both", axis=0),
        _node("Cast", [f"{name}_both"], f"{name}_float", **to),
        _node("Sub", [f"{name}_float", at["middle"]], f"{name}_whole"),
        _node("Cast", [scales], f"{name}_scale_float", **to),
        _node("Mul", [f"{name}_whole", f"{name}_scale_float"], f"{name}_blocks"),
        _node("Reshape", [f"{name}_blocks", at["flat"]], f"{name}_padded"),
        _node("Slice", [f"{name}_padded", at["first"], at["last"]], f"{name}_values"),
        _node("Reshape", [f"{name}_values", at["shape"]], name),
    ]
