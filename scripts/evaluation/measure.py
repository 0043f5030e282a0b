"""Measuring one run for `evaluate.py`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from data.edges import contour
from scripts.evaluation import hint_distance, kernel
from util.errors import UserError
from util.gallery.reading import GalleryRun, load
from util.metrics import pretrained, sliced_wasserstein
from util.metrics.edge_fidelity import edge_fidelity, line_mask
from util.metrics.kernel_distance import MIN_IMAGES, KernelDistance
from util.metrics.nearest_photo import PhotoIndex
from util.metrics.paired import MS_SSIM_MIN_SIDE_PX, pointwise

# Which way is better; diversity and nearest photo have no such way.
BETTER = {
    "L1": "lower", "best sample's L1": "lower", "PSNR": "higher", "SSIM": "higher", "MS-SSIM": "higher",
    "LPIPS": "lower", "FID": "lower", "KID x1000": "lower", kernel.NAME: "lower",
    hint_distance.NAME: "lower", "edge precision": "higher", "edge recall": "higher", "edge F": "higher",
}  # fmt: skip


@dataclass
class Measurement:
    """The numbers of one run.

    Attributes:
        run: whose.
        rows: input's name -> metric -> value, the mean over its samples.
        whole: metrics of all outputs together.
        nearest: input's name -> the nearest photo's name, of its most suspicious sample.
        notes: what was left out and why, a line each.
        patches: what the sliced Wasserstein distance was measured on.
        kernel: the kernel distance, with what its comparison needs.
    """

    run: GalleryRun
    rows: dict[str, dict[str, float]]
    whole: dict[str, float] = field(default_factory=dict)
    nearest: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    patches: sliced_wasserstein.PatchSet | None = None
    kernel: KernelDistance | None = None

    def mean(self) -> dict[str, float]:
        """Average each metric over the inputs where it is finite; add the metrics of all outputs together."""
        names = dict.fromkeys(name for row in self.rows.values() for name in row)
        means = {}
        for name in names:
            values = [row[name] for row in self.rows.values() if math.isfinite(row.get(name, math.nan))]
            if values:
                means[name] = math.fsum(values) / len(values)
        return means | self.whole


class Reference:
    """The reference photos, read once for all runs."""

    def __init__(
        self, photos: Mapping[str, Path], *, size: tuple[int, int], patches: int, seed: int, resize: bool
    ) -> None:
        """Read and describe the photos.

        Args:
            photos: name -> file.
            size: (height, width) of the outputs they are compared with.
            patches: number of patches for each level of the sliced Wasserstein distance.
            seed: seed of the patches' places.
            resize: resize photos of another size instead of refusing them.
        """
        self.size, self.patches, self.seed, self.resize = size, patches, seed, resize
        self.names, self._files = list(photos), list(photos.values())
        self.patches = max(patches, len(photos))  # one of each photo, at least
        kept = list(tqdm(self.read(), "photos", len(self.names), leave=False, disable=None))
        try:
            self.index = PhotoIndex(kept)
        except ValueError as error:
            raise UserError(f"--reference: {error}") from error
        self.described, self._kept = self._describe(kept), kept
        shown = tqdm(kept, "photos: features", leave=False, disable=None)
        self.features = kernel.PhotoFeatures(_batches(to_tensor(photo) for photo in shown), len(kept))

    def read(self) -> Iterator[np.ndarray]:
        """Yield the photos at the outputs' size, (H, W, 3) uint8."""
        import cv2

        for file in self._files:
            photo = load(file, size=None if self.resize else self.size, owner="the outputs (or --resize) are")
            if photo.shape[:2] != self.size:
                photo = cv2.resize(photo, self.size[::-1], interpolation=cv2.INTER_AREA)
            yield photo

    def own_distance(self, count: int, *, directions: int, normalise: str, seed: int) -> dict[str, float]:
        """Measure the sliced Wasserstein distance of `count` photos to the others, the floor for runs."""
        few, rest = ([self._kept[i] for i in part] for part in self._split(count, seed))
        return sliced_wasserstein.distance(
            self._describe(few), self._describe(rest), directions=directions, normalise=normalise, seed=seed
        )

    def own_kernel_distance(self, count: int, *, seed: int) -> dict[str, float]:
        """Measure the kernel distance of the same photos to the same others, and its standard error."""
        return self.features.own_distance(*self._split(count, seed))

    def _split(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw the numbers of `count` photos, at most half of all, and of the others."""
        order = np.random.default_rng(seed).permutation(len(self._kept))
        count = min(count, len(order) // 2)
        return order[:count], order[count:]

    def _describe(self, photos: Sequence[np.ndarray]) -> sliced_wasserstein.PatchSet:
        """Patches of photos."""
        tensors = (to_tensor(photo) for photo in photos)
        return sliced_wasserstein.describe(tensors, len(photos), patches=self.patches, seed=self.seed)


def measure(
    run: GalleryRun, reference: Reference | None, *, directions: int, normalise: str, seed: int
) -> Measurement:
    """Measure one run by everything its images allow.

    Args:
        run: with at least one output for each name.
        reference: photos to compare with, or None.
        directions: of the sliced Wasserstein distance.
        normalise: ``reference`` or ``own``, as in `util.metrics.sliced_wasserstein`.
        seed: of everything drawn at random.

    Raises:
        UserError: images that cannot be read, or of sizes that differ.
    """
    result = Measurement(run, {})
    size = output_size(run)
    lpips = _load_lpips(run, size, result.notes)
    no_colors = hint_distance.missing_for_hints()
    undrawn = 0
    for name, files in tqdm(run.outputs.items(), run.title, leave=False, disable=None):
        outputs = [load(file, size=size, owner=f"other outputs of {run.title} are") for file in files]
        row = result.rows[name] = {}
        if name in run.targets:
            target = load(run.targets[name], size=size, owner="its output is")
            row |= _against_target(outputs, target, lpips)
        if name in run.inputs:
            condition = load(run.inputs[name], size=size, owner="its output is")
            if not no_colors and (far := hint_distance.hint_distance(outputs, condition)) is not None:
                row[hint_distance.NAME] = far
            lines = line_mask(condition)
            undrawn += lines is None
            if lines is not None:
                row |= _fidelity(outputs, lines)
        if len(outputs) > 1:
            row["diversity"] = _diversity(outputs)
        if reference:
            found = min((reference.index.find(output) for output in outputs), key=lambda near: near.ratio)
            row["nearest photo"] = found.ratio
            result.nearest[name] = reference.names[found.index] + (" mirrored" if found.mirrored else "")
    result.notes += _explain_gaps(run, undrawn, reference, size)
    if reference:
        _measure_sets(result, reference, directions=directions, normalise=normalise, seed=seed)
    return result


def output_size(run: GalleryRun) -> tuple[int, int]:
    """Return the (height, width) of the run's first output."""
    height, width = load(next(iter(run.outputs.values()))[0]).shape[:2]
    return height, width


def to_tensor(image: np.ndarray) -> Tensor:
    """Convert (H, W, 3) uint8 to (3, H, W) uint8."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def _network_range(images: Sequence[np.ndarray]) -> Tensor:
    """(H, W, 3) uint8 images -> (N, 3, H, W) in [-1, 1]."""
    return torch.stack([to_tensor(image) for image in images]).float() / 127.5 - 1


def _against_target(
    outputs: Sequence[np.ndarray], target: np.ndarray, lpips: pretrained.Lpips | None
) -> dict[str, float]:
    """Pointwise metrics, the mean over the samples; of several also the L1 of the nearest to the target."""
    x, y = _network_range(outputs), _network_range([target] * len(outputs))
    values = pointwise(x, y)
    if lpips:
        values["LPIPS"] = lpips(x, y)
    row = {name: value.mean().item() for name, value in values.items()}
    return row | ({"best sample's L1": values["L1"].min().item()} if len(outputs) > 1 else {})


def _fidelity(outputs: Sequence[np.ndarray], lines: np.ndarray) -> dict[str, float]:
    """Edge precision, recall and F, the mean over the samples."""
    scores = [edge_fidelity(contour(np.ascontiguousarray(o[..., ::-1])) > 0, lines) for o in outputs]
    precision, recall, f = (math.fsum(part) / len(scores) for part in zip(*scores, strict=True))
    return {"edge precision": precision, "edge recall": recall, "edge F": f}


def _diversity(outputs: Sequence[np.ndarray]) -> float:
    """Mean absolute difference on the 0..1 scale over all pairs of samples."""
    pairs = list(itertools.combinations(outputs, 2))
    return math.fsum(float(np.abs(a.astype(np.int16) - b).mean()) for a, b in pairs) / 255 / len(pairs)


def _load_lpips(run: GalleryRun, size: tuple[int, int], notes: list[str]) -> pretrained.Lpips | None:
    """LPIPS' network, or None and a note when it is not here."""
    if not run.targets:
        return None
    missing = pretrained.missing_for_lpips()
    if not missing and min(size) < 64:
        missing = "LPIPS left out: needs images of at least 64 px"
    if missing:
        notes.append(missing)
        return None
    return pretrained.Lpips()


def _explain_gaps(
    run: GalleryRun, undrawn: int, reference: Reference | None, size: tuple[int, int]
) -> list[str]:
    """List the metrics that this run's images do not allow, and why."""
    notes = []
    if not run.targets:
        notes.append("L1, PSNR, SSIM, MS-SSIM, LPIPS left out: no targets (real_B, or --targets FOLDER)")
    elif min(size) < MS_SSIM_MIN_SIDE_PX:
        notes.append(f"MS-SSIM left out: needs images of at least {MS_SSIM_MIN_SIDE_PX} px")
    if not run.inputs:
        notes.append("edge fidelity left out: no input drawings (real_A, or --inputs FOLDER)")
    if undrawn:
        notes.append(f"edge fidelity left out for {undrawn} inputs that are not line drawings")
    if all(len(files) == 1 for files in run.outputs.values()):
        notes.append("diversity left out: one sample of each input")
    if not reference:
        left_out = "sliced Wasserstein, kernel distance, FID, KID, nearest photo"
        notes.append(f"{left_out} left out: no --reference FOLDER of photos")
    return notes


def _measure_sets(
    result: Measurement, reference: Reference, *, directions: int, normalise: str, seed: int
) -> None:
    """Add what is measured on all outputs together."""
    files = [file for samples in result.run.outputs.values() for file in samples]
    shown = tqdm(files, f"{result.run.title}: patches", leave=False, disable=None)
    patches = max(reference.patches, len(files))
    result.patches = sliced_wasserstein.describe(
        (to_tensor(load(file)) for file in shown), len(files), patches=patches, seed=seed
    )
    values = sliced_wasserstein.distance(
        result.patches,
        reference.described,
        directions=directions,
        normalise=normalise,
        seed=seed,
        progress=lambda levels: tqdm(levels, f"{result.run.title}: distance", leave=False, disable=None),
    )
    result.whole |= {f"SWD {level}": value for level, value in values.items()}
    _measure_kernel_distance(result, reference.features)
    missing = pretrained.missing_for_fid()
    if not missing and min(len(files), len(reference.names)) < 2:
        missing = "FID and KID left out: need two images or more"
    if missing:
        result.notes.append(missing)
        return
    outputs = _batches(to_tensor(load(file)) for file in files)
    photos = _batches(to_tensor(photo) for photo in reference.read())
    result.whole |= pretrained.fid_and_kid(outputs, photos, seed=seed)


def _measure_kernel_distance(result: Measurement, photos: kernel.PhotoFeatures) -> None:
    """Add the kernel distance of all outputs to the photos, or the reason why not."""
    outputs = result.run.outputs
    missing = photos.missing
    if not missing and len(outputs) < MIN_IMAGES:
        missing = f"kernel distance left out: needs outputs of {MIN_IMAGES} inputs or more"
    if missing:
        result.notes.append(missing)
        return
    files = [(number, file) for number, samples in enumerate(outputs.values()) for file in samples]
    shown = tqdm(files, f"{result.run.title}: features", leave=False, disable=None)
    batches = _batches(to_tensor(load(file)) for _, file in shown)
    result.kernel = photos.distance(batches, [number for number, _ in files])
    result.whole |= kernel.as_metrics(result.kernel)


def _batches(images: Iterable[Tensor], size: int = 16) -> Iterator[Tensor]:
    """Stack images (3, H, W) into batches."""
    images = iter(images)
    while batch := list(itertools.islice(images, size)):
        yield torch.stack(batch)
