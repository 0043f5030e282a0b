"""The probability that a person would draw a line through each pixel.

The method follows Martin, Fowlkes and Malik, "Learning to detect natural image boundaries using local
brightness, color, and texture cues" (PAMI 2004): differences of brightness, colour and texture between the
two sides of a pixel, at several scales, weighed by a small classifier. Two changes make it fast. Their
half-disc histograms, compared at eight orientations, become soft histogram bins treated as channels of one
image, whose gradient tensor (Di Zenzo, 1986) gives the strongest difference over all orientations in closed
form. And each cue lives on the coarsest grid that carries it; because the first layer of the classifier is
linear, only its few outputs are brought back to the full grid, not every cue.
"""

import cv2
import numpy as np

from data.edges.boundary_weights import BIAS, OUTPUT_BIAS, OUTPUT_WEIGHTS, WEIGHTS

# A 256 x 256 image; larger ones are shrunk to it, so that their drawing stays the same.
WORKING_DIAGONAL_PX = 362.0
CUES = {
    "full": ("brightness_1", "colour_1"),
    "half": ("energy_along", "energy_across", "brightness_3", "colour_3", "texture_3"),
    "quarter": (
        "brightness_6",
        "colour_6",
        "texture_6",
        "brightness_12",
        "colour_12",
        "texture_12",
        "surround_10",
        "roughness_6",
    ),
}
_REFLECT = cv2.BORDER_REFLECT
# OpenCV's 8-bit Lab to lightness in [0, 1] and a, b in about [-1, 1].
_LAB_SCALE = np.array([[1 / 255, 0, 0, 0], [0, 0.01, 0, -1.28], [0, 0, 0.01, -1.28]], np.float32)
_BRIGHTNESS_BINS, _COLOUR_BINS = 6, 5


def _derivatives(channels: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Differentiate in x and y at Gaussian width sigma, per sigma pixels; (h, w, C) float32 in and out."""
    radius = max(1, int(np.ceil(2.5 * sigma)))
    x = np.arange(-radius, radius + 1, dtype=np.float32)
    smooth = np.exp(-x * x / (2 * sigma * sigma))
    smooth /= smooth.sum()
    slope = sigma * x * smooth / (x * x * smooth).sum()
    return (
        cv2.sepFilter2D(channels, cv2.CV_32F, slope, smooth, borderType=_REFLECT),
        cv2.sepFilter2D(channels, cv2.CV_32F, smooth, slope, borderType=_REFLECT),
    )


def _tensor(gx: np.ndarray, gy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum Di Zenzo's gradient tensor (xx, xy, yy) over the channels of (h, w, C) derivatives."""
    product = "hwc,hwc->hw"
    return np.einsum(product, gx, gx), np.einsum(product, gx, gy), np.einsum(product, gy, gy)


def _strengths(xx: np.ndarray, xy: np.ndarray, yy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return fourth roots of a tensor's eigenvalues: square roots of the largest and smallest gradient."""
    total, spread = xx + yy, cv2.sqrt((xx - yy) ** 2 + 4 * xy * xy)
    large, small = (np.maximum(eigenvalue, 0) / 2 for eigenvalue in (total + spread, total - spread))
    return cv2.sqrt(cv2.sqrt(large)), cv2.sqrt(cv2.sqrt(small))


def _contrast(gx: np.ndarray, gy: np.ndarray) -> np.ndarray:
    """Return the larger of the two strengths of the channels' tensor."""
    return _strengths(*_tensor(gx, gy))[0]


def _soft_bins(values: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    """Return memberships (h, w, count) in triangular bins whose centres run from low to high."""
    centres = np.linspace(low, high, count, dtype=np.float32)
    return np.maximum(1 - np.abs(values[..., None] - centres) / (centres[1] - centres[0]), 0)


def _halve(channels: np.ndarray) -> np.ndarray:
    """Average 2 x 2 blocks; any number of channels, odd sizes round up."""
    mean = cv2.blur(channels, (2, 2), anchor=(0, 0), borderType=_REFLECT)
    return np.ascontiguousarray(mean[::2, ::2])


def _blur(channel: np.ndarray, sigma: float) -> np.ndarray:
    """Blur with a Gaussian."""
    return cv2.GaussianBlur(channel, (0, 0), sigma, borderType=_REFLECT)


def cues(image_bgr: np.ndarray) -> dict[str, np.ndarray]:
    """Measure local evidence for a boundary, on three grids.

    Args:
        image_bgr: (H, W, 3) uint8.

    Returns:
        "full" (h, w, 2), "half" (ceil(h / 2), ceil(w / 2), 5) and "quarter" (..., 8) float32 arrays whose
        channels are named in `CUES`; all are square roots of contrasts, >= 0. The number in a name is the
        width of the Gaussian in pixels of the full grid.
    """
    lab = cv2.transform(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2LAB).astype(np.float32), _LAB_SCALE)
    gx, gy = _derivatives(lab, 1.0)
    bright, chroma = _tensor(gx[..., :1], gy[..., :1]), _tensor(gx[..., 1:], gy[..., 1:])
    brightness_1, colour_1 = _strengths(*bright)[0], _strengths(*chroma)[0]

    # The energy of fine gradients of any one direction (a line) or of all directions (a texture).
    energy = _halve(cv2.merge([b + c for b, c in zip(bright, chroma, strict=True)]))
    along, across = _strengths(*cv2.split(_blur(energy, 1.5)))

    half = _halve(lab)
    chromatic = np.sign(half[..., 1:]) * np.sqrt(np.abs(half[..., 1:]))
    lightness, dx, dy = (np.ascontiguousarray(planes[..., 0]) for planes in (lab, gx, gy))
    grain = cv2.sqrt(np.abs(lightness - _blur(lightness, 2.0)))
    oriented = np.abs(cv2.merge([dx, dy, 0.7 * (dx + dy), 0.7 * (dx - dy)]))
    channels = np.concatenate(
        [
            _soft_bins(half[..., 0], 0.0, 1.0, _BRIGHTNESS_BINS),
            _soft_bins(chromatic[..., 0], -0.7, 0.7, _COLOUR_BINS),
            _soft_bins(chromatic[..., 1], -0.7, 0.7, _COLOUR_BINS),
            np.sqrt(np.maximum(_halve(oriented), 0)),  # cv2.blur's running sums leave rounding below 0
            _halve(grain)[..., None],
        ],
        axis=-1,
    )
    bounds = (0, _BRIGHTNESS_BINS, _BRIGHTNESS_BINS + 2 * _COLOUR_BINS, channels.shape[-1])
    groups = [slice(*pair) for pair in zip(bounds[:-1], bounds[1:], strict=True)]

    def contrasts(grid: np.ndarray, sigma: float) -> list[np.ndarray]:
        """Measure brightness, colour and texture contrast at one width."""
        gx, gy = _derivatives(grid, sigma)
        return [_contrast(gx[..., group], gy[..., group]) for group in groups]

    quarter = _halve(channels)
    surround = _blur(_halve(_halve(brightness_1)), 2.5)
    roughness = _blur(np.ascontiguousarray(quarter[..., -1]), 1.5)
    return {
        "full": cv2.merge([brightness_1, colour_1]),
        "half": cv2.merge([along, across, *contrasts(channels, 1.5)]),
        "quarter": cv2.merge([*contrasts(quarter, 1.5), *contrasts(quarter, 3.0), surround, roughness]),
    }


def _mix(weights: np.ndarray, planes: np.ndarray) -> np.ndarray:
    """Return the weighted sums (h, w, hidden) of planes (h, w, C)."""
    return planes @ weights.T


def _enlarge(planes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Enlarge (h, w, C) to shape bilinearly; in groups of four, the most that cv2.resize takes."""
    size = (shape[1], shape[0])
    groups = [
        cv2.resize(np.ascontiguousarray(planes[..., k : k + 4]), size, interpolation=cv2.INTER_LINEAR)
        for k in range(0, planes.shape[-1], 4)
    ]
    return np.concatenate(groups, axis=-1)


def boundary_logit(image_bgr: np.ndarray) -> np.ndarray:
    """Return the log odds that a person would draw a line through each pixel.

    Args:
        image_bgr: (H, W, 3) uint8, any size.

    Returns:
        (h, w) float32; its logistic function is a probability. (h, w) = (H, W) for images whose diagonal is
        no longer than that of 256 x 256; larger images are shrunk to it first.
    """
    height, width = image_bgr.shape[:2]
    scale = min(1.0, WORKING_DIAGONAL_PX / float(np.hypot(height, width)) + 1e-3)
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image_bgr = cv2.resize(image_bgr, size, interpolation=cv2.INTER_AREA)
    planes = cues(image_bgr)
    first, second = len(CUES["full"]), len(CUES["full"]) + len(CUES["half"])
    coarse = _enlarge(_mix(WEIGHTS[:, second:], planes["quarter"]) + BIAS, planes["half"].shape)
    middle = _enlarge(_mix(WEIGHTS[:, first:second], planes["half"]) + coarse, planes["full"].shape)
    hidden = _mix(WEIGHTS[:, :first], planes["full"])
    hidden += middle
    return (np.maximum(hidden, 0, out=hidden) @ OUTPUT_WEIGHTS + OUTPUT_BIAS).astype(np.float32)
