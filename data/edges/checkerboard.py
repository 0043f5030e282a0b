"""Removal of the gray and white checkerboard that imitates transparency in some images from the web.

The spectrum of a checkerboard sin(ax + p) sin(by + q) has two equally strong peaks, at (a, b) and (a, -b).
They determine the cells' sizes and phases to a fraction of a pixel, and therefore the expected tone of
every pixel. Areas that match the expected tones in both light and dark cells are background. White fur does
not match, because it is also light in dark cells.
"""

from typing import NamedTuple

import cv2
import numpy as np

from data.edges.lines import extremes, require_bgr
from util.image import shrink

_DETECTION_SIDE_PX = 512  # larger images are searched at this size
_MIN_CELL_PX, _MIN_CELLS = 2.5, 5
_DARKEST_TONE, _MAX_CHROMA = 150, 14
_MIN_CONTRAST = 5.0
_MAX_SPREAD = 4.0  # maximum median deviation of gray values in light or dark cells; fur deviates more
_MIN_AGREEMENT, _MIN_GROUND = 0.6, 0.03


class _Axis(NamedTuple):
    """One axis of a checkerboard: sin(frequency * position + phase) changes its sign between cells."""

    frequency: float
    phase: float

    @property
    def cell_px(self) -> float:
        return np.pi / self.frequency

    def wave(self, length: int) -> np.ndarray:
        return np.sin(self.frequency * np.arange(length) + self.phase).astype(np.float32)


class _Fit(NamedTuple):
    """A checkerboard fitted to an image."""

    x: _Axis
    y: _Axis
    signs: np.ndarray  # (H, W) float32 in [-1, 1], > 0 in light cells
    tones: tuple[float, float]  # dark, light
    seeds: np.ndarray  # (H, W) bool, True where light and dark cells match the image


def remove_checkerboard(image_bgr: np.ndarray) -> tuple[np.ndarray, float]:
    """Replace a checkerboard that imitates transparency with white.

    Its cells must be at least 2.5 px wide, with two light, neutral tones that are at least 5 gray levels
    apart. If the border of such an image was repeated as padding, the padding also becomes white.

    Args:
        image_bgr: (H, W, 3) uint8, BGR.

    Returns:
        The new image and the fraction of pixels replaced, in [0, 1]. If there is no checkerboard, the
        original array and 0.0.

    Raises:
        ValueError: the image is not (H, W, 3) uint8.
    """
    require_bgr(image_bgr)
    low, high = extremes(image_bgr)
    gray, light = image_bgr[..., 1].astype(np.float32), (high - low <= _MAX_CHROMA) & (low >= _DARKEST_TONE)
    if light.mean() < 2 * _MIN_GROUND:
        return image_bgr, 0.0
    deviation = np.where(light, gray - gray[light].mean(), 0).astype(np.float32)
    fits = [_fit(gray, light, deviation, x, y) for x, y in _candidates(deviation)]
    best = max(filter(None, fits), key=lambda fit: fit.seeds.mean(), default=None)
    if best is None or best.seeds.mean() < _MIN_GROUND:
        return image_bgr, 0.0
    ground = _ground(gray, light, best)
    cleaned = image_bgr.copy()
    cleaned[ground] = 255
    return cleaned, float(ground.mean())


def _candidates(deviation: np.ndarray) -> list[tuple[_Axis, _Axis]]:
    """Return pairs of axes: one with the measured cell sizes, and two with square cells of either size."""
    height, width = deviation.shape
    small = shrink(deviation, _DETECTION_SIDE_PX)
    frequencies = _coarse_frequencies(small)
    if frequencies is None:
        return []
    x, y = frequencies[0] * small.shape[1] / width, frequencies[1] * small.shape[0] / height
    # If an animal hides the middle, a wave with one more or one less period fits the sides almost as well.
    return [_refine(deviation, *start) for start in ((x, y), (x, x), (y, y))]


def _coarse_frequencies(deviation: np.ndarray) -> tuple[float, float] | None:
    """Find the angular frequencies (x, y) of the strongest pair of peaks in the discrete spectrum."""
    spectrum = np.abs(np.fft.rfft2(deviation))
    all_waves = [np.arange(1, (side - 1) // 2 + 1) for side in deviation.shape]
    sizes = zip(all_waves, deviation.shape, strict=True)
    # A cell is half a period long.
    grid = [w[(w >= _MIN_CELLS / 2) & (side / (2 * w) >= _MIN_CELL_PX)] for w, side in sizes]
    rows, columns = grid
    if not len(rows) or not len(columns):
        return None
    pair = np.minimum(spectrum[rows][:, columns], spectrum[-rows][:, columns])
    # Even in a stretched image, cells are nearly square, which limits the frequency ratio. A factor
    # (np.hypot) compensates for a silhouette's spectrum, which decreases with frequency.
    y, x = (2 * np.pi * waves / side for waves, side in zip(grid, deviation.shape, strict=True))
    ratio = y[:, None] / x[None, :]
    pair = np.where((ratio > 0.4) & (ratio < 2.5), pair * np.hypot(y[:, None], x[None, :]), 0)
    row, column = np.unravel_index(np.argmax(pair), pair.shape)
    return float(x[column]), float(y[row])


def _refine(deviation: np.ndarray, frequency_x: float, frequency_y: float) -> tuple[_Axis, _Axis]:
    """Find the phases, and refine the frequencies beyond the discrete spectrum's resolution."""
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


def _fit(gray: np.ndarray, light: np.ndarray, deviation: np.ndarray, x: _Axis, y: _Axis) -> _Fit | None:
    """Fit a checkerboard with given axes to an image; return None if it does not fit."""
    wave_x, wave_y = x.wave(gray.shape[1]), y.wave(gray.shape[0])
    core = np.outer(wave_y, wave_x)
    bright, dark = light & (core > 0.5), light & (core < -0.5)
    if not bright.any() or not dark.any():
        return None
    (high, spread_high), (low, spread_low) = _tone(gray[bright]), _tone(gray[dark])
    if high - low < _MIN_CONTRAST or (spread_high + spread_low) / 2 > _MAX_SPREAD:
        return None
    # In padding that repeats a row, the wave across the rows is constant, with the repeated row's sign.
    step = 0.2 * (high - low)
    pads_y, pads_x = _padding(gray, light, y.cell_px, step), _padding(gray.T, light.T, x.cell_px, step)
    of_rows, of_columns = (wave_y, wave_x, pads_y, deviation), (wave_x, wave_y, pads_x, deviation.T)
    for wave, along, pads, view in (of_rows, of_columns):
        for part in (slice(0, pads[0]), slice(len(wave) - pads[1], len(wave))):
            if view[part].size:
                wave[part] = np.sign((view[part] @ along).mean()) or 1.0
    signs = np.outer(wave_y, wave_x)
    inside = (np.abs(signs) > 0.5).astype(np.float32)
    votes = np.clip((gray - (high + low) / 2) / ((high - low) / 2), -1, 1) * light * np.sign(signs) * inside
    # Average over windows of 2 x 2 cells, half of which are light and half dark.
    window = (max(3, round(2 * x.cell_px)), max(3, round(2 * y.cell_px)))
    both = (votes.astype(np.float32), inside)
    votes, share = (cv2.blur(values, window, borderType=cv2.BORDER_REFLECT) for values in both)
    return _Fit(x, y, signs, (low, high), votes / np.maximum(share, 0.1) > _MIN_AGREEMENT)


def _tone(values: np.ndarray) -> tuple[float, float]:
    """Return the most common gray value and the median absolute deviation from the median."""
    histogram = np.bincount(values.astype(np.int64), minlength=256)
    spread = float(np.median(np.abs(values - np.median(values))))
    return float(np.argmax(np.convolve(histogram, np.ones(5), mode="same"))), spread


def _padding(gray: np.ndarray, light: np.ndarray, cell_px: float, step: float) -> tuple[int, int]:
    """Count the rows at the top and at the bottom that are padding, which repeats one row."""
    lag = max(1, round(cell_px / 4))  # in an enlarged image, cells have blurred borders
    both = light[lag:] & light[:-lag]
    change = (np.abs(gray[lag:] - gray[:-lag]) * both).sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    moves = np.flatnonzero((change > step) & (both.mean(axis=1) > 0.05))
    if not len(moves):
        return 0, 0
    half = (lag + 1) // 2
    top, bottom = int(moves[0]) + half, len(gray) - int(moves[-1]) - half
    return (top if top > 1.5 * cell_px else 0), (bottom if bottom > 1.5 * cell_px else 0)


def _ground(gray: np.ndarray, light: np.ndarray, fit: _Fit) -> np.ndarray:
    """Grow the seeds up to the animal, and fill specks; return the checkerboard's mask, (H, W) bool."""
    low, high = fit.tones
    slack = max(7.0, 0.4 * (high - low))
    # A pixel matches if it has its cell's tone or, at a cell's border, any tone between the two.
    is_right = (np.abs(fit.signs) <= 0.5) | (np.abs(gray - np.where(fit.signs > 0, high, low)) < slack)
    reach = (2 * round(0.8 * fit.x.cell_px) + 1, 2 * round(0.8 * fit.y.cell_px) + 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, reach)
    near = light & (cv2.dilate(fit.seeds.astype(np.uint8), kernel) > 0)
    matches = near & is_right & (gray > low - slack) & (gray < high + slack)
    _, labels = cv2.connectedComponents(matches.astype(np.uint8), connectivity=4)
    ground = np.isin(labels, np.setdiff1d(labels[fit.seeds & matches], [0]))
    holes = (near & ~matches).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] <= fit.x.cell_px * fit.y.cell_px)
    return ground | np.isin(labels, np.setdiff1d(small, [0]))
