"""Bringing a drawing to the size in the frame that the animals of a training set have, and back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_FILLS = 0.9  # of the frame, by the longer side of the drawing's box
_GAP = 0.035  # pieces of ink so near to each other, as a share of the longest side, are one drawing
_CRUMB_INK = 0.01  # feet, a tail's tip or a cloud have more of the largest piece's ink; a speck has less
_FRAMED = 0.72  # what fills so much of a square image, the frame fits as it is


@dataclass(frozen=True)
class Frame:
    """A square of a drawing, in its pixels; it may reach beyond the drawing's borders."""

    left: float
    top: float
    side: float

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> Frame:
        """Return the square around an image (H, W, ...), its shorter side in the middle."""
        height, width = shape[:2]
        side = max(height, width)
        return cls((width - side) / 2, (height - side) / 2, side)

    def to_source(self, size_px: int) -> np.ndarray:
        """Return the (3, 3) matrix from the pixels of the square, size_px wide, to the drawing's."""
        scale = self.side / size_px
        shift = scale / 2 - 0.5  # the centers of pixels are meant
        return np.array([[scale, 0, self.left + shift], [0, scale, self.top + shift], [0, 0, 1.0]])


def find_frame(ink: np.ndarray) -> Frame:
    """Frame what is drawn: its box in the middle of a square, of which it fills 90%.

    Args:
        ink: (H, W) uint8 or bool; specks far away do not count, and without ink the whole image is framed.
    """
    mask = (ink > 0).astype(np.uint8)
    scale = min(1.0, 512 / max(mask.shape))
    small = cv2.resize(mask * 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) > 0
    reach = max(1, round(_GAP * max(small.shape)))
    joined = cv2.dilate(small.astype(np.uint8), np.ones((reach, reach), np.uint8))
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    near = cv2.resize(labels.astype(np.float32), mask.shape[::-1], interpolation=cv2.INTER_NEAREST)
    pieces = near.astype(np.int32) * mask
    inks = np.bincount(pieces.ravel())[1:]
    if not inks.any():
        return Frame.whole(ink.shape)
    kept = 1 + np.flatnonzero(inks >= _CRUMB_INK * inks.max())
    x, y, w, h = cv2.boundingRect(np.isin(pieces, kept).astype(np.uint8))
    side = max(w, h) / _FILLS
    return Frame(x + (w - side) / 2, y + (h - side) / 2, side)


def is_framed(ink: np.ndarray) -> bool:
    """Tell whether a drawing already has the size of a training image's, so that it can stay as it is."""
    _, _, w, h = cv2.boundingRect((ink > 0).astype(np.uint8))
    return max(w, h) >= _FRAMED * max(ink.shape)


def crop(image: np.ndarray, frame: Frame, *, ground: int = 255) -> np.ndarray:
    """Cut a frame, in the pixels of the image, out of it, at its own resolution.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        ground: level beyond the image's borders.

    Returns:
        (side, side) or (side, side, 3) uint8.
    """
    left, top, side = round(frame.left), round(frame.top), max(1, round(frame.side))
    square = np.full((side, side, *image.shape[2:]), ground, np.uint8)
    height, width = image.shape[:2]
    y, x = slice(max(0, top), min(height, top + side)), slice(max(0, left), min(width, left + side))
    if y.start < y.stop and x.start < x.stop:
        square[y.start - top : y.stop - top, x.start - left : x.stop - left] = image[y, x]
    return square
