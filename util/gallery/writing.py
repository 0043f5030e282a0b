"""Functions that write a gallery: an HTML page, a Markdown page, a contact sheet, and metrics as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dominate import tags
from dominate.util import raw
from PIL import Image

from util.atomic import delete_torn, inside, write_bytes
from util.errors import list_not_used
from util.gallery.contact_sheet import write_contact_sheet
from util.gallery.rows import HEADINGS, Row, mean_metrics
from util.html import chips, markdown_text, new_page, number, relative_url, settings_table, shown
from util.strict_json import strict_json

_SCRIPT, _STYLE = (Path(__file__).with_name(f"gallery.{kind}") for kind in ("js", "css"))
_VIEWER = Path(__file__).with_name("viewer.html")
_MAX_ACROSS = 8


def write_gallery(
    folder: str | Path,
    title: str,
    rows: Sequence[Row],
    *,
    settings: dict[str, object] | None = None,
    note: str = "",
    contact_sheet: str = "contact_sheet.png",
    max_rows: int = 48,
    columns: Sequence[str] | None = None,
    not_used: Mapping[str, str] | None = None,
) -> Path:
    """Write `index.html`, `index.md`, `metrics.json` and a contact sheet; return the path of `index.html`.

    The HTML page needs no server and loads nothing from the internet.

    Args:
        rows: the rows in display order. Their paths are relative to the folder.
        settings: names and values shown in a collapsed table.
        note: a line under the title.
        contact_sheet: file name of the contact sheet, PNG or JPEG, with at most ``max_rows`` rows; "": none.
        columns: labels in display order. By default, drawing and input are first, and the target is last.
        not_used: a dict from each unusable file to the reason.

    Raises:
        UserError: an image's path is absolute or points outside the folder.
    """
    folder = Path(folder)
    for row in rows:
        for path in row.images.values():
            inside(folder, path, what="image path")
    folder.mkdir(parents=True, exist_ok=True)
    delete_torn(folder, folder / "images")
    labels, mean = list(columns) if columns is not None else _ordered_labels(rows), mean_metrics(rows)
    if contact_sheet and rows:
        write_contact_sheet(
            folder / contact_sheet,
            rows=[(row.name, {k: folder / path for k, path in row.images.items()}) for row in rows],
            columns={label: HEADINGS.get(label, label) for label in labels},
            title=title,
            max_rows=max_rows,
        )
    told: dict[str, Any] = {"title": title, "settings": settings or {}, "mean": mean}
    told |= {"not_used": dict(not_used)} if not_used else {}
    numbers = {**told, "rows": [vars(row) for row in rows]}
    write_bytes(folder / "metrics.json", strict_json(numbers, indent=1).encode() + b"\n")
    write_bytes(folder / "index.md", _markdown(rows, labels, note, told).encode())
    write_bytes(folder / "index.html", _html(folder, rows, labels, note, told).encode())
    return folder / "index.html"


def _ordered_labels(rows: Sequence[Row]) -> list[str]:
    """Return the labels: drawing and input first, target last, others in order of first appearance."""
    labels = list(dict.fromkeys(label for row in rows for label in row.images))
    return sorted(labels, key=lambda label: {"drawing": -2, "real_A": -1, "real_B": 1}.get(label, 0))


def _html(folder: Path, rows: Sequence[Row], labels: list[str], note: str, told: dict) -> str:
    page, main = new_page(told["title"], style=_STYLE, script=_SCRIPT.read_text("utf-8"), note=note)
    inputs = f"{len(rows):,} input" + ("" if len(rows) == 1 else "s")
    main.add(chips({inputs: ""} | {f"mean {name}": number(value) for name, value in told["mean"].items()}))
    if told["settings"]:
        main.add(settings_table(told["settings"]))
    if not_used := told.get("not_used"):
        lines = tags.ul(*(tags.li(shown(line)) for line in list_not_used(not_used)))
        main.add(tags.section(tags.h2(_count_not_used(not_used)), lines, cls="not-used"))
    main.add(_controls(list(told["mean"])))
    grid = main.add(tags.div(cls="grid", id="grid", style=f"--n:{min(max(1, len(labels)), _MAX_ACROSS)}"))
    for row in rows:
        grid.add(_card(folder, row, labels))
    nothing = "No input's name contains this text." if rows else "No images."
    main.add(tags.p(nothing, id="none", hidden=bool(rows)))
    main.add(raw(_VIEWER.read_text("utf-8")))
    return page.render(pretty=False) + "\n"


def _count_not_used(reasons: Mapping[str, str]) -> str:
    return f"{len(reasons):,} file{'s' if len(reasons) != 1 else ''} could not be used"


def _controls(metrics: list[str]) -> tags.form:
    """Create the page's controls for sorting, searching and printing."""
    order = tags.select(id="sort", aria_label="sort by")
    order.add(tags.option("as listed", value=""), tags.option("name", value="name"))
    for name in metrics:
        order.add(tags.option(shown(name), value="m:" + shown(name)))
    return tags.form(
        tags.label("sort by ", order),
        tags.button("↑", id="direction", type="button", title="reverse the order", aria_label="ascending"),
        tags.input_(id="find", type="search", placeholder="find a name", aria_label="find a name"),
        tags.span("", id="count", aria_live="polite"),
        tags.button("print or save as PDF", id="print", type="button"),
        cls="controls",
    )


def _card(folder: Path, row: Row, labels: list[str]) -> tags.article:
    """Create one input's card, with its images side by side, its name and its metrics."""
    finite = {shown(name): value for name, value in row.metrics.items() if math.isfinite(value)}
    card = tags.article(cls="card", data_name=shown(row.name), data_metrics=json.dumps(finite))
    strip = card.add(tags.div(cls="strip"))
    for label in labels:
        heading = shown(HEADINGS.get(label, label))
        if label not in row.images:
            strip.add(tags.div(tags.div("missing", cls="gap"), tags.small(heading)))
            continue
        width, height = map(str, _image_size(folder / row.images[label]))
        source, alt = relative_url(row.images[label]), f"{heading} of {shown(row.name)}"
        thumbnail = tags.img(
            src=source, alt=alt, loading="lazy", decoding="async", width=width, height=height
        )
        strip.add(tags.button(thumbnail, tags.small(heading), type="button", data_label=heading))
    card.add(tags.h2(shown(row.name)))
    if finite:
        line = card.add(tags.p(cls="numbers"))
        for name, value in finite.items():
            line.add(tags.span(name + " ", tags.b(number(value))))
    return card


def _image_size(path: Path) -> tuple[int, int]:
    """Return (width, height) from a file's header, so that the page can reserve space for the image."""
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return 256, 256


def _markdown(rows: Sequence[Row], labels: list[str], note: str, told: dict) -> str:
    mean, metrics = told["mean"], list(told["mean"])
    lines = [f"# {markdown_text(told['title'])}", ""] + ([markdown_text(note), ""] if note else [])
    if told["settings"]:
        lines += ["<details><summary>settings</summary>", "", "| | |", "| --- | --- |"]
        lines += [f"| {markdown_text(k)} | {markdown_text(str(v))} |" for k, v in told["settings"].items()]
        lines += ["", "</details>", ""]
    if not_used := told.get("not_used"):
        lines += [f"{_count_not_used(not_used)}:", ""]
        lines += [f"- {markdown_text(line)}" for line in list_not_used(not_used)] + [""]
    headings = [*(HEADINGS.get(label, label) for label in labels), *metrics]
    table = [["", *map(markdown_text, headings)], ["---"] + ["---"] * len(labels) + ["---:"] * len(metrics)]
    if metrics:
        table.append(["mean"] + [""] * len(labels) + [number(mean[name]) for name in metrics])
    for row in rows:
        links = {label: f"![]({relative_url(path)})" for label, path in row.images.items()}
        images = [links.get(label, "-") for label in labels]
        values = [row.metrics.get(name, math.nan) for name in metrics]
        numbers = [number(value) if math.isfinite(value) else "-" for value in values]
        table.append([markdown_text(row.name), *images, *numbers])
    lines += ["| " + " | ".join(cells) + " |" for cells in table]
    return "\n".join(lines) + "\n"
