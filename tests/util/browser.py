"""Opening the project's pages in a real headless browser."""

import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


class Page(HTMLParser):
    """Collects a page's tags and texts, including void and script elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def browse(page: Path, script: str, tmp_path: Path) -> dict:
    """Open a copy of a page in a headless browser; return the result of a script run on load, and errors."""
    listen = """<script>window.wrong=[];
        addEventListener('error',e=>wrong.push(String(e.message||e.target.src)),true)</script>"""
    tell = f"""<script>addEventListener('load',()=>setTimeout(()=>{{
        let said; try{{said=(()=>{{{script}}})()}}catch(e){{wrong.push(String(e))}}
        document.documentElement.dataset.said=JSON.stringify({{said,wrong}})}},0))</script>"""
    text = (
        page.read_text(encoding="utf-8")
        .replace("<head>", "<head>" + listen)
        .replace("</body>", tell + "</body>")
    )
    asked = page.with_name("asked.html")
    asked.write_text(text, encoding="utf-8")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [CHROMIUM, *flags, profile, "--dump-dom", asked.as_uri()], capture_output=True, timeout=60
    )
    dom = Page(done.stdout.decode())
    return json.loads(next(attrs for tag, attrs in dom.tags if tag == "html")["data-said"])
