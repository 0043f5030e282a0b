"""The static page makes the same inputs and images as test.py, without loading anything from other hosts."""

import base64
import functools
import importlib.util
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from conftest import ROOT, assert_one_line_error, command

from data.hints import without_grain
from scripts.drawing.page import SCRIPTS
from scripts.drawing.uploads import _in_square
from tests.drawing_pages import browser_page, pixels
from tests.drawing_runs import generated_by_test_py, make_run, png, serving
from tests.paper import KINDS, photograph
from tests.uploads import uploads
from util.image import read_rgba

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)]
# The uploads that the quick test covers.
QUICK = ("lines in a corner.png", "lines transparent.png", "lines turned.jpg", "colored.png", "edge map.png")


class Quiet(SimpleHTTPRequestHandler):
    """A file server without log output."""

    def log_message(self, *_):
        pass


@pytest.fixture
def served():
    """Return a function that serves a folder and returns its address."""
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
    """Export a static page, or skip the test if npm or a package is missing."""
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


def input_by_test_py(make, path):
    """Return the input that test.py makes from a file, in a square: (S, S, 3) uint8."""
    made = make(*read_rgba(path), name=path.name)
    made = np.repeat(made, 3, axis=2) if made.shape[2] == 1 else made
    return _in_square(255 - made if made.mean() > 127.5 else made, make.size_px)


# Uploads a file like a visitor, and returns the URLs of the generator's input and of the image.
TAKE = """async ([url, name]) => {
    const file = new File([await (await fetch(url)).blob()], name);
    const {input, colored} = await drawPage.understand((await readImage(file)).blob);
    const one = new Drawing(SITE.side, SITE.scale);
    one.add(await one.prepare(await stepOf(input, colored)));
    const made = inputOf(one, {thin: true, coat: true}, SITE.side);
    const [image] = await BACKEND.run(made, SITE.side, {...drawPage.settings, samples: 1, first: 0});
    return [urlOf(made, SITE.side), image] }"""


def on_paper(kind):
    """A photograph of a drawing on paper, as a PNG file's bytes."""
    lines = read_rgba(ROOT / "datasets" / "drawings" / "griffin.png")[0]
    return png(photograph(lines, kind, size=(450, 600)).rgb)


def taken(drawn, name, data):
    url = "data:;base64," + base64.b64encode(data).decode()
    return [pixels(made).astype(int) for made in drawn.page.evaluate(TAKE, [url, name])]


def test_the_page_generates_the_same_images_as_test_py(served, tmp_path):
    from models import load_generator

    runs = make_run(tmp_path, "colored", nz=4, hints="color")
    said = site(runs, "colored", tmp_path / "site", "--title", "Class <3b>", "--text", "Our animals")
    assert "16-bit weights" in said and (tmp_path / "site" / "model.onnx.gz").stat().st_size < 30e6
    assert (tmp_path / "site" / "LICENSE.txt").is_file()
    assert all((tmp_path / "site" / name).is_file() for name in SCRIPTS)
    assert "http://" not in (tmp_path / "site" / "index.html").read_text()
    with browser_page(viewport={"width": 390, "height": 900}) as drawn:
        url = served(tmp_path / "site")
        drawn.open(url, ready="html[data-ready]")
        page = drawn.page
        assert page.locator("h1").text_content() == "Class <3b>" and "Our animals" in page.content()
        told = page.evaluate("SITE.files.map(({name, bytes}) => [name, bytes])")
        assert [(name, (tmp_path / "site" / name).stat().st_size) for name, _ in told] == [*map(tuple, told)]
        assert any("wasm" in name for name, _ in told)  # included in the progress display
        page.evaluate("drawPage.settings.coat = false")
        drawn.timed_stroke(SQUARE)
        without = drawn.results()[0][0]
        drawn.button("Snake green").click()
        drawn.timed_stroke([(0.5, 0.5), (0.5, 0.5)])  # fills
        (image,), made = drawn.results()
        assert np.abs(without_grain(made)[64, 64] - (14 + 0.32 * np.array([0x5D, 0x7F, 0x3C]))).max() <= 1
        wanted = generated_by_test_py(made, tmp_path, runs, "colored", "--gpu_ids", "-1", "--amp", "fp32")
        assert np.abs(image.astype(int) - wanted).mean() <= 2 < np.abs(image.astype(int) - without).mean()
        large = pixels(page.evaluate("drawPage.detail(0).then((canvas) => canvas.toDataURL())"))
        assert large.shape == (256, 256, 3) and large.std() > 1
        shown = page.locator(".result-images img").get_attribute("src")
        drawn.button("Other colors").click()
        page.wait_for_selector(f".result-images img:not([src='{shown}'])")
        drawn.button("Copy the link of this page").click()
        page.wait_for_selector(".drawing-note:has-text('copied'), .drawing-note:has-text('127.0.0.1')")
        drawn.button("Clear").click()
        page.wait_for_selector(".result-status:has-text('blank')")
        page.locator(".drawing-examples button").first.click()
        page.wait_for_selector(".result-images img")
        assert page.evaluate("drawPage.drawing.colored")
        make = load_generator(runs / "colored", device="cpu").make_input
        for name, data in uploads().items():
            if name in QUICK:
                (tmp_path / name).write_bytes(data)
                wanted = input_by_test_py(make, tmp_path / name).astype(int)
                assert np.abs(taken(drawn, name, data)[0] - wanted).mean() <= 2, name
        (tmp_path / "paper.png").write_bytes(on_paper("ballpoint on squared"))
        wanted = input_by_test_py(make, tmp_path / "paper.png").astype(int)
        assert make.last.kind == "paper"
        assert np.abs(taken(drawn, "paper.png", on_paper("ballpoint on squared"))[0] - wanted).mean() <= 2
        assert not drawn.wrong and drawn.hosts == {url.split("/")[2]}


def test_other_files_are_not_overwritten(tmp_path):
    from scripts.exporting.web import write_site
    from util.errors import UserError

    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="other files"):
        write_site(tmp_path, b"", known={})
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.skipif(importlib.util.find_spec("onnx") is None, reason="onnx is not installed")
def test_user_errors_are_reported_in_one_line(tmp_path):
    runs = make_run(tmp_path, "plain")
    where = ["scripts/export_web.py", "--checkpoints_dir", runs, "--output", tmp_path / "site", "--name"]
    assert_one_line_error(command(*where, "nobody"), "nobody", "plain")
    assert_one_line_error(command(*where, "plain", "--size", "100"), "100", "multiple of 128")


@pytest.mark.slow
def test_both_pages_agree_with_test_py_on_uploads_of_all_kinds(served, tmp_path):
    """Compare all uploads, and print the mean difference of each image in 8-bit levels."""
    import torch

    from models import load_generator
    from util.image import to_uint8

    site(ROOT / "checkpoints", "animals", tmp_path / "site")
    generate = load_generator(ROOT / "checkpoints" / "animals", device="cpu", amp="fp32")
    rows, files = [], uploads() | {f"{kind}.png": on_paper(kind) for kind in KINDS}
    with (
        serving("--name", "animals", "--gpu_ids", "-1", "--amp", "fp32") as (server, _),
        browser_page() as drawn,
    ):
        for address, ready in ((server, ".drawing-paper"), (served(tmp_path / "site"), "html[data-ready]")):
            drawn.open(address, ready=ready)
            for name, data in files.items():
                (tmp_path / name).write_bytes(data)
                wanted = input_by_test_py(generate.make_input, tmp_path / name)
                x = torch.from_numpy(wanted.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
                image = to_uint8(generate.generate(x.contiguous(), ["drawing.png"]))[0].astype(int)
                found = taken(drawn, name, data)
                off = [np.abs(a - b) for a, b in zip(found, (wanted.astype(int), image), strict=True)]
                rows.append((off[1].mean(), np.percentile(off[1], 99), off[0].mean(), name, address))
                print("{:6.2f} {:6.1f} {:6.2f}  {}  {}".format(*rows[-1]), flush=True)
    assert max(rows)[0] <= 2, max(rows)


@pytest.mark.slow
def test_the_default_generator_fits_into_30_mb(tmp_path):
    said = site(make_run(tmp_path, "wide", "unet_256", ngf=64, size=256), "wide", tmp_path / "site")
    assert "4-bit weights" in said and (tmp_path / "site" / "model.onnx.gz").stat().st_size <= 30e6
