"""Read the photo list, and write the photos as cut-outs with alpha."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from scripts.animal_photos.archives import read_members, read_resources
from scripts.animal_photos.cutout import cut_out
from util.atomic import delete_torn, make_folder, write_bytes
from util.errors import UserError, shorten
from util.image import encode

LIST = Path(__file__).resolve().parents[2] / "datasets" / "animals.json"
SPLITS = ("train", "held_out")


@dataclass(frozen=True)
class Photo:
    """An entry in the photo list.

    Attributes:
        name: unique name, without extension.
        species, group: the animal's species and group.
        split: ``train`` or ``held_out``.
        facing: ``left``, ``right`` or ``front``.
        package: the Debian package that contains the photo.
        file: last part of the path in the package, or ``FILE.rcc/NAME`` for a photo in a resource file.
        size: (width, height) in the package, in pixels.
        outline: the animal's rough outline as points (x, y) in pixels. A cut-out has none.
        eyes: (x, y, radius) of each visible eye, as fractions of the width, height and longer side.
        bright: whether the coat has unusual colors. Training rarely uses such photos.
        licence, credit, source: set only if they differ from the package's.
    """

    name: str
    species: str
    group: str
    split: str
    facing: str
    package: str
    file: str
    size: tuple[int, int]
    outline: tuple[tuple[int, int], ...] = ()
    eyes: tuple[tuple[float, float, float], ...] = ()
    bright: bool = False
    licence: str = ""
    credit: str = ""
    source: str = ""

    @property
    def container(self) -> str:
        """Return the package path of the photo or of the resource file that contains it."""
        return self.file.split("/")[0] if ".rcc/" in self.file else self.file

    def path(self, output: Path) -> Path:
        """Return the path to which the photo is written."""
        return output / "photos" / self.split / f"{self.name}.png"


def read_list(path: Path = LIST) -> tuple[dict[str, Any], list[Photo]]:
    """Read the list; return its packages (a dict from name to license, credit and source) and its photos."""
    content = json.loads(path.read_text("utf-8"))
    return content["packages"], [Photo(**entry) for entry in content["photos"]]


def missing(photos: Sequence[Photo], output: Path) -> list[Photo]:
    """Return the photos that have not been written yet."""
    return [photo for photo in photos if not photo.path(output).is_file()]


def write_photos(
    source: Path, photos: Sequence[Photo], output: Path, *, overwrite: bool = False
) -> tuple[int, dict[str, str]]:
    """Write the listed photos that a source contains.

    Args:
        source: a .deb file or a folder.
        photos: the listed photos.
        output: folder for ``photos/train`` and ``photos/held_out``.
        overwrite: whether to write existing photos again.

    Returns:
        The number of written photos, and a dict from each unusable file to the reason.

    Raises:
        UserError: the source is damaged, is neither a .deb file nor a folder, or contains no listed photo.
    """
    for split in SPLITS:
        delete_torn(make_folder(output / "photos" / split, what="the output"))
    found, written, problems = False, 0, {}
    for photo, content in _contents(source, photos):
        found = True
        if photo.path(output).is_file() and not overwrite:
            continue
        try:
            write_bytes(photo.path(output), _as_cut_out(photo, content))
            written += 1
        except UserError as error:
            problems[photo.file] = str(error)
    if not found:
        names = shorten([photo.file for photo in photos])
        raise UserError(f"{source} contains none of the listed photos: {names}")
    return written, problems


def _contents(source: Path, photos: Sequence[Photo]) -> Iterator[tuple[Photo, bytes]]:
    """Yield each photo that the source contains, with the content of its file."""
    for container, content in read_members(source, {photo.container for photo in photos}):
        inside = {photo.file.split("/")[-1]: photo for photo in photos if photo.container == container}
        if not container.endswith(".rcc"):
            yield next(iter(inside.values())), content
            continue
        for name, image in read_resources(content, inside.keys(), what=f"{source}: {container}"):
            yield inside[name], image


def _as_cut_out(photo: Photo, content: bytes) -> bytes:
    """Return an image as a PNG with alpha; raise `UserError` if it does not match the list."""
    try:
        with Image.open(io.BytesIO(content), formats=["PNG", "WEBP", "JPEG"]) as image:
            rgba = np.asarray(image.convert("RGBA"))
    except Exception as error:  # decoders raise nearly anything
        raise UserError(f"cannot be read: {error}") from error
    height, width = rgba.shape[:2]
    if (width, height) != tuple(photo.size):
        listed = "x".join(map(str, photo.size))
        raise UserError(f"is {width}x{height} px, but the list says {listed} px (perhaps another version)")
    if photo.outline:
        return encode(cut_out(rgba[..., :3], photo.outline), "png")
    if rgba[..., 3].min() == 255:
        raise UserError("is not a cut-out: its background is not transparent")
    return encode(rgba, "png")


def licence_text(packages: dict[str, Any], photos: Sequence[Photo]) -> str:
    """Return the text of the LICENSE file, with the source, author and license of each photo."""
    lines = ["These photos come from Debian packages and keep their authors' licenses.", ""]
    for package, about in packages.items():
        lines += [f"{package}: {about['credit']}; license: {about['licence']}; {about['source']}", ""]
        for photo in (p for p in photos if p.package == package):
            own = ", ".join(filter(None, (photo.credit, photo.licence, photo.source)))
            changed = "; cut out from its background" if photo.outline else ""
            lines.append(f"  {photo.name}.png: {photo.file}" + (f": {own}{changed}" if own else ""))
        lines.append("")
    return "\n".join(lines)
