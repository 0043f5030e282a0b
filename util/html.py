"""Common parts of the project's HTML pages: the page frame, and the escaping of untrusted text."""

import re
from pathlib import Path
from urllib.parse import quote

import dominate
from dominate import tags
from dominate.util import raw

from util.atomic import inside

_STYLE, _SCRIPT = (Path(__file__).with_name(f"page.{kind}") for kind in ("css", "js"))


def new_page(
    title: str, *, style: Path, script: str = "", note: str = ""
) -> tuple[dominate.document, tags.main]:
    """Start a self-contained page with a title line and a button that switches between light and dark.

    Args:
        style: stylesheet of this kind of page, used in addition to the common stylesheet.
        script: trusted JavaScript, which runs at the end of the body.
        note: a line under the title.

    Returns:
        The document and its empty `<main>` element. `document.render(pretty=False)` returns the HTML text.
    """
    title = shown(title)
    page = dominate.document(title=title, lang="en")
    with page.head:
        tags.meta(charset="utf-8")
        tags.meta(name="viewport", content="width=device-width, initial-scale=1")
        tags.meta(name="color-scheme", content="light dark")
        tags.link(rel="icon", href="data:,")
        tags.style(raw(_STYLE.read_text("utf-8") + style.read_text("utf-8")))
        tags.script(raw(_SCRIPT.read_text("utf-8")))
    top = page.body.add(tags.header(cls="top"))
    headline = top.add(tags.div(cls="headline"))
    headline.add(tags.h1(title))
    headline.add(tags.button("◐", id="theme", type="button", title="light or dark", aria_label="theme"))
    if note:
        top.add(tags.p(shown(note), cls="note"))
    main = page.body.add(tags.main())
    page.body.add(tags.script(raw(script)))
    return page, main


def settings_table(settings: dict[str, object], *, summary: str = "settings") -> tags.details:
    """Create a collapsed table of names and values."""
    rows = [tags.tr(tags.td(shown(str(k))), tags.td(shown(str(v)))) for k, v in settings.items()]
    return tags.details(tags.summary(summary), tags.table(rows, cls="settings"))


def chips(values: dict[str, str]) -> tags.ul:
    """Create a row of labels, each of which shows a name and a value."""
    return tags.ul([tags.li(tags.span(shown(k)), tags.b(shown(v))) for k, v in values.items()], cls="chips")


def shown(text: str) -> str:
    """Replace control characters and surrogates, so that the text is one line of valid UTF-8."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", text)


def number(value: float) -> str:
    """Format a number with up to four significant digits; use no exponent between 1e-4 and 1e6."""
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def relative_url(path: str) -> str:
    """Percent-encode a POSIX path relative to the page; raise `UserError` if it points outside the folder."""
    inside(".", path, what="image path")
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def markdown_text(text: str) -> str:
    """Escape text for a table in GitHub Markdown, so that no character is interpreted as markup."""
    return re.sub(r"[\\`*_\[\](){}<>&|~$#!@:\"']", lambda match: f"&#{ord(match.group())};", shown(text))
