"""Reading and writing images: any format in, 8-bit RGB out."""

from __future__ import annotations

import io
import logging
import os
import stat
import warnings
from collections.abc import Iterator
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
# Of images that are converted to RGB, so many rows at once.
_STRIP_ROWS = 256
# Pillow can read or write these, but they are documents or video, not images to train on.
_NOT_IMAGES = {".pdf", ".mpg", ".mpeg", ".ps", ".eps", ".h5", ".hdf", ".grib", ".bufr", ".fli", ".flc"}


# Formats by which Pillow would run another program (Ghostscript) on a file, or that hold no image. A file may
# be called anything, so its extension does not tell.
_REFUSED_FORMATS = {"EPS", "WMF", "PDF", "MPEG", "FLI", "GRIB", "BUFR", "HDF5"}
# Decoders' own remarks on broken files would stand between the lines of a command.
logging.getLogger("PIL").addHandler(logging.NullHandler())
# For good, because threads that each catch warnings undo one another's filters.
warnings.filterwarnings("ignore", module=r"PIL\.")


class UnreadableImage(UserError):
    """A file that cannot be read as an image; the message gives the reason, not the name."""


def image_extensions() -> frozenset[str]:
    """Return the lower-case extensions, with their dot, of the files taken for images."""
    Image.init()
    known = {e for e, form in Image.EXTENSION.items() if form in Image.OPEN}
    return frozenset((known | _OPENCV_ONLY) - _NOT_IMAGES)


def find_images(folder: str | os.PathLike) -> list[Path]:
    """Find all images below the folder by extension, sorted by path; hidden files are skipped.

    Links to folders are followed, each real folder once, so that a loop of links ends.

    Raises:
        UserError: the folder does not exist, or is not a folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        there = "is a file, not a folder" if folder.is_file() else "does not exist"
        raise UserError(f"the folder {folder} {there}")
    known, seen, found = image_extensions(), set(), []
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        visible = (f for f in files if not f.startswith("."))
        found += [Path(place, f) for f in visible if os.path.splitext(f)[1].lower() in known]
    return sorted(found, key=lambda p: p.parts)


def read_rgb(path: str | os.PathLike, *, least_px: int | None = None) -> np.ndarray:
    """Read an image as `read_rgba` does, without its alpha: (H, W, 3) uint8 RGB.

    Raises:
        UnreadableImage: with the reason.
    """
    return read_rgba(path, least_px=least_px)[0]


def read_rgba(
    path: str | os.PathLike, *, least_px: int | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read an image as a viewer shows it, and what of it is transparent.

    EXIF rotation is applied; transparency is laid on white; grey, palette, CMYK and 16-bit become 8-bit RGB;
    of an animation the first frame is read.

    Args:
        path: the file.
        least_px: a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size as long as its longest side keeps at
            least this many pixels: several times faster for photos from cameras.

    Returns:
        (H, W, 3) uint8 RGB, and (H, W) uint8 alpha; None where every pixel is opaque.

    Raises:
        UnreadableImage: with the reason.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would wait for ever
            raise UnreadableImage("not a regular file but a pipe, a socket, a device or a folder")
        with Image.open(path, formats=_formats()) as image:
            if least_px and image.format == "JPEG":
                scale = least_px / max(image.size)
                image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
            ImageOps.exif_transpose(image, in_place=True)
            return _to_rgb(image), _alpha(image)
    except (MemoryError, UnreadableImage):
        raise
    except Exception as error:  # decoders raise nearly anything on hostile files
        if Path(path).suffix.lower() in _OPENCV_ONLY:
            return _read_with_opencv(path), None
        raise UnreadableImage(_reason(path, error)) from error


def _formats() -> list[str]:
    """Return the formats that may be read."""
    Image.init()
    return [form for form in Image.ID if form not in _REFUSED_FORMATS]


def load_rgb(path: str | os.PathLike) -> np.ndarray:
    """Read an image as `read_rgb` does, for a caller that needs it: an error names the file.

    Raises:
        UserError: the file cannot be read.
    """
    return load_rgba(path)[0]


def load_rgba(path: str | os.PathLike) -> tuple[np.ndarray, np.ndarray | None]:
    """Read an image as `read_rgba` does, for a caller that needs it: an error names the file.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        return read_rgba(path)
    except UnreadableImage as error:
        raise UserError(f"{path} cannot be read: {error}") from error


def _to_rgb(image: Image.Image) -> np.ndarray:
    """Turn a decoded image into (H, W, 3) uint8 RGB, strip by strip: conversions need several copies."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return np.asarray(image)
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    if image.mode.startswith("I") or image.mode == "F":
        highest = max((_finite(strip).max(initial=0) for _, strip in _strips(image)), default=0)
        scale = 1.0 if 1 < highest <= 255 else 255.0 if highest <= 1 else 1 / 257
        for rows, strip in _strips(image):
            rgb[rows] = np.clip(np.rint(_finite(strip) * scale), 0, 255)[..., None]
        return rgb
    for rows, strip in _strips(image):
        if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
            strip = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, (255, 255, 255, 255)), strip)
        rgb[rows] = np.asarray(strip.convert("RGB"))
    return rgb


def _alpha(image: Image.Image) -> np.ndarray | None:
    """Return the alpha of a decoded image, (H, W) uint8; None where it has none, or is opaque everywhere."""
    if "A" not in image.getbands() and "a" not in image.getbands() and "transparency" not in image.info:
        return None
    if image.mode not in ("RGBA", "LA"):
        image = image.convert("RGBA")
    alpha = np.asarray(image.getchannel("A"))
    return None if alpha.min() == 255 else alpha


def _strips(image: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    """Cut an image into strips of a few rows each."""
    for top in range(0, image.height, _STRIP_ROWS):
        end = min(top + _STRIP_ROWS, image.height)
        yield slice(top, end), image.crop((0, top, image.width, end))


def _finite(strip: Image.Image) -> np.ndarray:
    """Return one channel as float64, 0 for values that are no number or infinite."""
    return np.nan_to_num(np.asarray(strip).astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _read_with_opencv(path: str | os.PathLike) -> np.ndarray:
    """Read an image of a format that only OpenCV knows (high dynamic range, Sun raster ...)."""
    os.environ.setdefault("OPENCV_IO_ENABLE_OPENEXR", "1")
    import cv2

    try:
        values = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except (OSError, cv2.error) as error:
        raise UnreadableImage(_reason(path, error)) from error
    if values is None:
        raise UnreadableImage("not an image that Pillow or OpenCV can read")
    rgb = values[..., ::-1]
    if rgb.dtype == np.uint8:
        return np.ascontiguousarray(rgb)
    if rgb.dtype == np.uint16:
        return (rgb // 257).astype(np.uint8)
    return np.rint(np.clip(np.nan_to_num(rgb), 0, 1) * 255).astype(np.uint8)


def _reason(path: str | os.PathLike, error: Exception) -> str:
    """Say why a file could not be read, in a few words that do not repeat its name."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    try:
        if os.path.getsize(path) == 0:
            return "the file is empty"
    except OSError as failed:
        return failed.strerror or str(failed)
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image, or of a format that Pillow cannot read"
    if isinstance(error, Image.DecompressionBombError):
        return "too many pixels (a decompression bomb?)"
    return one_line(str(error) or type(error).__name__)


def encode(rgb: np.ndarray, extension: str, *, jpeg_quality: int = 95) -> bytes:
    """Encode an (H, W, 3) or (H, W) uint8 image as the bytes of a ``png`` or ``jpg`` file."""
    buffer = io.BytesIO()
    if extension == "png":
        Image.fromarray(rgb).save(buffer, "PNG", compress_level=3)
    else:
        Image.fromarray(rgb).save(buffer, "JPEG", quality=jpeg_quality, subsampling=0)
    return buffer.getvalue()


def write_image(path: str | os.PathLike, rgb: np.ndarray) -> None:
    """Write an (H, W, 3) uint8 RGB image, or (H, W) grey, to be looked at; the extension names the format."""
    extension = Path(path).suffix.lower().lstrip(".")
    write_bytes(path, encode(rgb, "jpg" if extension in ("jpg", "jpeg") else "png", jpeg_quality=85))


def to_uint8(images: Tensor) -> np.ndarray:
    """Map (N, C, H, W) in [-1, 1] to (N, H, W, 3) uint8 on the host, rounded; one channel becomes three."""
    levels = images.detach().float().add(1).mul(127.5).round_().clamp_(0, 255).byte()
    return levels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def lab_to_rgb(L: Tensor, ab: Tensor) -> Tensor:
    """Convert CIE Lab to RGB, rounded to 8 bits, on the host.

    Args:
        L: (N, 1, H, W) in [-1, 1], which is OpenCV's 8-bit lightness 0..255.
        ab: (N, 2, H, W) in [-1, 1], OpenCV's 8-bit a and b, neutral at 128.

    Returns:
        (N, 3, H, W) in [-1, 1], on the device of ``L``.
    """
    import cv2
    import torch

    lab = to_uint8(torch.cat([L, ab], 1))
    rgb = np.stack([cv2.cvtColor(image, cv2.COLOR_LAB2RGB) for image in lab])
    return torch.from_numpy(rgb).permute(0, 3, 1, 2).to(L.device).float() / 127.5 - 1


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize (H, W, C) uint8, C 1 or 3, to (height, width) by Pillow's bicubic, anti-aliased filter."""
    if image.shape[:2] == size:
        return image
    one_channel = image.shape[2] == 1
    source = Image.fromarray(image[..., 0] if one_channel else image)
    resized = np.asarray(source.resize(size[::-1], Image.Resampling.BICUBIC))
    return resized[..., None] if one_channel else resized
