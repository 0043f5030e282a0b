"""Generate an image of each animal on a sheet of drawings.

Example:
    python scripts/sheet.py --name animals --output sheet/ class.jpg

The images are class_1.png, class_2.png and so on, from left to right. class_in_place.png is the photo or scan
of the sheet at its original size, with the generated images in place of the drawings.
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
    """Run the command; return its exit code."""
    parser = parser_of(__doc__)
    add_run(parser)
    add = parser.add_argument
    add("--output", required=True, help="folder for the images")
    add("sheets", nargs="+", metavar="IMAGE", help="photos or scans of sheets")
    args = parser.parse_args(argv)
    stems = [Path(sheet).stem for sheet in args.sheets]
    if twice := {stem for stem in stems if stems.count(stem) > 1}:
        raise UserError(f"two images have the name {min(twice)}: rename one of them")
    make_folder(Path(args.output), what="--output")
    from models import load_generator

    generator = load_generator(run_folder(args), args.epoch)
    for sheet in args.sheets:
        count = generate_sheet(generator, Path(sheet), Path(args.output))
        print(f"{sheet}: {count} animal{'s' if count != 1 else ''}")
    return 0


def generate_sheet(generator: Generator, sheet: Path, output: Path) -> int:
    """Write an image of each animal and an image of the whole sheet; return the number of animals."""
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
