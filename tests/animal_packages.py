"""Tiny Debian packages and Qt resource files, like those that contain the animal photos."""

import io
import lzma
import struct
import tarfile

import cv2
import numpy as np

# A rough outline of the animal in `photo_of_an_ellipse`, off by a pixel or two.
ROUGH = np.rint(
    [(60 + 37 * np.cos(a), 45 + 21.5 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 12, endpoint=False)]
).astype(int).tolist()  # fmt: skip


def photo_of_an_ellipse():
    """Return a photo of a brown animal on grass, and the animal's exact mask."""
    noise = np.random.default_rng(0).normal(0, 8, (90, 120, 3))
    mask = cv2.ellipse(np.zeros((90, 120), np.uint8), (60, 45), (35, 20), 0, 0, 360, 1, -1)
    rgb = np.where(mask[..., None] > 0, (150, 90, 50), (60, 140, 40)) + noise
    return np.clip(rgb, 0, 255).astype(np.uint8), mask


def ar(*members):
    archive = b"!<arch>\n"
    for name, content in members:
        archive += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content
        archive += b"\n" * (len(content) % 2)
    return archive


def deb(path, files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"./usr/share/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    first = ("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd")
    path.write_bytes(ar(*first, ("data.tar.xz", lzma.compress(data.getvalue()))))
    return path


def rcc(files):
    """Return a resource file that contains each file as /animals/NAME."""
    names, at, data = b"", {}, b""
    for name in ["animals", *files]:
        at[name] = len(names)
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    nodes = [struct.pack(">IHII", 0, 2, 1, 1), struct.pack(">IHII", at["animals"], 2, len(files), 2)]
    for name, content in files.items():
        nodes.append(struct.pack(">IHHHI", at[name], 0, 0, 0, len(data)))
        data += struct.pack(">I", len(content)) + content
    tree = b"".join(node.ljust(22, b"\0") for node in nodes)
    offsets = 24, 24 + len(tree), 24 + len(tree) + len(data)
    return struct.pack(">4s4II", b"qres", 3, *offsets, 0) + tree + data + names
