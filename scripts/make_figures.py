"""Draw the README's figures: tables of images from results folders, and the networks as they are.

    python scripts/make_figures.py                                  # scheme1.png, scheme2.png
    python scripts/make_figures.py --results results/NAME/test_800 --illustrations chimeras/ --photos animals/
    python scripts/make_figures.py --compare results/A/test_400 results/B/test_400 results/C/test_400

With --results, the schemes show its images, and results.png, fail.png and, with --photos, overview.png are
drawn; --compare draws summary.png. --fail takes the failures from another gallery. Sizes and channels in the
schemes are read from a forward pass. Needs matplotlib (requirements-dev.txt).
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.evaluation.edge_fidelity import line_mask
from scripts.figures.canvas import BLUE, DPI, INK, MUTED, ORANGE, arrow, box, canvas, show
from scripts.galleries import GalleryRun, find_runs, images_by_name, load, pair_runs
from util.atomic import make_folder, write_bytes
from util.errors import UserError, run_command, shorten
from util.html import number

T = TypeVar("T")
Array = np.ndarray
RESULT_COLUMNS, SUMMARY_COLUMNS, OVERVIEW_PHOTOS = 6, 4, 3


class Row(NamedTuple):
    """A row of a table of images: its title, smaller lines below, an image or None for each column."""

    title: str
    notes: Sequence[str]
    images: Sequence[Array | None]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command with `argv`, or the process's own arguments.

    Raises:
        UserError: a gallery, image or name is missing, or matplotlib.
    """
    args = _parse(argv)
    run = _gallery(args.results) if args.results else None
    compared = [_gallery(path) for path in args.compare or []]
    failed = _gallery(args.fail) if args.fail else run
    illustrations = images_by_name(args.illustrations) if args.illustrations else {}
    make_folder(args.output, what="the folder of the figures")
    figures = _schemes(run, _chosen(run, args.names, 1)[0] if run else "", illustrations)
    if run:
        names = _chosen(run, args.names, RESULT_COLUMNS)
        figures["results"] = draw_results(run, names, illustrations)
        if args.photos:
            photos = _spread(list(images_by_name(args.photos).values()), OVERVIEW_PHOTOS)
            figures["overview"] = draw_overview(run, names[0], [load(path) for path in photos])
    if failed:
        figures["fail"] = draw_failures(failed, illustrations)
    if compared:
        figures["summary"] = draw_summary(pair_runs(compared, common=True), args.names)
    for name, figure in figures.items():
        path, buffer = args.output / f"{name}.png", io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DPI)
        write_bytes(path, buffer.getvalue())
        print(f"wrote {path}")


def draw_table(rows: Sequence[Row], headings: Sequence[str], label_px: int = 170) -> Any:
    """Draw rows of images with their titles at the left and headings above, 1,500 px wide.

    Raises:
        ValueError: no row, or a row with another number of images than headings.
    """
    if not rows or not headings or any(len(row.images) != len(headings) for row in rows):
        raise ValueError(f"a table of {len(headings)} columns needs as many images in each of its rows")
    cell, gap = min((1500 - label_px) / len(headings), 330), 10
    axes = canvas(label_px + cell * len(headings), 44 + cell * len(rows))
    for j, heading in enumerate(headings):
        axes.text(label_px + (j + 0.5) * cell, 24, heading, size=14, ha="center", va="center")
    for i, row in enumerate(rows):
        top = 44 + i * cell
        axes.text(14, top + cell / 2, row.title, size=15, color=ORANGE if row.title == "image" else INK)
        axes.text(14, top + cell / 2 + 14, "\n".join(row.notes), size=11, color=MUTED, va="top")
        for j, image in enumerate(row.images):
            if image is not None:
                show(axes, image, label_px + j * cell + gap / 2, top + gap / 2, cell - gap)
    return axes.figure


def _schemes(run: GalleryRun | None, name: str, illustrations: dict[str, Path]) -> dict[str, Any]:
    """Draw scheme1 and scheme2 with the images of a run; grey where there are none."""
    from scripts.figures.networks import draw_schemes

    blank = np.full((8, 8, 3), 236, np.uint8)
    edges, made = (load(run.inputs[name]), load(run.outputs[name][0])) if run else (blank, blank)
    target = load(run.targets[name]) if run and name in run.targets else blank
    drawing = load(illustrations[name]) if name in illustrations else target
    return draw_schemes(drawing, edges, made, target)


def draw_results(run: GalleryRun, names: Sequence[str], illustrations: dict[str, Path]) -> Any:
    """Draw drawing (where there is one), edge map, generated image and target (where there is one)."""
    rows = []
    known: dict[str, dict[str, Path]] = {"drawing": illustrations, "edge map": run.inputs}
    known |= {"image": {name: paths[0] for name, paths in run.outputs.items()}, "target": run.targets}
    for title, paths in known.items():
        images = [load(paths[name]) if name in paths else None for name in names]
        if any(image is not None for image in images):
            rows.append(Row(title, (), images))
    return draw_table(rows, names, label_px=130)


def draw_summary(runs: Sequence[GalleryRun], names: Sequence[str] | None) -> Any:
    """Draw the same inputs as each run generated them, with its numbers."""
    chosen = _chosen(runs[0], names, SUMMARY_COLUMNS)
    rows = [Row("edge map", (), [load(runs[0].inputs[name]) for name in chosen])]
    for run in runs:
        rows.append(Row(run.title.split("/")[0], _numbers(run), [load(run.outputs[n][0]) for n in chosen]))
    return draw_table(rows, chosen, label_px=250)


def draw_failures(run: GalleryRun, illustrations: dict[str, Path]) -> Any:
    """Draw the inputs with the most and the fewest lines: two inputs far from those it was trained on.

    Raises:
        UserError: no input of the run is a line drawing.
    """
    masks = {name: line_mask(load(path)) for name, path in run.inputs.items()}
    drawn = {name: float(mask.mean()) for name, mask in masks.items() if mask is not None}
    if not drawn:
        raise UserError(
            f"no input of {run.title} is a line drawing: fail.png shows too many and too few lines"
        )
    rows = []
    for title, name in (("too many lines", max(drawn, key=drawn.__getitem__)),
                        ("too few lines", min(drawn, key=drawn.__getitem__))):  # fmt: skip
        original = illustrations.get(name) or run.targets.get(name)
        images = [load(path) if path else None for path in (original, run.inputs[name], run.outputs[name][0])]
        rows.append(Row(title, (f"{100 * drawn[name]:.1f}% of the image", name), images))
    return draw_table(rows, ("drawing or target", "edge map", "image"), label_px=230)


def draw_overview(run: GalleryRun, name: str, animals: Sequence[Array]) -> Any:
    """Draw the idea: a generator trained on images of animals turns a chimera's lines into an image."""
    axes = canvas(1300, 860)
    axes.text(650, 40, "trained on images of animals", size=18, color=BLUE, ha="center")
    for i, animal in enumerate(animals):
        middle = 1300 / len(animals) * (i + 0.5)
        show(axes, animal, middle - 120, 74, 240)
        arrow(axes, (middle, 325), (650 + (middle - 650) * 0.18, 600), BLUE)
    box(axes, 650, 650, "generator G", ORANGE)
    for left, path, label in (
        (100, run.inputs[name], f"edge map: {name}"),
        (900, run.outputs[name][0], "image"),
    ):
        show(axes, load(path), left, 500, 300)
        axes.text(left + 150, 830, label, size=16, ha="center")
    arrow(axes, (410, 650), (530, 650), ORANGE)
    arrow(axes, (770, 650), (890, 650), ORANGE)
    return axes.figure


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw, allow_abbrev=False)
    add, static = parser.add_argument, Path("static")
    add(
        "--output",
        type=Path,
        default=static,
        metavar="DIR",
        help="folder of the figures (default %(default)s)",
    )
    add("--results", metavar="DIR", help="gallery whose images the figures show")
    add("--names", nargs="+", metavar="NAME", help="inputs to show, best first (default: evenly spaced)")
    add("--illustrations", metavar="DIR", help="drawings of the inputs, paired by name")
    add("--photos", metavar="DIR", help="folder of training photos, for overview.png")
    add("--compare", nargs="+", metavar="DIR", help="galleries compared in summary.png")
    add("--fail", metavar="DIR", help="gallery to show failures of in fail.png (default: --results)")
    return parser.parse_args(argv)


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
        known = shorten(list(run.outputs), 8)
        raise UserError(f"{run.title} has no input {shorten(unknown)}: choose from {known}")
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
    told = [f"{label} {number(means[key])}" for key, label in wanted.items() if key in means]
    return [run.title.split("/")[-1], *told]


if __name__ == "__main__":
    run_command(main)
