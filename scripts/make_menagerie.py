"""Make the menagerie: a data set of rendered animals, and chimeras whose targets are known.

Example:
    python scripts/make_menagerie.py --output datasets/menagerie --train 210 --val 35 --chimeras 48

Writes OUTPUT/photos/{train,val}, OUTPUT/chimeras/{photos,illustrations}, OUTPUT/menagerie.json and contact
sheets; with --illustrate also OUTPUT/illustrations/{train,val}. preprocess.py takes the folders of photos by
--input and those of illustrations by --edges_from.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from data.choices import IMAGE_FORMATS  # noqa: E402
from scripts.menagerie import make_menagerie  # noqa: E402
from scripts.menagerie.backgrounds import OUTDOORS, PLAIN  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = _parse(argv)
    try:
        description = make_menagerie(
            args.output,
            train=args.train,
            val=args.val,
            chimeras=args.chimeras,
            species=args.species.split(",") if args.species else (),
            illustrate=args.illustrate,
            line_art=args.line_art,
            size=args.size,
            seed=args.seed,
            ground=None if args.ground == "any" else args.ground,
            workers=args.workers,
            overwrite=args.overwrite,
            extension=args.format,
        )
    except (ValueError, OSError) as error:
        print(f"make_menagerie: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("make_menagerie: stopped; run again with --overwrite", file=sys.stderr)
        return 130
    print(f"wrote {description.parent}: look at contact_sheet.png and chimeras/contact_sheet.png")
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    lines = (__doc__ or "").split("\n\n", 1)
    parser = argparse.ArgumentParser(
        description=lines[0], epilog=lines[1], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    number: dict[str, Any] = {"type": int, "metavar": "N"}
    add("--output", required=True, metavar="DIR", help="folder to write the data set to")
    add(
        "--train",
        **number,
        default=210,
        help="number of training animals, of seven species (0 or more; default 210)",
    )
    add("--val", **number, default=35, help="number of held-out animals (0 or more; default 35)")
    add("--chimeras", **number, default=48, help="chimeras, rendered and illustrated (0 or more; default 48)")
    add("--species", default="", metavar="A,B", help="animals of these species alone (default: all seven)")
    add("--illustrate", action="store_true", help="illustrate the animals as well; renders stay the same")
    add("--line_art", action="store_true", help="draw all of them in black lines on white as well")
    add("--size", type=int, default=256, metavar="PX", help="side of images (64 to 1024; default 256)")
    add("--seed", type=int, default=0, help="random seed: same seed, same bytes (0 or more; default 0)")
    cores = min(os.cpu_count() or 1, 8)
    add(
        "--workers",
        **number,
        default=cores,
        help="number of worker processes (1 to 256; default: the number of cores, 8 at most)",
    )
    grounds = ("any", *PLAIN, *OUTDOORS)
    add(
        "--ground",
        default="any",
        choices=grounds,
        help="background; any: mostly plain, some landscapes (default)",
    )
    add("--format", default="png", choices=IMAGE_FORMATS, help="image file format (default png)")
    add("--overwrite", action="store_true", help="replace an earlier menagerie in OUTPUT")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
