"""Making one pair of one image: make it square, extract its edge map."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from data import edges
from data.choices import EDGE_METHODS, PADS, RESIZES

# Grey levels within which a border counts as plain, for pad auto.
_PLAIN_BORDER_STD = 6.0
# The kind of an image is decided at this longest side.
_LOOK_AT_PX = 1024


@dataclass(frozen=True)
class EdgeSettings:
    """How the edges of a training set are extracted; train.py and test.py read it from preprocess.json.

    Attributes:
        edges: ``auto_canny`` or ``contour``.
        sigma: half-width of auto_canny's band of thresholds.
        resize: ``seed`` (bilinear, exact to the original) or ``area`` (anti-aliased).
        pad: ``replicate``, ``white`` or ``auto``.
        keep_checkerboard: leave baked-in fake transparency as it is.
    """

    edges: str = "auto_canny"
    sigma: float = 0.33
    resize: str = "seed"
    pad: str = "replicate"
    keep_checkerboard: bool = False

    @classmethod
    def from_json(cls, value: Any) -> EdgeSettings | None:
        """Take settings from a file of a run or a folder; None where it holds no usable ones."""
        if not isinstance(value, dict):
            return None
        known = {name: value[name] for name in asdict(cls()) if name in value}
        choices = {"edges": EDGE_METHODS, "resize": RESIZES, "pad": PADS}
        usable = all(known.get(name, allowed[0]) in allowed for name, allowed in choices.items())
        sigma = known.get("sigma", cls.sigma)
        usable = usable and isinstance(sigma, (int, float)) and 0 <= sigma < 1
        return cls(**known) if usable and isinstance(known.get("keep_checkerboard", False), bool) else None


def image_kind(rgb: np.ndarray, input_kind: str) -> str:
    """Return ``photo``, ``lineart`` or ``edges``: input_kind, or for ``auto`` what the image looks like.

    Args:
        rgb: (H, W, 3) uint8.
        input_kind: one of the three, or auto.
    """
    if input_kind != "auto":
        return input_kind
    # Every n-th pixel of a camera's image tells as much, and the order of the channels does not matter.
    step = max(1, max(rgb.shape[:2]) // _LOOK_AT_PX)
    return edges.classify_input(np.ascontiguousarray(rgb[::step, ::step]))


def make_square(rgb: np.ndarray, size_px: int, *, resize: str = "seed", pad: str = "replicate") -> np.ndarray:
    """Scale the longest side to size_px and pad the other to the middle of a square.

    Args:
        rgb: (H, W, 3) uint8.
        size_px: side of the square.
        resize: ``seed``: bilinear without anti-aliasing, exact to the original system's pixels; ``area``:
            averaged over areas when shrinking.
        pad: ``replicate``: the border's pixels; ``white``; ``auto``: each border if it is plain, else white.

    Returns:
        (size_px, size_px, 3) uint8.
    """
    height, width = rgb.shape[:2]
    longest = max(height, width)
    new_height, new_width = (max(1, side * size_px // longest) for side in (height, width))
    shrinks = longest > size_px
    interpolation = cv2.INTER_AREA if resize == "area" and shrinks else cv2.INTER_LINEAR
    scaled = cv2.resize(np.ascontiguousarray(rgb), (new_width, new_height), interpolation=interpolation)
    top, left = (size_px - new_height) // 2, (size_px - new_width) // 2
    sides = (top, size_px - new_height - top, left, size_px - new_width - left)
    if pad == "white":
        return cv2.copyMakeBorder(scaled, *sides, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    square = cv2.copyMakeBorder(scaled, *sides, cv2.BORDER_REPLICATE)
    if pad == "auto":
        _whiten_streaks(square, scaled, sides)
    return square


def _whiten_streaks(square: np.ndarray, scaled: np.ndarray, sides: tuple[int, int, int, int]) -> None:
    """Fill padding with white, in place, where the border is not plain: repeating it would make streaks."""
    top, bottom, left, right = sides
    size = square.shape[0]
    strips = (
        (top, scaled[0], np.s_[:top]),
        (bottom, scaled[-1], np.s_[size - bottom :]),
        (left, scaled[:, 0], np.s_[:, :left]),
        (right, scaled[:, -1], np.s_[:, size - right :]),
    )
    for width, border, where in strips:
        if width and border.astype(np.float32).std(axis=0).max() > _PLAIN_BORDER_STD:
            square[where] = 255


def square_and_edges(
    rgb: np.ndarray, size_px: int, settings: EdgeSettings, *, kind: str = "photo"
) -> tuple[np.ndarray, np.ndarray]:
    """Make the image square and extract the edges of the square.

    Args:
        rgb: (H, W, 3) uint8.
        size_px: side of the square.
        settings: how to pad, resize and extract.
        kind: ``photo``, ``lineart`` (one line for every stroke) or ``edges`` (thinned, else as they are).

    Returns:
        (size_px, size_px, 3) uint8 RGB and (size_px, size_px) uint8 in {0, 255}.
    """
    # Thin lines survive shrinking only if areas are averaged.
    resize = settings.resize if kind == "photo" else "area"
    fake_transparency = kind == "photo" and not settings.keep_checkerboard
    # Detected at full size, where its squares are sharp, unless the image is so large that this is slow.
    early = max(rgb.shape[:2]) <= 4 * size_px
    if fake_transparency and early:
        rgb = _without_checkerboard(rgb)
    square = make_square(rgb, size_px, resize=resize, pad=settings.pad)
    if fake_transparency and not early:
        square = _without_checkerboard(square)
    bgr = np.ascontiguousarray(square[..., ::-1])
    return square, edges.extract_edges(bgr, settings.edges, input_kind=kind, sigma=settings.sigma)


def _without_checkerboard(rgb: np.ndarray) -> np.ndarray:
    """Make the fake transparency of an (H, W, 3) RGB image white."""
    cleaned, _ = edges.remove_checkerboard(np.ascontiguousarray(rgb[..., ::-1]))
    return cleaned[..., ::-1]


def pair(square: np.ndarray, edge_map: np.ndarray) -> np.ndarray:
    """Put photo | edges side by side: (H, W, 3) and (H, W) uint8 -> (H, 2 W, 3) uint8 RGB."""
    return np.concatenate([square, np.repeat(edge_map[..., None], 3, axis=2)], axis=1)
