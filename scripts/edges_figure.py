"""Look at edge extractors: the least and the most dense images of a folder under each of them.

    python scripts/edges_figure.py --input photos/ --output edges.png

Prints the share of edge pixels under each method and draws photo | auto_canny | contour | detail of the eight
images with the fewest and the eight with the most auto_canny edges.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.choices import EDGE_METHODS
from data.preprocess.pair import EdgeSettings, prepare
from util.errors import UserError, run_command
from util.image import UnreadableImage, read_rgb, write_image
from util.image_files import find_images

_SHOWN = 8


def main() -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--input", required=True, help="folder of photos")
    parser.add_argument("--output", required=True, help="PNG file to write")
    parser.add_argument("--size", type=int, default=256, help="side of each image in pixels (default 256)")
    args = parser.parse_args()
    squares, maps = _extract(Path(args.input), args.size)
    for method, edges in maps.items():
        _print_densities(method, 100 * (edges > 0).mean(axis=(1, 2)))
    order = np.argsort((maps[EDGE_METHODS[0]] > 0).mean(axis=(1, 2)), kind="stable")
    chosen = [*order[:_SHOWN], *order[-_SHOWN:]]
    write_image(args.output, _figure(squares, maps, chosen))
    print(f"the {_SHOWN} least dense images, left, and the {_SHOWN} most dense, right: {args.output}")
    return 0


def _extract(folder: Path, size_px: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return squares (N, S, S, 3) of all readable images and, for each method, their edges (N, S, S)."""
    squares: list[np.ndarray] = []
    maps: dict[str, list[np.ndarray]] = {method: [] for method in EDGE_METHODS}
    for path in find_images(folder):
        try:
            rgb = read_rgb(path)
        except UnreadableImage as error:
            print(f"not used: {path}: {error}")
            continue
        for method in EDGE_METHODS:
            made = prepare(rgb, size_px, EdgeSettings(method))
            maps[method].append(made.edges)
        squares.append(made.square)
    if not squares:
        raise UserError(f"--input {folder} holds no image that can be read")
    return np.stack(squares), {method: np.stack(edges) for method, edges in maps.items()}


def _print_densities(method: str, percent: np.ndarray) -> None:
    """Print one line of the density table."""
    least, low, median, high, most = np.percentile(percent, [0, 2.5, 50, 97.5, 100])
    within = 100 * ((percent >= 1.5) & (percent <= 8)).mean()
    print(
        f"{method:>10}: edge pixels min {least:.2f}%, 2.5% {low:.2f}%, median {median:.2f}%, "
        f"97.5% {high:.2f}%, max {most:.2f}%; {within:.1f}% of {len(percent)} images within 1.5% to 8%, "
        f"{(percent == 0).sum()} blank"
    )


def _figure(squares: np.ndarray, maps: dict[str, np.ndarray], chosen: list[int]) -> np.ndarray:
    """Join rows of photo | auto_canny | contour | detail, the first half of the chosen at the left."""
    rows = [
        np.concatenate([squares[i], *(np.repeat(maps[m][i][..., None], 3, axis=2) for m in EDGE_METHODS)], 1)
        for i in chosen
    ]
    half = len(rows) // 2
    gap = np.full((half * squares.shape[1], 16, 3), 255, np.uint8)
    return np.concatenate([np.concatenate(rows[:half]), gap, np.concatenate(rows[-half:])], axis=1)


if __name__ == "__main__":
    run_command(main)
