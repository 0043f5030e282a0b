"""Detection of pairs A|B: files with the same name in two folders, or the two halves of one image."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from data.base_dataset import PHASES
from util.errors import UserError, shorten
from util.image import UnreadableImage, image_size, read_rgb
from util.image_files import find_images

# Names of a phase's A and B folders, relative to the dataroot.
_LAYOUTS = (
    ("A/{phase}", "B/{phase}"),
    ("{phase}A", "{phase}B"),
    ("{phase}/A", "{phase}/B"),
    ("{phase}/input", "{phase}/target"),
    ("input/{phase}", "target/{phase}"),
    ("A", "B"),
    ("input", "target"),
)
_OPENED, _LOOKED_AT = 64, 16  # maximum numbers of files to open and to examine
_ROWS, _SIDE_PX = 512, 64  # maximum number of rows to examine; side to which halves are scaled
# The mean correlation between the structures of two halves that show the same lines or areas is at least 0.4.
# In 391 photos that are not pairs, the mean was 0.01, and 99% of the values were below 0.25. Pairs without a
# common structure can be recognized by the step where the halves meet: gray levels change several times as
# much as between other columns.
_CORRELATED, _STEP = 0.2, 1.5
_NOTHING = 1e-3  # below this norm, a structure is only a rounding error


def two_folders(dataroot: str, phase: str) -> tuple[Path, Path] | None:
    """Return a phase's A and B folders, or None if either is missing."""
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
    """Match the images in two folders by their relative paths, ignoring extensions.

    Returns:
        A dict from each A image to its B image, and the names that exist in only one folder.

    Raises:
        UserError: no name exists in both folders.
    """
    names = [{p.relative_to(f).with_suffix("").as_posix(): p for p in find_images(f)} for f in (a, b)]
    both = {path: names[1][name] for name, path in names[0].items() if name in names[1]}
    if not both:
        there = [shorten(list(found), 2) or "nothing" for found in names]
        raise UserError(
            f"{a} ({there[0]}) and {b} ({there[1]}) have no file name in common: give both images of a pair "
            "the same name"
        )
    return both, sorted(names[0].keys() ^ names[1].keys())


def halves_are_pairs(paths: Sequence[Path]) -> bool:
    """Return whether images seem to be pairs, judging by the content of their halves."""
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
    """Return the correlation between an image's halves and the step between them, or [] for a plain image."""
    rows = np.ascontiguousarray(rgb[:: 1 + len(rgb) // _ROWS])
    gray = cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY).astype(np.float32)
    if np.ptp(gray) == 0:
        return []
    half = gray.shape[1] // 2
    steps = np.abs(np.diff(gray, axis=1)).mean(0)
    usual = np.percentile(np.delete(steps, half - 1), 90) if half > 1 else 0.0
    left, right = (_structure(part) for part in (gray[:, :half], gray[:, half:]))
    norm = float(np.linalg.norm(left) * np.linalg.norm(right))
    correlation = float((left * right).sum()) / norm if norm > _NOTHING else 0.0
    return [(correlation, float(steps[half - 1] / (usual + 1)))]


def _structure(gray: np.ndarray) -> np.ndarray:
    """Return a square array of an image's gradient strengths, relative to the gradients around each pixel."""
    small = cv2.resize(np.ascontiguousarray(gray), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    change = np.hypot(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1))[2:-2, 2:-2]
    change -= cv2.blur(change, (17, 17))
    return change - change.mean()
