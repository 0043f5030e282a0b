"""Edge extractors: (H, W, 3) uint8 BGR pictures to (H, W) uint8 edge maps in {0, 255}."""

from data.edges.canny import auto_canny
from data.edges.contour import contour

__all__ = ["auto_canny", "contour"]
