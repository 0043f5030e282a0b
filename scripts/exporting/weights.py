"""Store weights in 16, 8 or 4 bits, and convert them to 32 bits when a runtime loads the model.

The conversion uses only plain operators, which runtimes fold into constants. Generating is therefore as fast
as with 32-bit weights.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from scripts.drawing import example_drawings
from scripts.drawing.uploads import input_of_image
from scripts.exporting.export import Export
from scripts.exporting.onnx_file import describe, session
from util.errors import UserError

# Tensors with fewer values (norms, biases, and the first and last convolution) stay unchanged.
_LEAST_VALUES = 4096
# Number of weights that share a 16-bit scale.
_BLOCK = 64


def as_small_as_needed(found: Export, bits: int, most_bytes: int) -> tuple[Any, str]:
    """Store an exported model with as many bits per weight as fit.

    Args:
        found: the export in 32 bits.
        bits: 16, 8 or 4; 0: as many as fit.
        most_bytes: maximum model size.

    Returns:
        The smaller model, and a line about its size and its images.

    Raises:
        UserError: the model does not fit.
    """
    for tried in (bits,) if bits else (16, 8, 4):
        small = shrink(found.onnx, tried, most_bytes)
        if small.ByteSize() <= most_bytes:
            break
    else:
        raise UserError(
            f"with {tried}-bit weights, the model is {small.ByteSize() / 1e6:.1f} MB, more than "
            f"{most_bytes / 1e6:g}: {'leave out --bits, or ' if bits else ''}train with a smaller --ngf"
        )
    describe(small, {"weights": f"stored in {tried} bits"})
    mean, most = loss(found, small)
    return small, (
        f"{tried}-bit weights: {small.ByteSize() / 1e6:.1f} MB; compared with 32 bits, images of the example "
        f"drawings differ by {mean:.3f} of 255 levels on average, {most:.1f} at most"
    )


def loss(found: Export, small: Any) -> tuple[float, float]:
    """Measure the mean and the largest difference between images of the examples, in 8-bit levels."""
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
    """Return a copy of a model with fewer bits per weight.

    Args:
        exported: an ``onnx.ModelProto`` of opset 18 or newer in 32 bits.
        bits: 16 for half precision, 8 for whole numbers with a scale for every 64 weights, or 4 for 4 bits in
            as many of the largest tensors as needed and 8 bits in the others.
        most_bytes: size that the model should have with 4 bits.
    """
    import onnx
    from onnx import numpy_helper

    small = onnx.ModelProto()
    small.CopyFrom(exported)
    graph, nodes = small.graph, []
    floats = [t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT]
    large = [(t, v) for t in floats if (v := numpy_helper.to_array(t)).size >= _LEAST_VALUES]
    excess = exported.ByteSize() - most_bytes - sum(v.size for _, v in large) * 95 // 32  # with 8 bits
    for tensor, values in sorted(large, key=lambda pair: -pair[1].size):
        graph.initializer.remove(tensor)
        few = 4 if bits == 4 and excess > 0 else 8
        nodes += (_half if bits == 16 else partial(_whole, few))(graph, tensor.name, values)
        excess -= values.size // 2
    for position, node in enumerate(nodes):
        graph.node.insert(position, node)
    return small


def _half(graph: Any, name: str, values: np.ndarray) -> list[Any]:
    """Store values in half precision; return the nodes that convert them back."""
    from onnx import TensorProto, helper, numpy_helper

    graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{name}_f16"))
    return [helper.make_node("Cast", [f"{name}_f16"], [name], to=TensorProto.FLOAT)]


def _whole(bits: int, graph: Any, name: str, values: np.ndarray) -> list[Any]:
    """Store whole numbers from -7 to 7 or from -127 to 127; return the nodes that convert them back.

    Each block of `_BLOCK` values has a 16-bit scale. Two 4-bit numbers share a byte: the low bits are
    from the first half of the blocks, and the high bits from the second half.
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
