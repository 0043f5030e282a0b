"""Measuring one run for `evaluate.py`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from data.edges import contour
from scripts.evaluation.fidelity import HINT_DISTANCE, edge_fidelity, hint_distance, line_mask
from scripts.evaluation.reference import KERNEL, KERNEL_ERROR, Reference, to_batch
from scripts.galleries import GalleryRun, load
from util.metrics.kernel_distance import MIN_IMAGES, KernelDistance
from util.metrics.paired import SSIM_WINDOW_PX, l1, ssim

# The better direction of each metric; diversity has none.
BETTER = {
    "L1": "lower", "PSNR": "higher", "SSIM": "higher", KERNEL: "lower", HINT_DISTANCE: "lower",
    "edge precision": "higher", "edge recall": "higher", "edge F": "higher",
}  # fmt: skip


@dataclass
class Measurement:
    """The numbers of one run.

    Attributes:
        run: the measured run.
        rows: input's name -> metric -> value, the mean over its samples.
        whole: metrics of the set of all outputs.
        notes: omitted metrics with the reason, one line each.
        kernel: the kernel distance, with the data that comparisons need.
    """

    run: GalleryRun
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    whole: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    kernel: KernelDistance | None = None

    def mean(self) -> dict[str, float]:
        """Average each metric over the inputs where it is finite; add the metrics of all outputs together."""
        means = {}
        for name in dict.fromkeys(name for row in self.rows.values() for name in row):
            values = [row[name] for row in self.rows.values() if math.isfinite(row.get(name, math.nan))]
            if values:
                means[name] = math.fsum(values) / len(values)
        return means | self.whole


def measure(run: GalleryRun, reference: Reference | None) -> Measurement:
    """Measure one run by all metrics that its images allow.

    Args:
        run: with at least one output for each name.
        reference: photos to compare with, or None.

    Raises:
        UserError: images cannot be read, or differ in size.
    """
    result, size = Measurement(run), output_size(run)
    for name, files in tqdm(run.outputs.items(), run.title, leave=False, disable=None):
        outputs = [load(file, size=size, owner=f"other outputs of {run.title} are") for file in files]
        row = result.rows[name] = {}
        if name in run.targets:
            row |= _against_target(outputs, load(run.targets[name], size=size, owner="its output is"))
        if name in run.inputs:
            row |= _against_input(outputs, load(run.inputs[name], size=size, owner="its output is"))
        if len(outputs) > 1:
            pairs = list(itertools.combinations(outputs, 2))
            row["diversity"] = float(np.mean([np.abs(a.astype(float) - b).mean() for a, b in pairs])) / 255
    if reference and len(run.outputs) >= MIN_IMAGES:
        files = [(number, file) for number, samples in enumerate(run.outputs.values()) for file in samples]
        images = (load(file) for _, file in tqdm(files, "features", leave=False, disable=None))
        result.kernel = reference.measure(images, (number for number, _ in files))
        result.whole = {KERNEL: result.kernel.value, KERNEL_ERROR: result.kernel.standard_error}
    result.notes = _explain_gaps(result, reference)
    return result


def output_size(run: GalleryRun) -> tuple[int, int]:
    """Return the (height, width) of the run's first output."""
    height, width = load(next(iter(run.outputs.values()))[0]).shape[:2]
    return height, width


def _against_target(outputs: Sequence[np.ndarray], target: np.ndarray) -> dict[str, float]:
    """L1, PSNR in dB and, if the image holds its window, SSIM: means over the samples."""
    x = to_batch(outputs)
    y = to_batch([target]).expand_as(x)
    row = {"L1": l1(x, y).mean().item()}
    squares = ((x - y) / 2).square().mean((1, 2, 3))
    row["PSNR"] = (-10 * squares.log10()).mean().item()
    return row | ({"SSIM": ssim(x, y).mean().item()} if min(target.shape[:2]) >= SSIM_WINDOW_PX else {})


def _against_input(outputs: Sequence[np.ndarray], condition: np.ndarray) -> dict[str, float]:
    """Edge fidelity and distance to the color hint, if the input has them: means over the samples."""
    lines = line_mask(condition)
    if lines is None:
        return {}
    scores = [edge_fidelity(contour(np.ascontiguousarray(o[..., ::-1])) > 0, lines) for o in outputs]
    found = dict(
        zip(("edge precision", "edge recall", "edge F"), np.mean(scores, axis=0).tolist(), strict=True)
    )
    far = hint_distance(outputs, condition)
    return found | ({} if far is None else {HINT_DISTANCE: far})


def _explain_gaps(result: Measurement, reference: Reference | None) -> list[str]:
    """List the metrics that this run's images do not allow, and why."""
    run, notes = result.run, []
    if not run.targets:
        notes.append("L1, PSNR, SSIM left out: no targets (real_B, or --targets FOLDER)")
    if not run.inputs:
        notes.append("edge fidelity left out: no input drawings (real_A, or --inputs FOLDER)")
    if undrawn := sum("edge F" not in row for name, row in result.rows.items() if name in run.inputs):
        notes.append(f"edge fidelity left out for {undrawn} inputs that are not line drawings")
    if not reference:
        notes.append("kernel distance left out: no --reference FOLDER of photos")
    elif not result.kernel:
        notes.append(f"kernel distance left out: needs outputs of at least {MIN_IMAGES} inputs")
    return notes
