"""Options of preprocess.py."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from data.choices import EDGE_METHODS, INPUT_KINDS, PADS, RESIZES
from options.parsing import HelpFormatter, OneLineParser, OptionGroup, fraction, positive_int, side_px


class PreprocessOptions:
    """Options for making pairs A|B, photo and edge map, of photos."""

    def parse(self, argv: Sequence[str] | None = None) -> Namespace:
        """Parse a command line (default: the process's own).

        Raises:
            SystemExit: argparse's errors, code 2; --help, code 0.
        """
        parser = OneLineParser(
            description="Make a pair photo | edge map of every image in a folder.",
            formatter_class=HelpFormatter,
        )
        pairs = parser.add_argument_group("pairs").add_argument
        pairs("-i", "--input", required=True, help="folder of images, searched recursively")
        pairs("-o", "--output", required=True, help="folder for the pairs")
        pairs("-s", "--size", type=side_px, default=256, help="side of photo and edge map in pixels")
        pairs("--format", choices=("png", "jpg"), default="png", help="file format of the pairs")

        edges = OptionGroup(parser, "edge map extraction")
        edges.add("--edges", "auto_canny", EDGE_METHODS, "edge map extraction; contour omits texture")
        edges.add("--sigma", 0.33, fraction, "auto_canny: half-width of the band between its thresholds")
        edges.add("--input_kind", "auto", INPUT_KINDS, "what the images are; auto looks at each of them")
        edges.add("--edges_from", None, str, "take edge maps from this folder's images of the same names")

        image = OptionGroup(parser, "images")
        image.add("--resize", "seed", RESIZES, "interpolation; area is anti-aliased, for large photos")
        image.add("--pad", "replicate", PADS, "filling of the square; auto: plain borders, else white")
        image.flag("--keep_checkerboard", "do not make the checkerboard of fake transparency white")

        work = OptionGroup(parser, "running")
        work.flag("--quarantine", "move pairs that the report flags into <output>_quarantine")
        work.flag("--overwrite", "make pairs again that are there already")
        work.add("--workers", os.cpu_count() or 1, positive_int, "processes")
        return parser.parse_args(sys.argv[1:] if argv is None else list(argv))
