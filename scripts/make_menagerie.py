"""Make the menagerie: a data set of rendered animals, and chimeras whose true photograph is known.

Example:
    python scripts/make_menagerie.py --output datasets/menagerie --train 210 --val 35 --chimeras 48

Writes OUTPUT/photos/{train,val}, OUTPUT/chimeras/{photos,illustrations}, OUTPUT/menagerie.json and contact
sheets. The folders of photos are what preprocess.py takes.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.menagerie import make_menagerie  # noqa: E402
from scripts.menagerie.backgrounds import OUTDOORS, PLAIN  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    lines = (__doc__ or "").split("\n\n", 1)
    parser = argparse.ArgumentParser(
        description=lines[0], epilog=lines[1], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="folder to write")
    parser.add_argument(
        "--train",
        type=int,
        default=210,
        metavar="N",
        help="animals to learn from, the seven species taking turns (0 or more; default 210)",
    )
    parser.add_argument(
        "--val", type=int, default=35, metavar="N", help="animals held out (0 or more; default 35)"
    )
    parser.add_argument(
        "--chimeras",
        type=int,
        default=48,
        metavar="N",
        help="chimeras, each rendered and drawn (0 or more; default 48)",
    )
    parser.add_argument(
        "--size", type=int, default=256, metavar="PX", help="side in pixels (64 to 1024; default 256)"
    )
    parser.add_argument("--seed", type=int, default=0, help="same seed, same bytes (0 or more; default 0)")
    parser.add_argument(
        "--workers",
        type=int,
        default=min(os.cpu_count() or 1, 8),
        metavar="N",
        help="processes (1 to 256; default: the number of cores, 8 at most); the result is the same",
    )
    parser.add_argument(
        "--ground",
        default="any",
        choices=("any", *PLAIN, *OUTDOORS),
        help="background of every picture; any: mostly plain ones and some landscapes (default any)",
    )
    parser.add_argument("--format", default="png", choices=("png", "jpg"), help="file format (default png)")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier menagerie in OUTPUT")
    args = parser.parse_args(argv)
    try:
        description = make_menagerie(
            args.output,
            train=args.train,
            val=args.val,
            chimeras=args.chimeras,
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


if __name__ == "__main__":
    sys.exit(main())
