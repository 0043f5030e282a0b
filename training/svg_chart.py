"""Line charts as inline SVG, in the colors of the page they are in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from training.history import Curve

_WIDTH, _HEIGHT = 400, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 18, 10, 36
# Width of a digit in the larger of the page's sizes.
_DIGIT_PX = 9


def line_chart(curves: Mapping[str, Curve], *, x_label: str = "epoch", title: str = "") -> str:
    """Draw curves on common axes, thin as measured, thick smoothed, as one `<svg>` element.

    Each has points; the k-th has the color `--series-k` of the page. ``title`` is for screen readers.
    """
    xs = [point[0] for curve in curves.values() for point in curve.points]
    low_x, high_x = min(xs), max(xs)
    if high_x == low_x:
        low_x, high_x = low_x - 0.5, high_x + 0.5
    low_y, high_y = _value_range(list(curves.values()))
    y_ticks = nice_ticks(low_y, high_y, 5)
    low_y, high_y = min(low_y, y_ticks[0]), max(high_y, y_ticks[-1])
    left = max(_LEFT, 12 + _DIGIT_PX * max(len(_tick_text(tick)) for tick in y_ticks))
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT

    def place(x: float, y: float) -> tuple[float, float]:
        """Values -> SVG coordinates; what is off the chart is drawn at its edge."""
        y = min(high_y, max(low_y, y))
        across = (x - low_x) / (high_x - low_x) * (right - left)
        return left + across, bottom - (y - low_y) / (high_y - low_y) * (bottom - _TOP)

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">']
    for tick in y_ticks:
        y = place(low_x, tick)[1]
        parts.append(f'<line class="tick" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{left - 7}" y="{y + 4:.1f}" text-anchor="end">{_tick_text(tick)}</text>')
    x_ticks = nice_ticks(low_x, high_x, 6)
    for tick in [tick for tick in x_ticks if tick.is_integer()] or x_ticks:
        x = place(tick, low_y)[0]
        parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_tick_text(tick)}</text>')
    parts.append(f'<line class="axis" x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>')
    middle = (left + right) / 2
    parts.append(f'<text x="{middle:.0f}" y="{_HEIGHT - 3}" text-anchor="middle">{escape(x_label)}</text>')
    for index, curve in enumerate(curves.values()):
        raw = [place(point[0], point[2]) for point in curve.points]
        smooth = [place(x, y) for x, y in curve.smoothed()]
        if len(raw) >= 40:
            parts.append(f'<path class="raw s{index % 6}" d="{_path(raw)}"/>')
        parts.append(f'<path class="smooth s{index % 6}" d="{_path(smooth)}"/>')
        # A handful of measurements are shown one by one; of more, the latest.
        for x, y in smooth if len(smooth) <= 12 else smooth[-1:]:
            parts.append(f'<circle class="s{index % 6}" cx="{x:.1f}" cy="{y:.1f}" r="2" stroke-width="2"/>')
    return "".join(parts) + "</svg>"


def nice_ticks(low: float, high: float, about: int) -> list[float]:
    """Choose about `about` round numbers (1, 2 or 5 times a power of ten apart) within [low, high]."""
    step = 10 ** math.floor(math.log10((high - low) / about))
    step = next(step * factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= about)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(round(index * step, 12)) for index in range(first, last + 1)]


def _value_range(curves: Sequence[Curve]) -> tuple[float, float]:
    """Return the values to fit: all smoothed ones, and the raw ones without their outermost hundredths."""
    raw = sorted(point[2] for curve in curves for point in curve.points)
    smooth = [y for curve in curves for _, y in curve.smoothed()]
    cut = len(raw) // 100
    low, high = min(raw[cut], *smooth), max(raw[-1 - cut], *smooth)
    constant = high - low <= 1e-6 * abs(high)
    if low > 0 and (constant or low < high / 2):
        low = 0.0
    margin = 1.0 if high == low else (high - low) * 0.05
    return (low if low == 0 else low - margin), high + margin


def _tick_text(value: float) -> str:
    """Format a number in few characters: `0.25`, `40`, `1.5e-4`, `2e5`."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.6g}"
    digits, exponent = f"{value:.2e}".split("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
