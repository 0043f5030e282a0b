"""Take the picture of the page to draw on that docs/draw.md shows: an example, and what the run makes of it.

    python scripts/draw_figure.py --name animals --example pegasus --output static/draw.jpg

Needs chromium and, from PyPI, playwright.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from util.atomic import write_bytes
from util.errors import UserError, run_command

_SCRIPT = Path(__file__).with_name("draw.py")
_WIDTH, _HEIGHT = 1300, 830


def main() -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--name", default="menagerie", help="run that generates [%(default)s]")
    parser.add_argument("--example", default="pegasus", help="example to click on [%(default)s]")
    parser.add_argument("--output", required=True, help="JPEG file to write")
    args = parser.parse_args()
    command = [sys.executable, str(_SCRIPT), "--name", args.name, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            picture = _picture(_address(server), args.example)
        finally:
            server.terminate()
    jpeg = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(jpeg, "JPEG", quality=88)
    write_bytes(args.output, jpeg.getvalue())
    return 0


def _address(server: subprocess.Popen[str]) -> str:
    """Return the address that the server prints once it can be asked."""
    for line in server.stdout or ():
        if "http://" in line:
            return "http://" + line.split("http://")[1].split()[0]
    raise UserError("draw.py ended early; what it said stands above")


def _picture(url: str, example: str) -> bytes:
    """Open the page, click on an example and return the screenshot, a PNG, with the generated image."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        page.goto(url)
        page.locator(f".drawing-examples [src*='{example}']").first.click(timeout=60_000)
        page.wait_for_selector(".result-images img")
        page.wait_for_timeout(1500)  # the image has faded in
        return page.screenshot()


if __name__ == "__main__":
    run_command(main)
