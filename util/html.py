"""What the project's pages share: their frame, look and colours, and text from outside made harmless."""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote

import dominate
from dominate import tags
from dominate.util import raw

from util.errors import UserError

_LIGHT = {
    "bg": "#f6f5f2",
    "card": "#ffffff",
    "ink": "#1c1d20",
    "muted": "#66686e",
    "line": "#dfddd7",
    "soft": "#ecebe6",
    "accent": "#a84a1f",
    "warn": "#8a5a00",
    "warn-bg": "#fdf3dc",
    "series-0": "#a84a1f",
    "series-1": "#1f6fa8",
    "series-2": "#3b8a4a",
    "series-3": "#8a4fa3",
    "series-4": "#9a7b12",
    "series-5": "#b03a5b",
}
_DARK = {
    "bg": "#131416",
    "card": "#1c1e21",
    "ink": "#ececea",
    "muted": "#9fa2a8",
    "line": "#32353a",
    "soft": "#26292d",
    "accent": "#f2925c",
    "warn": "#f3cf82",
    "warn-bg": "#362b14",
    "series-0": "#f2925c",
    "series-1": "#6cb5ea",
    "series-2": "#7fce8d",
    "series-3": "#c99be0",
    "series-4": "#dcc15e",
    "series-5": "#ef86a3",
}


def _variables(colours: dict[str, str], scheme: str) -> str:
    """One theme as CSS custom properties."""
    return f"color-scheme:{scheme};" + "".join(f"--{name}:{value};" for name, value in colours.items())


_STYLE = (
    f":root{{{_variables(_LIGHT, 'light')}}}"
    f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{_variables(_DARK, 'dark')}}}}}"
    f":root[data-theme=dark]{{{_variables(_DARK, 'dark')}}}"
    """
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans","Noto Sans CJK JP","Hiragino Sans","Yu Gothic UI",sans-serif}
main,header.top{max-width:1720px;margin:0 auto;padding:0 20px}
header.top{padding-top:22px;padding-bottom:6px}
.headline{display:flex;gap:16px;align-items:flex-start;justify-content:space-between}
h1{font-size:1.5rem;line-height:1.2;margin:0;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:1.02rem;margin:0 0 10px;font-weight:620}
.note{color:var(--muted);margin:.35rem 0 0;max-width:80ch;overflow-wrap:anywhere}
button,select,input[type=search]{font:inherit;color:inherit;background:var(--card);
border:1px solid var(--line);border-radius:8px;padding:5px 11px;min-height:36px}
button{cursor:pointer}button:hover,select:hover{border-color:var(--muted)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin:14px 0 0;padding:0;list-style:none}
.chips li{background:var(--card);border:1px solid var(--line);border-radius:999px;padding:3px 12px;
font-size:.9rem}
.chips b{font-weight:620;font-variant-numeric:tabular-nums}.chips span{color:var(--muted);margin-right:6px}
details{margin:14px 0 0}summary{cursor:pointer;color:var(--muted)}
table.settings{border-collapse:collapse;margin:8px 0 0;font-size:.88rem}
table.settings td{padding:2px 18px 2px 0;vertical-align:top;overflow-wrap:anywhere}
table.settings td:first-child{color:var(--muted);white-space:nowrap}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:600px){main,header.top{padding-left:12px;padding-right:12px}h1{font-size:1.25rem}}
"""
)

# Runs in the head, before anything is painted, so that a chosen theme doesn't flash.
_THEME_EARLY = """
try{const t=localStorage.getItem('theme');if(t)document.documentElement.dataset.theme=t}catch(e){}
"""

_THEME_BUTTON = """
document.getElementById('theme').onclick=()=>{
  const root=document.documentElement,dark=root.dataset.theme?root.dataset.theme==='dark'
    :matchMedia('(prefers-color-scheme:dark)').matches;
  root.dataset.theme=dark?'light':'dark';
  try{localStorage.setItem('theme',root.dataset.theme)}catch(e){}
};
"""


def new_page(
    title: str, *, style: str = "", script: str = "", note: str = ""
) -> tuple[dominate.document, tags.main]:
    """Starts a page that needs nothing from outside: title line, theme button, light and dark colours.

    Args:
        title: text from outside; it is shown, never obeyed.
        style: more CSS, of our own.
        script: JavaScript of our own, run at the end of the body; nothing from outside may be in it.
        note: a line under the title.

    Returns:
        The document, whose `render(pretty=False)` is the file's text, and its `<main>` to be filled.
    """
    title = shown(title)
    page = dominate.document(title=title, lang="en")
    with page.head:
        tags.meta(charset="utf-8")
        tags.meta(name="viewport", content="width=device-width, initial-scale=1")
        tags.meta(name="color-scheme", content="light dark")
        tags.link(rel="icon", href="data:,")
        tags.style(raw(_STYLE + style))
        tags.script(raw(_THEME_EARLY))
    top = page.body.add(tags.header(cls="top"))
    headline = top.add(tags.div(cls="headline"))
    headline.add(tags.h1(title))
    headline.add(tags.button("◐", id="theme", type="button", title="light or dark", aria_label="theme"))
    if note:
        top.add(tags.p(shown(note), cls="note"))
    main = page.body.add(tags.main())
    page.body.add(tags.script(raw(_THEME_BUTTON + script)))
    return page, main


class Dialog(tags.html_tag):
    """HTML's `<dialog>`, which dominate has no class for."""

    tagname = "dialog"


def settings_table(settings: dict[str, object], *, summary: str = "settings") -> tags.details:
    """A folded table of names and values."""
    table = tags.table(cls="settings")
    for name, value in settings.items():
        table.add(tags.tr(tags.td(shown(str(name))), tags.td(shown(str(value)))))
    return tags.details(tags.summary(summary), table)


def chips(values: dict[str, str]) -> tags.ul:
    """A line of names with their values."""
    line = tags.ul(cls="chips")
    for name, value in values.items():
        line.add(tags.li(tags.span(shown(name)), tags.b(shown(value))))
    return line


def shown(text: str) -> str:
    """Text that can be shown on one line and written as UTF-8: no control characters, no lone surrogates."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", text)


def number(value: float) -> str:
    """A number as people read it: four significant digits, no exponent between 1e-4 and 1e6."""
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.4g}"


def relative_url(path: str) -> str:
    """Turns a path into a link that means this path and nothing else.

    Args:
        path: POSIX path relative to the page's folder; any characters.

    Returns:
        The percent-encoded path.

    Raises:
        UserError: the path is empty, absolute, or climbs out of the folder.
    """
    check_inside(path)
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def check_inside(path: str) -> None:
    """Raises UserError unless the path is relative and stays in its folder."""
    # A backslash or a colon is a letter like any other, except to Windows.
    kinds = (PurePosixPath(path), PureWindowsPath(path)) if os.name == "nt" else (PurePosixPath(path),)
    if "\0" in path or not kinds[0].parts or any(kind.anchor for kind in kinds):
        raise UserError(f"picture path {path!r} must be a relative path inside the page's folder")
    if any(".." in kind.parts for kind in kinds):
        raise UserError(f"picture path {path!r} climbs out of the page's folder; put the picture inside it")


def markdown_text(text: str) -> str:
    """Text from outside for a cell of a GitHub table: every character shown as it is, none of them obeyed."""
    return re.sub(r"[\\`*_\[\](){}<>&|~$#!@:\"']", lambda match: f"&#{ord(match.group())};", shown(text))
