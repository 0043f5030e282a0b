"""Simple images for tests of the edge extractors, and functions that measure edge maps."""

import cv2
import numpy as np


def plain(value: int, size: int = 128) -> np.ndarray:
    """Return a gray (size, size, 3) image."""
    return np.full((size, size, 3), value, np.uint8)


def disc(ground: int, fill: int, radius: int = 40, size: int = 128) -> np.ndarray:
    """Draw a disc with a soft border in the middle of a plain image."""
    image = plain(ground, size)
    cv2.circle(image, (size // 2, size // 2), radius, (fill, fill, fill), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), 0.8)


def components(lines: np.ndarray) -> int:
    """Count the 8-connected lines."""
    return cv2.connectedComponents(lines, connectivity=8)[0] - 1


def radii(lines: np.ndarray) -> np.ndarray:
    """Return the distances of the line pixels from the middle of the image."""
    y, x = np.nonzero(lines)
    return np.hypot(y - lines.shape[0] // 2, x - lines.shape[1] // 2)


def encloses_middle(lines: np.ndarray) -> bool:
    """Return whether lines separate the middle of the image from its corner."""
    flooded = (lines > 0).astype(np.uint8)
    cv2.floodFill(flooded, None, (0, 0), 2)
    return flooded[0, 0] == 2 and flooded[lines.shape[0] // 2, lines.shape[1] // 2] == 0


def is_thin(lines: np.ndarray) -> bool:
    """Return whether there is no 2 x 2 block of line pixels."""
    full = lines > 0
    return not (full[1:, 1:] & full[1:, :-1] & full[:-1, 1:] & full[:-1, :-1]).any()


def checkerboard(size: int, cell: float, low: int = 221, high: int = 255) -> np.ndarray:
    """Draw a checkerboard, (size, size, 3)."""
    index = np.floor(np.arange(size) / cell).astype(int)
    tones = np.where((index[:, None] + index[None, :]) % 2, low, high).astype(np.uint8)
    return np.repeat(tones[..., None], 3, axis=2)


def jpeg(image: np.ndarray, quality: int = 75) -> np.ndarray:
    """Compress an image as JPEG and decode it."""
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
