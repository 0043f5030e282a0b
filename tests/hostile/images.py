"""Image files in many formats with many kinds of defects."""

import io
import json
import os
import pickle
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

CUTS_PER_FORMAT, FLIPS_PER_FORMAT = 60, 8
_OPENCV = (".hdr", ".pfm", ".ras", ".sr", ".ppm", ".pnm", ".jp2", ".webp", ".tiff", ".avif", ".bmp")


def every_format(rgb: np.ndarray) -> dict[str, bytes]:
    """Encode an image in each format that Pillow or OpenCV can write; return a dict from name to bytes."""
    Image.init()
    found: dict[str, bytes] = {}
    for extension, form in sorted(Image.EXTENSION.items()):
        if form not in Image.SAVE or form not in Image.OPEN:
            continue
        for mode in ("RGB", "L", "P", "1", "F"):
            buffer = io.BytesIO()
            try:
                Image.fromarray(rgb).convert(mode).save(buffer, form)
            except (OSError, ValueError, KeyError, AttributeError):
                continue
            found[f"pillow_{mode}{extension}"] = buffer.getvalue()
            break
    for extension in _OPENCV:
        values = rgb.astype(np.float32) / 255 if extension in (".hdr", ".pfm", ".tiff") else rgb
        try:
            done, data = cv2.imencode(extension, values)
        except cv2.error:
            continue
        if done:
            found[f"opencv{extension}"] = data.tobytes()
    return found


def _spoilt(rgb: np.ndarray, spoil: Callable[[bytes], Iterable[bytes]]) -> dict[str, bytes]:
    """Return damaged versions of an image in each format."""
    found = {}
    for name, data in every_format(rgb).items():
        stem, extension = os.path.splitext(name)
        for k, bad in enumerate(spoil(data)):
            found[f"{stem}_{extension[1:]}_{k}{extension}"] = bad
    return found


def cut_files(rgb: np.ndarray) -> dict[str, bytes]:
    """Return truncated versions of an image in each format, at most `CUTS_PER_FORMAT` per format."""
    step = lambda data: max(10, len(data) // CUTS_PER_FORMAT)  # noqa: E731
    return _spoilt(rgb, lambda data: (data[:at] for at in range(0, len(data), step(data))))


def flipped_files(rgb: np.ndarray, rng: np.random.Generator) -> dict[str, bytes]:
    """Return versions of an image in each format, with a few bytes changed at random."""

    def flip(data: bytes) -> bytes:
        bad = bytearray(data)
        for place in rng.integers(0, min(len(bad), 400), 4):
            bad[place] = rng.integers(256)
        return bytes(bad)

    return _spoilt(rgb, lambda data: (flip(data) for _ in range(FLIPS_PER_FORMAT)))


def png(width: int, height: int, data: bytes, *, bits: int = 8, color: int = 2, more: bytes = b"") -> bytes:
    """Return a PNG with a given header and given compressed data."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def saved(image: Image.Image, form: str, **how: object) -> bytes:
    """Encode an image in a format."""
    buffer = io.BytesIO()
    image.save(buffer, form, **how)
    return buffer.getvalue()


def bombs() -> dict[str, bytes]:
    """Return small files that declare or contain a very large number of pixels."""
    rows = zlib.compress(bytes(1 + 13000 // 8) * 13000, 9)
    text = b"Comment\0\0" + zlib.compress(bytes(50_000_000))
    bomb_text = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    found = {
        "claims60000.png": png(60000, 60000, zlib.compress(b"\0" * 100)),
        "claims_2e31.png": png(2**31 - 1, 2**31 - 1, b""),
        "claims_zero.png": png(0, 0, b""),
        "holds_169_million_bits.png": png(13000, 13000, rows, bits=1, color=0),
        "holds_gray16.png": png(9000, 9000, zlib.compress(bytes(1 + 18000) * 9000, 9), bits=16, color=0),
        "holds_rgba.png": png(9000, 9000, zlib.compress(bytes(1 + 36000) * 9000, 9), color=6),
        "text_bomb.png": png(8, 8, zlib.compress(bytes(25 * 8)), more=bomb_text),
        "claims.bmp": b"BM" + struct.pack("<IHHI", 100, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0),
        "claims.gif": b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b"," + bytes(9) + b"\2\1\0;",
        "claims.ppm": b"P6\n60000 60000\n255\n" + bytes(100),
        "claims.pfm": b"PF\n30000 30000\n-1.0\n" + bytes(100),
        "claims.hdr": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n" + bytes(40),
        "claims.ras": struct.pack(">8I", 0x59A66A95, 60000, 60000, 24, 0, 1, 0, 0) + bytes(40),
        "claims.qoi": b"qoif" + struct.pack(">IIBB", 60000, 60000, 3, 0) + bytes(40),
    }  # fmt: skip
    return found


def sizes() -> dict[str, bytes]:
    """Return images of extreme sizes."""
    shapes = [(1, 1), (2, 1), (1, 2), (1, 20000), (20000, 1), (60000, 40), (40, 60000), (3, 2), (65000, 2)]
    return {f"size_{w}x{h}.png": saved(Image.new("RGB", (w, h), (200, 30, 30)), "PNG") for w, h in shapes}


def kinds(rgb: np.ndarray) -> dict[str, bytes]:
    """Return images with various bit depths, color spaces, numbers of frames and orientations."""
    image = Image.fromarray(rgb)
    gray = np.asarray(image.convert("L"))
    levels = gray.astype(np.float32) / 255
    odd = levels.copy()
    odd[:4], odd[4:8], odd[8:12] = np.nan, np.inf, -1e30
    frames = [image, image.rotate(90), image.rotate(180)]
    alpha = np.dstack([rgb, gray])
    found = {
        "sixteen.png": saved(Image.fromarray(gray.astype(np.uint16) * 200), "PNG"),
        "int32.tif": saved(Image.fromarray(gray.astype(np.int32) * -100000), "TIFF"),
        "float.tif": saved(Image.fromarray(levels), "TIFF"),
        "nan.tif": saved(Image.fromarray(odd), "TIFF"),
        "all_nan.tif": saved(Image.fromarray(np.full_like(odd, np.nan)), "TIFF"),
        "cmyk.jpg": saved(image.convert("CMYK"), "JPEG"), "cmyk.tif": saved(image.convert("CMYK"), "TIFF"),
        "lab.tif": saved(image.convert("LAB"), "TIFF"), "ycbcr.tif": saved(image.convert("YCbCr"), "TIFF"),
        "one_bit.png": saved(image.convert("1"), "PNG"), "gray_alpha.png": saved(image.convert("LA"), "PNG"),
        "palette_alpha.png": saved(Image.fromarray(alpha).quantize(8), "PNG"),
        "palette_index.png": saved(image.quantize(8), "PNG", transparency=3),
        "color_key.png": saved(image, "PNG", transparency=(0, 0, 0)),
        "clear.png": saved(Image.new("RGBA", image.size), "PNG"),
        "animated.gif": saved(image, "GIF", save_all=True, append_images=frames),
        "animated.webp": saved(image, "WEBP", save_all=True, append_images=frames),
        "animated.png": saved(image, "PNG", save_all=True, append_images=frames),
        "pages.tif": saved(image, "TIFF", save_all=True, append_images=frames),
        "bad_icc.png": saved(image, "PNG", icc_profile=b"no profile"),
        "bad_exif.jpg": saved(image, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(30)),
    }  # fmt: skip
    for orientation in (*range(10), 99, 65535):
        exif = Image.Exif()
        exif[0x0112] = orientation
        found[f"turned{orientation}.jpg"] = saved(image, "JPEG", exif=exif)
    for name, values in (("nan.pfm", odd), ("float.hdr", np.dstack([odd] * 3))):
        done, data = cv2.imencode(os.path.splitext(name)[1], values)
        found[name] = data.tobytes()
    return found


def impostors(rgb: np.ndarray) -> dict[str, bytes]:
    """Return files with wrong extensions."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.png", b"x")
    return {
        "png.jpg": saved(Image.fromarray(rgb), "PNG"), "jpeg.png": saved(Image.fromarray(rgb), "JPEG"),
        "gif.tif": saved(Image.fromarray(rgb), "GIF"), "text.png": b"hello", "page.jpeg": b"<html></html>",
        "zip.png": archive.getvalue(), "pickle.png": pickle.dumps([1]), "json.jpg": json.dumps([]).encode(),
        "empty.png": b"", "zeros.png": bytes(5000), "script.xpm": b"/* XPM */\n" + b"\"" * 500,
        "svg.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "eps.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%EOF",
        "pdf.png": b"%PDF-1.4\n", "nothing.exr": b"v/1\x01", "nothing.hdr": b"#?RADIANCE\n",
        "nothing.pic": b"x",
    }  # fmt: skip


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write files to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        with open(os.path.join(os.fsencode(folder), os.fsencode(name)), "wb") as file:
            file.write(data)


def special_files(folder: Path) -> None:
    """Create pipes, a socket, folders, and links to devices or to themselves, with image names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("pipe.png", "pipe.hdr"):
        os.mkfifo(folder / name)
    with socket.socket(socket.AF_UNIX) as end:
        here = os.getcwd()
        os.chdir(folder)  # the system limits the length of a socket's path
        end.bind("socket.png")
        os.chdir(here)
    links = {
        "itself.png": "itself.png", "there.png": "back.png", "back.png": "there.png",
        "gone.png": "nowhere.png", "to_pipe.png": "pipe.png", "folder_link.png": ".", "zero.png": "/dev/zero",
        "null.png": "/dev/null", "full.png": "/dev/full", "random.hdr": "/dev/urandom",
        "memory.png": "/proc/self/mem", "loop": ".",
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).symlink_to(target)
    (folder / "folder.png").mkdir()


_STEMS = [
    "..", "... dots", "..%2f..%2fetc", "-rf", "--help", " lead and trail ", "<script>alert(1)<|script>",
    "<img src=x onerror=alert(1)>", "&amp;&lt;", "\"quotes\" 'and'", "](javascript:alert(1))", "![x](y)",
    "| a | b |", "`code` **bold** _it_", "# heading", "=1+1", "+cmd|'!A0", "@SUM(A1)", "-2+3", "$(id)",
    "`id`", "a;b&c", "%s%n%d", "{netG.__class__}", "CON", "nul", "*?[x]", "A", "a", "_", "a.png",
    "a.tar.gz", "日本語",
]  # fmt: skip


def hostile_names() -> list[str]:
    """Return file names that could break a page, a table, a terminal or a file system."""
    stems = [os.fsencode(stem) for stem in _STEMS]
    stems += [b"\xff\xfe not utf-8", b"caf\xe9", b"new\nline", b"carriage\rreturn", b"tab\tbell\x07"]
    stems += [b"\x1b[31mred\x1b[0m", b"a\\b", b"x" * 251]
    # Characters that reverse the text direction, a zero-width character, and names of nearly 255 bytes.
    marks = ["\u202egnp.exe", "\u2066iso\u2069", "zero\u200bwidth", "\u00e9" * 125, "\U0001f4a9" * 62]
    return [os.fsdecode(stem + b".png") for stem in stems + [mark.encode() for mark in marks]]
