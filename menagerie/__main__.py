"""Render the menagerie, a data set of animals, and of chimeras with illustrations and targets.

Example:
    python -m menagerie --output datasets/menagerie --train 210 --val 35 --chimeras 48

The command writes photos/{train,val}, chimeras/{photos,illustrations}, menagerie.json and contact sheets to
the folder OUTPUT. With --illustrate, it also writes illustrations/{train,val}. preprocess.py reads the photos
with --input and the illustrations with --edges_from.
"""

from __future__ import annotations

import argparse
import os
import sys

from menagerie.writer import make_menagerie
from util.errors import run_command


def main() -> None:
    """Run the command."""
    intro, rest = (__doc__ or "").split("\n\n", 1)
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("menagerie", description=intro, epilog=rest, formatter_class=raw)
    add = parser.add_argument
    add("--output", required=True, metavar="DIR", help="folder for the data set")
    add("--train", type=int, default=210, metavar="N", help="animals to learn from (0 or more; default 210)")
    add("--val", type=int, default=35, metavar="N", help="held-out animals (0 or more; default 35)")
    add("--chimeras", type=int, default=48, metavar="N", help="chimeras to make (0 or more; default 48)")
    add("--species", default="", metavar="A,B", help="animals of these species only (default: all seven)")
    add("--illustrate", action="store_true", help="also draw the animals; the renders do not change")
    add("--size", type=int, default=256, metavar="PX", help="side of images (64 to 1024; default 256)")
    add("--seed", type=int, default=0, metavar="N", help="same seed, same bytes (0 or more; default 0)")
    cores = min(os.cpu_count() or 1, 8)
    help_ = "processes (1 to 256; default: the number of cores, at most 8)"
    add("--workers", type=int, default=cores, metavar="N", help=help_)
    add("--overwrite", action="store_true", help="replace an earlier menagerie in OUTPUT")
    args = vars(parser.parse_args())
    args["species"] = args["species"].split(",") if args["species"] else ()
    folder = make_menagerie(**args).parent
    print(f"wrote {folder}: look at contact_sheet.png and chimeras/contact_sheet.png")


if __name__ == "__main__":
    sys.argv[0] = "menagerie"
    run_command(main)
