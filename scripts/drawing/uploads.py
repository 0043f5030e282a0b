"""Turn uploads into the generator's input, and check them before they use much memory or time."""

from __future__ import annotations

import base64
import io
import tempfile
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scripts.drawing import example_drawings
from util.errors import UserError

if TYPE_CHECKING:
    from data.single_input import InputMaker

MOST_BYTES = 8 << 20
MOST_SIDE_PX = 8192
MOST_PIXELS = 24_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_PNG_URL = "data:image/png;base64,"


def reads_heic() -> bool:
    """Return whether Pillow's plugin for HEIC is installed."""
    from util.image_files import readable_formats

    return "HEIF" in readable_formats()


def check_image(data: bytes, most_side_px: int = MOST_SIDE_PX, formats: tuple[str, ...] = ()) -> None:
    """Check an image's format and size, as given in its header.

    Raises:
        UserError: the file is not an image in one of the formats, or it is too large.
    """
    from PIL import Image

    formats = formats or (*_FORMATS, *(["HEIF"] if reads_heic() else []))
    if not data:
        raise UserError("the file is empty: choose an image")
    if len(data) > MOST_BYTES:
        raise UserError(f"the file is larger than {MOST_BYTES >> 20} MB: choose a smaller file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=formats) as image:
                width, height = image.size
    except MemoryError:
        raise
    except Exception as error:  # decoders raise nearly anything on hostile files
        if "bomb" in type(error).__name__.lower():
            raise UserError(
                f"the image is too large: the limit is {MOST_PIXELS // 10**6} million pixels"
            ) from error
        raise UserError(f"this is not an image in a known format: choose {', '.join(formats)}") from error
    if max(width, height) > most_side_px or width * height > MOST_PIXELS:
        most = f"{most_side_px} per side and {MOST_PIXELS // 10**6} million in total"
        raise UserError(f"the image is {width}x{height} pixels, but the limits are {most}")


def input_of_image(
    data: bytes, run: InputMaker, side_px: int, kind: str = "auto"
) -> tuple[np.ndarray, dict[str, Any]]:
    """Make the generator's input from any image as test.py would, and center it in a square.

    Args:
        data: the file's bytes.
        run: makes the run's inputs.
        side_px: side S of the input.
        kind: one of `data.choices.SINGLE_KINDS`.

    Returns:
        The input, (S, S, 3) uint8 with lines at 255, and a dict that says how the image was read: ``kind``;
        ``coat``, whether a coat was added because the drawing has no colors; and ``sheet`` and ``frame``,
        the corners of the paper and of the used part as fractions of the image's width and height, or None.

    Raises:
        UserError: the file is not an image, is too large, or is damaged.
    """
    from data.preprocess.pair import EdgeSettings
    from data.single_input import InputMaker
    from util.image import UnreadableImage, read_rgba

    check_image(data)
    # The canvas needs lines, even if the run was trained on other inputs.
    settings = asdict(run.edge_settings or EdgeSettings())
    make = InputMaker(settings, direction="BtoA", size_px=side_px, input_kind=kind)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "upload.png")
        file.write_bytes(data)
        try:
            rgb, alpha = read_rgba(file)
        except UnreadableImage as error:
            raise UserError(f"the image cannot be read: {error.reason}") from error
    made, read = make(rgb, alpha), make.last
    has_coat = read is not None and not np.array_equal(made, read.prepared.condition)
    if np.mean(made) > 127.5:  # an edge map in black on white
        made = 255 - made
    found = {"kind": next(iter(make.kinds)), "coat": has_coat, **_outlines(read, rgb.shape, side_px)}
    return _in_square(made, side_px), found


def examples_for(run: InputMaker, side_px: int, folder: str) -> list[dict[str, str]]:
    """Return the example drawings for a run, each with its image's path and its input as a data URL."""
    found = []
    for path in example_drawings(run.takes_colors):
        made, _ = input_of_image(path.read_bytes(), run, side_px)
        found.append({"image": f"{folder}/{path.name}", "input": url_from_image(made)})
    return found


def _outlines(read: Any, shape: tuple[int, ...], side_px: int) -> dict[str, Any]:
    """Return the corners of the sheet and the frame, as `input_of_image` does."""
    import cv2

    size = np.array([shape[1], shape[0]], np.float32)
    outlines: dict[str, Any] = {"sheet": None, "frame": None}
    if read is None:
        return outlines
    if read.drawing is not None and read.drawing.corners is not None:
        outlines["sheet"] = (read.drawing.corners / size).tolist()
    if read.drawing is not None or read.frame.side < size.max():
        square = np.array([[[0, 0], [side_px, 0], [side_px, side_px], [0, side_px]]], np.float32)
        outlines["frame"] = (cv2.perspectiveTransform(square, read.to_image)[0] / size).tolist()
    return outlines


def _in_square(made: np.ndarray, side_px: int) -> np.ndarray:
    """Center an image (h, w, 3) in a black square (side_px, side_px, 3)."""
    free = [side_px - side for side in made.shape[:2]]
    return np.pad(made, [*((pixels // 2, pixels - pixels // 2) for pixels in free), (0, 0)])


def input_from_url(url: Any, sides_px: tuple[int, ...]) -> np.ndarray:
    """Decode the generator's input from a PNG data URL: (S, S, 3) uint8, where S is one of ``sides_px``.

    Raises:
        UserError: the URL does not contain a PNG, or the image has a different size.
    """
    from PIL import Image

    if not isinstance(url, str) or not url.startswith(_PNG_URL):
        raise UserError("input must be a PNG data URL")
    try:
        data = base64.b64decode(url[len(_PNG_URL) :], validate=True)
    except ValueError as error:
        raise UserError("input is not valid base64") from error
    check_image(data, max(sides_px), ("PNG",))
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            values = np.asarray(image.convert("RGB"))
    except Exception as error:  # decoders raise nearly anything on hostile files
        raise UserError("input is damaged") from error
    height, width = values.shape[:2]
    if height != width or width not in sides_px:
        sides = " or ".join(map(str, sides_px))
        raise UserError(f"input is {width}x{height} pixels: its sides must be {sides} pixels")
    return values


def url_from_image(values: np.ndarray) -> str:
    """Encode an image, (H, W) or (H, W, 3) uint8, as a PNG data URL."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG", compress_level=1)
    return _PNG_URL + base64.b64encode(buffer.getvalue()).decode()
