"""The drawing page, served by draw.py and written by export_web.py."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from scripts.drawing import ASSETS

# In order of dependency; a backend and page.js come after these scripts.
SCRIPTS = ("words.js", "drawing.js", "canvas.js", "images.js", "lines.js", "results.js")
_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "img-src 'self' data: blob:; connect-src 'self' data: blob:; style-src 'self' 'unsafe-inline'"
)


def page_html(backend: Sequence[str], title: str = "") -> bytes:
    """Render the page.

    Args:
        backend: the scripts that define ``BACKEND``.
        title: shown to search engines, and until the script has chosen the language.
    """
    names = ("site.js", *SCRIPTS, *backend, "page.js")
    scripts = "\n".join(f'<script src="{name}"></script>' for name in names)
    template = Template((ASSETS / "page.html").read_text("utf-8"))
    return template.substitute(
        policy=_POLICY, title=html.escape(title or "Draw an animal"), scripts=scripts
    ).encode()


def site_script(known: Mapping[str, Any]) -> bytes:
    """Render ``site.js``: the page's data about the generator."""
    return f'"use strict";\nconst SITE = {json.dumps(known)};\n'.encode()


def asset(name: str) -> Path | None:
    """Find a script or stylesheet of the page by name; None if there is no such file."""
    return next((path for path in ASSETS.iterdir() if path.name == name), None)
