"""The probability that a person would draw a line through each pixel.

The method follows Martin, Fowlkes and Malik, "Learning to detect natural image boundaries using local
brightness, color, and texture cues" (PAMI 2004). It measures differences in brightness, color and texture
across each pixel at several scales, and a small classifier combines them. Two changes make it fast. First,
the gradient tensor (Di Zenzo, 1986) of soft histogram bins replaces half-disc histograms. It gives the
strongest difference over all orientations in closed form. Second, cues at large scales are computed on
coarse grids, and only the classifier's hidden units are upsampled.
"""

import cv2
import numpy as np

# Larger images are shrunk to the diagonal of a 256 x 256 image, so that lines do not depend on image size.
WORKING_DIAGONAL_PX = 362.0
CUES = {
    "full": ("brightness_1", "color_1"),
    "half": ("energy_along", "energy_across", "brightness_3", "color_3", "texture_3"),
    "quarter": (
        *("brightness_6", "color_6", "texture_6", "brightness_12", "color_12", "texture_12"),
        *("surround_10", "roughness_6"),
    ),
}
_REFLECT = cv2.BORDER_REFLECT
# Maps OpenCV's 8-bit Lab to lightness in [0, 1] and to a and b in about [-1, 1].
_LAB_SCALE = np.array([[1 / 255, 0, 0, 0], [0, 0.01, 0, -1.28], [0, 0, 0.01, -1.28]], np.float32)
_BRIGHTNESS_BINS, _COLOR_BINS = 6, 5
# The classifier: logit = OUTPUT_WEIGHTS . max(0, WEIGHTS cues + BIAS) + OUTPUT_BIAS. In WEIGHTS, rows are
# hidden units, and columns are cues in the order of `CUES`. Logistic regression fitted the weights to
# human-drawn contours of natural photographs. fmt: off
WEIGHTS = np.array(
    (
        (-0.20, -2.73, 4.61, 0.84, 5.26, -1.16, -0.12, 1.57, -0.09, 0.53, -0.65, 1.27, -0.03, -4.50, 4.80),
        (1.13, -0.88, -1.91, 4.85, 1.86, -1.46, 0.42, 2.76, -1.94, 0.40, 1.42, 0.37, -0.38, -9.61, -2.02),
        (-0.32, 1.89, 1.30, -2.17, 0.57, 2.01, -3.24, 1.23, -0.97, 0.12, -0.04, 2.48, -2.27, -1.74, 0.76),
        (3.27, -2.44, 3.73, -1.14, 0.95, -0.79, -0.93, -1.39, 0.60, -0.21, 1.02, -1.16, 0.62, -4.57, -1.09),
        (-0.08, 5.43, -4.70, 1.64, -0.42, 2.71, 2.95, -0.42, -0.37, 1.69, -0.27, 0.26, 2.29, -2.56, 0.71),
        (-0.77, 0.78, -1.01, -1.38, 0.78, 0.44, 1.76, 1.30, 1.46, 4.16, -1.64, -3.14, -4.72, 4.76, -5.19),
        (1.82, 1.54, -4.97, 0.69, 0.61, -0.84, -5.53, -0.83, -1.39, 1.83, 1.74, 1.63, 1.60, 7.05, -2.10),
        (-1.31, -0.79, -6.01, -0.02, 0.53, 1.46, -3.50, -0.17, 0.87, 3.04, -0.64, -2.26, 1.39, -0.22, -5.20),
        (-1.12, 3.43, -3.44, 8.77, -0.12, 0.82, 0.62, -2.76, -3.78, -4.23, 0.28, 0.72, -0.97, -2.30, -0.04),
        (-2.38, -4.89, 0.52, -4.21, -0.07, -0.97, 1.27, 0.11, -0.20, -6.35, 1.43, 3.51, 4.33, 10.73, -5.52),
        (-2.84, -3.29, 0.89, -4.61, -2.63, -2.71, 2.06, 1.47, 1.20, 8.22, 0.22, 0.34, -7.27, 1.22, 0.16),
        (1.38, -1.52, -12.10, 0.76, -0.12, -2.25, -3.83, 2.27, 2.18, -2.80, -1.37, -2.00, -3.36, 2.62, 7.42),
    ),
    np.float32,
)
# fmt: on
BIAS = np.array((-4.08, -0.44, -1.10, 0.59, -1.47, 0.94, -0.06, 2.06, 2.39, -0.32, 0.91, 2.81), np.float32)
OUTPUT_WEIGHTS = np.array((1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1), np.float32)
OUTPUT_BIAS = np.float32(-0.04)


def _derivatives(channels: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Return Gaussian derivatives in x and y of (h, w, C) float32, as changes over sigma pixels."""
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
    """Sum Di Zenzo's gradient tensor (xx, xy, yy) over all channels; derivatives are (h, w, C)."""
    product = "hwc,hwc->hw"
    return np.einsum(product, gx, gx), np.einsum(product, gx, gy), np.einsum(product, gy, gy)


def _strengths(xx: np.ndarray, xy: np.ndarray, yy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the square roots of the largest and the smallest gradient, given the gradient tensor."""
    total, spread = xx + yy, cv2.sqrt((xx - yy) ** 2 + 4 * xy * xy)
    large, small = (np.maximum(eigenvalue, 0) / 2 for eigenvalue in (total + spread, total - spread))
    return cv2.sqrt(cv2.sqrt(large)), cv2.sqrt(cv2.sqrt(small))


def _soft_bins(values: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    """Return weights, (h, w, count), for triangular bins whose centers range from low to high."""
    centers = np.linspace(low, high, count, dtype=np.float32)
    return np.maximum(1 - np.abs(values[..., None] - centers) / (centers[1] - centers[0]), 0)


def _halve(channels: np.ndarray) -> np.ndarray:
    """Average 2 x 2 blocks of pixels; odd sizes are rounded up."""
    mean = cv2.blur(channels, (2, 2), anchor=(0, 0), borderType=_REFLECT)
    return np.ascontiguousarray(mean[::2, ::2])


def _blur(channel: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(channel, (0, 0), sigma, borderType=_REFLECT)


def cues(image_bgr: np.ndarray) -> dict[str, np.ndarray]:
    """Measure local boundary evidence on three grids for an image, (H, W, 3) uint8.

    Returns:
        Arrays "full" (H, W, 2), "half" (ceil(H / 2), ceil(W / 2), 5) and "quarter" (..., 8), float32. `CUES`
        names their channels; the number in a name is a Gaussian's width in full-grid pixels. All
        values are square roots of contrasts.
    """
    lab = cv2.transform(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2LAB).astype(np.float32), _LAB_SCALE)
    gx, gy = _derivatives(lab, 1.0)
    bright, chroma = _tensor(gx[..., :1], gy[..., :1]), _tensor(gx[..., 1:], gy[..., 1:])
    brightness_1, color_1 = _strengths(*bright)[0], _strengths(*chroma)[0]

    # Fine gradients in one direction indicate a line; fine gradients in all directions indicate a texture.
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
            _soft_bins(chromatic[..., 0], -0.7, 0.7, _COLOR_BINS),
            _soft_bins(chromatic[..., 1], -0.7, 0.7, _COLOR_BINS),
            np.sqrt(np.maximum(_halve(oriented), 0)),  # cv2.blur can round 0 to a negative value
            _halve(grain)[..., None],
        ],
        axis=-1,
    )
    bounds = (0, _BRIGHTNESS_BINS, _BRIGHTNESS_BINS + 2 * _COLOR_BINS, channels.shape[-1])
    groups = [slice(*pair) for pair in zip(bounds[:-1], bounds[1:], strict=True)]

    def contrasts(grid: np.ndarray, sigma: float) -> list[np.ndarray]:
        gx, gy = _derivatives(grid, sigma)
        return [_strengths(*_tensor(gx[..., group], gy[..., group]))[0] for group in groups]

    quarter = _halve(channels)
    surround = _blur(_halve(_halve(brightness_1)), 2.5)
    roughness = _blur(np.ascontiguousarray(quarter[..., -1]), 1.5)
    return {
        "full": cv2.merge([brightness_1, color_1]),
        "half": cv2.merge([along, across, *contrasts(channels, 1.5)]),
        "quarter": cv2.merge([*contrasts(quarter, 1.5), *contrasts(quarter, 3.0), surround, roughness]),
    }


def _enlarge(planes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Enlarge (h, w, C) bilinearly, in groups of at most four channels because cv2.resize takes no more."""
    starts = range(0, planes.shape[-1], 4)
    groups = [cv2.resize(np.ascontiguousarray(planes[..., k : k + 4]), shape[1::-1]) for k in starts]
    return np.concatenate(groups, axis=-1)


def boundary_logit(image_bgr: np.ndarray) -> np.ndarray:
    """Return the log odds that a person would draw a line through each pixel, (h, w) float32.

    Larger images are first shrunk to the diagonal of a 256 x 256 image.
    """
    height, width = image_bgr.shape[:2]
    scale = min(1.0, WORKING_DIAGONAL_PX / float(np.hypot(height, width)) + 1e-3)
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image_bgr = cv2.resize(image_bgr, size, interpolation=cv2.INTER_AREA)
    planes = cues(image_bgr)
    first, second = len(CUES["full"]), len(CUES["full"]) + len(CUES["half"])
    coarse = _enlarge(planes["quarter"] @ WEIGHTS[:, second:].T + BIAS, planes["half"].shape)
    middle = _enlarge(planes["half"] @ WEIGHTS[:, first:second].T + coarse, planes["full"].shape)
    hidden = planes["full"] @ WEIGHTS[:, :first].T
    hidden += middle
    return (np.maximum(hidden, 0, out=hidden) @ OUTPUT_WEIGHTS + OUTPUT_BIAS).astype(np.float32)
