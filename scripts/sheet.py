"""Generate an image of every animal on a sheet of drawings, and paste the images back into their places.

Example:
    python scripts/sheet.py --name animals --output sheet/ class.jpg

Writes an image of each animal, from left to right: class_1.png, class_2.png ... Also writes
class_in_place.png: the photograph or scan at its original size, with the generated animals in place of the
drawings.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.command import add_run, parser_of, run_folder
from util.atomic import make_folder
from util.errors import UserError, run_command

if TYPE_CHECKING:
    from training.generator import Generator


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = parser_of(__doc__)
    add_run(parser)
    add = parser.add_argument
    add("--output", required=True, help="folder to write")
    add("sheets", nargs="+", metavar="IMAGE", help="photographs or scans of sheets")
    args = parser.parse_args(argv)
    stems = [Path(sheet).stem for sheet in args.sheets]
    if twice := {stem for stem in stems if stems.count(stem) > 1}:
        raise UserError(f"two images are called {min(twice)}: rename one, or process them one at a time")
    make_folder(Path(args.output), what="--output")
    from models import load_generator

    generator = load_generator(run_folder(args), args.epoch)
    for sheet in args.sheets:
        count = generate_sheet(generator, Path(sheet), Path(args.output))
        print(f"{sheet}: {count} animal{'s' if count != 1 else ''}")
    return 0


def generate_sheet(generator: Generator, sheet: Path, output: Path) -> int:
    """Write an image of each animal on a sheet, and one with all in place; return the number of animals.

    Raises:
        UserError: the file cannot be read.
    """
    import numpy as np
    import torch

    from data.framing import put_back
    from data.preprocess.pair import EdgeSettings
    from data.single_input import read_sheet
    from util.image import read_rgba, to_uint8, write_image

    make, size_px = generator.make_input, generator.make_input.size_px or 256
    placed, alpha = read_rgba(sheet)
    animals = read_sheet(placed, size_px, make.edge_settings or EdgeSettings(), alpha=alpha)
    for number, animal in enumerate(animals, 1):
        condition = make.with_coat(animal.prepared)[..., : make.input_nc].astype(np.float32)
        x = torch.from_numpy(condition / 127.5 - 1).permute(2, 0, 1)[None].contiguous()
        image = to_uint8(generator.generate(x, [f"{sheet.stem}_{number}"]))[0]
        write_image(output / f"{sheet.stem}_{number}.png", image)
        placed = put_back(image, placed, animal.to_image)
    write_image(output / f"{sheet.stem}_in_place.png", placed)
    return len(animals)


if __name__ == "__main__":
    run_command(main)
