"""Cut an animal out of a photo along a rough outline."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

# The longer side of an animal is reduced to at most this many pixels.
MAX_SIDE_PX = 640
# Maximum error of a rough outline, as a fraction of the animal's longer side.
_DOUBT = 0.014
_ITERATIONS = 5


def cut_out(rgb: np.ndarray, outline: Sequence[Sequence[int]]) -> np.ndarray:
    """Cut an animal out with GrabCut (Rother et al. 2004), reproducibly.

    Args:
        rgb: the photo, (H, W, 3) uint8.
        outline: points (x, y) in pixels around the animal.

    Returns:
        (h, w, 4) uint8 RGBA, cropped to the outline's bounding box plus a narrow margin.
    """
    points = np.array(outline, np.int32)
    low, high = points.min(0), points.max(0) + 1
    band = max(2, round(_DOUBT * int((high - low).max())))
    # GrabCut learns the background's colors from the animal's surroundings.
    left, top = np.maximum(low - 6 * band, 0)
    right, bottom = np.minimum(high + 6 * band, (rgb.shape[1], rgb.shape[0]))
    crop = np.ascontiguousarray(rgb[top:bottom, left:right])
    scale = min(1.0, MAX_SIDE_PX / max(high - low))
    crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    shape = np.rint((points - (left, top)) * scale).astype(np.int32)
    band = max(2, round(band * scale))
    cut = _with_alpha(crop, _grab(crop, shape, band))
    # Crop to the outline, not to the mask, which differs slightly between OpenCV versions.
    (left, top), (right, bottom) = np.maximum(shape.min(0) - band, 0), shape.max(0) + band + 1
    return np.ascontiguousarray(cut[top:bottom, left:right])


def _grab(rgb: np.ndarray, outline: np.ndarray, band: int) -> np.ndarray:
    """Return the animal's mask, (H, W) uint8 in {0, 1}. GrabCut decides only in a band along the outline."""
    filled = cv2.fillPoly(np.zeros(rgb.shape[:2], np.uint8), [outline], 1)
    outer, inner = (
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1)) for r in (band, 1 + band // 3)
    )
    labels = np.full(rgb.shape[:2], cv2.GC_BGD, np.uint8)
    labels[cv2.dilate(filled, outer) > 0] = cv2.GC_PR_BGD
    labels[filled > 0] = cv2.GC_PR_FGD
    labels[cv2.erode(filled, inner) > 0] = cv2.GC_FGD  # narrow, so that thin horns and legs remain
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(rgb[..., ::-1].copy(), labels, None, *models, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    mask = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(mask)
    return (parts == 1 + int(np.argmax(sizes[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)


def _with_alpha(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return (H, W, 4) RGBA with a soft border free of the background's color."""
    sure = cv2.erode(mask, np.ones((3, 3), np.uint8))
    # Elsewhere, use the color of the nearest pixel inside the animal, so that no fringe remains.
    _, nearest = cv2.distanceTransformWithLabels(1 - sure, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    colors = np.zeros((nearest.max() + 1, 3), np.uint8)
    colors[nearest[sure > 0]] = rgb[sure > 0]
    alpha = cv2.GaussianBlur(mask * np.float32(255), (0, 0), 1.0)
    alpha = np.clip((alpha - 64) * (255 / 160), 0, 255).astype(np.uint8)
    return np.dstack([colors[nearest], alpha])
