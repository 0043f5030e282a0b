"""The static page: its files, its lines, and its images in a browser that has no other source."""

import base64
import functools
import importlib.util
import shutil
import threading
from dataclasses import asdict
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest
from conftest import ROOT, assert_one_line_error, command

from data.edges import lineart_edges
from tests.drawing_pages import browser_page, median_ms
from tests.drawing_runs import generated_by_test_py, make_run

ASSETS = ROOT / "scripts" / "drawing" / "assets"


class Quiet(SimpleHTTPRequestHandler):
    """Any web space: it serves files and says nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture
def served():
    """A function from a folder to its address."""
    servers = []

    def serve(folder):
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()


def site(runs, name, output, *arguments):
    """A static page by the command; skips the test where it cannot be made here."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    done = command(
        "scripts/export_web.py", "--name", name, "--checkpoints_dir", runs, "--output", output, *arguments
    )
    if done.returncode and "npm could not fetch" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_lines_in_the_browser_are_the_extractor_s(served):
    rng = np.random.default_rng(0)
    drawings = []
    for side in (128, 256):
        scale = 512 // side
        paper = np.full((512, 512), 255, np.uint8)
        for width in (3, 4, 8):
            points = rng.integers(40, 470, (7, 1, 2))
            cv2.polylines(paper, [points.astype(np.int32)], False, 0, width, cv2.LINE_AA)
        cv2.ellipse(paper, (256, 256), (150, 90), 20, 0, 360, 0, 4, cv2.LINE_AA)
        cv2.circle(paper, (90, 90), 9, 0, -1, cv2.LINE_AA)  # an eye
        cv2.line(paper, (60, 450), (160, 450), 0, 4, cv2.LINE_AA)
        cv2.circle(paper, (110, 450 - 9 - 2 - scale), 9, 0, -1, cv2.LINE_AA)  # one that almost touches a line
        cv2.rectangle(paper, (330, 60), (400, 130), 0, -1)  # a filled shape: its outline counts
        small = cv2.resize(paper, (side, side), interpolation=cv2.INTER_AREA)
        drawings.append((side, small, lineart_edges(np.repeat(small[..., None], 3, 2))))
    with browser_page() as drawn:
        drawn.page.goto(served(ASSETS) + "page.css")
        for name in ("drawing.js", "images.js", "lines.js"):
            drawn.page.add_script_tag(path=str(ASSETS / name))
        for side, small, wanted in drawings:
            call = "([rgb, side]) => [...lineartLines(Uint8Array.from(rgb), side)]"
            found = drawn.page.evaluate(call, [np.repeat(small.ravel(), 3).tolist(), side])
            found = np.array(found, np.uint8).reshape(side, side)
            assert (found != wanted).sum() <= 0.02 * (wanted > 0).sum(), side
            assert set(np.unique(found)) == {0, 255}


def uploads():
    """Thirty images of all kinds, (H, W, 4) uint8, by name."""
    rng = np.random.default_rng(0)
    made = {}
    for k, path in enumerate(sorted((ROOT / "datasets" / "drawings").glob("*.png"))):
        rgb = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        y, x = np.mgrid[:512, :512] / 511.0
        tint = np.array([[250, 240, 205], [210, 235, 250], [225, 250, 220]][k % 3]) / 255
        noise = rng.integers(-4, 5, rgb.shape)
        shade = (0.78 + 0.22 * (x + y) / 2)[..., None]
        ink = 255 - rgb.astype(int)
        made |= {
            f"wide {k}": np.pad(rgb[100:400], ((0, 0), (30, 60), (0, 0)), constant_values=255),
            f"tinted {k}": (rgb[60:460] * tint).astype(np.uint8),
            f"shaded {k}": np.clip(rgb * shade + noise, 0, 255).astype(np.uint8),
            f"board {k}": np.clip(30 + ink * 0.8 + noise, 0, 255).astype(np.uint8),
        }
    lines = lineart_edges(np.ascontiguousarray(rgb[..., ::-1]))
    made["edges"], made["edges wide"] = lines, 255 - lines[100:400]
    made["edges small"] = lines[::2, ::2]
    made["photo"] = rng.integers(0, 255, (300, 400, 3)).astype(np.uint8)
    yellow = 200 + 50 * np.sin(np.arange(300) / 30)[:, None] + rng.normal(0, 9, (300, 300))
    made["photo smooth"] = cv2.GaussianBlur(yellow.clip(0, 255).astype(np.uint8), (0, 0), 3)
    made = {
        name: np.dstack([v if v.ndim == 3 else np.dstack([v] * 3), np.full(v.shape[:2], 255, np.uint8)])
        for name, v in made.items()
    }
    clear = np.dstack([rgb, np.where(rgb.max(2) > 250, 0, 255).astype(np.uint8)])
    return made | {"cut out": clear}


def test_inputs_in_the_browser_are_those_of_test_py(served):
    from data.preprocess.pair import EdgeSettings
    from data.single_input import InputMaker
    from scripts.drawing.uploads import _in_square
    from util.pixels import on_white

    images, side = uploads(), 256
    assert len(images) == 30
    with browser_page() as drawn:
        drawn.page.goto(served(ASSETS) + "page.css")
        for name in ("drawing.js", "images.js", "lines.js", "prepare.js"):
            drawn.page.add_script_tag(path=str(ASSETS / name))
        for name, rgba in images.items():
            pad = "auto" if "wide" in name else "replicate"
            settings = {**asdict(EdgeSettings()), "pad": pad}
            # The page in the browser neither looks for a sheet of paper nor frames drawings.
            drawing = "lineart" if name.startswith(("shaded", "board")) else "auto"
            make = InputMaker(settings, direction="BtoA", size_px=side, frame="none", input_kind=drawing)
            opaque = (rgba[..., 3] == 255).all()
            rgb = rgba[..., :3].copy() if opaque else on_white(rgba[..., :3], rgba[..., 3])
            wanted = make(rgb, None if opaque else rgba[..., 3])
            call = """([data, width, height, side, pad]) => {
                const bytes = Uint8ClampedArray.from(atob(data), (c) => c.charCodeAt(0));
                const {kind, lines} = prepared(bytes, width, height, "auto", {side, pad});
                return [kind, lines && [...lines]] }"""
            data = base64.b64encode(rgba.tobytes()).decode()
            kind, found = drawn.page.evaluate(call, [data, rgba.shape[1], rgba.shape[0], side, pad])
            assert kind == next(iter(make.kinds)), name
            assert (found is None) == (kind == "photo"), name
            if found:
                wanted = _in_square(255 - wanted if wanted.mean() > 127.5 else wanted, side)[..., 0]
                found = np.array(found, np.uint8).reshape(side, side)
                off = np.abs(found.astype(int) - wanted).mean()
                assert off <= 0.02 * wanted.mean() + 0.01, (name, off, wanted.mean())


def test_the_page_generates_what_test_py_does_without_any_other_source(served, tmp_path):
    runs = make_run(tmp_path, "noisy", nz=4)
    said = site(runs, "noisy", tmp_path / "site")
    assert "weights in 16 bits" in said and (tmp_path / "site" / "model.onnx.gz").stat().st_size < 30e6
    assert (tmp_path / "site" / "LICENSE.txt").is_file()
    assert "http://" not in (tmp_path / "site" / "index.html").read_text()
    with browser_page(viewport={"width": 390, "height": 900}) as drawn:
        url = served(tmp_path / "site")
        drawn.open(url, ready="html[data-ready]")
        told = drawn.page.evaluate("SITE.files.map(({name, bytes}) => [name, bytes])")
        assert [(name, (tmp_path / "site" / name).stat().st_size) for name, _ in told] == [*map(tuple, told)]
        assert any("wasm" in name for name, _ in told)  # the progress counts it
        drawn.draw()
        images, lines = drawn.results()
        wanted = generated_by_test_py(lines, tmp_path, runs, "noisy", "--gpu_ids", "-1", "--amp", "fp32")
        assert np.abs(images[0].astype(int) - wanted).mean() <= 2
        shown = drawn.page.locator(".result-images img").get_attribute("src")
        drawn.page.get_by_role("button", name="Other colors").click()
        drawn.page.wait_for_selector(f".result-images img:not([src='{shown}'])")
        drawn.page.get_by_role("button", name="Clear").click()
        drawn.page.wait_for_selector(".result-status:has-text('blank')")
        drawn.page.locator(".drawing-examples button").first.click()
        drawn.page.wait_for_selector(".result-images img")
        drawn.upload("x.svg", b"<svg", "image/svg+xml")
        drawn.page.wait_for_selector(".drawing-note:has-text('no image')")
        assert not drawn.wrong and drawn.hosts == {url.split("/")[2]}


def test_other_files_are_not_overwritten(tmp_path):
    from scripts.exporting.web import write_site
    from util.errors import UserError

    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="other files"):
        write_site(tmp_path, b"", known={})
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.skipif(importlib.util.find_spec("onnx") is None, reason="onnx is not installed")
def test_mistakes_are_one_line(tmp_path):
    runs = make_run(tmp_path, "plain")
    where = ["scripts/export_web.py", "--checkpoints_dir", runs, "--output", tmp_path / "site", "--name"]
    assert_one_line_error(command(*where, "nobody"), "nobody", "plain")
    assert_one_line_error(command(*where, "plain", "--size", "100"), "100", "multiple of 128")


@pytest.mark.slow
@pytest.mark.parametrize(("netG", "size"), [("unet_128", 128), ("unet_256", 256)])
def test_speed_in_the_browser(served, tmp_path, netG, size):
    said = site(make_run(tmp_path, "fast", netG, ngf=32, size=size), "fast", tmp_path / "site")
    with browser_page() as drawn:
        drawn.open(served(tmp_path / "site"), ready="html[data-ready]")
        print(f"\n{said}{netG} at {size} px: median of 20 strokes {median_ms(drawn):.0f} ms")


@pytest.mark.slow
def test_the_default_generator_fits(tmp_path):
    said = site(make_run(tmp_path, "wide", "unet_256", ngf=64, size=256), "wide", tmp_path / "site")
    print(f"\n{said}")
    assert "weights in 4 bits" in said and (tmp_path / "site" / "model.onnx.gz").stat().st_size <= 30e6
