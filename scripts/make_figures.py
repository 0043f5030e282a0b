"""Draw the figures in static/ from galleries, with matplotlib (requirements-dev.txt).

    python scripts/make_figures.py --results results/NAME/test_800 --photos animals/
    python scripts/make_figures.py --compare results/A/test_400 results/B/test_400 results/C/test_400

results.png shows drawings, edge maps, images and targets. overview.png explains the idea, with training
photos. fail.png shows the inputs with the most and the fewest lines. summary.png compares several
runs' images for the same edge maps.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.command import parser_of
from scripts.evaluation.fidelity import line_mask
from scripts.galleries import GalleryRun, find_run, images_by_name, load, pair_runs
from util.atomic import make_folder, write_bytes
from util.errors import UserError, run_command, shorten

RESULT_COLUMNS, SUMMARY_COLUMNS, OVERVIEW_PHOTOS = 6, 4, 3


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("--output", type=Path, default=Path("static"), metavar="DIR", help="folder for the figures")
    add("--results", metavar="DIR", help="gallery for results.png and overview.png")
    add("--fail", metavar="DIR", help="gallery for fail.png")
    add("--photos", metavar="DIR", help="folder of training photos for overview.png")
    add("--compare", nargs="+", metavar="DIR", help="galleries for summary.png")
    add("--names", nargs="+", metavar="NAME", help="inputs to show (default: evenly spaced)")
    args = parser.parse_args(argv)
    if not (args.results or args.compare or args.fail):
        raise UserError("choose a figure: give --results DIR, --fail DIR or --compare DIR DIR")
    make_folder(args.output, what="the figures folder")
    figures = {}
    if args.results:
        run = _gallery(args.results)
        names = _chosen(run, args.names, RESULT_COLUMNS)
        figures["results"] = draw_results(run, names)
        if args.photos:
            photos = list(images_by_name(args.photos).values())
            shown = [photos[i * len(photos) // OVERVIEW_PHOTOS] for i in range(OVERVIEW_PHOTOS)]
            figures["overview"] = draw_overview(run, names[0], shown)
    if args.fail:
        figures["fail"] = draw_failures(_gallery(args.fail))
    if args.compare:
        runs, _ = pair_runs([_gallery(path) for path in args.compare])
        names = _chosen(runs[0], args.names, SUMMARY_COLUMNS)
        rows: dict[str, list[Path | None]] = {"edge map": [runs[0].inputs[name] for name in names]}
        rows |= {run.title.replace("/", "\n"): [run.outputs[name][0] for name in names] for run in runs}
        figures["summary"] = draw_table(rows, names)
    for name, figure in figures.items():
        path, buffer = args.output / f"{name}.png", io.BytesIO()
        figure.savefig(buffer, format="png", dpi=100)
        write_bytes(path, buffer.getvalue())
        print(f"wrote {path}")


def draw_results(run: GalleryRun, names: Sequence[str]) -> Any:
    """Draw a row each for drawings, edge maps, generated images and targets, if they exist."""
    outputs = {name: files[0] for name, files in run.outputs.items()}
    known = {"drawing": run.drawings, "edge map": run.inputs, "image": outputs, "target": run.targets}
    rows = {title: [files.get(name) for name in names] for title, files in known.items()}
    return draw_table({title: row for title, row in rows.items() if any(row)}, names)


def draw_failures(run: GalleryRun) -> Any:
    """Draw the inputs with the most and the fewest lines, which differ most from the training data."""
    masks = {name: line_mask(load(path)) for name, path in run.inputs.items()}
    drawn = {name: float(mask.mean()) for name, mask in masks.items() if mask is not None}
    if not drawn:
        raise UserError(f"no input of {run.title} is a line drawing: give another gallery for --fail")
    rows = {}
    for title, choose in (("most lines", max), ("fewest lines", min)):
        name = choose(drawn, key=drawn.__getitem__)
        given = run.drawings.get(name, run.targets.get(name))
        title += f"\n{100 * drawn[name]:.1f}% of the image\n{name}"
        rows[title] = [given, run.inputs[name], run.outputs[name][0]]
    return draw_table(rows, ("drawing or target", "edge map", "image"))


def draw_overview(run: GalleryRun, name: str, photos: Sequence[Path]) -> Any:
    """Draw how it works: after training on photos, the generator turns an edge map into an image."""
    images = [run.inputs[name], None, run.outputs[name][0]]
    figure = draw_table({"training": photos, "generation": images}, ("", "photos of animals", ""))
    edges, generator, made = figure.axes[len(photos) :]
    edges.set_title(f"edge map: {name}", fontsize=13)
    made.set_title("image", fontsize=13)
    look = {"boxstyle": "round,pad=0.7", "fc": "#f3d9c8", "ec": "#c8602b"}
    generator.text(0.5, 0.5, "generator G", size=17, color="#c8602b", ha="center", va="center", bbox=look)
    for start, end in (((0, 0.5), (0.2, 0.5)), ((0.8, 0.5), (1, 0.5)), ((0.5, 1), (0.5, 0.65))):
        generator.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "#c8602b", "lw": 2.5})
    return figure


def draw_table(rows: Mapping[str, Sequence[Path | None]], headings: Sequence[str]) -> Any:
    """Draw rows of images, 1,500 px wide, each row with a title; None leaves a gap."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("matplotlib is not installed: pip install -r requirements-dev.txt") from error
    figure = Figure((15, 0.4 + 13 / len(headings) * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), len(headings), squeeze=False)
    for axes_of_row, (title, files) in zip(grid, rows.items(), strict=True):
        axes_of_row[0].set_ylabel(title, rotation=0, ha="right", va="center", fontsize=13)
        for axes, file in zip(axes_of_row, files, strict=True):
            axes.set(xticks=[], yticks=[], frame_on=False)
            if file:
                axes.imshow(load(file))
    for axes, heading in zip(grid[0], headings, strict=True):
        axes.set_title(heading, fontsize=13)
    return figure


def _gallery(path: str) -> GalleryRun:
    """Find the gallery below a path, and check that it has inputs."""
    run = find_run(path)
    lacking = [name for name in run.outputs if name not in run.inputs]
    if lacking:
        names = shorten(lacking)
        raise UserError(f"{path} has no input (real_A) for {names}: give a gallery that test.py wrote")
    return run


def _chosen(run: GalleryRun, names: Sequence[str] | None, count: int) -> list[str]:
    """Return at most ``count`` of the given names or, without names, evenly spaced inputs."""
    unknown = [name for name in names or [] if name not in run.outputs]
    known = list(run.outputs)
    if unknown:
        raise UserError(f"{run.title} has no input {shorten(unknown)}: choose from {shorten(known, 8)}")
    count = min(count, len(known))
    return list(names)[:count] if names else [known[i * len(known) // count] for i in range(count)]


if __name__ == "__main__":
    run_command(main)
