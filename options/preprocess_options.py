"""Options of preprocess.py."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from options.base_options import HelpFormatter, OneLineParser, fraction, positive_int

EDGES = ("auto_canny", "contour")
INPUT_KINDS = ("auto", "photo", "lineart", "edges")
PADS = ("replicate", "white", "auto")
RESIZES = ("seed", "area")


class PreprocessOptions:
    """Photos in, pairs A|B out."""

    def parse(self, argv: Sequence[str] | None = None) -> Namespace:
        """Parse a command line (default: the process's own).

        Raises:
            SystemExit: argparse's complaints, code 2; --help, code 0.
        """
        parser = OneLineParser(
            description="Make pairs photo | edges of all pictures below a folder.",
            formatter_class=HelpFormatter,
        )
        add = parser.add_argument
        add("-i", "--input", required=True, help="folder of pictures, searched recursively")
        add("-o", "--output", required=True, help="folder for the pairs")
        add("-s", "--size", type=positive_int, default=256, help="side of the squares in pixels")
        add("--format", choices=("png", "jpg"), default="png", help="file format of the pairs")
        add(
            "--edges",
            choices=EDGES,
            default="auto_canny",
            help="auto_canny: the original's; contour: outlines and lines that matter, not every hair",
        )
        add("--sigma", type=fraction, default=0.33, help="auto_canny: half-width of the band of thresholds")
        add(
            "--input_kind",
            choices=INPUT_KINDS,
            default="auto",
            help="what the pictures are; auto looks at each: of line art every stroke gives one line, "
            "edge maps pass through",
        )
        add(
            "--edges_from",
            default=None,
            help="folder of drawings of the same pictures, under the same names: the edges are then "
            "theirs, and the photos of --input the truth beside them",
        )
        add(
            "--resize",
            choices=RESIZES,
            default="seed",
            help="seed: bilinear, exact to the original; area: anti-aliased, for photos much larger "
            "than --size, and faster",
        )
        add(
            "--pad",
            choices=PADS,
            default="replicate",
            help="what fills the square: the border repeated, white, or auto: the border where it is "
            "plain, else white",
        )
        add(
            "--keep_checkerboard",
            action="store_true",
            help="leave the grey checkerboard of fake transparency; by default it becomes white",
        )
        add(
            "--quarantine",
            action="store_true",
            help="move pairs that the report flags into <output>_quarantine",
        )
        add("--overwrite", action="store_true", help="make again what is there already")
        add("--workers", type=positive_int, default=os.cpu_count() or 1, help="processes")
        return parser.parse_args(sys.argv[1:] if argv is None else list(argv))
