"""Measuring one run for `evaluate.py`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from data.edges import contour
from scripts.evaluation import hint_distance, sliced_wasserstein
from scripts.evaluation.edge_fidelity import edge_fidelity, line_mask
from scripts.evaluation.reference import KERNEL, KERNEL_ERROR, Reference, to_tensor
from scripts.galleries import GalleryRun, load
from util.metrics.kernel_distance import MIN_IMAGES, KernelDistance
from util.metrics.paired import SSIM_WINDOW_PX, l1, ssim, unit_range

_MS_SSIM_MOST_PX = 2**22  # 4 gigabytes
MS_SSIM_MIN_SIDE_PX = SSIM_WINDOW_PX * 2**4  # the window must fit at the coarsest of five scales
# Which way is better; diversity and nearest photo have no such way.
BETTER = {
    "L1": "lower", "best sample's L1": "lower", "PSNR": "higher", "SSIM": "higher", "MS-SSIM": "higher",
    KERNEL: "lower", hint_distance.NAME: "lower",
    "edge precision": "higher", "edge recall": "higher", "edge F": "higher",
}  # fmt: skip


@dataclass
class Measurement:
    """The numbers of one run.

    Attributes:
        run: whose.
        rows: input's name -> metric -> value, the mean over its samples.
        whole: metrics of all outputs together.
        nearest: input's name -> the photo nearest to its most suspicious sample.
        notes: what was left out and why, a line each.
        kernel: the kernel distance, with what its comparison needs.
    """

    run: GalleryRun
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    whole: dict[str, float] = field(default_factory=dict)
    nearest: dict[str, str] = field(default_factory=dict)
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


def measure(run: GalleryRun, reference: Reference | None, *, seed: int) -> Measurement:
    """Measure one run by everything its images allow.

    Args:
        run: with at least one output for each name.
        reference: photos to compare with, or None.
        seed: of everything drawn at random.

    Raises:
        UserError: images that cannot be read, or of sizes that differ.
    """
    result, size = Measurement(run), output_size(run)
    undrawn = 0
    for name, files in tqdm(run.outputs.items(), run.title, leave=False, disable=None):
        outputs = [load(file, size=size, owner=f"other outputs of {run.title} are") for file in files]
        row = result.rows[name] = {}
        if name in run.targets:
            target = load(run.targets[name], size=size, owner="its output is")
            row |= _against_target(outputs, target)
        if name in run.inputs:
            found = _against_input(outputs, load(run.inputs[name], size=size, owner="its output is"))
            undrawn += "edge F" not in found
            row |= found
        if len(outputs) > 1:
            row["diversity"] = _diversity(outputs)
        if reference:
            near = min((reference.index.find(output) for output in outputs), key=lambda found: found.ratio)
            row["nearest photo"] = near.ratio
            result.nearest[name] = reference.names[near.photo] + (" mirrored" if near.mirrored else "")
    result.notes += _explain_gaps(run, undrawn, reference, size)
    if reference:
        _measure_set(result, reference, seed=seed)
    return result


def output_size(run: GalleryRun) -> tuple[int, int]:
    """Return the (height, width) of the run's first output."""
    height, width = load(next(iter(run.outputs.values()))[0]).shape[:2]
    return height, width


def pointwise(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Compute the pixelwise metrics that the size of the images allows.

    PSNR is in dB; MS-SSIM that of Wang et al. 2003, equation 7.

    Args:
        x, y: (N, 3, H, W) in [-1, 1]; SSIM needs 11 px, MS-SSIM 176 px and, for its
            memory, no more than 4 megapixels.

    Returns:
        ``{"L1": (N,), "PSNR": (N,), "SSIM": (N,), "MS-SSIM": (N,)}``.
    """
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ms_ssim
    from torchmetrics.functional.image import peak_signal_noise_ratio as psnr

    x_unit, y_unit = unit_range(x, y)
    values = {"L1": l1(x, y)}
    values["PSNR"] = psnr(x_unit, y_unit, data_range=1.0, reduction="none", dim=(1, 2, 3))
    if min(x.shape[-2:]) >= SSIM_WINDOW_PX:
        values["SSIM"] = ssim(x, y)
    if min(x.shape[-2:]) >= MS_SSIM_MIN_SIDE_PX and x[0, 0].numel() <= _MS_SSIM_MOST_PX:
        values["MS-SSIM"] = ms_ssim(x_unit, y_unit, data_range=1.0, reduction="none")
    return values


def _against_target(outputs: Sequence[np.ndarray], target: np.ndarray) -> dict[str, float]:
    """Pixelwise metrics, the mean over the samples; of several also the L1 of the nearest to the target."""
    images = torch.stack([to_tensor(image) for image in [target, *outputs]]).float() / 127.5 - 1
    values = pointwise(images[1:], images[:1].expand(len(outputs), -1, -1, -1))
    row = {name: value.mean().item() for name, value in values.items()}
    return row | ({"best sample's L1": values["L1"].min().item()} if len(outputs) > 1 else {})


def _against_input(outputs: Sequence[np.ndarray], condition: np.ndarray) -> dict[str, float]:
    """Distance to the color hint and edge fidelity, means over the samples, where the input has them."""
    found = {}
    far = hint_distance.hint_distance(outputs, condition) if hint_distance.is_available() else None
    if far is not None:
        found[hint_distance.NAME] = far
    lines = line_mask(condition)
    if lines is not None:
        scores = [edge_fidelity(contour(np.ascontiguousarray(o[..., ::-1])) > 0, lines) for o in outputs]
        means = (math.fsum(part) / len(scores) for part in zip(*scores, strict=True))
        found |= dict(zip(("edge precision", "edge recall", "edge F"), means, strict=True))
    return found


def _diversity(outputs: Sequence[np.ndarray]) -> float:
    """Mean absolute difference on the 0..1 scale over all pairs of samples."""
    pairs = list(itertools.combinations(outputs, 2))
    return math.fsum(float(np.abs(a.astype(np.int16) - b).mean()) for a, b in pairs) / 255 / len(pairs)


def _explain_gaps(
    run: GalleryRun, undrawn: int, reference: Reference | None, size: tuple[int, int]
) -> list[str]:
    """List the metrics that this run's images do not allow, and why."""
    notes = []
    if not run.targets:
        notes.append("L1, PSNR, SSIM, MS-SSIM left out: no targets (real_B, or --targets FOLDER)")
    elif min(size) < MS_SSIM_MIN_SIDE_PX:
        notes.append(f"MS-SSIM left out: needs images of at least {MS_SSIM_MIN_SIDE_PX} px")
    if not run.inputs:
        notes.append("edge fidelity left out: no input drawings (real_A, or --inputs FOLDER)")
    if undrawn:
        notes.append(f"edge fidelity left out for {undrawn} inputs that are not line drawings")
    if all(len(files) == 1 for files in run.outputs.values()):
        notes.append("diversity left out: one sample of each input")
    if not reference:
        left_out = "sliced Wasserstein, kernel distance, nearest photo"
        notes.append(f"{left_out} left out: no --reference FOLDER of photos")
    return notes


def _measure_set(result: Measurement, reference: Reference, *, seed: int) -> None:
    """Add what is measured on all outputs together."""
    run = result.run
    files = [(number, file) for number, samples in enumerate(run.outputs.values()) for file in samples]

    def images(what: str) -> Iterator[np.ndarray]:
        for _, file in tqdm(files, f"{run.title}: {what}", leave=False, disable=None):
            yield load(file)

    patches = reference.describe(images("patches"), len(files))
    values = sliced_wasserstein.distance(patches, reference.patches, seed=seed)
    result.whole |= {f"SWD {level}": value for level, value in values.items()}
    missing = reference.no_kernel
    if not missing and len(run.outputs) < MIN_IMAGES:
        missing = f"kernel distance left out: needs outputs of {MIN_IMAGES} inputs or more"
    if missing:
        result.notes.append(missing)
    else:
        result.kernel = reference.kernel(images("features"), [number for number, _ in files])
        result.whole |= {KERNEL: result.kernel.value, KERNEL_ERROR: result.kernel.standard_error}
