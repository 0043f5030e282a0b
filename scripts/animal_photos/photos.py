"""Reading the list of photos and writing them as cut-outs with alpha, for training or held out."""

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
    """One photo of the list.

    Attributes:
        name: its unique name, without extension.
        species, group: the species and the group of the animal.
        split: ``train`` or ``held_out``.
        facing: ``left``, ``right`` or ``front``.
        package: the Debian package that holds it.
        file: the end of its path in the package; ``FILE.rcc/NAME`` for a photo in a resource file.
        size: its (width, height) in pixels in the package.
        outline: rough outline of the animal in the photo as (x, y) points; none for a cut-out.
        eyes: (x, y, radius) of each visible eye, as shares of width, height and the longer side.
        bright: whether its coat is unlike that of most animals, so that it is rarely used in training.
        licence, credit, source: those of this photo, if they differ from the package's.
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
        """Return the file in the package that contains the photo: the photo itself or a resource file."""
        return self.file.split("/")[0] if ".rcc/" in self.file else self.file

    def path(self, output: Path) -> Path:
        """Return the path to which the photo is written."""
        return output / "photos" / self.split / f"{self.name}.png"


def read_list(path: Path = LIST) -> tuple[dict[str, Any], list[Photo]]:
    """Read the packages (name -> licence, credit, source) and the photos of the list."""
    content = json.loads(path.read_text("utf-8"))
    photos = [Photo(**entry) for entry in content["photos"]]
    return content["packages"], photos


def missing(photos: Sequence[Photo], output: Path) -> list[Photo]:
    """Return the photos that have not been written yet."""
    return [photo for photo in photos if not photo.path(output).is_file()]


def write_photos(
    source: Path, photos: Sequence[Photo], output: Path, *, overwrite: bool = False
) -> tuple[int, dict[str, str]]:
    """Write the listed photos in a .deb or folder, each atomically; existing photos are kept.

    Args:
        output: the folder that gets ``photos/train`` and ``photos/held_out``.
        overwrite: write existing photos again.

    Returns:
        The number of photos written, and the unusable photos as file -> reason.

    Raises:
        UserError: the source is damaged, is neither a .deb nor a folder, or has none of the photos; earlier
            files are kept.
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
        raise UserError(f"{source} holds none of the listed photos: {names}")
    return written, problems


def _contents(source: Path, photos: Sequence[Photo]) -> Iterator[tuple[Photo, bytes]]:
    """Yield each wanted photo in the source, with its file's content."""
    by_container: dict[str, dict[str, Photo]] = {}
    for photo in photos:
        by_container.setdefault(photo.container, {})[photo.file] = photo
    for container, content in read_members(source, by_container.keys()):
        inside = by_container[container]
        if container in inside:
            yield inside[container], content
            continue
        names = {file.split("/")[1]: photo for file, photo in inside.items()}
        for name, image in read_resources(content, names.keys(), what=f"{source}: {container}"):
            yield names[name], image


def _as_cut_out(photo: Photo, content: bytes) -> bytes:
    """Check an image against the list and return it as a PNG with alpha; `UserError` if it does not match."""
    try:
        with Image.open(io.BytesIO(content), formats=["PNG", "WEBP", "JPEG"]) as image:
            rgba = np.asarray(image.convert("RGBA"))
    except Exception as error:  # decoders raise nearly anything
        raise UserError(f"cannot be read: {error}") from error
    height, width = rgba.shape[:2]
    if (width, height) != tuple(photo.size):
        raise UserError(
            f"is {width}x{height} px, the list says {photo.size[0]}x{photo.size[1]}: another version?"
        )
    if photo.outline:
        return encode(cut_out(rgba[..., :3], photo.outline), "png")
    if rgba[..., 3].min() == 255:
        raise UserError("is not a cut-out: it has no transparent ground")
    return encode(rgba, "png")


def licence_text(packages: dict[str, Any], photos: Sequence[Photo]) -> str:
    """Return the LICENSE file: the source, author and license of each photo."""
    lines = ["These photos come from Debian packages and keep their authors' licenses.", ""]
    for package, about in packages.items():
        lines += [f"{package}: {about['credit']}; licence: {about['licence']}; {about['source']}", ""]
        for photo in (p for p in photos if p.package == package):
            own = ", ".join(filter(None, (photo.credit, photo.licence, photo.source)))
            changed = "; cut out from its ground" if photo.outline else ""
            lines.append(f"  {photo.name}.png: {photo.file}" + (f": {own}{changed}" if own else ""))
        lines.append("")
    return "\n".join(lines)
