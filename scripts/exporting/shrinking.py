"""Fitting a page's weights into a size limit by storing them with fewer bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from scripts.drawing import example_drawings
from scripts.drawing.uploads import input_of_image
from scripts.exporting.export import Export, feeds_for
from scripts.exporting.onnx_file import check, describe, session
from scripts.exporting.weights import shrink
from util.errors import UserError


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
            f"with weights in {tried} bits the model has {small.ByteSize() / 1e6:.1f} MB, more than "
            f"{most_bytes / 1e6:g}: {'leave out --bits, or ' if bits else ''}train with a smaller --ngf"
        )
    kept = {prop.key: prop.value for prop in small.metadata_props}
    describe(small, kept | {"weights": f"stored in {tried} bits"})
    check(small)
    mean, most = loss(found, small)
    return small, (
        f"weights in {tried} bits: {small.ByteSize() / 1e6:.1f} MB; against 32 bits, images of the example "
        f"drawings differ by {mean:.3f} of 255 levels on average, {most:.1f} at most"
    )


def loss(found: Export, small: Any) -> tuple[float, float]:
    """Measure the mean and largest difference, in levels of 255, due to fewer bits on the examples."""
    run, channels = found.generator.make_input, found.generator.architecture.input_nc
    whole, less = session(found.onnx), session(small)
    differences = []
    for path in example_drawings(run.takes_colors):
        made, _ = input_of_image(path.read_bytes(), run, found.side)
        batch = torch.from_numpy(made.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None, :channels]
        feeds = feeds_for(found, batch.contiguous(), False)
        differences.append(np.abs(whole.run(None, feeds)[0] - less.run(None, feeds)[0]) * 127.5)
    return float(np.mean(differences)), float(np.max(differences))
