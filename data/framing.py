"""Square frames around drawings. A framed drawing fills the image like the animals in training images."""

from dataclasses import dataclass

import cv2
import numpy as np

_FILLS = 0.9  # ratio of a drawing's longer side to its frame's side
_GAP = 0.035  # pieces of ink closer than this fraction of the image's longest side form one drawing
# A drawing is a separate animal if it has at least these fractions of the largest drawing's ink and size.
_OWN_INK, _OWN_SIDE = 0.2, 0.35
_CRUMB_INK = 0.01  # pieces with less than this fraction of the largest piece's ink are ignored
_FRAMED = 0.72  # a drawing that fills at least this fraction of the image needs no frame


@dataclass(frozen=True)
class Frame:
    """A square region of an image, in pixels. It may extend beyond the image's borders."""

    left: float
    top: float
    side: float

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> "Frame":
        """Return the smallest square around an image, (H, W, ...)."""
        height, width = shape[:2]
        side = max(height, width)
        return cls((width - side) / 2, (height - side) / 2, side)

    def to_source(self, size_px: int) -> np.ndarray:
        """Return the (3, 3) matrix that maps pixels of the frame, scaled to ``size_px``, to image pixels."""
        scale = self.side / size_px
        shift = scale / 2 - 0.5  # coordinates refer to pixel centers
        return np.array([[scale, 0, self.left + shift], [0, scale, self.top + shift], [0, 0, 1.0]])


def find_frames(ink: np.ndarray, *, several: bool = True) -> list[Frame]:
    """Return a frame around each animal, from left to right, or around the image if there is no ink.

    Args:
        ink: (H, W) uint8 or bool, nonzero where there is ink.
        several: whether separate animals get separate frames; otherwise one frame contains everything.
    """
    frames = []
    for x, y, w, h in sorted(_boxes(ink, several)):
        side = max(w, h) / _FILLS
        frames.append(Frame(x + (w - side) / 2, y + (h - side) / 2, side))
    return frames or [Frame.whole(ink.shape)]


def is_framed(ink: np.ndarray) -> bool:
    """Return whether a drawing fills the image so well that it needs no frame."""
    _, _, w, h = cv2.boundingRect((ink > 0).astype(np.uint8))
    return max(w, h) >= _FRAMED * max(ink.shape)


def _boxes(ink: np.ndarray, several: bool) -> list[tuple[int, int, int, int]]:
    """Return the bounding box (x, y, width, height) of each animal or, without ``several``, of all ink."""
    mask = (ink > 0).astype(np.uint8)
    scale = min(1.0, 512 / max(mask.shape))
    small = cv2.resize(mask * 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) > 0
    reach = max(1, round(_GAP * max(small.shape)))
    joined = cv2.dilate(small.astype(np.uint8), np.ones((reach, reach), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    if count < 2:
        return []
    near = cv2.resize(labels.astype(np.float32), mask.shape[::-1], interpolation=cv2.INTER_NEAREST)
    pieces = near.astype(np.int32) * mask
    inks = np.bincount(pieces.ravel(), minlength=count)[1:]
    boxes = np.array([cv2.boundingRect((pieces == i + 1).astype(np.uint8)) for i in range(count - 1)])
    sides, largest = boxes[:, 2:].max(axis=1), int(np.argmax(inks))
    own = (inks >= _OWN_INK * inks[largest]) & (sides >= _OWN_SIDE * sides[largest])
    if not several or own.sum() < 2:
        own = inks >= _CRUMB_INK * inks[largest]
        (x, y), (right, bottom) = boxes[own, :2].min(axis=0), (boxes[own, :2] + boxes[own, 2:]).max(axis=0)
        return [(int(x), int(y), int(right - x), int(bottom - y))]
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h in boxes[own]]


def crop(image: np.ndarray, frame: Frame, *, ground: int = 255) -> np.ndarray:
    """Cut a frame out of an image, (H, W) or (H, W, 3) uint8; return (side, side) or (side, side, 3).

    Pixels beyond the image's borders have the gray level ``ground``.
    """
    left, top, side = round(frame.left), round(frame.top), max(1, round(frame.side))
    square = np.full((side, side, *image.shape[2:]), ground, np.uint8)
    height, width = image.shape[:2]
    y, x = slice(max(0, top), min(height, top + side)), slice(max(0, left), min(width, left + side))
    if y.start < y.stop and x.start < x.stop:
        square[y.start - top : y.stop - top, x.start - left : x.stop - left] = image[y, x]
    return square


def put_back(generated: np.ndarray, original: np.ndarray, to_original: np.ndarray) -> np.ndarray:
    """Paste a generated image, (S, S, 3) uint8, over its drawing in the original image, (H, W, 3) uint8.

    The matrix ``to_original``, (3, 3), maps pixels of the generated image to pixels of the original.
    """
    size = original.shape[1::-1]
    image = cv2.warpPerspective(generated, to_original, size, borderMode=cv2.BORDER_REPLICATE)
    whole = np.ones(generated.shape[:2], np.uint8)
    cover = cv2.warpPerspective(whole, to_original, size, flags=cv2.INTER_NEAREST)
    return np.where(cover[..., None] > 0, image, original).astype(np.uint8)
