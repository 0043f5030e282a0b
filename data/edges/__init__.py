"""Edge extractors: (H, W, 3) uint8 BGR images to (H, W) uint8 edge maps in {0, 255}."""

from data.edges.canny import auto_canny
from data.edges.checkerboard import remove_checkerboard
from data.edges.contour import contour
from data.edges.detail import detail
from data.edges.extract import extract_edges
from data.edges.lineart import classify_input, edge_map_edges, lineart_edges

__all__ = [
    "auto_canny",
    "classify_input",
    "contour",
    "detail",
    "edge_map_edges",
    "extract_edges",
    "lineart_edges",
    "remove_checkerboard",
]
