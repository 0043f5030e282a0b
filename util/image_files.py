"""Functions that find image files by their extensions or first bytes, and that describe other files."""

from __future__ import annotations

import os
import re
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import Image

from util.errors import UserError

# Extensions of formats that only OpenCV reads. All other extensions come from Pillow's own list.
OPENCV_ONLY = {".exr", ".hdr", ".pic", ".pfm", ".ras", ".sr"}
# Pillow supports these extensions, but the files are documents, videos or data, not images to train on.
_NOT_IMAGES = {".pdf", ".mpg", ".mpeg", ".ps", ".eps", ".h5", ".hdf", ".grib", ".bufr", ".fli", ".flc"}


# Binary formats that are recognized by the first bytes of a file without an extension.
_SNIFFED = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "HEIF", "JPEG2000")
# Extensions of metadata and of files that commands and operating systems leave next to images.
_COMPANIONS = (
    ".json", ".html", ".txt", ".md", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".log", ".xmp", ".css", ".js",
    ".py", ".sh", ".pth", ".part", ".db", ".ini", ".lnk", ".aae",
)  # fmt: skip
_UNPACK = "unpack it"
_HINTS = dict.fromkeys((".heic", ".heif"), "pip install pillow-heif")
_HINTS |= dict.fromkeys((".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"), _UNPACK)
# Formats that contain no image, or for which Pillow would run another program (Ghostscript). Pillow detects
# the format from the content, so checking extensions is not enough.
_REFUSED_FORMATS = {"EPS", "WMF", "PDF", "MPEG", "FLI", "GRIB", "BUFR", "HDF5"}


@cache
def readable_formats() -> list[str]:
    """Return Pillow's names of the formats that may be read, including HEIC if its plugin is installed."""
    Image.init()
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    return [form for form in Image.ID if form not in _REFUSED_FORMATS]


@cache
def image_extensions() -> frozenset[str]:
    """Return the lower-case extensions, including the dot, of files that count as images."""
    readable_formats()
    known = {e for e, form in Image.EXTENSION.items() if form in Image.OPEN}
    return frozenset((known | OPENCV_ONLY) - _NOT_IMAGES)


def find_images(folder: str | os.PathLike) -> list[Path]:
    """Find all images in a folder and its subfolders, in natural order (frame2 before frame10).

    The extension determines whether a file is an image. If there is no extension, the first bytes do. Hidden
    files are skipped. Links to folders are followed, but each real folder is visited only once, so circular
    links are harmless.

    Raises:
        UserError: the folder does not exist or is not a folder.
    """
    return [path for path in _files_below(folder) if _is_image(path)]


def describe_other_files(folder: str | os.PathLike) -> str:
    """Return a line that counts the files in a folder tree that are not readable images, or "" if none."""
    others = [path for path in _files_below(folder) if not _is_image(path)]
    kinds = Counter(path.suffix.lower() for path in others)
    named = [f"{n} {kind or 'without extension'}" for kind, n in kinds.items() if kind not in _COMPANIONS]
    if not named:
        return ""
    hints = "".join(dict.fromkeys(f"; {kind}: {_HINTS[kind]}" for kind in kinds if kind in _HINTS))
    return f"files that cannot be read as images: {', '.join(named)} (convert them to PNG or JPEG{hints})"


def describe_missing(folder: str | os.PathLike) -> str:
    """Return, in a few words, the reason why a path is not a folder."""
    path = Path(folder)
    if path.is_file():
        unpack = ": unpack it and give the folder" if _HINTS.get(path.suffix.lower()) == _UNPACK else ""
        return "is a file, not a folder" + unpack
    windows = " (write / for \\, and /mnt/c/ for C:\\)" if "\\" in str(folder) and os.sep == "/" else ""
    return "does not exist" + windows


def _files_below(folder: str | os.PathLike) -> list[Path]:
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"the folder {folder} {describe_missing(folder)}")
    seen, found = set(), []
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        found += [Path(place, f) for f in files if not f.startswith(".")]
    return sorted(found, key=lambda p: [(natural(part), part) for part in p.parts])


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key for a name in which numbers are compared by value."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _is_image(path: Path) -> bool:
    extension = path.suffix.lower()
    if extension or not os.path.isfile(path):
        return extension in image_extensions()
    try:
        with path.open("rb") as file:
            start = file.read(32)
    except OSError:
        return False
    accepts = [Image.OPEN[form][1] for form in _SNIFFED if form in Image.OPEN]
    return any(accept(start) for accept in accepts if accept)
