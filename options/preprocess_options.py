"""Options for preprocess.py."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from data.choices import EDGE_METHODS, GROUNDS, HINTS, IMAGE_FORMATS, INPUT_KINDS, PADS, RESIZES
from options.family import idle_options
from util.parsing import (
    HelpFormatter,
    OneLineParser,
    OptionGroup,
    explicitly_given,
    fraction,
    positive_int,
    side_px,
    value_range,
)


class PreprocessOptions:
    """Options for preprocess.py, which makes photo | edge map pairs."""

    def parse(self, argv: Sequence[str] | None = None) -> Namespace:
        """Parse a command line, by default the process's own. Mistakes and --help raise `SystemExit`."""
        parser = OneLineParser(
            description="Make a photo | edge map pair from every image in a folder.",
            formatter_class=HelpFormatter,
        )
        pairs = parser.add_argument_group("pairs").add_argument
        pairs("-i", "--input", required=True, help="image folder, searched recursively")
        pairs("-o", "--output", required=True, help="folder for the pairs")
        pairs("-s", "--size", type=side_px, default=256, help="side length of photo and edge map in pixels")
        pairs("--format", choices=IMAGE_FORMATS, default="png", help="file format of the pairs")

        edges = OptionGroup(parser, "edge map extraction")
        edges.add("--edges", "auto_canny", EDGE_METHODS, "how edge maps are extracted; contour leaves out "
                  "texture, and detail keeps fine lines")  # fmt: skip
        edges.add("--sigma", 0.33, fraction, "half-width of the threshold band of --edges auto_canny")
        edges.add("--input_kind", "auto", INPUT_KINDS, "kind of input images; auto: detect it per image")
        edges.add("--edges_from", None, str, "folder of drawings with the same names as the photos; edge "
                  "maps are extracted from the drawings instead")  # fmt: skip
        edges.add("--hints", "none", HINTS, "color: put the animal's simplified colors under the lines")

        image = OptionGroup(parser, "images")
        image.add("--resize", "seed", RESIZES, "scaling; seed: bilinear; area: anti-aliased, for big photos")
        image.add("--pad", "replicate", PADS, "padding to a square; auto: repeat plain borders, else white")
        image.add("--ground", "keep", GROUNDS, "white: make the background white")
        image.add("--value_range", "type", value_range, "black and white levels of 16-bit and float "
                  "images; type: the data type's range; folder: the folder's; or LOW,HIGH")  # fmt: skip
        image.flag("--keep_checkerboard", "keep a checkerboard that imitates transparency; default: erase it")

        work = OptionGroup(parser, "running")
        work.flag("--overwrite", "replace existing pairs")
        work.add("--workers", os.cpu_count() or 1, positive_int, "number of worker processes")
        argv = sys.argv[1:] if argv is None else list(argv)
        opt = parser.parse_args(argv)
        for line in idle_options("preprocess", opt, explicitly_given(parser, argv)):
            print(line)
        return opt
