"""Reading files from Debian packages, folders and Qt resource files with the standard library."""

from __future__ import annotations

import lzma
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from util.errors import UserError, one_line

_TORN = (lzma.LZMAError, tarfile.TarError, zlib.error, EOFError, struct.error, IndexError, UnicodeError)
_COMMAND = "bash datasets/download_animals.sh"


def fetch(package: str, folder: Path) -> Path:
    """Download a package's .deb to a folder with ``apt-get download``, which needs no root.

    Raises:
        UserError: there is no apt-get, or apt-get failed.
    """
    for there in sorted(folder.glob(f"{package}_*.deb")):
        return there
    instead = f"download the .deb of {package} from a Debian mirror and run: {_COMMAND} FILE.deb"
    if not shutil.which("apt-get"):
        raise UserError(f"there is no apt-get to download the Debian package {package}: {instead}")
    print(f"apt-get download {package}", flush=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        command = ["apt-get", "--quiet=2", "download", package]
        ran = subprocess.run(command, cwd=place, capture_output=True, text=True)
        files = sorted(Path(place).glob("*.deb"))
        if ran.returncode or not files:
            lines = [line for line in ran.stderr.splitlines() if line.startswith("E:")]
            reason = lines[0][2:].strip() if lines else f"exit code {ran.returncode}"
            raise UserError(f"apt-get download {package} failed: {reason}; run apt-get update, or {instead}")
        os.replace(files[0], folder / files[0].name)
    return folder / files[0].name


def read_members(source: Path, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the wanted files of a .deb or a folder as (name in ``wanted``, content).

    Args:
        wanted: path endings, such as ``birds/crow.png``.

    Raises:
        UserError: the source is neither a .deb nor a folder, or is damaged.
    """
    if source.is_dir():
        for file in sorted(p for p in source.rglob("*") if p.is_file()):
            if name := _ending(file.as_posix(), wanted):
                yield name, file.read_bytes()
        return
    if not source.is_file():
        raise UserError(f"{source} does not exist: give a .deb file or a folder")
    try:
        with _open_data(source) as archive:
            for member in archive:
                name = _ending(member.name, wanted)
                content = archive.extractfile(member) if name and member.isreg() else None
                if name and content:
                    yield name, content.read()
    except _TORN as error:
        raise UserError(_torn(source, error)) from error


def _ending(path: str, wanted: Collection[str]) -> str | None:
    """Return the wanted ending that matches the path, if any."""
    parts = path.split("/")
    return next((end for i in range(len(parts)) if (end := "/".join(parts[i:])) in wanted), None)


def _torn(source: Path, error: object) -> str:
    return f"{source} is damaged or not a Debian package ({one_line(error)}): download it again"


@contextmanager
def _open_data(source: Path) -> Iterator[tarfile.TarFile]:
    """Open ``data.tar.*`` of a .deb for reading without seeking."""
    with open(source, "rb", buffering=0) as file:  # unbuffered: zstd reads on from this offset
        compression = _seek_data(file, source)
        mode: Any = "r|" if compression == "tar" else f"r|{compression}"
        if compression != "zst" or sys.version_info >= (3, 14):
            with tarfile.open(fileobj=file, mode=mode) as archive:
                yield archive
            return
        if not shutil.which("zstd"):
            raise UserError(f"{source} is compressed with zstd: install the zstd command")
        with subprocess.Popen(["zstd", "-dcq"], stdin=file, stdout=subprocess.PIPE) as process:
            try:
                with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                    yield archive
            finally:
                process.kill()


def _seek_data(file: IO[bytes], source: Path) -> str:
    """Seek to ``data.tar.*`` in an ar archive (60-byte headers, members at even offsets); return its end."""
    size = source.stat().st_size
    if file.read(8) != b"!<arch>\n":
        raise UserError(_torn(source, "it does not start like one"))
    while len(header := file.read(60)) == 60:
        name, length = header[:16].decode("ascii", "replace").strip().rstrip("/"), header[48:58].strip()
        end = file.tell() + int(length) if length.isdigit() else size + 1
        if end > size:
            break
        if name.startswith("data.tar"):
            return name.rpartition(".")[2]
        file.seek(end + end % 2)
    raise UserError(_torn(source, "it ends early"))


def read_resources(content: bytes, wanted: Collection[str], *, what: str) -> Iterator[tuple[str, bytes]]:
    """Yield the wanted files of a Qt resource file (.rcc) as (name in ``wanted``, content).

    The file has a header (``qres``, version, and the offsets of the tree, the data and the names). Each node
    of the tree has 14 bytes, or 22 bytes from version 2 on, and a folder's node gives its children. Names are
    in UTF-16. Each file's content is preceded by its length.

    Raises:
        UserError: the file, called ``what`` in the message, is damaged or uses a compression other than zlib.
    """
    try:
        magic, version, tree, data, names = struct.unpack_from(">4s4I", content)
        if magic != b"qres":
            raise UserError(f"{what} is not a Qt resource file")
        step, folders, seen = (14 if version == 1 else 22), [0], 0
        while folders:
            count, first = struct.unpack_from(">II", content, tree + folders.pop() * step + 6)
            for node in range(first, first + count):
                seen += 1
                if seen * step > len(content):
                    raise EOFError("its folders form a loop")
                at, flags = struct.unpack_from(">IH", content, tree + node * step)
                if flags & 2:
                    folders.append(node)
                    continue
                (length,) = struct.unpack_from(">H", content, names + at)
                stored = content[names + at + 6 : names + at + 6 + 2 * length]
                name = stored.decode("utf-16-be")
                if len(stored) < 2 * length:
                    raise EOFError("it ends early")
                if name in wanted:
                    (at,) = struct.unpack_from(">I", content, tree + node * step + 10)
                    yield name, _resource(content, data + at, flags, f"{what}: {name}")
    except _TORN as error:
        raise UserError(f"{what} is damaged ({one_line(error)}): download its package again") from error


def _resource(content: bytes, at: int, flags: int, what: str) -> bytes:
    """Return one file's content. Flag 1 means zlib, with the size in front; flag 4 means zstd."""
    (length,) = struct.unpack_from(">I", content, at)
    stored = content[at + 4 : at + 4 + length]
    if len(stored) < length:
        raise EOFError("it ends early")
    if flags & 4:
        raise UserError(f"{what} is compressed with zstd, which this reader does not support")
    return zlib.decompress(stored[4:]) if flags & 1 else stored
