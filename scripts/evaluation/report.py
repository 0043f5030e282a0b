"""The table and JSON of `evaluate.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.evaluation.differences import Difference
from scripts.evaluation.measure import BETTER, Measurement
from util.errors import one_line
from util.html import number


def format_table(
    results: Sequence[Measurement], own: Mapping[str, float], differences: Sequence[Mapping[str, Difference]]
) -> str:
    """Format a table, metrics in rows and runs in columns; ``own``: photos against other photos."""
    means = [result.mean() for result in results]
    rows = [["", "better", *(one_line(result.run.title) for result in results), "photos" if own else ""]]
    for metric in dict.fromkeys(name for mean in means for name in mean):
        cells = [number(mean[metric]) if metric in mean else "-" for mean in means]
        for index, found in enumerate(differences, 1):
            if metric in found:
                d = found[metric]
                clear = "*" if d.is_clear else " "
                cells[index] += f"  {d.mean:+.3g} [{d.low:+.3g}, {d.high:+.3g}]{clear}"
        rows.append([metric, BETTER.get(metric, ""), *cells, number(own[metric]) if metric in own else ""])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], ""])


def as_json(
    result: Measurement, own: Mapping[str, float], settings: Mapping[str, Any], not_used: Mapping[str, str]
) -> dict[str, Any]:
    """Return the metrics of one run and the unreadable files of all runs, for JSON."""
    return {
        "title": result.run.title,
        "settings": dict(settings),
        "mean": result.mean(),
        "reference_itself": dict(own),
        "rows": [{"name": name, "metrics": row} for name, row in result.rows.items()],
        "notes": result.notes,
        "not_used": dict(not_used),
    }
