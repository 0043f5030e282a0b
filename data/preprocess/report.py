"""The preprocessing report: a page that shows all pairs, flagged ones first."""

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from dominate import tags

from data.preprocess.records import Record
from util.atomic import write_bytes
from util.errors import one_line
from util.html import new_page, settings_table
from util.pixels import BEYOND, DIM, NARROW

BLANK, DENSE = 0.003, 0.15  # pairs with a smaller or larger fraction of edge pixels are flagged
# Map remarks that suggest a bad pair to flags, and flags to advice.
_DOUBTS = {DIM: "near black", NARROW: "uses few of its values", BEYOND: "values out of range"}
_ADVICE = {
    "blank": "there are hardly any lines: choose another --edges, or leave the image out",
    "too dense": "there are too many lines: choose --edges contour, or leave the image out",
    "tiny original": "the image is less than half as large as --size, so the pair is blurred: find a larger "
    "file, preprocess with a smaller --size, or leave the image out",
}
_STYLE = Path(__file__).with_name("report.css")


def flag_records(records: list[Record], size_px: int) -> None:
    """Set the ``flags`` in each pair's record, for example to ``["blank", "near black"]``."""
    for record in (r for r in records if r["status"] != "failed"):
        found = {
            "blank": record["edge_density"] < BLANK,
            "too dense": record["edge_density"] > DENSE,
            "tiny original": max(record["width"], record["height"]) < size_px / 2,
        }
        found |= {flag: remark in record.get("remarks", []) for remark, flag in _DOUBTS.items()}
        record["flags"] = [flag for flag, holds in found.items() if holds]


def write_report(folder: Path, result: dict[str, Any]) -> None:
    """Write ``preprocess.html`` to the pairs folder."""
    records = result["files"]
    usable = [r for r in records if r["status"] != "failed"]
    usable.sort(key=lambda r: (not r["flags"], r["file"]))
    counts = Counter(r["status"] for r in records)
    note = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    page, main = new_page("Preprocessing report", style=_STYLE, note=note)
    main.add(settings_table(result["settings"]))
    if usable:
        low, middle, high = np.percentile([100 * r["edge_density"] for r in usable], [2.5, 50, 97.5])
        spread = f"median {middle:.1f}%; 95% of the images have {low:.1f}% to {high:.1f}%"
        main.add(tags.p(f"Edge pixels: {spread}", cls="note"))
    failed = [r for r in records if r["status"] == "failed"]
    if failed:
        rows = [tags.tr(tags.td(one_line(r["file"])), tags.td(r["reason"])) for r in failed]
        heading = tags.h2(f"{len(failed)} images could not be used")
        main.add(tags.section(heading, tags.table(rows, cls="settings")))
    flags = {flag for record in usable for flag in record["flags"]}
    advice = [tags.li(tags.b(flag), f": {text}") for flag, text in _ADVICE.items() if flag in flags]
    sheet = tags.div([_figure(r, result["settings"]["size"]) for r in usable], cls="sheet")
    flagged = sum(bool(r["flags"]) for r in usable)
    heading = tags.h2(f"Pairs: {flagged} flagged, shown first; {len(usable) - flagged} not flagged")
    main.add(tags.section(heading, tags.ul(advice, cls="note"), sheet))
    write_bytes(folder / "preprocess.html", page.render(pretty=False).encode("utf-8", "backslashreplace"))


def _figure(record: Record, size_px: int) -> tags.figure:
    image = tags.img(src=quote(record["output"], errors="surrogateescape"), loading="lazy", alt="")
    flags = [tags.span(one_line(flag), cls="flag") for flag in record["flags"]]
    text = f"{one_line(record['file'])} {100 * record['edge_density']:.1f}%, {record['kind']}"
    enlargement = size_px / max(record["width"], record["height"])
    if enlargement > 1:
        text += f", enlarged {enlargement:.1f} times"
    return tags.figure(image, tags.figcaption(*flags, tags.span(text)))
