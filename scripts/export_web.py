"""Write the drawing page as static files, with a generator that runs in the visitor's browser.

Example:
    python scripts/export_web.py --name animals --output site/

Upload the folder to any web host. To try the page locally: python -m http.server --directory site
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.command import add_run, parser_of, run_folder
from util.errors import UserError, run_command
from util.parsing import non_negative_int

# A larger model would take too long to load on a phone.
MOST_BYTES = 30_000_000
# Number of different images that "Other colors" can generate.
_N_NOISE = 32


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = parser_of(__doc__)
    add_run(parser)
    add = parser.add_argument
    add("--output", required=True, type=Path, metavar="DIR", help="output folder; an older page in "
        "it is replaced")  # fmt: skip
    add("--model_suffix", default="", help="export <epoch>_net_G<suffix>.pth (CycleGAN: _A or _B)")
    add("--bits", type=int, default=0, choices=(0, 4, 8, 16), help="bits per stored weight; 0: as "
        "many as fit into 30 MB (4: only in the largest layers)")  # fmt: skip
    add("--size", type=non_negative_int, default=0, help="side of the image in pixels; 0: as in training")
    add("--title", help="page title (default: 'Draw an animal' in the visitor's language)")
    add("--text", help="line under the title (default: a description of the page)")
    add("--seed", type=int, default=0, help="seed for noise and dropout, as for test.py")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = parse(argv)
    output: Path = args.output
    if output.exists() and not output.is_dir():
        raise UserError(f"--output {output} is a file: choose a folder")
    from scripts.exporting.onnx_file import require_packages

    require_packages()
    from data.single_input import COAT
    from scripts.drawing.generation import DRAWING_NAME
    from scripts.drawing.uploads import examples_for
    from scripts.exporting.export import export_run
    from scripts.exporting.generator import draw
    from scripts.exporting.web import preparing, write_site
    from scripts.exporting.weights import as_small_as_needed

    print("exporting (about ten seconds) ...", flush=True)
    found = export_run(
        run_folder(args), args.epoch, suffix=args.model_suffix, seed=args.seed, dropout=DRAWING_NAME,
        side=args.size,
    )  # fmt: skip
    small, said = as_small_as_needed(found, args.bits, MOST_BYTES)
    print(said)
    run, architecture = found.generator.make_input, found.generator.architecture
    samples = range(_N_NOISE if architecture.nz else 0)
    noise: list[Any] = [draw(found.generator, found.lines, DRAWING_NAME, sample).noise for sample in samples]
    known = {
        "name": args.name,
        "side": found.side,
        "channels": architecture.input_nc,
        "outputs": architecture.output_nc,
        "colors": run.takes_colors,
        "coat": COAT,
        "noise": [[round(value, 6) for value in drawn[0].tolist()] for drawn in noise],
        "examples": examples_for(run, found.side, "examples"),
        **preparing(run.edge_settings),
    }
    write_site(output, small.SerializeToString(), known=known, title=args.title, text=args.text)
    megabytes = sum(path.stat().st_size for path in output.rglob("*") if path.is_file()) / 1e6
    print(f"the page is {megabytes:.1f} MB; docs/export.md explains how to publish it")
    print(f"try it: {sys.executable} -m http.server --bind 127.0.0.1 --directory {output}")
    return 0


if __name__ == "__main__":
    run_command(main)
