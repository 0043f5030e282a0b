"""The tables and JSON of `evaluate.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.evaluation.differences import Difference
from scripts.evaluation.measure import BETTER, Measurement
from util.errors import one_line
from util.html import number

SUSPICIOUS_SHOWN = 5
_LEGEND = """
SWD: sliced Wasserstein distance x1000 to the reference, by side of the pyramid's level; the column "photos"
is that of as many reference photos to the others, which is sampling alone.
Kernel distance: KID's estimator on features of EfficientNet-Lite1, which training never uses; about 0 for
photos, and below 0 by chance.
Nearest photo: 1 is as near as a photo is to its nearest other one, far below 1 is a copy. The nearest of all:
""".strip()


def format_table(
    results: Sequence[Measurement], own: Mapping[str, float], differences: Sequence[Mapping[str, Difference]]
) -> str:
    """Format a table with metrics in rows and runs in columns."""
    means = [result.mean() for result in results]
    head = ["", "better", *(one_line(result.run.title) for result in results)] + (["photos"] if own else [])
    rows = [head]
    for metric in dict.fromkeys(name for mean in means for name in mean):
        better = "lower" if metric.startswith("SWD") else BETTER.get(metric, "")
        cells = [number(mean[metric]) if metric in mean else "-" for mean in means]
        for index, found in enumerate(differences, 1):
            if metric in found:
                d = found[metric]
                clear = "*" if d.is_clear else " "
                cells[index] += f"  {d.mean:+.3g} [{d.low:+.3g}, {d.high:+.3g}]{clear}"
        rows.append(
            [metric, better, *cells] + ([number(own[metric]) if metric in own else ""] if own else [])
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def print_below(results: Sequence[Measurement], *, compared: bool) -> None:
    """Print below the table: what its words mean, the most suspicious outputs, and what is missing."""
    print()
    if compared:
        print(f"Differences are from {results[0].run.title}, with 95% intervals; * marks those without 0.")
    if results[0].nearest:
        print(_LEGEND)
        for result in results:
            near = {name: row["nearest photo"] for name, row in result.rows.items()}
            for name in sorted(near, key=near.__getitem__)[:SUSPICIOUS_SHOWN]:
                line = f"{result.run.title}: {name} is {near[name]:.2f} from {result.nearest[name]}"
                print("  " + one_line(line))
    for note in dict.fromkeys(note for result in results for note in result.notes):
        print(one_line(note))


def as_json(
    result: Measurement, own: Mapping[str, float], settings: Mapping[str, Any], not_used: Mapping[str, str]
) -> dict[str, Any]:
    """Return the metrics of one run, and which files of any run could not be read, for JSON."""
    rows = [
        {"name": name, "metrics": row} | ({"nearest": result.nearest[name]} if name in result.nearest else {})
        for name, row in result.rows.items()
    ]
    return {
        "title": result.run.title,
        "settings": dict(settings),
        "mean": result.mean(),
        "reference_itself": dict(own),
        "rows": rows,
        "notes": result.notes,
        "not_used": dict(not_used),
    }
