"""The drawing page: its command, its limits, and its use in a browser."""

import importlib.util
import io
import resource
import struct
import time
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import assert_one_line_error, command
from PIL import Image

from tests.drawing_pages import browser_page, median_ms, pixels
from tests.drawing_runs import drawing, generated_by_test_py, make_run, png, post, serving

if importlib.util.find_spec("starlette") is None or importlib.util.find_spec("uvicorn") is None:
    pytest.skip("starlette or uvicorn is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs"), "plain", nz=4)


@pytest.fixture(scope="module")
def server(run):
    with serving("--name", "plain", "--checkpoints_dir", run, "--gpu_ids", "-1") as found:
        yield found


def test_help_starts_at_once():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = command("scripts/draw.py", "--help")
    assert done.returncode == 0 and "--port" in done.stdout
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 0.5  # of the processor


def test_mistakes_are_one_line(run, tmp_path):
    where = ["--checkpoints_dir", run, "--gpu_ids", "-1", "--port", "0"]
    assert_one_line_error(command("scripts/draw.py", "--name", "nobody", *where), "nobody", "plain")
    assert_one_line_error(
        command("scripts/draw.py", "--name", "plain", "--epoch", "7", *where), "7", "latest"
    )
    assert_one_line_error(command("scripts/draw.py", "--name", "plain", "--port", "99999"), "--port 99999")


def test_without_a_server_one_line_says_how_to_get_it(monkeypatch):
    from scripts import draw
    from util.errors import UserError

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"starlette and uvicorn .*requirements\.txt"):
        draw.main(["--name", "x"])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width, height, *chunks):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def saved(kind, size=(64, 64)):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def hostile():
    """Uploads that must be refused with a message."""
    noise = png(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    broken = bytearray(noise)
    broken[len(broken) // 2] ^= 0xFF
    return [
        b"", b"hello", bytes(9 << 20), bytes(broken), noise[: len(noise) // 2], noise[:40],
        saved("JPEG")[:400],
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><img src=x onerror=alert(1)>",
        b"%PDF-1.7\n1 0 obj\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9999 9999\n(x) show\n",
        b"\x80\x04cos\nsystem\n(S'true'\ntR.",  # a pickle
        b"PK\x03\x04" + bytes(100),  # an archive
        saved("ICO"),
        b"II*\0" + bytes(range(256)) * 8,  # TIFF and GIF of nonsense
        b"GIF89a\xff\xff\xff\xff" + bytes(64),
        png_of(60_000, 60_000, chunk(b"IDAT", zlib.compress(bytes(10**6)))),  # bombs
        png_of(8, 8, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200 << 20)))),
        png_of(0, 0),
        png(np.zeros((10_000, 10_000), np.uint8), compress_level=1),  # too wide, too long, too many
        png(np.zeros((4, 9000), np.uint8)),
        png(np.zeros((5000, 5000), np.uint8), compress_level=1),
    ]  # fmt: skip


def memory_mb(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def test_hostile_uploads_get_a_message_and_the_page_lives_on(server):
    url, process = server
    before = post(url + "draw/generate", drawing(), "application/json")
    for data in hostile():
        status, answer = post(url + "draw/lines", data)
        assert status in (400, 413) and set(answer) == {"error"}, (data[:40], status, answer)
        assert not any(word in answer["error"] for word in ("\n", "Traceback", "/tmp")), (data[:40], answer)
    bodies = [b"{", b"[" * 10**5, b"null", b"{}", bytes(5 << 20), drawing(64), drawing(samples=10**9)]
    bodies += [drawing(first=-1), drawing(epoch="../../x"), b'{"input": "data:image/png;base64,AAAA"}']
    for body in bodies:
        status, answer = post(url + "draw/generate", body, "application/json")
        assert status in (400, 413) and set(answer) == {"error"}, (body[:60], status, answer)
    assert post(url + "draw/generate", drawing(), "text/plain")[0] == 400  # what other sites may send
    assert post(url + "draw/generate", drawing(), "application/json") == before
    assert memory_mb(process) < 2000


def test_fifty_requests_at_once(server):
    url, process = server
    alone = post(url + "draw/generate", drawing(), "application/json")
    assert alone[0] == 200 and len(alone[1]["images"]) == 1
    with ThreadPoolExecutor(50) as visitors:
        answers = list(
            visitors.map(
                lambda _: post(url + "draw/generate", drawing(samples=2), "application/json"), range(50)
            )
        )
    assert {(status, *answer) for status, answer in answers} <= {(200, "images"), (503, "error")}
    assert sum(status == 200 for status, _ in answers) >= 10
    assert post(url + "draw/generate", drawing(), "application/json") == alone
    assert memory_mb(process) < 2000


def test_settings_change_the_image(server):
    def ask(**settings):
        return post(server[0] + "draw/generate", drawing(**settings), "application/json")[1]["images"]

    three = ask(samples=3)
    assert len(set(three)) == 3  # different noise, different images
    assert ask(first=2) == three[2:]
    assert ask(dropout=False) != three[:1]
    assert pixels(ask(side=256)[0]).shape == (256, 256, 3)  # twice the size that it was trained on


def test_lines_of_an_image_are_those_of_the_training_pairs(server, tmp_path):
    from data.preprocess.pair import EdgeSettings, prepare

    y, x = np.mgrid[:200, :300]
    photo = np.stack([120 + 80 * np.sin(x / 40), 90 + y / 2, 60 + 100 * (np.hypot(y - 90, x - 140) < 60)], 2)
    photo = (photo + np.random.default_rng(0).normal(0, 6, photo.shape)).clip(0, 255).astype(np.uint8)
    status, answer = post(server[0] + "draw/lines", png(photo))
    assert status == 200 and answer["kind"] == "photo"
    settings = EdgeSettings(edges="contour", resize="area", pad="auto")
    assert np.array_equal(pixels(answer["input"])[..., 0], prepare(photo, 128, settings).edges)
    taken = post(server[0] + "draw/lines?kind=edges", png(photo))[1]
    assert taken["kind"] == "edges" and taken["input"] != answer["input"]
    assert post(server[0] + "draw/lines?kind=magic", png(photo))[0] == 400


def test_only_the_page_s_own_addresses_take_anything(server):
    url = server[0]
    assert post(url + "upload", b"{}", "application/json")[0] == 405
    for address in ("page.html.bak", "..%2fserver.py", "%2e%2e/page.py"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(url + address, timeout=10)
    assert post(url + "draw/lines", b"x", Host="elsewhere.example")[0] == 400
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url + "draw/examples/..%2f..%2fREADME.md", timeout=10)


def test_drawing_in_a_browser_gives_what_test_py_generates(server, run, tmp_path):
    with browser_page(viewport={"width": 1300, "height": 900}) as drawn:
        drawn.open(server[0])
        drawn.draw()
        images, lines = drawn.results()
        wanted = generated_by_test_py(lines, tmp_path, run, "plain", "--gpu_ids", "-1")
        assert len(images) == 1 and np.abs(images[0].astype(int) - wanted).mean() <= 2
        assert set(np.unique(lines)) == {0, 255}

        page = drawn.page
        page.get_by_role("button", name="Clear").click()
        page.wait_for_selector(".result-status:has-text('blank')")
        assert not drawn.page.locator(".result-images img").count()
        page.locator(".drawing-examples button").nth(1).click()
        page.wait_for_selector(".result-images img")
        assert not drawn.wrong and drawn.hosts == {server[0].split("/")[2]}  # nothing from elsewhere
        assert not page.get_by_label("Checkpoint").count()  # there is only one


@pytest.mark.slow
@pytest.mark.parametrize(("netG", "size", "most_ms"), [("unet_128", 128, 150), ("unet_256", 256, 300)])
def test_the_image_follows_the_stroke(tmp_path, netG, size, most_ms):
    runs = make_run(tmp_path, "fast", netG, ngf=32, size=size)
    with (
        serving("--name", "fast", "--checkpoints_dir", runs, "--gpu_ids", "-1") as (url, _),
        browser_page() as drawn,
    ):
        drawn.open(url)
        median = median_ms(drawn)
    print(f"{netG} at {size} px, median of 20 strokes: {median:.0f} ms")
    assert median <= most_ms


def test_the_gate_bounds_how_many_and_how_long():
    import asyncio

    from scripts.drawing.limits import Busy, Gate

    gate = Gate(2, 0.5)

    async def stay(seconds):
        return await gate.run(lambda: time.sleep(seconds) or seconds)

    async def visit():
        first, second = (asyncio.create_task(gate.admit(stay(s))) for s in (0.1, 0.2))
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="2 others"):
            await gate.admit(stay(0))
        assert [await first, await second] == [0.1, 0.2]
        with pytest.raises(Busy, match=r"longer than 0\.5 s"):
            await gate.admit(stay(1))
        await asyncio.sleep(0.7)
        assert await gate.admit(stay(0.01)) == 0.01  # all places are free again

    asyncio.run(visit())
