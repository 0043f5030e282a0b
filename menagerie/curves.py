"""Vectors, smooth curves through points, and coordinate frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

Array = np.ndarray
RIGHT, UP = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])


def unit(vector: ArrayLike) -> Array:
    """Scale vectors on the last axis to length 1; zero vectors stay zero."""
    vector = np.asarray(vector, np.float64)
    length = np.sqrt(np.einsum("...i,...i->...", vector, vector))
    return vector / np.maximum(length, 1e-9)[..., None]


def cross(a: Array, b: Array) -> Array:
    """Return the cross product over the last axis, much faster than NumPy for small arrays."""
    ax, ay, az, bx, by, bz = a[..., 0], a[..., 1], a[..., 2], b[..., 0], b[..., 1], b[..., 2]
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def smooth(keys: Array, values: Array, at: Array) -> Array:
    """Interpolate `values` (K, D) at `keys` (K,) with a monotone cubic (Fritsch and Carlson, 1980)."""
    secant = np.diff(values, axis=0) / np.diff(keys).reshape((-1,) + (1,) * (values.ndim - 1))
    left, right = secant[:-1], secant[1:]
    rising = left * right > 0
    inner = np.where(rising, 2 * left * right / np.where(rising, left + right, 1), 0.0)
    return _hermite(keys, values, np.concatenate([secant[:1], inner, secant[-1:]]), at)


def spline(keys: Array, values: Array, at: Array) -> Array:
    """Interpolate points (K, D) at `keys` (K,) with a Catmull-Rom curve, which may overshoot."""
    return _hermite(keys, values, np.gradient(values, keys, axis=0), at)


def dense(points: ArrayLike, count: int) -> Array:
    """Return `count` points on a smooth curve through points (K, D), evenly spaced in each interval."""
    points = np.asarray(points, np.float64)
    return spline(np.linspace(0, 1, len(points)), points, np.linspace(0, 1, count))


def _hermite(keys: Array, values: Array, slopes: Array, at: Array) -> Array:
    """Evaluate a cubic Hermite curve at the parameters `at`."""
    i = np.clip(np.searchsorted(keys, at, side="right") - 1, 0, len(keys) - 2)
    h = keys[i + 1] - keys[i]
    t = np.clip((at - keys[i]) / h, 0, 1)
    shape = t.shape + (1,) * (values.ndim - 1)
    t, h = t.reshape(shape), h.reshape(shape)
    t2, t3 = t * t, t * t * t
    start = (2 * t3 - 3 * t2 + 1) * values[i] + (t3 - 2 * t2 + t) * h * slopes[i]
    return start + (3 * t2 - 2 * t3) * values[i + 1] + (t3 - t2) * h * slopes[i + 1]


def rotation(axis: str, degrees: float) -> Array:
    """Return the 3x3 matrix of a right-handed rotation about 'x', 'y' or 'z'."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if axis == "x":
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if axis == "y":
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


@dataclass
class Frame:
    """A frame with an origin (3,) and a rotation (3, 3), whose columns are forward, up and right."""

    origin: Array
    turn: Array

    def at(self, *point: float) -> Array:
        """Return the world position of a local point."""
        return self.origin + self.turn @ np.asarray(point, np.float64)

    def points(self, local: ArrayLike) -> Array:
        """Return the world positions of local points (..., 3)."""
        return self.origin + np.asarray(local, np.float64) @ self.turn.T
