"""The one input check that every edge extractor shares."""

import numpy as np


def require_bgr(image_bgr: np.ndarray) -> None:
    """Raise an error unless the image is a colour image.

    Args:
        image_bgr: what the caller handed in; wanted is (H, W, 3) uint8 in BGR order, H and W >= 1.

    Raises:
        ValueError: names the shape and dtype found and the way out.
    """
    shape, dtype = getattr(image_bgr, "shape", None), getattr(image_bgr, "dtype", None)
    if shape is None or len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype != np.uint8:
        raise ValueError(
            f"edge extraction needs an (H, W, 3) uint8 BGR image, got shape {shape} dtype {dtype}; "
            "read files with cv2.imread(path, cv2.IMREAD_COLOR), turn grey ones with cv2.COLOR_GRAY2BGR"
        )
