"""Pictures from and to files: any format in, 8-bit RGB out, every failure a reason in words."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from util.atomic import write_bytes
from util.errors import UserError, one_line

if TYPE_CHECKING:
    from torch import Tensor

# What only OpenCV reads; everything else is asked of Pillow's own list.
_OPENCV_ONLY = {".exr", ".hdr", ".pic", ".pfm", ".ras", ".sr"}
# Pillow can write these, but they are documents or video, not pictures anybody trains on.
_NOT_PICTURES = {".pdf", ".mpg", ".mpeg", ".ps", ".eps", ".h5", ".hdf", ".grib", ".bufr", ".fli", ".flc"}


class UnreadablePicture(UserError):
    """A file that is no picture we can read; the message gives the reason, not the name."""


def picture_extensions() -> frozenset[str]:
    """Lower-case extensions, with their dot, of the files taken for pictures."""
    Image.init()
    known = {e for e, form in Image.EXTENSION.items() if form in Image.OPEN}
    return frozenset((known | _OPENCV_ONLY) - _NOT_PICTURES)


def find_pictures(folder: str | os.PathLike) -> list[Path]:
    """All pictures below the folder, by extension, sorted by their path; hidden files are passed over.

    Folders reached through links count too, each real folder once, so a loop of links ends.

    Raises:
        UserError: the folder does not exist, or is not a folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        there = "is a file, not a folder" if folder.is_file() else "does not exist"
        raise UserError(f"the folder {folder} {there}")
    known, seen, found = picture_extensions(), set(), []
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        found += [
            Path(place, f) for f in files if os.path.splitext(f)[1].lower() in known and not f.startswith(".")
        ]
    return sorted(found, key=lambda p: p.parts)


def read_rgb(path: str | os.PathLike, *, least_px: int | None = None) -> np.ndarray:
    """Read a picture as people see it.

    EXIF rotation is applied, transparency is laid on white, grey, palette, CMYK and 16-bit become 8-bit
    RGB, of an animation the first frame counts.

    Args:
        path: the file.
        least_px: a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size as long as its longest side keeps at
            least this many pixels: several times faster for photos from cameras.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        UnreadablePicture: with the reason.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as picture:
                if least_px and picture.format == "JPEG":
                    scale = least_px / max(picture.size)
                    picture.draft("RGB", (round(picture.width * scale), round(picture.height * scale)))
                ImageOps.exif_transpose(picture, in_place=True)
                return _to_rgb(picture)
    except MemoryError:
        raise
    except Exception as error:  # decoders raise nearly anything on hostile files
        if Path(path).suffix.lower() in _OPENCV_ONLY:
            return _read_with_opencv(path)
        raise UnreadablePicture(_reason(path, error)) from error


def _to_rgb(picture: Image.Image) -> np.ndarray:
    """A decoded picture as (H, W, 3) uint8 RGB."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return np.repeat(_to_8_bit(np.asarray(picture))[..., None], 3, axis=2)
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, picture)
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _to_8_bit(values: np.ndarray) -> np.ndarray:
    """One channel of 16-bit integers, or floats in [0, 1], as uint8; what is in [0, 255] stays."""
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    top = values.max(initial=0)
    scale = 1.0 if 1 < top <= 255 else 255.0 if top <= 1 else 1 / 257
    return np.clip(np.rint(values * scale), 0, 255).astype(np.uint8)


def _read_with_opencv(path: str | os.PathLike) -> np.ndarray:
    """A picture of a format that only OpenCV knows (high dynamic range, Sun raster ...)."""
    os.environ.setdefault("OPENCV_IO_ENABLE_OPENEXR", "1")
    import cv2

    try:
        values = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except (OSError, cv2.error) as error:
        raise UnreadablePicture(_reason(path, error)) from error
    if values is None:
        raise UnreadablePicture("not a picture that Pillow or OpenCV can read")
    rgb = values[..., ::-1]
    if rgb.dtype == np.uint8:
        return np.ascontiguousarray(rgb)
    if rgb.dtype == np.uint16:
        return (rgb // 257).astype(np.uint8)
    return np.clip(np.rint(np.nan_to_num(rgb) * 255), 0, 255).astype(np.uint8)


def _reason(path: str | os.PathLike, error: Exception) -> str:
    """Why a file could not be read, in a few words that do not repeat its name."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    try:
        if os.path.getsize(path) == 0:
            return "the file is empty"
    except OSError as failed:
        return failed.strerror or str(failed)
    if isinstance(error, Image.UnidentifiedImageError):
        return "not a picture, or of a kind that Pillow cannot read"
    if isinstance(error, Image.DecompressionBombError):
        return "too many pixels (a decompression bomb?)"
    return one_line(str(error) or type(error).__name__)


def encode(rgb: np.ndarray, extension: str, *, jpeg_quality: int = 95) -> bytes:
    """A (H, W, 3) or (H, W) uint8 picture as the bytes of a ``png`` or ``jpg`` file."""
    buffer = io.BytesIO()
    if extension == "png":
        Image.fromarray(rgb).save(buffer, "PNG", compress_level=3)
    else:
        Image.fromarray(rgb).save(buffer, "JPEG", quality=jpeg_quality, subsampling=0)
    return buffer.getvalue()


def write_picture(path: str | os.PathLike, rgb: np.ndarray) -> None:
    """Write a (H, W, 3) uint8 RGB picture, or (H, W) grey, in one step; the extension names the format."""
    extension = Path(path).suffix.lower().lstrip(".")
    write_bytes(path, encode(rgb, "jpg" if extension in ("jpg", "jpeg") else "png"))


def to_uint8(pictures: Tensor) -> np.ndarray:
    """(N, C, H, W) in [-1, 1] -> (N, H, W, 3) uint8 on the host, rounded; one channel becomes three."""
    levels = pictures.detach().float().add(1).mul(127.5).round_().clamp_(0, 255).byte()
    return levels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def resize(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize (H, W, C) uint8, C 1 or 3, to (height, width) by Pillow's bicubic, anti-aliased filter."""
    if picture.shape[:2] == size:
        return picture
    height, width = size
    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    resized = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
    return resized[..., None] if picture.shape[2] == 1 else resized
