"""Fake transparency: the grey and white checkerboard baked into images from the web, made white.

A checkerboard sin(ax + p) sin(by + q) is the only common ground whose spectrum has two equally strong peaks,
at (a, b) and (a, -b). The peaks give cell sizes and phases to a fraction of a pixel, and with them the tone
that the ground has at every pixel; what agrees with it, cell after cell, is ground. White fur does not: it is
light in dark cells too.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from data.edges.checks import require_bgr

_DETECTION_SIDE_PX = 512  # larger images are searched at this size
_MIN_CELL_PX, _MIN_CELLS = 2.5, 5
_DARKEST_TONE, _MAX_CHROMA = 150, 14
_MIN_CONTRAST = 5.0
_MAX_SPREAD = 4.0  # median distance from its own tone; compression noise, not fur or clouds
_MIN_AGREEMENT, _MIN_GROUND = 0.6, 0.03


@dataclass(frozen=True)
class _Axis:
    """One axis of a checkerboard: sin(frequency * position + phase) changes sign from cell to cell."""

    frequency: float
    phase: float

    @property
    def cell_px(self) -> float:
        """Return the side of a cell in pixels."""
        return np.pi / self.frequency

    def wave(self, length: int) -> np.ndarray:
        """Return the wave (length,), float32 in [-1, 1]."""
        return np.sin(self.frequency * np.arange(length) + self.phase).astype(np.float32)


def _light_ground(image_bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return grey values (H, W) float32, and a bool mask (H, W) of possible ground: light, without colour."""
    blue, green, red = cv2.split(image_bgr)
    low, high = cv2.min(cv2.min(blue, green), red), cv2.max(cv2.max(blue, green), red)
    return image_bgr[..., 1].astype(np.float32), (high - low <= _MAX_CHROMA) & (low >= _DARKEST_TONE)


def _deviation(grey: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Subtract the mean over the light pixels from grey values; zero elsewhere."""
    return np.where(light, grey - grey[light].mean(), 0).astype(np.float32)


def _coarse_frequencies(deviation: np.ndarray) -> tuple[float, float] | None:
    """Find the angular frequencies (x, y) of the strongest diagonal peaks, on the Fourier grid."""
    height, width = deviation.shape
    spectrum = np.abs(np.fft.rfft2(deviation))
    rows = np.arange(1, (height - 1) // 2 + 1)
    columns = np.arange(1, (width - 1) // 2 + 1)
    # A cell is half a period long.
    rows = rows[(rows >= _MIN_CELLS / 2) & (height / (2 * rows) >= _MIN_CELL_PX)]
    columns = columns[(columns >= _MIN_CELLS / 2) & (width / (2 * columns) >= _MIN_CELL_PX)]
    if not len(rows) or not len(columns):
        return None
    pair = np.minimum(spectrum[rows][:, columns], spectrum[-rows][:, columns])
    # Cells are square but for a rescaling of the image; a silhouette's spectrum falls with the frequency.
    frequency_y, frequency_x = 2 * np.pi * rows / height, 2 * np.pi * columns / width
    ratio = frequency_y[:, None] / frequency_x[None, :]
    weight = np.hypot(frequency_y[:, None], frequency_x[None, :])
    pair = np.where((ratio > 0.4) & (ratio < 2.5), pair * weight, 0)
    row, column = np.unravel_index(np.argmax(pair), pair.shape)
    return float(frequency_x[column]), float(frequency_y[row])


def _refine(deviation: np.ndarray, frequency_x: float, frequency_y: float) -> tuple[_Axis, _Axis]:
    """Find the frequencies between the grid's lines, and the phases, that fit best."""
    height, width = deviation.shape
    for reach in (1.0, 0.15):
        offsets = np.linspace(-reach, reach, 21)
        candidates_x = frequency_x + offsets * 2 * np.pi / width
        candidates_y = frequency_y + offsets * 2 * np.pi / height
        right = np.exp(-1j * np.outer(np.arange(width), candidates_x)).astype(np.complex64)
        left = np.exp(-1j * np.outer(candidates_y, np.arange(height))).astype(np.complex64)
        columns = deviation @ right
        down, up = left @ columns, left.conj() @ columns
        row, column = np.unravel_index(np.argmax(np.abs(down) * np.abs(up)), down.shape)
        frequency_x, frequency_y = float(candidates_x[column]), float(candidates_y[row])
    # sin A sin B = (cos(A - B) - cos(A + B)) / 2 with A = ax + p, B = by + q.
    plus, minus = np.angle(-down[row, column]), np.angle(up[row, column])
    return _Axis(frequency_x, float(plus + minus) / 2), _Axis(frequency_y, float(plus - minus) / 2)


def _padding(grey: np.ndarray, light: np.ndarray, cell_px: float, step: float) -> tuple[int, int]:
    """Count the rows repeated at the top and at the bottom by replicate padding."""
    lag = max(1, round(cell_px / 4))  # in an enlarged image cells end softly
    both = light[lag:] & light[:-lag]
    change = (np.abs(grey[lag:] - grey[:-lag]) * both).sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    moves = np.flatnonzero((change > step) & (both.mean(axis=1) > 0.05))
    if not len(moves):
        return 0, 0
    half = (lag + 1) // 2
    top, bottom = int(moves[0]) + half, len(grey) - int(moves[-1]) - half
    return (top if top > 1.5 * cell_px else 0), (bottom if bottom > 1.5 * cell_px else 0)


def _expected_signs(grey: np.ndarray, light: np.ndarray, x: _Axis, y: _Axis, contrast: float) -> np.ndarray:
    """Return the checkerboard (H, W) float32 in [-1, 1], > 0 in light cells, with its streaks in padding."""
    height, width = grey.shape
    wave_x, wave_y = x.wave(width), y.wave(height)
    top, bottom = _padding(grey, light, y.cell_px, 0.2 * contrast)
    left, right = _padding(grey.T, light.T, x.cell_px, 0.2 * contrast)
    # Where lines repeat, the wave across them stands still, at the sign that the streaks have.
    deviation = _deviation(grey, light)
    for wave, along, pads, turned in (
        (wave_y, wave_x, (top, bottom), deviation),
        (wave_x, wave_y, (left, right), deviation.T),
    ):
        for part in (slice(0, pads[0]), slice(len(wave) - pads[1], len(wave))):
            streaks = turned[part] @ along
            if len(streaks):
                wave[part] = np.sign(streaks.mean()) or 1.0
    return wave_y[:, None] * wave_x[None, :]


def _candidates(grey: np.ndarray, light: np.ndarray) -> list[tuple[_Axis, _Axis]]:
    """List possible axes: as measured, and with square cells of either measured side."""
    height, width = grey.shape
    scale = min(1.0, _DETECTION_SIDE_PX / max(height, width))
    deviation = _deviation(grey, light)
    small = deviation
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(deviation, size, interpolation=cv2.INTER_AREA)
    frequencies = _coarse_frequencies(small)
    if frequencies is None:
        return []
    x, y = frequencies[0] * small.shape[1] / width, frequencies[1] * small.shape[0] / height
    # An animal in the middle leaves the wave at the sides only, where one wave more or less fits nearly as
    # well.
    return [_refine(deviation, *start) for start in ((x, y), (x, x), (y, y))]


def _box_mean(values: np.ndarray, x: _Axis, y: _Axis) -> np.ndarray:
    """Average over two cells by two cells, in which light and dark ground balance."""
    size = (max(3, round(2 * x.cell_px)), max(3, round(2 * y.cell_px)))
    return cv2.blur(values, size, borderType=cv2.BORDER_REFLECT)


def _tone(grey: np.ndarray, cells: np.ndarray) -> tuple[float, float]:
    """Return the commonest grey value within cells, and the median distance from the median."""
    values = grey[cells]
    histogram = np.bincount(values.astype(np.int64), minlength=256)
    spread = float(np.median(np.abs(values - np.median(values))))
    return float(np.argmax(np.convolve(histogram, np.ones(5), mode="same"))), spread


@dataclass(frozen=True)
class _Fit:
    """A checkerboard laid over an image."""

    x: _Axis
    y: _Axis
    signs: np.ndarray  # (H, W) float32 in [-1, 1], > 0 in light cells
    tones: tuple[float, float]  # dark, light
    seeds: np.ndarray  # (H, W) bool, where light and dark cells agree with the image


def _fit(grey: np.ndarray, light: np.ndarray, x: _Axis, y: _Axis) -> _Fit | None:
    """Fit a checkerboard with these axes to the image; None if it does not fit."""
    core = np.outer(y.wave(len(grey)), x.wave(grey.shape[1]))
    bright, dark = light & (core > 0.5), light & (core < -0.5)
    if not bright.any() or not dark.any():
        return None
    (high, spread_high), (low, spread_low) = _tone(grey, bright), _tone(grey, dark)
    if high - low < _MIN_CONTRAST or (spread_high + spread_low) / 2 > _MAX_SPREAD:
        return None
    signs = _expected_signs(grey, light, x, y, high - low)
    inside = (np.abs(signs) > 0.5).astype(np.float32)
    votes = np.clip((grey - (high + low) / 2) / ((high - low) / 2), -1, 1) * light * np.sign(signs) * inside
    agreement = _box_mean(votes.astype(np.float32), x, y) / np.maximum(_box_mean(inside, x, y), 0.1)
    return _Fit(x, y, signs, (low, high), agreement > _MIN_AGREEMENT)


def _ground(grey: np.ndarray, light: np.ndarray) -> np.ndarray | None:
    """Return the checkerboard's bool mask (H, W), or None if there is none."""
    fits = [fit for axes in _candidates(grey, light) if (fit := _fit(grey, light, *axes)) is not None]
    if not fits:
        return None
    best = max(fits, key=lambda fit: fit.seeds.mean())
    if best.seeds.mean() < _MIN_GROUND:
        return None
    # Between the seeds and the animal: pixels of the right tone, or of any tone between the two at a cell's
    # border.
    low, high = best.tones
    slack = max(7.0, 0.4 * (high - low))
    expected = np.where(best.signs > 0, high, low)
    between = (grey > low - slack) & (grey < high + slack)
    matches = light & between & ((np.abs(best.signs) <= 0.5) | (np.abs(grey - expected) < slack))
    reach = (2 * round(0.8 * best.x.cell_px) + 1, 2 * round(0.8 * best.y.cell_px) + 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, reach)
    near = cv2.dilate(best.seeds.astype(np.uint8), kernel) > 0
    ground = _connected(matches & near, best.seeds & matches)
    return ground | _specks(matches & near, light & near, best.x.cell_px * best.y.cell_px)


def _connected(mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return the 4-connected parts of mask that hold a seed."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    keep = np.zeros(labels.max() + 1, bool)
    keep[np.unique(labels[seeds])] = True
    keep[0] = False
    return keep[labels]


def _specks(mask: np.ndarray, light: np.ndarray, max_area_px: float) -> np.ndarray:
    """Return light holes in mask of at most max_area_px: noise of the compression."""
    holes = (light & ~mask).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=4)
    keep = stats[:, cv2.CC_STAT_AREA] <= max_area_px
    keep[0] = False
    return keep[labels]


def remove_checkerboard(image_bgr: np.ndarray) -> tuple[np.ndarray, float]:
    """Make a baked-in transparency checkerboard white.

    Args:
        image_bgr: (H, W, 3) uint8, BGR, any size. Cells of 2.5 px and more are found, also streaked by
            replicate padding; the two tones must be neutral, light and at least 5 grey levels apart.

    Returns:
        The image with its checkerboard white, and the fraction of pixels replaced, in [0, 1]. Without a
        checkerboard the input image itself, and 0.0.

    Raises:
        ValueError: if the image is not (H, W, 3) uint8.
    """
    require_bgr(image_bgr)
    grey, light = _light_ground(image_bgr)
    if light.mean() < 2 * _MIN_GROUND:
        return image_bgr, 0.0
    ground = _ground(grey, light)
    if ground is None or not ground.any():
        return image_bgr, 0.0
    cleaned = image_bgr.copy()
    cleaned[ground] = 255
    return cleaned, float(ground.mean())
