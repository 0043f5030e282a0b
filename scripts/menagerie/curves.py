"""Vectors, smooth curves through points, and joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

Array = np.ndarray


def unit(vector: Array) -> Array:
    """Scale the last axis to length 1 (zero stays zero)."""
    length = np.sqrt(np.einsum("...i,...i->...", vector, vector))
    return vector / np.maximum(length, 1e-9)[..., None]


def cross(a: Array, b: Array) -> Array:
    """Return the cross product over the last axis; much faster than NumPy's on small arrays."""
    a, b = np.asarray(a), np.asarray(b)
    ax, ay, az, bx, by, bz = a[..., 0], a[..., 1], a[..., 2], b[..., 0], b[..., 1], b[..., 2]
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def smooth(keys: Array, values: Array, at: Array) -> Array:
    """Interpolate `values` (K, ...) given at `keys` (K,) by a monotone cubic (Fritsch and Carlson, 1980)."""
    keys = np.asarray(keys, np.float64)
    values = np.asarray(values, np.float64)
    if len(keys) == 2:
        slopes = np.repeat((values[1:] - values[:1]) / (keys[1] - keys[0]), 2, axis=0)
    else:
        shape = (-1,) + (1,) * (values.ndim - 1)
        step = np.diff(keys).reshape(shape)
        secant = np.diff(values, axis=0) / step
        left, right = secant[:-1], secant[1:]
        product = left * right
        total = left + right
        inner = np.where(product > 0, 2 * product / np.where(product > 0, total, 1), 0.0)
        slopes = np.concatenate([secant[:1], inner, secant[-1:]])
    return _hermite(keys, values, slopes, at)


def spline(keys: Array, values: Array, at: Array) -> Array:
    """Interpolate points (K, D) given at `keys` (K,) by a Catmull-Rom curve, which may overshoot."""
    keys = np.asarray(keys, np.float64)
    values = np.asarray(values, np.float64)
    slopes = (
        np.gradient(values, keys, axis=0)
        if len(keys) > 2
        else np.repeat((values[1:] - values[:1]) / (keys[1] - keys[0]), 2, axis=0)
    )
    return _hermite(keys, values, slopes, at)


def _hermite(keys: Array, values: Array, slopes: Array, at: Array) -> Array:
    """Evaluate a cubic Hermite curve at the parameters `at`."""
    at = np.asarray(at, np.float64)
    i = np.clip(np.searchsorted(keys, at, side="right") - 1, 0, len(keys) - 2)
    h = keys[i + 1] - keys[i]
    t = np.clip((at - keys[i]) / h, 0, 1)
    shape = t.shape + (1,) * (values.ndim - 1)
    t, h = t.reshape(shape), h.reshape(shape)
    t2, t3 = t * t, t * t * t
    return (
        (2 * t3 - 3 * t2 + 1) * values[i]
        + (t3 - 2 * t2 + t) * h * slopes[i]
        + (3 * t2 - 2 * t3) * values[i + 1]
        + (t3 - t2) * h * slopes[i + 1]
    )


def arc(points: Array) -> Array:
    """Return the cumulative length along a polyline (K, 3), scaled to [0, 1]."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return length / max(length[-1], 1e-9)


def rotation(axis: str, degrees: float) -> Array:
    """Return the 3x3 matrix of a turn about 'x', 'y' or 'z' by the right-hand rule."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if axis == "x":
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if axis == "y":
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


@dataclass
class Frame:
    """A joint: an origin (3,) and a rotation (3, 3) whose columns are forward, up and right."""

    origin: Array
    turn: Array

    def at(self, *point: float) -> Array:
        """Return the world position of a local point."""
        return self.origin + self.turn @ np.asarray(point, np.float64)

    def points(self, local: ArrayLike) -> Array:
        """Return the world positions of local points (..., 3)."""
        return self.origin + np.asarray(local, np.float64) @ self.turn.T

    def moved(self, point: tuple[float, float, float], turn: Array | None = None) -> Frame:
        """Return a frame at a local point, turned further by `turn`."""
        return Frame(self.at(*point), self.turn if turn is None else self.turn @ turn)
