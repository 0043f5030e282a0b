"""Splicing of two pairs into one, so that the generator learns to combine parts of different animals.

This is a variant of CutMix (Yun et al., 2019): the edge maps and the photos are cut along the same line, and
the second pair is shifted so that the two bodies meet at this line.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

_OFF_CENTER, _LEAN = 0.12, 0.4  # standard deviations of the seam's position (fraction of the width) and slope
_LEFTMOST = 0.25  # minimum distance of the seam from the image's sides, as a fraction of the width
_TOLERANCE = 0.15  # maximum relative difference between the thicknesses of the two bodies at the seam
_ACROSS = 0.3  # fraction of horizontal seams; all others are vertical
_LINE, _REACH_PX = 100, 2  # minimum level of a line; distance within which a line is near a column or border

Pair = dict[str, Tensor]


def splice(first: Pair, second: Pair, letter: str, rng: np.random.Generator) -> Pair:
    """Join parts of two pairs along a random seam where both bodies are about equally thick.

    Args:
        first, second: pairs of images, (C, H, W) uint8, with the same letters and sizes.
        letter: letter of the edge map, which has light lines on black.
        rng: source of all random choices.

    Returns:
        The joined pair, or ``first`` if no line crosses the seam or if ``second`` does not fit.
    """
    if rng.random() < 0.5:
        second = {k: image.flip(2) for k, image in second.items()}
    if rng.random() < _ACROSS:
        turned = [{k: image.transpose(1, 2) for k, image in pair.items()} for pair in (first, second)]
        joined = _side_by_side(turned[0], turned[1], letter, rng)
        return {k: image.transpose(1, 2).contiguous() for k, image in joined.items()}
    return _side_by_side(first, second, letter, rng)


def _side_by_side(first: Pair, second: Pair, letter: str, rng: np.random.Generator) -> Pair:
    height, width = first[letter].shape[1:]
    share = 0.5 + _OFF_CENTER * rng.standard_normal()
    column = int(width * min(max(share, _LEFTMOST), 1 - _LEFTMOST))
    lean, on_the_left = _LEAN * rng.standard_normal(), rng.random() < 0.5
    (top, bottom), (tops, bottoms) = _extents(first[letter]), _extents(second[letter])
    thickness = int(bottom[column] - top[column])
    if thickness <= 0:
        return first
    open_sides = _open_sides(second[letter])
    for other in rng.permutation(_as_thick(bottoms - tops, thickness)):
        right = column - int(other)
        down = int(top[column] + bottom[column] - tops[other] - bottoms[other]) // 2
        if not open_sides & {(1, np.sign(right)), (0, np.sign(down))}:
            break
    else:
        return first
    device = first[letter].device
    rows, columns = torch.arange(height, device=device), torch.arange(width, device=device)
    seam = column + lean * (rows - int(top[column] + bottom[column]) / 2)
    is_first = (columns[None] < seam[:, None]) == on_the_left
    # Rows and columns at the border, which show only background, fill the gaps that the shift leaves.
    rows, columns = (rows - down).clamp(0, height - 1), (columns - right).clamp(0, width - 1)
    return {k: torch.where(is_first, image, second[k][:, rows][:, :, columns]) for k, image in first.items()}


def _open_sides(edge_map: Tensor) -> set[tuple[int, int]]:
    """Return the borders that lines touch, each as an axis and the sign of a shift away from the border."""
    lines = edge_map.amax(0) > _LINE
    rims = {(0, 1): lines[:_REACH_PX], (0, -1): lines[-_REACH_PX:]}
    rims |= {(1, 1): lines[:, :_REACH_PX], (1, -1): lines[:, -_REACH_PX:]}
    return {side for side, rim in rims.items() if bool(rim.any())}


def _extents(edge_map: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """For each column, return the first and last rows that contain nearby lines, or 0 if there are none."""
    lines = (edge_map.amax(0) > _LINE).cpu().numpy()
    near = cv2.dilate(lines.astype(np.uint8), np.ones((1, 2 * _REACH_PX + 1), np.uint8)) > 0
    last = len(near) - 1 - near[::-1].argmax(0)
    return near.argmax(0), np.where(near.any(0), last, 0)


def _as_thick(thicknesses: np.ndarray, wanted: int) -> np.ndarray:
    """Return the columns with about the wanted thickness; if there are none, return the closest ones."""
    columns = np.flatnonzero(thicknesses > 0)
    off = np.abs(thicknesses[columns] / max(wanted, 1) - 1)
    return columns[off <= max(_TOLERANCE, off.min(initial=np.inf))]
