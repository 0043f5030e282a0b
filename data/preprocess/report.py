"""A page that shows what preprocessing made, the doubtful first."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dominate
import numpy as np
from dominate import tags

from util.atomic import write_bytes
from util.errors import one_line

Record = dict[str, Any]

# Shares of edge pixels outside of which a drawing is blank, or more hair than line.
BLANK, DENSE = 0.003, 0.15
# Of the 256 bits of a hash: how many may differ in a duplicate, how many must be set to tell anything.
_SAME_BITS, _TELLING_BITS = 7, 12
_BINS = 24
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1200px;padding:0
1rem;color:#222;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse}
td,th{padding:.15rem .9rem .15rem 0;text-align:left;vertical-align:top}
.sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:12px}
figure{margin:0}figure img{width:100%;border-radius:4px;background:#000}
figcaption{font-size:12px;overflow-wrap:anywhere}
.flag{background:#b3261e;color:#fff;border-radius:3px;padding:0 .4em;margin-right:.3em}
.bars{display:flex;align-items:flex-end;height:120px;gap:2px;border-bottom:1px solid #888;max-width:720px}
.bars
div{flex:1;background:#3b6ea5;min-height:0}.axis{display:flex;justify-content:space-between;max-width:720px}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}.bars div{background:#7fb0e6}}
"""


def flag_records(records: list[Record], size_px: int) -> None:
    """Give each usable record its ``flags``: blank, too dense, duplicate of ..., tiny original."""
    usable = [r for r in records if r["status"] not in ("failed", "quarantined")]
    for record, twin in zip(usable, _twins([int(r["hash"], 16) for r in usable]), strict=True):
        flags = []
        if record["edge_density"] < BLANK:
            flags.append("blank")
        if record["edge_density"] > DENSE:
            flags.append("too dense")
        if max(record["width"], record["height"]) < size_px / 2:
            flags.append("tiny original")
        if twin is not None:
            flags.append(f"duplicate of {usable[twin]['file']}")
        record["flags"] = flags


def _twins(hashes: list[int]) -> list[int | None]:
    """For each hash the first earlier one within `_SAME_BITS` bits of it, or None.

    Two such hashes agree in at least one of more bands than `_SAME_BITS`: only those that share a band, and
    not an empty one, are compared, so that a hundred thousand pictures take seconds.
    """
    bands: dict[tuple[int, int], list[int]] = {}
    twins: list[int | None] = []
    for i, bits in enumerate(hashes):
        keys = [(b, bits >> 32 * b & 0xFFFFFFFF) for b in range(8)]
        candidates = sorted({j for key in keys if key[1] for j in bands.get(key, [])})
        twin = next((j for j in candidates if (bits ^ hashes[j]).bit_count() <= _SAME_BITS), None)
        # The hash of a plain picture says nothing.
        twins.append(twin if bits.bit_count() >= _TELLING_BITS else None)
        for key in keys:
            if key[1]:
                bands.setdefault(key, []).append(i)
    return twins


def write_report(folder: Path, result: dict[str, Any]) -> None:
    """Write ``preprocess.html`` into the folder of the pairs."""
    records = result["files"]
    shown = [r for r in records if r["status"] in ("done", "skipped")]
    shown.sort(key=lambda r: (not r["flags"], r["file"]))
    page = dominate.document(title="Preprocessing report")
    with page.head:
        tags.meta(charset="utf-8")
        tags.meta(name="viewport", content="width=device-width,initial-scale=1")
        tags.style(_STYLE)
    with page.body:
        tags.h1("Preprocessing report")
        counts = Counter(r["status"] for r in records)
        tags.p(", ".join(f"{n} {status}" for status, n in sorted(counts.items())))
        with tags.table():
            for name, value in result["settings"].items():
                tags.tr(tags.td(name), tags.td(str(value)))
        if shown:
            _histogram([r["edge_density"] for r in shown])
        _failures([r for r in records if r["status"] == "failed"])
        flagged = sum(bool(r["flags"]) for r in shown)
        tags.h2(f"Pairs: {flagged} flagged, first; {len(shown) - flagged} without remark")
        with tags.div(cls="sheet"):
            for record in shown:
                _figure(record)
    write_bytes(folder / "preprocess.html", page.render().encode("utf-8", "backslashreplace"))


def _histogram(densities: list[float]) -> None:
    """How many pairs have how many edge pixels."""
    low, middle, high = (100 * np.percentile(densities, q) for q in (2.5, 50, 97.5))
    tags.h2(f"Edge pixels: median {middle:.1f}%, 95% of the pictures from {low:.1f}% to {high:.1f}%")
    top = max(0.2, *densities)
    heights, _ = np.histogram(densities, bins=_BINS, range=(0, top))
    with tags.div(cls="bars"):
        for height in heights:
            tags.div(style=f"height:{100 * height / max(1, heights.max()):.1f}%", title=str(height))
    tags.div(tags.span("0%"), tags.span(f"{100 * top:.0f}%"), cls="axis")


def _failures(records: list[Record]) -> None:
    """Files that could not be used, with their reasons."""
    if not records:
        return
    tags.h2(f"{len(records)} pictures could not be used")
    with tags.table():
        for record in records:
            tags.tr(tags.td(one_line(record["file"])), tags.td(record["reason"]))


def _figure(record: Record) -> None:
    """One pair with its name, density and flags."""
    with tags.figure():
        tags.img(src=quote(record["output"], errors="surrogateescape"), loading="lazy", alt="")
        with tags.figcaption():
            for flag in record["flags"]:
                tags.span(one_line(flag), cls="flag")
            tags.span(f"{one_line(record['file'])} {100 * record['edge_density']:.1f}%, {record['kind']}")
