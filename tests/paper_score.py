"""Comparing the lines read from a synthetic photograph with the drawing: precision, recall, F."""

from typing import NamedTuple

import cv2
import numpy as np
from paper import Photograph

from data.edges import lineart_edges
from data.edges.lines import thin

TOLERANCE_PX = 2.0  # in pixels of a drawing 512 pixels wide
_AROUND = 640  # width in pixels of the examined part of the sheet around the drawing


class Score(NamedTuple):
    """Precision, recall and F, each in [0, 1]."""

    precision: float
    recall: float
    f: float


def _distance(lines: np.ndarray) -> np.ndarray:
    """Return each pixel's distance to the nearest line."""
    return cv2.distanceTransform((lines == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def score(ink: np.ndarray, to_photo: np.ndarray, made: Photograph) -> Score:
    """Compare ink with the drawing's own lines.

    Args:
        ink: (h, w) uint8 in {0, 255}.
        to_photo: (3, 3) matrix that maps the ink's pixels to the photo's pixels.
        made: the photograph from which the ink was read.
    """
    side = made.lines.shape[0]
    shift = np.array([[1, 0, _AROUND], [0, 1, _AROUND], [0, 0, 1.0]])
    whole = (side + 2 * _AROUND,) * 2
    to_canvas = shift @ np.linalg.inv(made.to_photo) @ to_photo
    found = (cv2.warpPerspective(ink, to_canvas, whole, flags=cv2.INTER_LINEAR) > 100).astype(np.uint8)
    inner = found[_AROUND : _AROUND + side, _AROUND : _AROUND + side]
    lines = lineart_edges(np.repeat((255 - 255 * inner)[..., None], 3, axis=2))
    inner[:] = 0  # the rest lies around the drawing
    x, y, width, height = cv2.boundingRect(found)
    beside = thin(found[y : y + max(1, height), x : x + max(1, width)])
    from_truth = _distance(made.lines)
    right = int((from_truth[lines > 0] <= TOLERANCE_PX).sum())
    precision = right / max(1, int((lines > 0).sum() + (beside > 0).sum()))
    recall = float((_distance(lines)[made.lines > 0] <= TOLERANCE_PX).mean())
    f = 2 * precision * recall / max(precision + recall, 1e-9)
    return Score(precision, recall, f)
