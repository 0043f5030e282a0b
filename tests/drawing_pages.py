"""Use the drawing pages in a headless browser.

    python -m tests.drawing_pages URL static/draw.jpg

This takes the screenshot for docs/draw.md. `scripts/draw.py --name animals` must serve the page at the URL.
"""

import atexit
import base64
import io
import shutil
import statistics
import sys
from contextlib import contextmanager
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
# An animal's strokes, as fractions of the canvas.
ANIMAL = [
    [(0.2, 0.5), (0.3, 0.35), (0.6, 0.35), (0.75, 0.45), (0.7, 0.6), (0.3, 0.6), (0.2, 0.5)],
    [(0.3, 0.6), (0.3, 0.85)], [(0.4, 0.6), (0.4, 0.85)],
    [(0.6, 0.6), (0.6, 0.85)], [(0.68, 0.6), (0.68, 0.85)],
    [(0.75, 0.45), (0.85, 0.25), (0.9, 0.3), (0.8, 0.5)],
]  # fmt: skip


class Page(HTMLParser):
    """A page's tags and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


class DrawingPage:
    """A page in a browser, with its console messages and requests.

    Attributes:
        page: the playwright page object.
        wrong: console errors, console warnings and script errors.
        hosts: host and port of every request.
    """

    def __init__(self, page):
        self.page, self.wrong, self.hosts = page, [], set()
        page.on("console", lambda m: m.type in ("error", "warning") and self.wrong.append(m.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda r: r.url.startswith("http") and self.hosts.add(r.url.split("/")[2]))

    def open(self, url, ready=".drawing-paper"):
        self.page.goto(url)
        self.page.wait_for_selector(ready, timeout=60_000)
        paper, before = self.page.locator(".drawing-paper"), None
        while before != (before := paper.bounding_box()):  # wait until the layout is stable
            self.page.wait_for_timeout(100)

    def stroke(self, points):
        box = self.page.locator(".drawing-paper").bounding_box()
        places = [(box["x"] + u * box["width"], box["y"] + v * box["height"]) for u, v in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=6)
        self.page.mouse.up()

    def timed_stroke(self, points):
        """Draw a stroke; return the milliseconds until its image appears."""
        results = self.page.locator(".results")
        results.evaluate("element => { element.dataset.ms = '' }")
        self.stroke(points)
        self.page.wait_for_selector(".results:not([data-ms=''])", timeout=30_000)
        return float(results.get_attribute("data-ms"))

    def draw(self, strokes=ANIMAL):
        """Draw an animal; return the milliseconds until each stroke's image appears."""
        return [self.timed_stroke(points) for points in strokes]

    def results(self):
        """Return the displayed images and the generator's input as (H, W, 3) uint8 arrays."""
        images = [pixels(i.get_attribute("src")) for i in self.page.locator(".result-images img").all()]
        return images, pixels(self.page.evaluate("drawPage.results.lines"))

    def upload(self, name, data, kind="image/png", several=False):
        """Upload a file or, if ``several``, a list of (name, data)."""
        files = data if several else [(name, data)]
        self.page.locator("input[type=file][multiple]").set_input_files(
            [{"name": name, "mimeType": kind, "buffer": data} for name, data in files]
        )

    def saved(self, **choices):
        """Save an image with the given form values; return (file name, bytes)."""
        self.page.evaluate("document.querySelector('.result-saves details').open = true")
        for key, value in choices.items():
            self.page.evaluate(
                "([key, value]) => { const box = drawPage.results[key];"
                "if (key === 'clear') box.checked = value; else box.value = value; box.onchange?.() }",
                [key, value],
            )
        with self.page.expect_download() as download:
            self.page.locator(".result-saves .save").click()
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def until(self, script):
        """Wait until a script returns true. Playwright's own method violates the page's security policy."""
        for _ in range(300):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"still not true: {script}")

    def note(self):
        return self.page.locator(".drawing-note").text_content()


def pixels(url):
    data = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def median_ms(drawing, count=20):
    """Return the median time from the end of a stroke to its image, over ``count`` strokes."""
    drawing.draw()
    times = []
    for i in range(count):
        y = 0.1 + 0.8 * i / count
        times.append(drawing.timed_stroke([(0.05, y), (0.12, y + 0.03)]))
    return statistics.median(times)


@lru_cache(maxsize=1)
def browser():
    """Return the browser that all tests share, or skip the test if there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    playwright = api.sync_playwright().start()
    atexit.register(playwright.stop)
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@contextmanager
def browser_page(**how):
    """Open a new `DrawingPage` without saved work; at the end, check that no script failed."""
    context = browser().new_context(**how)
    try:
        drawn = DrawingPage(context.new_page())
        yield drawn
        assert not drawn.wrong
    finally:
        context.close()


if __name__ == "__main__":
    with browser_page(viewport={"width": 1300, "height": 800}) as drawn:
        drawn.open(sys.argv[1])
        drawn.page.locator("[src*=hippogriff]").click()
        drawn.page.wait_for_selector(".result-images img")
        drawn.page.mouse.move(0, 0)
        drawn.page.evaluate("scrollTo(0, 0)")
        drawn.page.screenshot(path=sys.argv[2], quality=88)
