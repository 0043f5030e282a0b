"""Telling pairs A|B: two folders with images of the same names, or two halves of one image."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from data.base_dataset import PHASES
from util.errors import UserError, shorten
from util.image import UnreadableImage, image_size, read_rgb
from util.image_files import find_images

# How A and B of a phase are called as folders, below the dataroot.
_LAYOUTS = (
    ("A/{phase}", "B/{phase}"),
    ("{phase}A", "{phase}B"),
    ("{phase}/A", "{phase}/B"),
    ("{phase}/input", "{phase}/target"),
    ("input/{phase}", "target/{phase}"),
    ("A", "B"),
    ("input", "target"),
)
# Images of a data set that are looked at, and the side to which their halves are scaled for it.
_LOOKED_AT, _SIDE_PX = 16, 64
# Of a large image, so many rows are looked at.
_ROWS = 512
# Files whose size is read to find them.
_OPENED = 64
# Where one half shows the other's lines or areas, their structure is correlated by 0.4 and more on average;
# in 391 single photos by 0.01, and in 99% of them by less than 0.25. Where pairs are not aligned, the step of
# grey between the halves still is several times that between other columns; in single photos there is none.
_CORRELATED, _STEP = 0.2, 1.5
# Below it, the structure of a half is what rounding leaves of a plain area.
_NOTHING = 1e-3


def two_folders(dataroot: str, phase: str) -> tuple[Path, Path] | None:
    """Find the folders of A and B of a phase; None if there are no two."""
    root = Path(dataroot)
    for names in _LAYOUTS:
        a, b = (root / name.format(phase=phase) for name in names)
        in_phase = names[0].startswith("{phase}") or not (root / phase).is_dir()
        of_all_phases = "{phase}" not in names[0]
        split = any((a / other).is_dir() for other in PHASES) or phase == "val"
        if a.is_dir() and b.is_dir() and in_phase and not (of_all_phases and split):
            return a, b
    return None


def match_names(a: Path, b: Path) -> tuple[dict[Path, Path], list[str]]:
    """Pair the images of two folders by their paths below them, without extension.

    Returns:
        Image of A -> image of B, in the order of A; and the names that only one folder has.

    Raises:
        UserError: no name is in both.
    """
    names = [
        {p.relative_to(folder).with_suffix("").as_posix(): p for p in find_images(folder)}
        for folder in (a, b)
    ]
    both = {path: names[1][name] for name, path in names[0].items() if name in names[1]}
    if not both:
        there = [shorten(list(found), 2) or "nothing" for found in names]
        raise UserError(
            f"{a} ({there[0]}) and {b} ({there[1]}) share no name: call the two images of a pair alike"
        )
    return both, sorted(names[0].keys() ^ names[1].keys())


def halves_are_pairs(paths: Sequence[Path]) -> bool:
    """Whether the halves of images, by their content, are two images each, and not one that is cut."""
    found: list[tuple[float, float]] = []
    for path in paths[:: max(1, len(paths) // _OPENED)]:  # a large data set is not opened for it
        with suppress(UnreadableImage):
            width, height = image_size(path)
            if width % 2 == 0 and width != 2 * height:
                found += _compare_halves(read_rgb(path))
        if len(found) == _LOOKED_AT:
            break
    if not found:
        return False
    correlation, step = np.mean([c for c, _ in found]), np.median([s for _, s in found])
    return bool(correlation > _CORRELATED or step > _STEP)


def _compare_halves(rgb: np.ndarray) -> list[tuple[float, float]]:
    """Return how the structure of an image's halves is correlated, and how high a step lies between them.

    Nothing of an image that is all of one color.
    """
    rows = np.ascontiguousarray(rgb[:: 1 + len(rgb) // _ROWS])
    grey = cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY).astype(np.float32)
    if np.ptp(grey) == 0:
        return []
    half = grey.shape[1] // 2
    steps = np.abs(np.diff(grey, axis=1)).mean(0)
    usual = np.percentile(np.delete(steps, half - 1), 90) if half > 1 else 0.0
    left, right = (_structure(part) for part in (grey[:, :half], grey[:, half:]))
    norm = float(np.linalg.norm(left) * np.linalg.norm(right))
    correlation = float((left * right).sum()) / norm if norm > _NOTHING else 0.0
    return [(correlation, float(steps[half - 1] / (usual + 1)))]


def _structure(grey: np.ndarray) -> np.ndarray:
    """Return where an image changes more than around there: (S, S), of mean 0."""
    small = cv2.resize(np.ascontiguousarray(grey), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    change = np.hypot(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1))[2:-2, 2:-2]
    change -= cv2.blur(change, (17, 17))
    return change - change.mean()
