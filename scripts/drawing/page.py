"""The HTML of the drawing page, which draw.py serves and export_web.py writes."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from string import Template
from typing import Any

from scripts.drawing import ASSETS

# In dependency order. A backend and page.js come after these scripts.
SCRIPTS = ("words.js", "drawing.js", "canvas.js", "images.js", "lines.js", "results.js")
_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "img-src 'self' data: blob:; connect-src 'self' data: blob:; style-src 'self' 'unsafe-inline'"
)


def page_html(backend: Sequence[str], title: str = "") -> bytes:
    """Render the page. The ``backend`` scripts define ``BACKEND``."""
    names = ("site.js", *SCRIPTS, *backend, "page.js")
    scripts = "\n".join(f'<script src="{name}"></script>' for name in names)
    template = Template((ASSETS / "page.html").read_text("utf-8"))
    title = html.escape(title or "Draw an animal")
    return template.substitute(policy=_POLICY, title=title, scripts=scripts).encode()


def site_script(known: Mapping[str, Any]) -> bytes:
    """Render ``site.js``, which contains the page's data about the generator."""
    return f'"use strict";\nconst SITE = {json.dumps(known)};\n'.encode()
