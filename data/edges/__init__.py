"""Edge extractors, which convert (H, W, 3) uint8 BGR images to (H, W) uint8 edge maps in {0, 255}."""

import numpy as np

from data.choices import EDGE_METHODS, INPUT_KINDS
from data.edges.canny import auto_canny
from data.edges.checkerboard import remove_checkerboard
from data.edges.contour import contour
from data.edges.detail import detail
from data.edges.lineart import classify_input, edge_map_edges, lineart_edges

__all__ = ["auto_canny", "classify_input", "contour", "detail", "edge_map_edges", "extract_edges"]
__all__ += ["lineart_edges", "remove_checkerboard"]


def extract_edges(
    image_bgr: np.ndarray, method: str = "auto_canny", input_kind: str = "photo", sigma: float = 0.33
) -> np.ndarray:
    """Extract edges from a photo, a drawing or an edge map; return (H, W) uint8 in {0, 255}.

    Args:
        image_bgr: (H, W, 3) uint8, BGR.
        method: extractor for photos: 'auto_canny' (from the original system), 'contour' or 'detail'.
        input_kind: 'photo', 'lineart', 'edges', or 'auto', which calls `classify_input`.
        sigma: the parameter for `auto_canny`.

    Raises:
        ValueError: the method or kind is unknown, or the image is not (H, W, 3) uint8.
    """
    if method not in EDGE_METHODS:
        raise ValueError(f"unknown edge method {method!r}; choose one of {', '.join(EDGE_METHODS)}")
    if input_kind not in INPUT_KINDS:
        raise ValueError(f"unknown input kind {input_kind!r}; choose one of {', '.join(INPUT_KINDS)}")
    kind = classify_input(image_bgr) if input_kind == "auto" else input_kind
    if kind == "lineart":
        return lineart_edges(image_bgr)
    if kind == "edges":
        return edge_map_edges(image_bgr)
    if method == "auto_canny":
        return auto_canny(image_bgr, sigma=sigma)
    return detail(image_bgr) if method == "detail" else contour(image_bgr)
