"""Measure one run for `evaluate.py`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from data.edges import contour
from models.features import KernelFeatures
from scripts.evaluation.fidelity import HINT_DISTANCE, edge_fidelity, hint_distance, line_mask
from scripts.galleries import GalleryRun, load
from util.errors import UserError
from util.metrics import kernel_distance
from util.metrics.kernel_distance import MIN_IMAGES, KernelDistance
from util.metrics.paired import SSIM_WINDOW_PX, l1, ssim

KERNEL, KERNEL_ERROR = "kernel distance x1000", "its standard error"
# The better direction of each metric. Diversity has none.
BETTER = {
    "L1": "lower", "PSNR": "higher", "SSIM": "higher", KERNEL: "lower", HINT_DISTANCE: "lower",
    "edge precision": "higher", "edge recall": "higher", "edge F": "higher",
}  # fmt: skip
_BATCH_SIZE = 16


class Reference:
    """The reference photos' features, which are computed once for all runs.

    Args:
        photos: the files.
        size: the outputs' (height, width), to which the photos are scaled.

    Raises:
        UserError: there are too few photos, or the packages with the network's weights are not installed.
    """

    def __init__(self, photos: Sequence[Path], *, size: tuple[int, int]) -> None:
        if len(photos) < MIN_IMAGES:
            raise UserError(f"--reference: the kernel distance needs at least {MIN_IMAGES} photos")
        self._network = KernelFeatures()
        files = tqdm(photos, "photos", leave=False, disable=None)
        scaled = (cv2.resize(load(file), size[::-1], interpolation=cv2.INTER_AREA) for file in files)
        self._features = self._of(scaled)

    def measure(self, run: GalleryRun) -> KernelDistance:
        """Measure the distance between the run's outputs and the photos."""
        files = [(number, file) for number, samples in enumerate(run.outputs.values()) for file in samples]
        images = (load(file) for _, file in tqdm(files, "features", leave=False, disable=None))
        groups = np.array([number for number, _ in files])
        return kernel_distance.measure(self._of(images), self._features, groups)

    def itself(self, count: int) -> dict[str, float]:
        """Measure the distance between ``count`` of the photos (at most half) and the other photos."""
        order = np.random.default_rng(0).permutation(len(self._features))
        count = min(count, len(order) // 2)
        if count < MIN_IMAGES:
            return {}
        found = kernel_distance.measure(self._features[order[:count]], self._features[order[count:]])
        return {KERNEL: found.value, KERNEL_ERROR: found.standard_error}

    def _of(self, images: Iterable[np.ndarray]) -> Tensor:
        """Compute the features of images, (N, 1280)."""
        images = iter(images)
        chunks = iter(lambda: list(itertools.islice(images, _BATCH_SIZE)), [])
        return self._network.features(to_batch(chunk) for chunk in chunks)


def to_batch(images: Sequence[np.ndarray]) -> Tensor:
    """Stack images (H, W, 3) uint8 into a batch (N, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1


@dataclass
class Measurement:
    """One run's metrics.

    Attributes:
        run: the measured run.
        rows: a dict from each input's name to its metrics, which are means over the samples.
        whole: metrics of all outputs together.
        notes: one line for each omitted metric, with the reason.
        kernel: the kernel distance, with the data that a comparison needs.
    """

    run: GalleryRun
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    whole: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    kernel: KernelDistance | None = None

    def mean(self) -> dict[str, float]:
        """Return the mean of each metric over all inputs with a finite value, and the metrics ``whole``."""
        means = {}
        for name in dict.fromkeys(name for row in self.rows.values() for name in row):
            values = [row[name] for row in self.rows.values() if math.isfinite(row.get(name, math.nan))]
            if values:
                means[name] = math.fsum(values) / len(values)
        return means | self.whole


def measure(run: GalleryRun, reference: Reference | None) -> Measurement:
    """Measure all metrics that a run's images allow.

    Raises:
        UserError: an image cannot be read, or the run's images differ in size.
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
        result.kernel = reference.measure(run)
        result.whole = {KERNEL: result.kernel.value, KERNEL_ERROR: result.kernel.standard_error}
    result.notes = _explain_gaps(result, reference)
    return result


def output_size(run: GalleryRun) -> tuple[int, int]:
    """Return the first output's (height, width)."""
    height, width = load(next(iter(run.outputs.values()))[0]).shape[:2]
    return height, width


def _against_target(outputs: Sequence[np.ndarray], target: np.ndarray) -> dict[str, float]:
    """Measure L1, PSNR in dB and, if the image is large enough for its window, SSIM."""
    x = to_batch(outputs)
    y = to_batch([target]).expand_as(x)
    row = {"L1": l1(x, y).mean().item()}
    squares = ((x - y) / 2).square().mean((1, 2, 3))
    row["PSNR"] = (-10 * squares.log10()).mean().item()
    return row | ({"SSIM": ssim(x, y).mean().item()} if min(target.shape[:2]) >= SSIM_WINDOW_PX else {})


def _against_input(outputs: Sequence[np.ndarray], condition: np.ndarray) -> dict[str, float]:
    """Measure the edge fidelity, and the distance to the color hint if there is a hint."""
    lines = line_mask(condition)
    if lines is None:
        return {}
    scores = [edge_fidelity(contour(np.ascontiguousarray(o[..., ::-1])) > 0, lines) for o in outputs]
    precision, recall, f = np.mean(scores, axis=0).tolist()
    found = {"edge precision": precision, "edge recall": recall, "edge F": f}
    far = hint_distance(outputs, condition)
    return found | ({} if far is None else {HINT_DISTANCE: far})


def _explain_gaps(result: Measurement, reference: Reference | None) -> list[str]:
    """List the metrics that are missing, each with the reason."""
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
        notes.append(f"kernel distance left out: it needs outputs for at least {MIN_IMAGES} inputs")
    return notes
