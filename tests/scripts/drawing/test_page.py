"""What a visitor does on the page: work is kept, files go in and out, colors, fingers, languages."""

import base64
import importlib.util
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.drawing_pages import ANIMAL, browser_page
from tests.drawing_runs import make_run, png, serving

if importlib.util.find_spec("starlette") is None or importlib.util.find_spec("uvicorn") is None:
    pytest.skip("starlette or uvicorn is not installed", allow_module_level=True)

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)]
STEPS = "drawPage.drawing.steps.slice(0, drawPage.drawing.done).map((step) => step.kind)"
INK = "alphaOf(drawPage.drawing.ink).reduce((sum, value) => sum + value, 0)"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a page whose generator takes colors."""
    runs = make_run(tmp_path_factory.mktemp("runs"), "colored", dropout=False, hints="color")
    with serving("--name", "colored", "--checkpoints_dir", runs, "--gpu_ids", "-1") as (url, _):
        yield url


def striped(height, width, quality=95, kind="JPEG"):
    """A black ring on paper in an image file of that size, with noise."""
    y, x = np.mgrid[:height, :width]
    ring = np.abs(np.hypot(y - height / 2, x - width / 2) - height / 3) < height / 60
    values = np.where(ring, 20, 240) + np.random.default_rng(0).integers(-12, 12, (height, width))
    buffer = io.BytesIO()
    Image.fromarray(np.repeat(values.astype(np.uint8)[..., None], 3, 2)).save(buffer, kind, quality=quality)
    return buffer.getvalue()


def test_work_is_kept(server):
    with browser_page() as drawn:
        drawn.open(server)
        page = drawn.page
        for points in ANIMAL:
            drawn.stroke(points)
        whole = page.evaluate(INK)
        for _ in range(3):
            page.keyboard.press("Control+z")
        assert page.evaluate(STEPS) == ["stroke"] * 3 and page.evaluate(INK) < whole
        for _ in range(2):
            page.keyboard.press("Control+Shift+z")
        page.get_by_role("button", name="Redo").click()
        assert page.evaluate(INK) == whole and page.get_by_role("button", name="Redo").is_disabled()
        page.reload()
        page.wait_for_selector(".drawing-note:has-text('back')")
        assert page.evaluate(INK) == whole
        page.wait_for_selector(".result-images img")  # and its image
        for i in range(40):  # past every snapshot
            drawn.stroke([(0.1, i / 50 + 0.1), (0.9, i / 50 + 0.1)])
        for _ in range(46):
            page.get_by_role("button", name="Undo").click()
        assert page.evaluate(INK) == 0 and page.get_by_role("button", name="Undo").is_disabled()

        drawn.upload("ring.png", striped(300, 300, kind="PNG"))
        page.get_by_role("button", name="Use these lines").wait_for()
        assert page.evaluate(STEPS) == []
        drawn.stroke(SQUARE)  # accepts the lines
        assert page.evaluate(STEPS) == ["image", "stroke"] and not drawn.wrong


def test_what_is_saved(server):
    with browser_page(viewport={"width": 1300, "height": 900}) as drawn:
        drawn.open(server)
        drawn.draw()
        page = drawn.page
        name, data = drawn.saved()
        assert re.fullmatch(r"colored-image-\d{8}-\d{4}\.png", name)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), drawn.results()[0][0])
        name, data = drawn.saved(what="drawing")
        drawing = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
        assert "drawing" in name and drawing.shape == (512, 512) and (drawing < 50).sum() > 3000
        name, data = drawn.saved(what="svg")
        assert name.endswith(".svg") and data.count(b"<path") == len(ANIMAL)
        page.goto("about:blank")
        page.set_content(f"<body style='margin:0'>{data.decode()}</body>")
        shot = Image.open(io.BytesIO(page.screenshot(clip={"x": 0, "y": 0, "width": 512, "height": 512})))
        assert np.abs(np.asarray(shot.convert("L")).astype(int) - drawing).mean() < 1
        drawn.open(server)
        page.wait_for_selector(".result-images img")
        name, data = drawn.saved(what="both", size="512")
        assert Image.open(io.BytesIO(data)).size == (1024, 512)
        name, data = drawn.saved(what="image", size="256", clear=True)
        clear = Image.open(io.BytesIO(data))
        assert clear.mode == "RGBA" and clear.size == (256, 256)


def test_the_ground_becomes_transparent(server):
    image = np.full((128, 128, 3), 250, np.uint8)
    image[40:90, 30:100] = (120, 70, 30)
    image[100:104, 30:100] = 225  # a shadow
    with browser_page() as drawn:
        drawn.open(server)
        url = "data:image/png;base64," + base64.b64encode(png(image)).decode()
        call = """async (url) => {
            const clear = withoutGround(drawn(await decoded(url)), drawPage.drawing);
            return [...alphaOf(clear.getContext("2d"))] }"""
        alpha = np.array(drawn.page.evaluate(call, url)).reshape(128, 128)
    assert (alpha[:30] == 0).all() and (alpha[45:85, 35:95] == 255).all()
    assert 0 < alpha[102, 60] < 160


def test_files_of_all_kinds(server):
    svg = b"""<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>
        <circle cx='4' cy='4' r='3' fill='none' stroke='#000' stroke-width='.2'/></svg>"""
    camera = striped(3000, 4000, quality=100)
    assert len(camera) > 8 << 20
    with browser_page() as drawn:
        drawn.open(server)
        page = drawn.page
        use = page.get_by_role("button", name="Use these lines")
        for name, data, kind in (
            ("photo.jpg", camera, "image/jpeg"), ("ring.svg", svg, "image/svg+xml"),
            ("ring.tif", striped(200, 200, kind="TIFF"), "image/tiff"),
        ):  # fmt: skip
            drawn.upload(name, data, kind)
            use.wait_for(timeout=60_000)
            use.click()
            assert page.evaluate("alphaOf(drawPage.drawing.lines).some(Boolean)"), name
        refused = (
            [("x.heic", b"\0\0\0 ftypheic", "HEIC")]
            if importlib.util.find_spec("pillow_heif") is None
            else []
        )
        refused += [("x.pdf", b"%PDF-1.7", "PDF")]
        refused += [("x.txt", b"hello", "no image"), ("x.png", striped(90, 90, kind="PNG")[:40], "no image")]
        for name, data, word in refused:
            drawn.upload(name, data, "")
            page.wait_for_selector(f".drawing-note:has-text('{word}')")
        # Dropped anywhere on the page; taken for what the visitor says it is; short lines left out.
        page.evaluate(
            """(bytes) => {
                const files = new DataTransfer();
                files.items.add(new File([new Uint8Array(bytes)], "ring.png", {type: "image/png"}));
                const drop = {dataTransfer: files, bubbles: true, cancelable: true};
                document.querySelector("h1").dispatchEvent(new DragEvent("drop", drop)) }""",
            list(striped(200, 200, kind="PNG")),
        )
        use.wait_for()
        before = page.evaluate("drawPage.canvas.offered.step.lines")
        page.get_by_label("This is").select_option("edges")
        drawn.until(f"drawPage.canvas.offered?.step.lines !== '{before}'")
        box = page.locator(".crop").bounding_box()
        before = page.evaluate("drawPage.canvas.offered.step.lines")
        page.mouse.move(box["x"] + 4, box["y"] + 4)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
        drawn.until(f"drawPage.canvas.offered && drawPage.canvas.offered.step.lines !== '{before}'")
        assert not drawn.wrong


def test_colors(server):
    with browser_page(viewport={"width": 1300, "height": 800}) as drawn:
        drawn.open(server)
        page = drawn.page
        page.locator("button.swatch").first.click()
        assert page.get_by_role("button", name="Fill").get_attribute("aria-pressed") == "true"
        page.get_by_role("button", name="Pen", exact=True).click()
        drawn.stroke(SQUARE[:-1] + [(0.2, 0.215)])  # not quite closed
        page.get_by_role("button", name="Snake green").click()
        drawn.timed_stroke([(0.5, 0.5), (0.5, 0.5)])
        made = drawn.results()[1]
        green = np.rint(14 + 0.32 * np.array([0x5D, 0x7F, 0x3C])).astype(int)
        assert (np.abs(made[40:90, 40:90] - green) <= 1).all()
        assert (made[:20] == 0).all() and (made == 255).all(2).sum() > 250
        drawn.stroke([(0.05, 0.05), (0.05, 0.05)])  # outside
        page.wait_for_selector(".drawing-note:has-text('gap')")
        assert page.evaluate(STEPS) == ["stroke", "fill"]
        page.get_by_role("button", name="Brush").click()
        page.get_by_role("button", name="White", exact=True).click()
        drawn.timed_stroke([(0.3, 0.3), (0.4, 0.3)])
        assert (drawn.results()[1][38, 40:50] == np.rint(14 + 0.32 * np.array([0xF2, 0xEF, 0xE9]))).all()
        colored = page.evaluate("drawPage.drawing.colors.canvas.toDataURL()")
        page.reload()
        page.wait_for_selector(".result-images img")
        assert page.evaluate("drawPage.drawing.colors.canvas.toDataURL()") == colored
        for _ in range(2):
            page.keyboard.press("Control+z")
        assert not page.evaluate("drawPage.drawing.colored")
        page.get_by_role("button", name="Pen", exact=True).click()
        assert not drawn.wrong


def test_many_drawings_at_once(server):
    files = [(f"<b>{i}.png", striped(200 + 10 * i, 220, kind="PNG")) for i in range(3)] + [("bad.png", b"x")]
    with browser_page() as drawn:
        drawn.open(server)
        drawn.upload("", files, several=True)
        page = drawn.page
        page.get_by_role("button", name="Open the gallery").wait_for(timeout=60_000)
        assert "3 of 4" in drawn.note() and "bad.png" in drawn.note()
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="Open the gallery").click()
        gallery = opened.value
        gallery.wait_for_selector("article")
        assert gallery.locator("article").count() == 3 and gallery.locator("article img").count() == 9
        assert gallery.locator("h2").first.text_content() == "<b>0" and "bad.png" in gallery.content()
        widths = gallery.evaluate("[...document.images].map((image) => image.naturalWidth)")
        assert (
            all(widths)
            and gallery.evaluate("getComputedStyle(document.querySelector('article')).borderTopWidth")
            == "1px"
        )
        assert not drawn.wrong


def test_two_fingers_zoom_and_one_draws(server):
    with browser_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as drawn:
        drawn.open(server)
        page = drawn.page
        small = page.evaluate(
            """[...document.querySelectorAll("button, select, summary, input:not([type=checkbox])")]
                .filter((element) => element.checkVisibility()).filter((element) => {
                    const box = element.getBoundingClientRect();
                    return Math.min(box.width, box.height) < 44 }).map((element) => element.outerHTML)"""
        )
        assert small == []
        box = page.locator(".drawing-paper").bounding_box()
        assert box["y"] + box["height"] <= 844  # the whole canvas, and the image over it, are in view
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        session = page.context.new_cdp_session(page)

        def touch(kind, *places):
            points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", middle)
        touch("touchMove", (middle[0] + 30, middle[1]))
        touch("touchStart", (middle[0] + 30, middle[1]), (middle[0] - 30, middle[1]))
        touch("touchMove", (middle[0] + 90, middle[1]), (middle[0] - 90, middle[1]))
        touch("touchEnd")
        assert page.evaluate(STEPS) == [] and page.evaluate(INK) == 0
        assert page.evaluate("drawPage.canvas.zoom.scale") > 2
        touch("touchStart", middle)
        touch("touchMove", (middle[0] + 60, middle[1] + 20))
        touch("touchEnd")
        assert page.evaluate(STEPS) == ["stroke"]
        points = page.evaluate("drawPage.drawing.steps[0].points")
        drawn_px = 60 * 512 / box["width"] / page.evaluate("drawPage.canvas.zoom.scale")
        assert abs(points[-2] - points[0] - drawn_px) < 2
        page.get_by_role("button", name="Whole drawing").click()
        assert page.evaluate("drawPage.canvas.zoom.scale") == 1
        drawn.timed_stroke([(0.3, 0.3), (0.7, 0.6)])
        assert page.locator(".drawing-paper").bounding_box() == box  # it did not move under the pen
        page.locator(".result-saves summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.locator(".result-saves summary").click()
        image = page.locator(".result-images").bounding_box()
        assert image["y"] >= 0 and image["y"] + image["height"] <= 844 and not drawn.wrong


def test_the_browser_s_language(server):
    with browser_page(locale="ja-JP") as drawn:
        drawn.open(server)
        keys = json.loads(
            drawn.page.evaluate("JSON.stringify(['en', 'ja'].map((l) => Object.keys(WORDS[l]).sort()))")
        )
        assert keys[0] == keys[1]
        shown = drawn.page.locator("main").inner_text()
        assert "ペン" in shown and drawn.page.evaluate("document.documentElement.lang") == "ja"
        assert not re.search(r"[A-Za-z]{3,}", shown.replace("test.py", "")), shown
