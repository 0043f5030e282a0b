"""Conversion of decoded images to 8-bit RGB: bit depth, color profiles and transparency."""

import io
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin

from util.errors import one_line, shorten
from util.image_files import natural

# Remarks about images with content that is not used or with values that look wrong.
PAGES = "with several pages or frames, of which only the first is used (save the others as separate files)"
BANDS = "with more bands than are used (only the first three, or the gray band, are used)"
FOURTH_BAND = "with a fourth band of unknown meaning, treated as transparency"
PROFILE = "whose color profile cannot be used; read as sRGB"
DIM = "near black (label numbers? spread them over 0 to 255; 12 bits in a 16-bit file? --value_range folder)"
NARROW = (
    "using less than a sixteenth of their range of values (--value_range folder, or LOW,HIGH, stretches it)"
)
BEYOND = "with values beyond the range, which become black or white (--value_range folder, or LOW,HIGH)"

_STRIP_ROWS = 256  # rows are converted to RGB in blocks of this size, because conversions need several copies
# An image is near black if at most this fraction of its pixels is brighter than this gray level.
_DIM_LEVEL, _BRIGHT_SHARE = 24, 0.001
_NARROW_LEVELS = 16  # gray level of the largest 12-bit value in a 16-bit file
_PAGED = ("TIFF", "GIF", "WEBP", "PNG")  # formats that can contain several pages or frames
_BLACK_POINT_COMPENSATION: Any = 0x2000  # a flag of Little CMS, whose name in Pillow depends on the version
_SAMPLES, _EXTRA, _BITS, _SIGN, _PHOTOMETRIC = 277, 338, 258, 339, 262  # TIFF tags

Range = tuple[float, float]


def describe_remarks(remarks: Mapping[str, Iterable[str]]) -> list[str]:
    """Return one line per remark, with the number of images it concerns and the names of the first few."""
    lines = []
    for remark, names in sorted(remarks.items()):
        found = sorted(names, key=natural)
        lines.append(one_line(f"{len(found)} image{'s'[: len(found) > 1]} {remark}: {shorten(found)}"))
    return lines


def is_deep(image: Image.Image) -> bool:
    """Return whether an open image has a single band with more than 8 bits."""
    return image.mode.startswith("I") or image.mode == "F"


def is_deep_color(image: Image.Image) -> bool:
    """Return whether an open image has three 16-bit bands, which Pillow would truncate to 8 bits."""
    return image.mode in ("RGB", "RGBA") and any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))


def header_remarks(image: Image.Image) -> Iterator[str]:
    """Yield remarks about the parts of an open image that will not be used. The image is not decoded."""
    if image.format in _PAGED and getattr(image, "is_animated", False):
        yield PAGES
    tags = getattr(image, "tag_v2", {})
    samples, extra = tags.get(_SAMPLES, 1), tags.get(_EXTRA, ())
    if samples > len(image.getbands()):
        yield BANDS
    elif samples == 4 and image.mode == "RGBA" and extra not in ((1,), (2,)):
        yield FOURTH_BAND


def raw_range(values: np.ndarray) -> Range | None:
    """Return the lowest and the highest finite value, or None if no value is finite."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else None


def to_rgb(image: Image.Image, value_range: Range | None, remarks: list[str]) -> np.ndarray:
    """Convert an image in any mode to sRGB, (H, W, 3) uint8, and blend transparent parts with white.

    Args:
        value_range: values that become 0 and 255 in images with more than 8 bits; None: the full range of
            the image's type.
        remarks: a list to which remarks about the image are appended.
    """
    if is_deep(image):
        value_range = value_range or _type_range(image)
        rgb = deep_to_rgb(np.asarray(image), value_range, remarks)
        is_inverted = getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0  # the lowest value is white
        return 255 - rgb if is_inverted else rgb
    transform = _to_srgb(image, remarks)
    is_transparent = _has_alpha(image)
    if image.mode == "RGB" and not transform and not is_transparent:
        return np.asarray(image)
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _STRIP_ROWS):
        strip: Any = image.crop((0, top, image.width, min(top + _STRIP_ROWS, image.height)))
        alpha = strip.convert("RGBA").getchannel("A") if is_transparent else None
        strip = transform.apply(_opaque(strip)) if transform else strip
        if alpha is not None:
            strip = strip.convert("RGBA")
            strip.putalpha(alpha)
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, (255, 255, 255, 255)), strip)
        rgb[top : top + _STRIP_ROWS] = np.asarray(strip.convert("RGB"))
    return rgb


def _has_alpha(image: Any) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


def alpha_of(image: Any) -> np.ndarray | None:
    """Return the alpha channel of an image, (H, W) uint8, or None if every pixel is opaque."""
    if not _has_alpha(image):
        return None
    alpha = np.asarray((image if image.mode in ("RGBA", "LA") else image.convert("RGBA")).getchannel("A"))
    return None if alpha.min() == 255 else alpha


def on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Blend an image, (H, W, 3) uint8, with white according to its alpha, (H, W) uint8."""
    return 255 - ((255 - rgb) * (alpha[..., None] / 255)).round().astype(np.uint8)


def is_dim(rgb: np.ndarray) -> bool:
    """Return whether almost all pixels of an image, (H, W, C) uint8, are near black."""
    brightest = rgb[:: 1 + rgb.shape[0] // 1024, :: 1 + rgb.shape[1] // 1024].max(axis=2)
    return bool((brightest > _DIM_LEVEL).mean() < _BRIGHT_SHARE)


def deep_to_rgb(values: np.ndarray, value_range: Range | None, remarks: list[str]) -> np.ndarray:
    """Convert values of any type, (H, W) or (H, W, 3), to (H, W, 3) uint8."""
    low, high = value_range or _range_of(values.dtype)
    rgb = np.empty((*values.shape[:2], 3), np.uint8)
    beyond: Any = 0
    for top in range(0, len(values), _STRIP_ROWS):
        numbers = np.nan_to_num(values[top : top + _STRIP_ROWS].astype(float), posinf=0, neginf=0)
        beyond += np.count_nonzero((numbers < low) | (numbers > high))
        levels = np.clip(np.rint((numbers - low) * (255 / (high - low))), 0, 255)
        rgb[top : top + _STRIP_ROWS] = levels.reshape(*levels.shape[:2], -1)
    if beyond > _BRIGHT_SHARE * rgb.size:
        remarks.append(BEYOND)
    elif int(rgb.max()) - int(rgb.min()) <= _NARROW_LEVELS:
        remarks.append(NARROW)
    return rgb


def _type_range(image: Image.Image) -> Range:
    """Return the full value range of an image with more than 8 bits."""
    tags = getattr(image, "tag_v2", {})
    bits, is_signed = tags.get(_BITS, (16,))[0], tags.get(_SIGN) == (2,)
    is_float = image.mode == "F" or bits not in (16, 32)
    return _range_of(np.dtype("f4" if is_float else f"{'i' if is_signed else 'u'}{bits // 8}"))


def _range_of(dtype: np.dtype) -> Range:
    if dtype.kind == "f":
        return 0.0, 1.0
    return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)


def _to_srgb(image: Image.Image, remarks: list[str]) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from an image's color profile to sRGB, or None if the profile is sRGB."""
    profile = image.info.get("icc_profile")
    if not profile:
        return None
    try:
        return _profile_transform(bytes(profile), _opaque(image.crop((0, 0, 1, 1))).mode)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        remarks.append(PROFILE)
        return None


@lru_cache(maxsize=16)
def _profile_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Create the transform for images in one mode, or return None if the profile is sRGB."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if "sRGB" in ImageCms.getProfileDescription(source):
        return None
    target, relative = ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
    return ImageCms.buildTransform(source, target, mode, "RGB", relative, _BLACK_POINT_COMPENSATION)


def _opaque(strip: Image.Image) -> Image.Image:
    """Remove transparency, and convert to a mode that color profiles support."""
    if strip.mode in ("RGB", "L", "CMYK"):
        return strip
    return strip.convert("L" if strip.mode in ("LA", "La", "1") else "RGB")


def tiff_bands(path: str | os.PathLike) -> int:
    """Return the number of bands in a TIFF file, or 0 for other files."""
    try:
        with open(path, "rb") as file:
            tags = TiffImagePlugin.ImageFileDirectory_v2(file.read(8))
            file.seek(tags.next)
            tags.load(file)
            return int(tags.get(TiffImagePlugin.SAMPLESPERPIXEL, 1))
    except Exception:  # not a TIFF file, or a corrupt one
        return 0
