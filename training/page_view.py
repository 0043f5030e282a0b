"""The training page's HTML."""

from __future__ import annotations

import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from dominate import tags
from dominate.util import raw
from tqdm import tqdm

from training.loggers.base import Moment
from util.gallery.rows import HEADINGS
from util.html import chips, new_page, number, relative_url, settings_table, shown

MAX_EPOCHS_SHOWN, MAX_POINTS = 8, 256
_STYLE = Path(__file__).with_name("page.css")
_REFRESH_S = 15
_OPPONENTS = {
    "Generator against discriminator": ("G_GAN", "D_real", "D_fake"),
    "Generator against projected discriminator": ("G_GAN_proj", "D_proj_real", "D_proj_fake"),
}


@dataclass
class Contents:
    """The page's contents. Curves are stored as [x, y, x, y, ...], with x in epochs."""

    losses: dict[str, array[float]] = field(default_factory=dict)
    validation: dict[str, array[float]] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)  # label -> image file from the current batch
    warnings: dict[str, None] = field(default_factory=dict)  # the keys are the warnings, in order
    moment: Moment | None = None  # the latest reported moment
    reason: str = ""  # why training ended; empty while training runs


def render(options: Mapping[str, Any], contents: Contents, fixed: Sequence[str]) -> str:
    """Return the page's HTML.

    ``fixed`` lists the fixed samples' files in ``images/``, named ``fixed_<row>_<column>.jpg``. The
    column is ``input``, ``target`` or an epoch number.
    """
    page, main = new_page(options["name"], style=_STYLE)
    if not contents.reason:
        page.head.add(tags.meta(http_equiv="refresh", content=str(_REFRESH_S)))
    _add_headline(main, contents)
    if contents.warnings:
        listed = tags.ul(tags.li(text) for text in contents.warnings)
        main.add(tags.section(tags.h2("Worth a look"), listed, cls="warnings"))
    main.add(tags.div(_charts(contents), cls="charts"))
    if fixed:
        main.add(_fixed_samples(fixed))
    if contents.current:
        strip = tags.div(cls="now")
        for label, file in contents.current.items():
            heading = shown(HEADINGS.get(label, label))
            strip.add(tags.figure(_image(file, heading), tags.figcaption(heading)))
        main.add(tags.section(tags.h2("In training right now"), strip))
    main.add(settings_table(dict(options), summary="options"))
    main.add(tags.div(cls="pad"))
    return page.render(pretty=False) + "\n"


def telling_epochs(epochs: Sequence[int], most: int = MAX_EPOCHS_SHOWN) -> list[int]:
    """Select at most ``most`` epochs, including the first and the last, with more early than late ones."""
    places = np.linspace(0, 1, most) ** 2 * (len(epochs) - 1)
    return [epochs[i] for i in sorted({round(p) for p in places})] if len(epochs) > most else list(epochs)


def _add_headline(main: tags.main, contents: Contents) -> None:
    """Add the status, the time of the last update, the progress, and the speed."""
    now, live = contents.moment, not contents.reason
    said = shown(contents.reason) or ("training" if now else "starting")
    status = tags.span(said, cls="status" if live else "status ended")
    main.add(tags.p(status, f" · updated {time.strftime('%Y-%m-%d %H:%M:%S')}", cls="note"))
    if not now:
        return
    percent = f"{100 * min(1.0, now.epochs_done / now.n_epochs):.1f}%"
    main.add(tags.div(tags.i(style=f"width:{percent}"), cls="meter", title=percent))
    values = {
        "epoch": f"{now.epoch} / {now.n_epochs}",
        "in this epoch": f"{now.iters:,} / {now.epoch_size:,}",
        "images seen": f"{now.total_iters:,}",
        "images/s": number(now.images_per_s),
        "learning rate": number(now.lr),
    }
    main.add(chips(values | ({"time left": tqdm.format_interval(now.eta_s)} if live else {})))


def _charts(contents: Contents) -> list[tags.section]:
    """Draw one chart for each discriminator's adversarial losses, and one for each other value."""
    losses, metrics = ({name: _reduced(points) for name, points in curves.items() if points}
                       for curves in (contents.losses, contents.validation))  # fmt: skip
    charts = []
    for title, names in _OPPONENTS.items():
        if curves := {name: losses.pop(name) for name in names if name in losses}:
            charts.append(_chart(title, curves))
    charts += [_chart(f"Loss {name}", {name: points}) for name, points in losses.items()]
    for name, points in metrics.items():
        if not name.endswith("_se"):  # a standard error is shown next to its value
            error = metrics.get(f"{name}_se")
            beside = "" if error is None else f" ± {number(error[-1, 1])}"
            charts.append(_chart(f"Validation {name}", {name: points}, beside))
    return charts


def _reduced(points: array[float]) -> np.ndarray:
    """Reduce a curve to at most `MAX_POINTS` points, (n, 2), by averaging consecutive points."""
    xy = np.array(points).reshape(-1, 2)
    return np.stack([part.mean(0) for part in np.array_split(xy, min(len(xy), MAX_POINTS))])


def _chart(title: str, curves: dict[str, np.ndarray], beside: str = "") -> tags.section:
    """Draw each curve as a thin line, and its moving average (over 1/20 of the points) as a thick line."""
    every = np.concatenate(list(curves.values()))
    first, last = every[:, 0].min(), every[:, 0].max()
    low, high = np.percentile(every[:, 1], (1, 99))
    low = 0.0 if 0 < low < high / 2 else low
    lines, key = [], tags.ul(cls="key")
    for k, (name, points) in enumerate(curves.items()):
        half = len(points) // 40
        padded = np.pad(points[:, 1], half, mode="edge")
        smooth = np.convolve(padded, np.full(2 * half + 1, 1 / (2 * half + 1)), "valid")
        x = 100 * (points[:, 0] - first) / ((last - first) or 1)
        for kind, values in (("raw", points[:, 1]), ("smooth", smooth)):
            y = 100 - 100 * ((values - low) / ((high - low) or 1)).clip(0, 1)
            at = " ".join(f"{a:.2f},{b:.2f}" for a, b in zip(x, y, strict=True))
            lines.append(f'<polyline class="{kind} s{k}" points="{at} {x[-1]:.2f},{y[-1]:.2f}"/>')
        key.add(tags.li(tags.i(cls=f"s{k}"), shown(name) + " ", tags.b(number(smooth[-1]) + beside)))
    svg = raw(f'<svg viewBox="0 0 100 100" preserveAspectRatio="none">{"".join(lines)}</svg>')
    scale = tags.div(tags.span(number(high)), tags.span(number(low)), cls="scale")
    epochs = tags.div(tags.span(f"epoch {first:.2f}"), tags.span(f"{last:.2f}"), cls="epochs")
    return tags.section(tags.h2(shown(title)), key, tags.div(scale, svg, epochs, cls="plot"), cls="chart")


def _fixed_samples(files: Sequence[str]) -> tags.section:
    """Create a table with a row per fixed input: the input, images from some epochs, and the target."""
    rows: dict[int, dict[str, str]] = {}
    for file in files:
        _, row, what = file.removesuffix(".jpg").split("_")
        rows.setdefault(int(row), {})[what] = f"images/{file}"
    epochs = telling_epochs(sorted({int(what) for row in rows.values() for what in row if what.isdecimal()}))
    targets = ["target"] if any("target" in row for row in rows.values()) else []
    columns = ["input", *map(str, epochs), *targets]
    head = tags.tr(tags.th(f"epoch {what}" if what.isdecimal() else what) for what in columns)
    body = [
        tags.tr(tags.td(_image(row[what], f"{place + 1}: {what}") if what in row else "") for what in columns)
        for place, row in sorted(rows.items())
    ]
    table = tags.table(tags.thead(head), tags.tbody(body), cls="samples")
    table["style"] = f"min-width:{92 * len(columns)}px"
    return tags.section(tags.h2("The same inputs, epoch after epoch"), tags.div(table, cls="scroll"))


def _image(file: str, what: str) -> tags.a:
    url = relative_url(file)
    return tags.a(tags.img(src=url, alt=what, title=what, width="256", height="256"), href=url)
