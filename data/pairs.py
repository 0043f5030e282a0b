"""Detection of pairs A|B: images with the same name in two folders, or the two halves of one image."""

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

# Names of the folders that contain A and B of a phase, relative to the dataroot.
_LAYOUTS = (
    ("A/{phase}", "B/{phase}"),
    ("{phase}A", "{phase}B"),
    ("{phase}/A", "{phase}/B"),
    ("{phase}/input", "{phase}/target"),
    ("input/{phase}", "target/{phase}"),
    ("A", "B"),
    ("input", "target"),
)
# Number of images that are examined per data set, and the side to which their halves are scaled.
_LOOKED_AT, _SIDE_PX = 16, 64
# Maximum number of rows of an image that are examined.
_ROWS = 512
# Maximum number of files that are opened to find suitable images.
_OPENED = 64
# If one half of each image shows the lines or areas of the other half, the correlation between their
# structures is 0.4 or more on average. In 391 single photos, it was 0.01 on average and less than 0.25 in 99%
# of the photos. If the pairs are not aligned, gray levels still change several times as much between the
# halves as between other columns; single photos have no such step.
_CORRELATED, _STEP = 0.2, 1.5
# If the norm is below this value, the structure is only rounding error in a plain area.
_NOTHING = 1e-3


def two_folders(dataroot: str, phase: str) -> tuple[Path, Path] | None:
    """Find the folders that contain A and B of a phase; return None unless both exist."""
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
    """Match the images in two folders by their paths relative to the folders, ignoring file extensions.

    Returns:
        A dict from each image of A to its image of B, in the order of A, and the names that exist in only
        one folder.

    Raises:
        UserError: no name exists in both folders.
    """
    names = [
        {p.relative_to(folder).with_suffix("").as_posix(): p for p in find_images(folder)}
        for folder in (a, b)
    ]
    both = {path: names[1][name] for name, path in names[0].items() if name in names[1]}
    if not both:
        there = [shorten(list(found), 2) or "nothing" for found in names]
        raise UserError(
            f"{a} ({there[0]}) and {b} ({there[1]}) have no file name in common: give both images of a pair "
            "the same name"
        )
    return both, sorted(names[0].keys() ^ names[1].keys())


def halves_are_pairs(paths: Sequence[Path]) -> bool:
    """Return whether the content of images suggests that their halves are two separate images."""
    found: list[tuple[float, float]] = []
    for path in paths[:: max(1, len(paths) // _OPENED)]:  # opening all files would take too long
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
    """Return the correlation between the structures of an image's halves, and the step between the halves.

    The list has one entry, or is empty if the image has only one gray level.
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
    """Return a map, (S, S) with mean 0, of how much more an image changes at a pixel than around it."""
    small = cv2.resize(np.ascontiguousarray(grey), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    change = np.hypot(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1))[2:-2, 2:-2]
    change -= cv2.blur(change, (17, 17))
    return change - change.mean()
