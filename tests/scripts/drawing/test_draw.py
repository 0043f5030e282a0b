"""The command draw.py, its server's limits, and its page in a browser."""

import importlib.util
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import assert_one_line_error, command
from hostile.images import bombs, impostors

from tests.drawing_pages import browser_page, median_ms, pixels
from tests.drawing_runs import drawing, generated_by_test_py, make_run, png, post, serving


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs"), "plain", nz=4)


@pytest.fixture(scope="module")
def server(run):
    with serving("--name", "plain", "--checkpoints_dir", run, "--gpu_ids", "-1") as found:
        yield found


def test_invalid_options_are_reported_in_one_line(run, monkeypatch):
    from scripts import draw
    from util.errors import UserError

    where = ["scripts/draw.py", "--checkpoints_dir", run, "--gpu_ids", "-1", "--port"]
    assert_one_line_error(command(*where, "0", "--name", "nobody"), "nobody", "plain")
    assert_one_line_error(command(*where, "0", "--name", "plain", "--epoch", "7"), "7", "latest")
    assert_one_line_error(command(*where, "99999", "--name", "plain"), "--port 99999")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"starlette and uvicorn .*requirements\.txt"):
        draw.main(["--name", "x"])


def hostile():
    """Return uploads that must be refused."""
    rng = np.random.default_rng(0)
    noise = png(rng.integers(0, 255, (64, 64, 3), np.uint8))
    broken = bytearray(noise)
    broken[len(broken) // 2] ^= 0xFF
    foreign = impostors(np.zeros((9, 9, 3), np.uint8))
    for image in ("png.jpg", "jpeg.png", "gif.tif"):
        del foreign[image]
    return [
        bytes(9 << 20), bytes(broken), noise[: len(noise) // 2], *bombs().values(), *foreign.values(),
        png(np.zeros((4, 9000), np.uint8)), png(np.zeros((5000, 5000), np.uint8), compress_level=1),
    ]  # fmt: skip


def memory_mb(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def generated(url, body):
    return post(url + "draw/generate", body, "application/json")


def test_hostile_uploads_get_a_message_and_the_server_continues(server):
    url, process = server
    before = generated(url, drawing())
    bodies = [b"{", b"[" * 10**5, b"null", b"{}", bytes(5 << 20), drawing(64), drawing(samples=10**9)]
    bodies += [drawing(first=-1), drawing(epoch="../../x"), b'{"input": "data:image/png;base64,AAAA"}']
    answers = [post(url + "draw/lines", data) for data in hostile()] + [generated(url, b) for b in bodies]
    answers.append(post(url + "draw/lines?kind=magic", png(np.zeros((9, 9), np.uint8))))
    answers.append(
        post(url + "draw/generate", drawing(), "text/plain")
    )  # a request that another site could send
    for number, (status, answer) in enumerate(answers):
        assert status in (400, 413) and set(answer) == {"error"}, (number, status, answer)
        assert not any(word in answer["error"] for word in ("\n", "Traceback", "/tmp")), (number, answer)
    assert generated(url, drawing()) == before
    assert memory_mb(process) < 2000


def test_the_server_answers_fifty_simultaneous_requests(server):
    url, process = server
    alone = generated(url, drawing())
    assert alone[0] == 200 and len(alone[1]["images"]) == 1
    with ThreadPoolExecutor(50) as visitors:
        answers = list(visitors.map(lambda _: generated(url, drawing(samples=2)), range(50)))
    assert {(status, *answer) for status, answer in answers} <= {(200, "images"), (503, "error")}
    assert sum(status == 200 for status, _ in answers) >= 10
    assert generated(url, drawing()) == alone and memory_mb(process) < 2000


def test_an_upload_gets_the_same_edge_map_as_a_training_photo(server):
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


def test_only_requests_from_the_page_itself_are_accepted(server):
    url = server[0]
    assert post(url + "upload", b"{}", "application/json")[0] == 405
    assert post(url + "draw/lines", b"x", Host="elsewhere.example")[0] == 400
    for address in ("page.html.bak", "..%2fserver.py", "%2e%2e/page.py", "draw/examples/..%2f..%2fREADME.md"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(url + address, timeout=10)


def test_the_page_shows_the_image_that_test_py_generates(server, run, tmp_path):
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
        assert not page.locator(".result-images img").count()
        page.locator(".drawing-examples button").nth(1).click()
        page.wait_for_selector(".result-images img")
        assert drawn.hosts == {server[0].split("/")[2]}  # nothing was loaded from other hosts
        assert not page.get_by_label("Checkpoint").count()  # there is only one checkpoint


@pytest.mark.slow
@pytest.mark.parametrize(("netG", "size", "most_ms"), [("unet_128", 128, 150), ("unet_256", 256, 300)])
def test_the_image_appears_soon_after_a_stroke(tmp_path, netG, size, most_ms):
    where = ["--checkpoints_dir", make_run(tmp_path, "fast", netG, ngf=32, size=size), "--gpu_ids", "-1"]
    with serving("--name", "fast", *where) as (url, _), browser_page() as drawn:
        drawn.open(url)
        median = median_ms(drawn)
    print(f"{netG} at {size} px, median of 20 strokes: {median:.0f} ms")
    assert median <= most_ms
