"""Functions that read images in any format as 8-bit RGB, and functions that resize and write images."""

from __future__ import annotations

import io
import logging
import os
import stat
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from util import pixels
from util.atomic import write_bytes
from util.errors import UserError, one_line
from util.image_files import OPENCV_ONLY, readable_formats
from util.pixels import Range

if TYPE_CHECKING:
    from torch import Tensor

_OPENCV_TOO = OPENCV_ONLY | {".tif", ".tiff"}  # OpenCV reads some TIFF files that Pillow cannot read
# Suppress Pillow's own messages about broken files. Threads that use warnings.catch_warnings would undo each
# other's filters, so the filter is permanent.
logging.getLogger("PIL").addHandler(logging.NullHandler())
warnings.filterwarnings("ignore", module=r"PIL\.")


class UnreadableImage(UserError):
    """A file that cannot be read as an image. The attribute ``reason`` does not contain the file's name."""

    def __init__(self, path: str | os.PathLike, reason: str):
        super().__init__(f"{path} cannot be read: {reason}")
        self.reason = reason


def read_rgb(path: str | os.PathLike, **how: Any) -> np.ndarray:
    """Read an image with `read_rgba` and return only its RGB values, (H, W, 3) uint8."""
    return read_rgba(path, **how)[0]


def read_rgba(
    path: str | os.PathLike,
    *,
    least_px: int | None = None,
    value_range: Range | None = None,
    remarks: list[str] | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read the first page or frame of an image file as 8-bit sRGB, as an image viewer shows it.

    EXIF rotation and color profiles are applied, and transparent images are blended with white. OpenCV reads
    the formats that Pillow does not support or would truncate to 8 bits.

    Args:
        least_px: minimum longest side of the result. If it is given, large JPEGs are decoded at 1/2, 1/4 or
            1/8 of their size, which is several times faster.
        value_range: values that become 0 and 255 in images with more than 8 bits; None: the full range of
            the image's type, or 0 to 1 for floats.
        remarks: a list to which remarks about the image are appended; see `util.pixels`.

    Returns:
        (H, W, 3) uint8 RGB and the alpha channel, (H, W) uint8, or None if every pixel is opaque.

    Raises:
        UnreadableImage: the image cannot be read.
    """
    said: list[str] = []
    try:
        with _open(path) as image:
            said += pixels.header_remarks(image)
            if value_range and pixels.is_deep_color(image):
                rgb = pixels.deep_to_rgb(_opencv_values(path), value_range, said)
                alpha = pixels.alpha_of(image)
                rgb = rgb if alpha is None else pixels.on_white(rgb, alpha)
            else:
                if least_px and image.format == "JPEG":
                    scale = least_px / max(image.size)
                    image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
                ImageOps.exif_transpose(image, in_place=True)
                rgb, alpha = pixels.to_rgb(image, value_range, said), pixels.alpha_of(image)
    except (MemoryError, UnreadableImage):
        raise
    except Exception as error:  # a malicious file can cause any error in a decoder
        if Path(path).suffix.lower() not in _OPENCV_TOO:
            raise UnreadableImage(path, _reason(path, error)) from error
        values, alpha = _opencv_values(path), None
        said += [pixels.BANDS] if pixels.tiff_bands(path) not in (0, 1, 3) else []
        is_plain = values.dtype == np.uint8
        rgb = np.ascontiguousarray(values) if is_plain else pixels.deep_to_rgb(values, value_range, said)
    if remarks is not None:
        remarks += said if said or not pixels.is_dim(rgb) else [pixels.DIM]
    return rgb, alpha


def image_size(path: str | os.PathLike) -> tuple[int, int]:
    """Return (width, height) from a file's header; raise `UnreadableImage` if the header cannot be read."""
    try:
        with _open(path) as image:
            return image.size
    except Exception as error:
        raise UnreadableImage(path, _reason(path, error)) from error


def _open(path: str | os.PathLike) -> Image.Image:
    """Open an image with Pillow without decoding it."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would block forever
        raise UnreadableImage(path, "a pipe, a socket, a device or a folder, not a regular file")
    return Image.open(path, formats=readable_formats())


def resolve_range(value_range: str, paths: Iterable[Path]) -> str:
    """Return the value range, "LOW,HIGH", that covers all images with more than 8 bits.

    If there are no such images, return "type". If ``value_range`` is not ``folder``, return it unchanged.
    """
    if value_range != "folder":
        return value_range
    ranges: list[Range] = []
    for path in paths:
        with suppress(Exception):  # unreadable images are reported when they are used
            ranges += filter(None, [_raw_range(path)])
    if not ranges:
        return "type"
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    return f"{low:.9g},{max(high, low + 1e-3):.9g}"


def _raw_range(path: Path) -> Range | None:
    """Return the lowest and the highest value in an image, or None if it has 8 bits or fewer."""
    try:
        with _open(path) as image:
            if not (pixels.is_deep(image) or pixels.is_deep_color(image)):
                return None
            return pixels.raw_range(np.asarray(image) if pixels.is_deep(image) else _opencv_values(path))
    except Image.UnidentifiedImageError:
        values = _opencv_values(path)
        return None if values.dtype == np.uint8 else pixels.raw_range(values)


def pil_to_rgba(image: Image.Image, *, value_range: Range | None = None) -> tuple[np.ndarray, Any]:
    """Convert a Pillow image in the same way as `read_rgba` converts a file."""
    image = ImageOps.exif_transpose(image)
    return pixels.to_rgb(image, value_range, []), pixels.alpha_of(image)


def _opencv_values(path: str | os.PathLike) -> np.ndarray:
    """Decode a file with OpenCV, without conversion to 8 bits; return (H, W, 3) RGB."""
    os.environ.setdefault("OPENCV_IO_ENABLE_OPENEXR", "1")
    import cv2

    # Without this, OpenCV prints its own error message in addition to ours.
    getattr(cv2, "setLogLevel", getattr(cv2.utils.logging, "setLogLevel", int))(0)
    try:
        coded = np.fromfile(path, np.uint8)
        # Only IMREAD_UNCHANGED reads float64.
        for flags in (cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH, cv2.IMREAD_UNCHANGED):
            if (values := cv2.imdecode(coded, flags)) is not None:
                return np.repeat(values[..., None], 3, 2) if values.ndim == 2 else values[..., 2::-1]
    except Exception as error:
        raise UnreadableImage(path, _reason(path, error)) from error
    bands = pixels.tiff_bands(path)
    many = f"it has {bands} bands, but only 1, 3 or 4 can be read: export the three bands to use"
    raise UnreadableImage(path, many if bands > 4 else "Pillow and OpenCV cannot read it as an image")


def _reason(path: str | os.PathLike, error: Exception) -> str:
    """Return the reason why a file could not be read, without the file's name."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    try:
        if os.path.getsize(path) == 0:
            return "the file is empty"
    except OSError as failed:
        return failed.strerror or str(failed)
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image, or in a format that Pillow cannot read"
    if isinstance(error, Image.DecompressionBombError):
        return "too many pixels (a decompression bomb?)"
    return one_line(str(error) or type(error).__name__)


def encode(rgb: np.ndarray, extension: str, *, jpeg_quality: int = 95) -> bytes:
    """Encode an image, (H, W, 3) or (H, W) uint8, as ``png`` or ``jpg``."""
    buffer = io.BytesIO()
    if extension == "png":
        Image.fromarray(rgb).save(buffer, "PNG", compress_level=3)
    else:
        Image.fromarray(rgb).save(buffer, "JPEG", quality=jpeg_quality, subsampling=0)
    return buffer.getvalue()


def write_image(path: str | os.PathLike, rgb: np.ndarray) -> None:
    """Write an image, (H, W, 3) RGB or (H, W) gray uint8, as JPEG or PNG, depending on the extension."""
    extension = Path(path).suffix.lower().lstrip(".")
    write_bytes(path, encode(rgb, "jpg" if extension in ("jpg", "jpeg") else "png", jpeg_quality=85))


def to_uint8(images: Tensor) -> np.ndarray:
    """Convert gray or RGB images, (N, C, H, W) in [-1, 1], to (N, H, W, 3) uint8 RGB on the CPU."""
    levels = images.detach().float().add(1).mul_(127.5).round_().clamp_(0, 255).byte()
    return levels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def lab_to_rgb(L: Tensor, ab: Tensor) -> Tensor:
    """Convert CIE Lab, rounded to OpenCV's 8-bit encoding, to RGB.

    Args:
        L: lightness, (N, 1, H, W) in [-1, 1].
        ab: the color channels, (N, 2, H, W) in [-1, 1], where 0 is neutral.

    Returns:
        (N, 3, H, W) in [-1, 1], on ``L``'s device.
    """
    import cv2
    import torch

    lab = to_uint8(torch.cat([L, ab], 1))
    rgb = np.stack([cv2.cvtColor(image, cv2.COLOR_LAB2RGB) for image in lab])
    return torch.from_numpy(rgb).permute(0, 3, 1, 2).to(L.device).float() / 127.5 - 1


def shrink(image: np.ndarray, longest_px: int, *, least_px: int = 1) -> np.ndarray:
    """Shrink an image, (H, W) or (H, W, C), by area averaging so that no side exceeds ``longest_px``."""
    import cv2

    scale = longest_px / max(image.shape[:2])
    height, width = (max(least_px, round(side * min(1.0, scale))) for side in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize an image, (H, W, 1 or 3) uint8, to (height, width) with Pillow's anti-aliased bicubic filter."""
    if image.shape[:2] == size:
        return image
    source = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return np.asarray(source.resize(size[::-1], Image.Resampling.BICUBIC)).reshape(*size, -1)
