"""Functions that find image files, and functions that describe other files."""

import os
import re
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import Image

from util.errors import UserError

# Formats that only OpenCV reads, and other files that Pillow opens: documents, videos and data.
OPENCV_ONLY = {".exr", ".hdr", ".pic", ".pfm", ".ras", ".sr"}
_NOT_IMAGES = {".pdf", ".mpg", ".mpeg", ".ps", ".eps", ".h5", ".hdf", ".grib", ".bufr", ".fli", ".flc"}
# Formats that are recognized by the first bytes of a file without an extension.
_SNIFFED = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "HEIF", "JPEG2000")
# Files that are often next to images, such as metadata. They are not reported as unusable.
_COMPANIONS = (
    ".json", ".html", ".txt", ".md", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".log", ".xmp", ".css", ".js",
    ".py", ".sh", ".pth", ".part", ".db", ".ini", ".lnk", ".aae",
)  # fmt: skip
_UNPACK = "unpack it"
_HINTS = dict.fromkeys((".heic", ".heif"), "pip install pillow-heif")
_HINTS |= dict.fromkeys((".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"), _UNPACK)
# Pillow must not open these formats, whatever a file's extension is. They contain no image, or Pillow would
# run another program (Ghostscript) to read them.
_REFUSED_FORMATS = {"EPS", "WMF", "PDF", "MPEG", "FLI", "GRIB", "BUFR", "HDF5"}


@cache
def readable_formats() -> list[str]:
    """Return Pillow's names of the readable formats, including HEIC if its plugin is installed."""
    Image.init()
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    return [form for form in Image.ID if form not in _REFUSED_FORMATS]


@cache
def image_extensions() -> frozenset[str]:
    """Return the extensions of image files, in lower case and with the dot."""
    readable_formats()
    known = {e for e, form in Image.EXTENSION.items() if form in Image.OPEN}
    return frozenset((known | OPENCV_ONLY) - _NOT_IMAGES)


def find_images(folder: str | os.PathLike) -> list[Path]:
    """Find all images in a folder and its subfolders, in natural order (frame2 before frame10).

    An image has the extension of an image format, or no extension and the first bytes of one. Hidden files
    are skipped. Links to folders are followed, but no folder is visited twice, so circular links do no harm.

    Raises:
        UserError: the path is not a folder.
    """
    return [path for path in _files_below(folder) if _is_image(path)]


def describe_other_files(folder: str | os.PathLike) -> str:
    """Return one line that counts the unreadable files in a folder tree, or "" if there are none."""
    others = [path for path in _files_below(folder) if not _is_image(path)]
    kinds = Counter(path.suffix.lower() for path in others)
    named = [f"{n} {kind or 'without extension'}" for kind, n in kinds.items() if kind not in _COMPANIONS]
    if not named:
        return ""
    hints = "".join(dict.fromkeys(f"; {kind}: {_HINTS[kind]}" for kind in kinds if kind in _HINTS))
    return f"files that cannot be read as images: {', '.join(named)} (convert them to PNG or JPEG{hints})"


def describe_missing(folder: str | os.PathLike) -> str:
    """Return the reason why a path is not a folder, as the end of a sentence."""
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
    """Return a sort key that compares the numbers in a name by their values."""
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
