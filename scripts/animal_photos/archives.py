"""Read files from Debian packages, folders and Qt resource files with the standard library."""

from __future__ import annotations

import lzma
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
    """Download a package's .deb file with ``apt-get``; raise `UserError` if this fails."""
    for there in sorted(folder.glob(f"{package}_*.deb")):
        return there
    instead = f"download the .deb of {package} from a Debian mirror and run: {_COMMAND} FILE.deb"
    if not shutil.which("apt-get"):
        raise UserError(f"there is no apt-get to download the Debian package {package}: {instead}")
    print(f"apt-get download {package}", flush=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        command = ["apt-get", "--quiet=2", "download", package]
        ran = subprocess.run(command, cwd=place, capture_output=True, text=True)
        file = next(Path(place).glob("*.deb"), None)
        if ran.returncode or not file:
            lines = [line for line in ran.stderr.splitlines() if line.startswith("E:")]
            reason = lines[0][2:].strip() if lines else f"exit code {ran.returncode}"
            raise UserError(f"apt-get download {package} failed: {reason}; run apt-get update, or {instead}")
        return Path(shutil.move(file, folder))


def read_members(source: Path, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (entry in ``wanted``, content) for each wanted file in a .deb file or a folder.

    Args:
        source: the .deb file or the folder.
        wanted: the last parts of the files' paths, such as ``birds/crow.png``.

    Raises:
        UserError: the source is neither a .deb file nor a folder, or it is damaged.
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
    """Return the entry of ``wanted`` that the path ends with, or None."""
    parts = path.split("/")
    return next((end for i in range(len(parts)) if (end := "/".join(parts[i:])) in wanted), None)


def _torn(source: Path, error: object) -> str:
    return f"{source} is damaged or not a Debian package ({one_line(error)}): download it again"


@contextmanager
def _open_data(source: Path) -> Iterator[tarfile.TarFile]:
    """Open the archive ``data.tar.*`` in a .deb file for sequential reading."""
    with open(source, "rb", buffering=0) as file:  # unbuffered, because zstd continues at this position
        compression = _seek_data(file, source)
        mode: Any = "r|" if compression == "tar" else f"r|{compression}"
        if compression != "zst" or sys.version_info >= (3, 14):
            with tarfile.open(fileobj=file, mode=mode) as archive:
                yield archive
            return
        if not shutil.which("zstd"):
            raise UserError(f"{source} is compressed with zstd: install the command zstd")
        with subprocess.Popen(["zstd", "-dcq"], stdin=file, stdout=subprocess.PIPE) as process:
            try:
                with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                    yield archive
            finally:
                process.kill()


def _seek_data(file: IO[bytes], source: Path) -> str:
    """Seek to ``data.tar.*`` in an ar archive (60-byte headers, even offsets); return its compression."""
    size = source.stat().st_size
    if file.read(8) != b"!<arch>\n":
        raise UserError(_torn(source, "it has no ar header"))
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
    """Yield (name, content) for each wanted file in a Qt resource file (.rcc).

    The header consists of ``qres``, a version, and the offsets of the tree, the data and the names. Tree
    nodes take 14 bytes in version 1 and 22 bytes in later versions. A folder's node stores how many children
    it has and the index of the first. Names are in UTF-16. A file's content is preceded by its length.

    Raises:
        UserError: the file, which the message calls ``what``, is damaged or is compressed with something
            other than zlib.
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
    """Return a file's content. Flag 1: zlib, after four bytes with the size; flag 4: zstd."""
    (length,) = struct.unpack_from(">I", content, at)
    stored = content[at + 4 : at + 4 + length]
    if len(stored) < length:
        raise EOFError("it ends early")
    if flags & 4:
        raise UserError(f"{what} is compressed with zstd, which is not supported")
    return zlib.decompress(stored[4:]) if flags & 1 else stored
