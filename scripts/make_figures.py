"""Draw the README's figures.

    python scripts/make_figures.py                                  # scheme1.png, scheme2.png
    python scripts/make_figures.py --results results/NAME/test_800 --illustrations chimeras/ --photos animals/
    python scripts/make_figures.py --compare results/A/test_400 results/B/test_400 results/C/test_400

The schemes are drawn from the networks themselves: every size and channel count is read from a forward pass.
With --results they show its images, and results.png, fail.png and, with --photos, overview.png are filled;
--compare fills summary.png. --fail takes the failures from another gallery.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.figures.canvas import PilImage
from scripts.figures.emblem import draw_emblem
from scripts.figures.image_tables import Line, draw_overview, draw_table
from util.atomic import make_folder, write_bytes
from util.errors import UserError, run_command, shorten
from util.gallery.reading import GalleryRun, find_runs, images_by_name, load, pair_runs
from util.html import number
from util.metrics.edge_fidelity import line_mask

T = TypeVar("T")
RESULT_COLUMNS, SUMMARY_COLUMNS, OVERVIEW_PHOTOS = 6, 4, 3


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command with `argv`, or the process's own arguments.

    Raises:
        UserError: a gallery, image or name is missing.
    """
    args = _parse(argv)
    run = _gallery(args.results) if args.results else None
    compared = [_gallery(path) for path in args.compare or []]
    failed = _gallery(args.fail) if args.fail else run
    illustrations = images_by_name(args.illustrations) if args.illustrations else {}
    make_folder(args.output, what="the folder of the figures")

    figures = draw_schemes(run, _chosen(run, args.names, 1)[0] if run else "", illustrations)
    if run:
        names = _chosen(run, args.names, RESULT_COLUMNS)
        figures["results"] = draw_results(run, names, illustrations)
        if args.photos:
            photos = _spread(list(images_by_name(args.photos).values()), OVERVIEW_PHOTOS)
            chosen = [_open(path) for path in (args.overview_photos or photos)]
            figures["overview"] = draw_overview(
                chosen, edges=_open(run.inputs[names[0]]), made=_open(run.outputs[names[0]][0]), name=names[0]
            )
    if failed:
        figures["fail"] = draw_failures(failed, illustrations)
    if compared:
        figures["summary"] = draw_summary(pair_runs(compared, common=True), args.names)
    for name, figure in figures.items():
        path = args.output / f"{name}.png"
        buffer = io.BytesIO()
        figure.save(buffer, "PNG", optimize=True)
        write_bytes(path, buffer.getvalue())
        print(f"wrote {path} ({figure.width}x{figure.height})")


def draw_schemes(run: GalleryRun | None, name: str, illustrations: dict[str, Path]) -> dict[str, PilImage]:
    """Draw scheme1 and scheme2 from the networks that the factory builds.

    Args:
        run: whose images are shown; None for an emblem.
        name: of the input that is shown.
        illustrations: name -> the image an input was drawn from.
    """
    import torch

    from models.networks import define_D, define_G
    from scripts.figures.network_shapes import trace
    from scripts.figures.schemes import draw_inference, draw_networks

    lines, coloured = draw_emblem(as_lines=True), draw_emblem(as_lines=False)
    made = photo = original = coloured
    if run:
        lines, made = _open(run.inputs[name]), _open(run.outputs[name][0])
        photo = original = made
        original = _open(illustrations[name]) if name in illustrations else original
        photo = _open(run.targets[name]) if name in run.targets else original
        original = original if name in illustrations else photo
    generator = trace(define_G(3, 3, 64, "unet_256"), torch.zeros(1, 3, 256, 256))
    discriminator = trace(define_D(6, 64, "basic"), torch.zeros(1, 6, 256, 256))
    return {
        "scheme1": draw_networks(generator, discriminator, edges=lines, photo=photo, made=made),
        "scheme2": draw_inference(illustration=original, edges=lines, made=made),
    }


def draw_results(run: GalleryRun, names: Sequence[str], illustrations: dict[str, Path]) -> PilImage:
    """Draw inputs and outputs side by side, and the illustrations and targets where there are any."""
    table = [
        Line("input", (), [_open(run.inputs[name]) for name in names]),
        Line("output", (), [_open(run.outputs[name][0]) for name in names], is_first_choice=True),
    ]
    for title, known in (("original", illustrations), ("target", run.targets)):
        if any(name in known for name in names):
            table.append(Line(title, (), [_open(known[name]) if name in known else None for name in names]))
    return draw_table(table, names, label_px=110)


def draw_summary(runs: Sequence[GalleryRun], names: Sequence[str] | None) -> PilImage:
    """Draw the same inputs as each run generated them, with its numbers; the first run is emphasised."""
    chosen = _chosen(runs[0], names, SUMMARY_COLUMNS)
    table = [Line("input", (), [_open(runs[0].inputs[name]) for name in chosen])]
    for index, run in enumerate(runs):
        images = [_open(run.outputs[name][0]) for name in chosen]
        table.append(Line(run.title.split("/")[0], _numbers(run), images, is_first_choice=index == 0))
    return draw_table(table, chosen, label_px=250)


def draw_failures(run: GalleryRun, illustrations: dict[str, Path]) -> PilImage:
    """Draw the inputs with the most and the fewest lines: two inputs far from those it was trained on.

    Raises:
        UserError: no input of the run is a line drawing.
    """
    parts = {name: line_mask(load(path)) for name, path in run.inputs.items()}
    drawn = {name: float(mask.mean()) for name, mask in parts.items() if mask is not None}
    if not drawn:
        raise UserError(
            f"no input of {run.title} is a line drawing: fail.png shows too many and too few lines"
        )
    ranked = sorted(drawn, key=lambda name: drawn[name])
    table = []
    for title, name in (("too many lines", ranked[-1]), ("too few lines", ranked[0])):
        original = illustrations.get(name) or run.targets.get(name)
        images = [
            _open(original) if original else None,
            _open(run.inputs[name]),
            _open(run.outputs[name][0]),
        ]
        table.append(Line(title, (f"{100 * drawn[name]:.1f}% of the image", name), images))
    return draw_table(table, ("original", "input", "output"), label_px=230)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = parser.add_argument
    add(
        "--output",
        type=Path,
        default=Path("static"),
        metavar="DIR",
        help="folder to write the figures to (default %(default)s)",
    )
    add("--results", metavar="DIR", help="gallery whose images the figures show")
    add(
        "--names",
        nargs="+",
        metavar="NAME",
        help="inputs to show, best first (default: evenly spaced over the gallery)",
    )
    add("--illustrations", metavar="DIR", help="illustrations of the inputs, paired by name")
    add("--photos", metavar="DIR", help="folder of training photos, for overview.png")
    add(
        "--overview_photos",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="photos to show in overview.png (default: evenly spaced over --photos)",
    )
    add("--compare", nargs="+", metavar="DIR", help="galleries compared in summary.png, emphasised one first")
    add("--fail", metavar="DIR", help="gallery to show failures of in fail.png (default: --results)")
    args = parser.parse_args(argv)
    if args.overview_photos:
        args.photos = args.photos or str(args.overview_photos[0].parent)
    return args


def _gallery(path: str) -> GalleryRun:
    """Find the one gallery below a path, with inputs and outputs."""
    runs = find_runs(path)
    if len(runs) > 1:
        raise UserError(f"{path} holds {shorten([run.title for run in runs])}: name one of them")
    lacking = [name for name in runs[0].outputs if name not in runs[0].inputs]
    if lacking:
        raise UserError(
            f"{path} has no input (real_A) for {shorten(lacking)}: give a gallery that test.py wrote"
        )
    return runs[0]


def _chosen(run: GalleryRun, names: Sequence[str] | None, count: int) -> list[str]:
    """Return the names given, or some at even distances over the run; at most `count`."""
    unknown = [name for name in names or [] if name not in run.outputs]
    if unknown:
        raise UserError(
            f"{run.title} has no input {shorten(unknown)}: choose from {shorten(list(run.outputs), 8)}"
        )
    return list(names)[:count] if names else _spread(list(run.outputs), count)


def _spread(items: Sequence[T], count: int) -> list[T]:
    """Choose at most `count` items at even distances."""
    count = min(count, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def _numbers(run: GalleryRun) -> list[str]:
    """Read what evaluate.py measured of the run, as far as it has."""
    file = run.folder / "evaluation.json"
    try:
        means = json.loads(file.read_text(encoding="utf-8"))["mean"] if file.is_file() else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} cannot be read: {error}; run evaluate.py again") from error
    wanted = {"SWD mean": "distance to photos", "edge F": "edge fidelity F"}
    return [run.title.split("/")[-1]] + [
        f"{label} {number(means[key])}" for key, label in wanted.items() if key in means
    ]


def _open(path: Path) -> PilImage:
    """Read an image file as a Pillow image."""
    return Image.fromarray(load(path))


if __name__ == "__main__":
    run_command(main)
