"""Download cut-out photographs of real animals from Debian packages: `bash datasets/download_animals.sh`.

Without arguments the packages are fetched with `apt-get download`, which needs no root and installs nothing.
Or pass .deb files, or folders of unpacked ones. Writes OUTPUT/photos/train, OUTPUT/photos/held_out and a
LICENSE next to them. After an interruption run it again: existing photos are kept.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.animal_photos.archives import fetch  # noqa: E402
from scripts.animal_photos.photos import Photo, licence_text, missing, read_list, write_photos  # noqa: E402
from util.atomic import make_folder, write_bytes  # noqa: E402
from util.errors import list_not_used, run_command  # noqa: E402
from util.parsing import OneLineParser  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = _parse(argv)
    packages, photos = read_list()
    folder = make_folder(args.output / "packages", what="the output")
    problems: dict[str, str] = {}
    for source in args.sources:
        problems |= _take(source, photos, args)
    for package in {} if args.sources else packages:
        mine = [photo for photo in photos if photo.package == package]
        if args.overwrite or missing(mine, args.output):
            problems |= _take(fetch(package, folder), mine, args)
    write_bytes(
        make_folder(args.output / "photos", what="the output") / "LICENSE",
        licence_text(packages, photos).encode(),
    )
    print("\n".join(list_not_used(problems)), end="\n" if problems else "")
    if left := [photo for photo in missing(photos, args.output) if photo.file not in problems]:
        lacking = " and ".join(sorted({photo.package for photo in left}))
        print(f"{len(left)} photos of the list are in other packages or package versions: {lacking}")
    shutil.rmtree(folder)
    there = len(photos) - len(missing(photos, args.output))
    print(f"{there} photos in {args.output / 'photos'}; see LICENSE for their authors")
    return 0


def _take(source: Path, photos: list[Photo], args: argparse.Namespace) -> dict[str, str]:
    """Write the photos of a source; return those that could not be used."""
    written, problems = write_photos(source, photos, args.output, overwrite=args.overwrite)
    print(f"{source}: {written} photos written", flush=True)
    return problems


def _parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    lines = (__doc__ or "").split("\n\n", 1)
    parser = OneLineParser(
        prog="download_animals.sh",
        description=lines[0],
        epilog=lines[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, default = parser.add_argument, ROOT / "datasets" / "animals"
    add("sources", nargs="*", type=Path, metavar="FILE.deb|FOLDER", help="instead of fetching")
    add("--output", type=Path, default=default, metavar="DIR", help="default: datasets/animals")
    add("--overwrite", action="store_true", help="write existing photos again")
    return parser.parse_args(argv)


if __name__ == "__main__":
    run_command(main)
