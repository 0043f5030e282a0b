"""What the project's HTML pages share: their frame and stylesheet, and the escaping of untrusted text."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import dominate
from dominate import tags
from dominate.util import raw

from util.atomic import inside

_STYLESHEET = Path(__file__).with_name("page.css")

# Runs in the head, before anything is drawn, so that the page does not flash in the other theme.
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
    title: str, *, style: Path, script: str = "", note: str = ""
) -> tuple[dominate.document, tags.main]:
    """Start a page that loads nothing from elsewhere: title line, theme button, light and dark colours.

    Args:
        title: any text; it is escaped.
        style: stylesheet of this kind of page, added to the one of all pages.
        script: trusted JavaScript, run at the end of the body.
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
        tags.style(raw(_STYLESHEET.read_text("utf-8") + style.read_text("utf-8")))
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
    """The element `<dialog>`, which dominate lacks."""

    tagname = "dialog"


def settings_table(settings: dict[str, object], *, summary: str = "settings") -> tags.details:
    """Make a folded table of names and values."""
    table = tags.table(cls="settings")
    for name, value in settings.items():
        table.add(tags.tr(tags.td(shown(str(name))), tags.td(shown(str(value)))))
    return tags.details(tags.summary(summary), table)


def chips(values: dict[str, str]) -> tags.ul:
    """Make a row of labels, each a name with its value."""
    line = tags.ul(cls="chips")
    for name, value in values.items():
        line.add(tags.li(tags.span(shown(name)), tags.b(shown(value))))
    return line


def shown(text: str) -> str:
    """Make text safe to show on one line and to write as UTF-8: no control characters, no surrogates."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", text)


def number(value: float) -> str:
    """Format a number for reading: four significant digits, no exponent between 1e-4 and 1e6."""
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.4g}"


def relative_url(path: str) -> str:
    """Percent-encode a path, so that the link means this path and nothing else.

    Args:
        path: POSIX path relative to the page's folder; any characters.

    Raises:
        UserError: the path is empty, absolute, or leaves the folder.
    """
    inside(".", path, what="image path")
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def markdown_text(text: str) -> str:
    """Escape text for a cell of a GitHub table, so that no character in it acts as markup."""
    return re.sub(r"[\\`*_\[\](){}<>&|~$#!@:\"']", lambda match: f"&#{ord(match.group())};", shown(text))
