"""The HTML of the training page."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dominate import tags
from dominate.util import raw

from training.history import Curve
from training.svg_chart import line_chart
from util.gallery.rows import HEADINGS
from util.html import chips, new_page, number, relative_url, settings_table, shown

_STYLE = Path(__file__).with_name("page.css")
_REFRESH_S = 15

_AGO_SCRIPT = """
const ago=document.getElementById('updated'),at=+ago.dataset.at;
function tell(){
  const s=Math.max(0,Math.round(Date.now()/1000-at));
  ago.textContent=s<60?s+' s ago':s<3600?Math.floor(s/60)+' min ago':s<172800?Math.floor(s/3600)+' h ago'
    :Math.floor(s/86400)+' days ago';
}
tell();setInterval(tell,1000);
document.querySelectorAll('details').forEach((d,i)=>{
  const key=location.pathname+i;
  try{d.open=sessionStorage.getItem(key)==='1';d.ontoggle=()=>sessionStorage.setItem(key,d.open?'1':'0')}catch(e){}
});
"""
_REFRESH_SCRIPT = f"""
setInterval(()=>{{if(!document.hidden&&!String(getSelection()))location.reload()}},{_REFRESH_S * 1000});
"""
_OPPONENTS = {
    "Generator against discriminator": ("G_GAN", "D_real", "D_fake", "D"),
    "Generator against projected discriminator": ("G_GAN_proj", "D_proj_real", "D_proj_fake"),
}


def render(options: Mapping[str, Any], state: dict[str, Any]) -> str:
    """Return the page's HTML from the run's options and what `TrainingPage` knows."""
    live = not state["reason"]
    script = _AGO_SCRIPT + (_REFRESH_SCRIPT if live else "")
    page, main = new_page(options["name"], style=_STYLE, script=script)
    if live:
        refresh = tags.meta(http_equiv="refresh", content=str(_REFRESH_S))
        page.head.add(tags.comment(" without JavaScript "), tags.noscript(refresh))
    _add_headline(main, state, live)
    if state["warnings"]:
        listed = tags.ul(tags.li(shown(text)) for _, text in state["warnings"])
        main.add(tags.section(tags.h2("Worth a look"), listed, cls="warnings"))
    _add_charts(main, state["curves"])
    if state["fixed"]:
        main.add(_fixed_samples(state["fixed"]))
    if state["current"]:
        strip = tags.div(cls="now")
        for label, file in state["current"].items():
            heading = shown(HEADINGS.get(label, label))
            strip.add(tags.figure(_image(file, heading), tags.figcaption(heading)))
        main.add(tags.section(tags.h2("In training right now"), strip))
    if state["messages"]:
        lines = tags.ul(cls="messages")
        for at, text in reversed(state["messages"]):
            lines.add(tags.li(f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(at))}  {shown(text)}"))
        main.add(tags.details(tags.summary("messages"), lines))
    main.add(settings_table(dict(options), summary="options"))
    main.add(tags.div(cls="pad"))
    return page.render(pretty=False) + "\n"


def duration(seconds: float) -> str:
    """Format a time: `45 s`, `59 min`, `2 h 05 min`, `3 d 4 h`."""
    minutes = round(seconds / 60)
    if seconds < 59.5:
        return f"{max(0, round(seconds))} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def _add_headline(main: tags.main, state: dict[str, Any], live: bool) -> None:
    """Add how far it is, how fast it is, and when it was written."""
    progress = state["progress"]
    said = shown(state["reason"]) if not live else "training" if progress else "starting"
    updated = tags.span(id="updated", data_at=f"{state['updated']:.0f}")
    written = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(state["updated"]))
    status = tags.span(said, cls="status" if live else "status ended")
    main.add(tags.p(status, f" · updated {written}, ", updated, cls="note"))
    if not progress:
        return
    done = (progress["epoch"] - 1 + progress["iters"] / max(1, progress["epoch_size"])) / progress["n_epochs"]
    percent = f"{100 * min(1.0, max(0.0, done)):.1f}%"
    main.add(tags.div(tags.i(style=f"width:{percent}"), cls="meter", title=percent))
    values = {
        "epoch": f"{progress['epoch']} / {progress['n_epochs']}",
        "in this epoch": f"{progress['iters']:,} / {progress['epoch_size']:,}",
        "images seen": f"{progress['total_iters']:,}",
        "images/s": number(progress["images_per_s"] or 0.0),
        "learning rate": number(progress["lr"] or 0.0),
    }
    if live:
        values["time left"] = duration(progress["eta_s"] or 0.0)
    main.add(chips(values))


def _add_charts(main: tags.main, groups: dict[str, dict[str, Curve]]) -> None:
    """Plot the losses of the generator and of a discriminator together, all else on axes of its own."""
    named = {group: {name: curve for name, curve in curves.items() if curve.points}
             for group, curves in groups.items()}  # fmt: skip
    losses, validation = dict(named.get("losses", {})), named.get("validation", {})
    charts: dict[str, dict[str, Curve]] = {}
    for title, names in _OPPONENTS.items():
        charts[title] = {name: losses.pop(name) for name in names if name in losses}
    charts |= {f"Loss {name}": {name: curve} for name, curve in losses.items()}
    # A standard error is written beside the number that it belongs to.
    charts |= {f"Validation {name}": {name: c} for name, c in validation.items() if not name.endswith("_se")}
    charts |= {name.capitalize(): {name: curve} for name, curve in named.get("training", {}).items()}
    grid = tags.div(cls="charts")
    for title, curves in charts.items():
        if not curves:
            continue
        latest = {name: number(curve.smoothed()[-1][1]) for name, curve in curves.items()}
        section = grid.add(tags.section(cls="chart"))
        if len(curves) == 1:
            (name,) = curves
            if error := validation.get(f"{name}_se"):
                latest[name] += f" ± {number(error.points[-1][2])}"
            section.add(tags.h2(shown(title) + " ", tags.b(latest[name])))
        else:
            section.add(tags.h2(shown(title)))
            key = section.add(tags.ul(cls="key"))
            for place, (name, value) in enumerate(latest.items()):
                key.add(tags.li(tags.i(cls=f"s{place % 6}"), shown(name) + " ", tags.b(value)))
        section.add(raw(line_chart(curves, title=title)))
    if len(grid):
        main.add(grid)


def _fixed_samples(fixed: dict[str, dict[str, Any]]) -> tags.section:
    epochs = sorted({int(epoch) for row in fixed.values() for epoch in row["epochs"]})
    headings = ["input", *(f"epoch {epoch}" for epoch in epochs)]
    headings += ["target"] if any("target" in row for row in fixed.values()) else []
    width = f"min-width:{92 * len(headings)}px"
    table = tags.table(tags.thead(tags.tr(map(tags.th, headings))), cls="samples", style=width)
    body = table.add(tags.tbody())
    for name, row in fixed.items():
        files = row | {f"epoch {epoch}": file for epoch, file in row["epochs"].items()}
        line = body.add(tags.tr())
        for heading in headings:
            file = files.get(heading)
            line.add(tags.td(_image(file, f"{shown(name)}, {heading}") if file else ""))
    title = tags.h2("The same inputs, epoch after epoch")
    return tags.section(title, tags.div(table, cls="scroll"))


def _image(file: str, what: str) -> tags.a:
    url = relative_url(file)
    return tags.a(tags.img(src=url, alt=what, title=what, width="256", height="256"), href=url)
