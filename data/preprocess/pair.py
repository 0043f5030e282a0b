"""Functions that make a pair from an image: a square photo, and its edge map with color hints."""

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from data import edges
from data.choices import EDGE_METHODS, GROUNDS, HINTS, PADS, RESIZES
from data.ground import animal_mask, without_gaps
from data.hints import color_hint, shade_flat_areas, with_lines

_PLAIN_BORDER_STD = 6.0  # maximum standard deviation of the gray levels in a plain border (for --pad auto)
_LOOK_AT_PX = 1024  # longest side at which an image's kind is detected
_INK, _FILLED = 96, 0.5  # in a silhouette, more than _FILLED of the animal is darker than _INK
# In a colored drawing, areas wider than strokes cover at least _COLORED of the animal. They are
# darker than _PAPER, and either lighter than _INK or more saturated than _SATURATED.
_COLORED, _STROKE_PX, _PAPER, _SATURATED = 0.02, 9, 225, 40
_MARGIN = 0.04  # margin on each side of a cut-out animal, as a fraction of the square
_OUTLINE_PX = 2  # lines within this distance of a mask's outline are replaced by the outline


@dataclass(frozen=True)
class EdgeSettings:
    """Edge extraction settings, which preprocess.py records for train.py and test.py.

    Attributes:
        edges: ``auto_canny``, ``contour`` or ``detail``.
        sigma: half-width of auto_canny's threshold band.
        resize, pad: see `make_square`.
        keep_checkerboard: whether to keep a checkerboard that imitates transparency.
        ground: ``white``: make the background white, without lines; ``keep``: do not change it.
        hints: ``color``: add color hints under the lines; ``none``: do not add hints.
    """

    edges: str = "auto_canny"
    sigma: float = 0.33
    resize: str = "seed"
    pad: str = "replicate"
    keep_checkerboard: bool = False
    ground: str = "keep"
    hints: str = "none"

    @classmethod
    def from_json(cls, value: Any) -> "EdgeSettings | None":
        """Return the settings in a record, or None if the record contains no valid settings."""
        if not isinstance(value, dict):
            return None
        known = {name: value[name] for name in asdict(cls()) if name in value}
        settings = cls(**known)
        choices = {"edges": EDGE_METHODS, "resize": RESIZES, "pad": PADS, "ground": GROUNDS, "hints": HINTS}
        usable = all(getattr(settings, name) in allowed for name, allowed in choices.items())
        usable = usable and isinstance(settings.sigma, (int, float)) and 0 <= settings.sigma < 1
        return settings if usable and isinstance(settings.keep_checkerboard, bool) else None


def image_kind(rgb: np.ndarray, input_kind: str) -> str:
    """Return ``input_kind`` or, if it is ``auto``, the detected kind: ``photo``, ``lineart`` or ``edges``."""
    if input_kind != "auto":
        return input_kind
    # The detection does not depend on channel order, so RGB is fine.
    step = max(1, max(rgb.shape[:2]) // _LOOK_AT_PX)
    return edges.classify_input(np.ascontiguousarray(rgb[::step, ::step]))


def make_square(rgb: np.ndarray, size_px: int, *, resize: str = "seed", pad: str = "replicate") -> np.ndarray:
    """Scale an image so that its longest side has ``size_px`` pixels, and pad the image to a square.

    Args:
        rgb: (H, W, 3) uint8.
        size_px: side of the square.
        resize: ``seed``: bilinear without anti-aliasing, exactly as in the original system; ``area``: area
            averaging when shrinking.
        pad: ``replicate``: repeat the border; ``white``: fill with white; ``auto``: repeat a border if it is
            plain, otherwise fill with white.
    """
    height, width = rgb.shape[:2]
    longest = max(height, width)
    new_height, new_width = (max(1, side * size_px // longest) for side in (height, width))
    shrinks = longest > size_px
    interpolation = cv2.INTER_AREA if resize == "area" and shrinks else cv2.INTER_LINEAR
    scaled = cv2.resize(np.ascontiguousarray(rgb), (new_width, new_height), interpolation=interpolation)
    sides = _margins(scaled, size_px)
    if pad == "white":
        return cv2.copyMakeBorder(scaled, *sides, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    square = cv2.copyMakeBorder(scaled, *sides, cv2.BORDER_REPLICATE)
    if pad == "auto":
        _whiten_streaks(square, scaled, sides)
    return square


def _margins(image: np.ndarray, size_px: int) -> tuple[int, int, int, int]:
    """Return the padding (top, bottom, left, right) that centers an image in a square."""
    height, width = image.shape[:2]
    top, left = (size_px - height) // 2, (size_px - width) // 2
    return top, size_px - height - top, left, size_px - width - left


def _whiten_streaks(square: np.ndarray, scaled: np.ndarray, sides: tuple[int, int, int, int]) -> None:
    """Whiten padding in place where the repeated border forms streaks."""
    top, bottom, left, right = sides
    strips: list[Any] = [(top, scaled[0], np.s_[:top]), (bottom, scaled[-1], np.s_[-bottom:])]
    strips += [(left, scaled[:, 0], np.s_[:, :left]), (right, scaled[:, -1], np.s_[:, -right:])]
    for width, border, where in strips:
        if width and border.astype(np.float32).std(axis=0).max() > _PLAIN_BORDER_STD:
            square[where] = 255


@dataclass(frozen=True)
class Prepared:
    """The parts of a pair.

    Attributes:
        square: the photo or drawing, (S, S, 3) uint8 RGB.
        edges: (S, S) uint8 in {0, 255}.
        condition: the generator's input, (S, S, 3) uint8: edges over color hints, if there are any.
        mask: (S, S) bool, True on the animal; None if no animal was found or searched for.
    """

    square: np.ndarray
    edges: np.ndarray
    condition: np.ndarray
    mask: np.ndarray | None


def prepare(
    rgb: np.ndarray,
    size_px: int,
    settings: EdgeSettings,
    *,
    kind: str = "photo",
    alpha: np.ndarray | None = None,
    shade: bool = False,
) -> Prepared:
    """Make an image square, and extract its edges and, if the settings require them, color hints.

    Args:
        rgb: (H, W, 3) uint8, in which transparent parts are white.
        size_px: side S of the square.
        settings: extraction settings.
        kind: ``photo``, ``lineart`` (each stroke becomes one line) or ``edges`` (lines are only thinned).
        alpha: alpha channel of a cut-out, (H, W) uint8; None: an opaque image. Cut-outs are centered.
        shade: whether to shade flat colors in the hint, as for drawings.
    """
    if alpha is not None and kind != "edges":
        square, mask = _cut_out(rgb, alpha, size_px)
    else:
        square, mask = _opaque_square(rgb, size_px, settings, kind), None
        if kind != "edges" and (settings.ground == "white" or settings.hints == "color"):
            mask = animal_mask(square)
            if mask is not None and (kind == "photo" or _is_silhouette(square, mask)):
                mask = without_gaps(square, mask)
    return of_square(square, mask, settings, kind=kind, shade=shade)


def of_square(
    square: np.ndarray,
    mask: np.ndarray | None,
    settings: EdgeSettings,
    *,
    kind: str = "photo",
    shade: bool = False,
) -> Prepared:
    """Make the background of a square image white, and extract edges and color hints like `prepare`.

    Args:
        square: (S, S, 3) uint8 RGB.
        mask: (S, S) bool, True on the animal; None: do not change the background, and extract no hints.
        settings, kind, shade: as for `prepare`.
    """
    if mask is not None:
        square = np.where(mask[..., None], square, 255).astype(np.uint8)
    bgr = np.ascontiguousarray(square[..., ::-1])
    lines = edges.extract_edges(bgr, settings.edges, input_kind=kind, sigma=settings.sigma)
    if mask is not None and kind == "photo":
        lines = _with_outline(lines, mask)
    hint = np.zeros_like(square)
    if settings.hints == "color" and mask is not None and (kind == "photo" or _has_fills(square, mask)):
        hint = color_hint(shade_flat_areas(square, mask, lines) if shade else square, mask)
    return Prepared(square, lines, with_lines(hint, lines), mask)


def _has_fills(square: np.ndarray, mask: np.ndarray) -> bool:
    """Return whether a drawing is a silhouette or has fill colors."""
    lightest, darkest = square.max(2), square.min(2)
    colored = (darkest < _PAPER) & ((lightest >= _INK) | (lightest - darkest > _SATURATED)) & mask
    areas = cv2.morphologyEx(colored.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_STROKE_PX,) * 2, np.uint8))
    return _is_silhouette(square, mask) or bool(areas.sum() > _COLORED * mask.sum())


def _is_silhouette(square: np.ndarray, mask: np.ndarray) -> bool:
    return bool(mask.any()) and float((square.max(2)[mask] < _INK).mean()) > _FILLED


def _opaque_square(rgb: np.ndarray, size_px: int, settings: EdgeSettings, kind: str) -> np.ndarray:
    """Make an opaque image square, and replace a checkerboard that imitates transparency with white."""
    # Thin lines survive shrinking only with area averaging.
    resize = settings.resize if kind == "photo" else "area"
    fake_transparency = kind == "photo" and not settings.keep_checkerboard
    # Detection is best at full size, where cells are sharp, but slow for large images.
    early = max(rgb.shape[:2]) <= 4 * size_px
    if fake_transparency and early:
        rgb = _without_checkerboard(rgb)
    square = make_square(rgb, size_px, resize=resize, pad=settings.pad)
    return _without_checkerboard(square) if fake_transparency and not early else square


def _cut_out(rgb: np.ndarray, alpha: np.ndarray, size_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Center the opaque part of a cut-out on a white square; return the square and the part's mask."""
    rows, columns = np.flatnonzero(alpha.max(1) >= 128), np.flatnonzero(alpha.max(0) >= 128)
    if not rows.size:
        return np.full((size_px, size_px, 3), 255, np.uint8), np.zeros((size_px, size_px), bool)
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = alpha[box].shape
    scale = (1 - 2 * _MARGIN) * size_px / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = [cv2.resize(np.ascontiguousarray(x[box]), size, interpolation=how) for x in (rgb, alpha)]
    sides = _margins(scaled[0], size_px)
    square = cv2.copyMakeBorder(scaled[0], *sides, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    return square, cv2.copyMakeBorder(scaled[1], *sides, cv2.BORDER_CONSTANT, value=0) >= 128


def _with_outline(lines: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Replace lines near a mask's outline with the outline, and remove lines outside the mask."""
    inside = mask.astype(np.uint8)
    outline = inside - cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=0)
    kernel = np.ones((2 * _OUTLINE_PX + 1,) * 2, np.uint8)
    inner = cv2.erode(inside, kernel, borderValue=0)
    return np.maximum(lines * inner, outline * 255)


def _without_checkerboard(rgb: np.ndarray) -> np.ndarray:
    cleaned, _ = edges.remove_checkerboard(np.ascontiguousarray(rgb[..., ::-1]))
    return cleaned[..., ::-1]


def pair(square: np.ndarray, condition: np.ndarray) -> np.ndarray:
    """Join a photo and a condition, each (H, W, 3) uint8, side by side."""
    return np.concatenate([square, condition], axis=1)
