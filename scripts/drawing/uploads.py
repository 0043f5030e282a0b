"""Turning uploads into the generator's input, checked before they cost memory or time."""

from __future__ import annotations

import base64
import binascii
import io
import tempfile
import warnings
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from util.errors import UserError

MOST_BYTES = 8 << 20
MOST_SIDE_PX = 8192
MOST_PIXELS = 24_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_PNG_URL = "data:image/png;base64,"


def reads_heic() -> bool:
    """Tell whether Pillow's plugin for HEIC is installed."""
    from util.image_files import readable_formats

    return "HEIF" in readable_formats()


def check_image(data: bytes, most_side_px: int = MOST_SIDE_PX, formats: tuple[str, ...] = ()) -> None:
    """Check an image's header: format, side and number of pixels.

    Raises:
        UserError: not an image of a known format, or too large; names the limit.
    """
    from PIL import Image

    formats = formats or (*_FORMATS, *(["HEIF"] if reads_heic() else []))
    if not data:
        raise UserError("the file is empty: choose an image")
    if len(data) > MOST_BYTES:
        raise UserError(f"the file has more than {MOST_BYTES >> 20} MB: choose a smaller one")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=formats) as image:
                width, height = image.size
    except MemoryError:
        raise
    except Exception as error:  # decoders raise nearly anything on hostile files
        if "bomb" in type(error).__name__.lower():
            raise UserError(f"the image has more than {MOST_PIXELS // 10**6} million pixels") from error
        raise UserError(f"this is no image of a known format: choose {', '.join(formats)}") from error
    if max(width, height) > most_side_px:
        raise UserError(f"the image is {width}x{height} pixels: at most {most_side_px} a side are taken")
    if width * height > MOST_PIXELS:
        raise UserError(
            f"the image is {width}x{height} pixels: at most {MOST_PIXELS // 10**6} million are taken"
        )


def input_of_image(data: bytes, opt: Namespace, kind: str = "auto") -> tuple[np.ndarray, str]:
    """Make the generator's input of any image as test.py would, centred in a square.

    Args:
        data: the file's bytes.
        opt: the options of the run that is tested.
        kind: one of `data.choices.SINGLE_KINDS`.

    Returns:
        (S, S, 3) uint8, S = ``opt.load_size``, lines 255, and the kind of image, recognised or given.

    Raises:
        UserError: the file is no image, or too large, or damaged.
    """
    from data.preprocess.pair import EdgeSettings
    from data.single_input import InputMaker
    from util.image import UnreadableImage, read_rgba

    check_image(data)
    # The canvas takes lines, whatever the run was trained on.
    settings = opt.edge_settings or asdict(EdgeSettings())
    make = InputMaker(settings, direction="BtoA", size_px=opt.load_size, input_kind=kind)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "upload.png")
        file.write_bytes(data)
        try:
            made = make(*read_rgba(file))
        except UnreadableImage as error:
            raise UserError(f"the image cannot be read: {error}") from error
    if np.mean(made) > 127.5:  # an edge map in black on white
        made = 255 - made
    return _in_square(made, opt.load_size), next(iter(make.kinds))


def _in_square(made: np.ndarray, side_px: int) -> np.ndarray:
    """(h, w, 3) in the middle of (side_px, side_px, 3), with nothing around it."""
    height, width = made.shape[:2]
    square = np.zeros((side_px, side_px, 3), np.uint8)
    top, left = (side_px - height) // 2, (side_px - width) // 2
    square[top : top + height, left : left + width] = made
    return square


def input_of_drawing(
    ink: np.ndarray, ready: np.ndarray | None, colors: np.ndarray | None, opt: Namespace, *, thin: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Turn a canvas's layers into the generator's input.

    Args:
        ink: (K, K) uint8 strokes, 0 ink on 255 paper, K a multiple of S.
        ready: (S, S, 4) uint8, lines that stay as they are, in the alpha channel; or None.
        colors: (S, S, 4) uint8 RGBA, painted where its alpha is over 127; or None.
        opt: the options of the run that is tested.
        thin: draw each stroke as wide as the training set's lines, instead of as wide as the pen.

    Returns:
        The input, (S, S, 3) uint8, and its lines alone, (S, S) uint8, 255 for a line; S = ``opt.load_size``.
    """
    import cv2

    from data.edges import lineart_edges
    from data.hints import darken, with_lines

    side = opt.load_size
    small = cv2.resize(ink, (side, side), interpolation=cv2.INTER_AREA)
    lines = lineart_edges(np.repeat(small[..., None], 3, axis=2)) if thin else 255 - small
    if ready is not None:
        lines = np.maximum(lines, ready[..., 3])
    hint = np.zeros((side, side, 3), np.uint8)
    if colors is not None:
        painted = colors[..., 3] > 127
        hint[painted] = darken(colors[painted][:, :3])
    return with_lines(hint, lines), lines


def pixels_from_url(url: Any, side_px: int, what: str, mode: str) -> np.ndarray:
    """Decode a canvas's PNG, sent as a data URL, to (side_px, side_px) or, in mode RGBA, (..., 4) uint8.

    Raises:
        UserError: the URL is not that of a PNG, or the image has another size.
    """
    from PIL import Image

    if not isinstance(url, str) or not url.startswith(_PNG_URL):
        raise UserError(f"{what} must be a PNG as a data URL")
    try:
        data = base64.b64decode(url[len(_PNG_URL) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError(f"{what} is no valid base64") from error
    check_image(data, side_px, ("PNG",))
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            values = np.asarray(image.convert(mode))
    except Exception as error:  # decoders raise nearly anything on hostile files
        raise UserError(f"{what} is damaged") from error
    if values.shape[:2] != (side_px, side_px):
        raise UserError(f"{what} is {values.shape[1]}x{values.shape[0]} pixels, not {side_px}x{side_px}")
    return values


def url_from_image(values: np.ndarray) -> str:
    """Encode (H, W) or (H, W, 3) uint8 as a data URL of a PNG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG", compress_level=1)
    return _PNG_URL + base64.b64encode(buffer.getvalue()).decode()
