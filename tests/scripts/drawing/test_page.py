"""The page saves work, opens and saves files, and supports colors, touch and two languages."""

import importlib.util
import io
import json
import re

import cv2
import numpy as np
import pytest
from PIL import Image, ImageColor

from data.hints import without_grain
from data.single_input import COAT
from tests.drawing_pages import ANIMAL, browser_page
from tests.drawing_runs import make_run, serving
from tests.paper import DRAWINGS, photograph

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)]
STEPS = "drawPage.drawing.steps.slice(0, drawPage.drawing.done).map((step) => step.kind)"
INK = "alphaOf(drawPage.drawing.ink).reduce((sum, value) => sum + value, 0)"
OFFERED = "drawPage.canvas.offered?.lines"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serve a page whose generator supports colors; return its address."""
    runs = make_run(tmp_path_factory.mktemp("runs"), "colored", dropout=False, hints="color")
    with serving("--name", "colored", "--checkpoints_dir", runs, "--gpu_ids", "-1") as (url, _):
        yield url


def ring(height, width, kind="PNG", quality=95):
    """Return an image file that shows a black ring on paper, with noise."""
    y, x = np.mgrid[:height, :width]
    line = np.abs(np.hypot(y - height / 2, x - width / 2) - height / 3) < height / 60
    values = np.where(line, 20, 240) + np.random.default_rng(0).integers(-12, 12, (height, width))
    buffer = io.BytesIO()
    Image.fromarray(np.repeat(values.astype(np.uint8)[..., None], 3, 2)).save(buffer, kind, quality=quality)
    return buffer.getvalue()


def opened(data, mode="RGB"):
    return Image.open(io.BytesIO(data)).convert(mode)


def hint(*color):
    """Return a color's levels in the generator's input."""
    return np.rint(14 + 0.32 * np.array(color)).astype(int)


def test_the_drawing_survives_a_reload(server):
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
        drawn.button("Redo").click()
        assert page.evaluate(INK) == whole and drawn.button("Redo").is_disabled()
        page.reload()
        page.wait_for_selector(".drawing-note:has-text('back')")
        page.wait_for_selector(".result-images img")
        assert page.evaluate(INK) == whole
        for _ in ANIMAL:
            drawn.button("Undo").click()
        assert page.evaluate(INK) == 0 and drawn.button("Undo").is_disabled()
        drawn.upload("ring.png", ring(300, 300))
        drawn.button("Use this").wait_for()
        page.wait_for_selector(".result-images img")  # the result is shown before the lines are accepted
        drawn.button("Cancel").click()
        assert page.evaluate(STEPS) == []
        drawn.button("Redo").click()
        drawn.stroke(SQUARE)
        assert page.evaluate(STEPS) == ["image", "stroke"]


def test_saved_files_have_the_chosen_content_and_size(server):
    with browser_page(viewport={"width": 1300, "height": 900}) as drawn:
        drawn.open(server)
        drawn.draw()
        name, data = drawn.saved()
        shown = drawn.results()[0][0]
        assert re.fullmatch(r"colored-image-\d{8}-\d{4}\.png", name)
        assert np.array_equal(np.asarray(opened(data)), shown)
        # The larger image has the same colors as the displayed image, and more detail.
        large = opened(drawn.saved(what="image", size="256")[1])
        tiny = [np.asarray(i.resize((16, 16), 4), int) for i in (large, Image.fromarray(shown))]
        assert large.size == (256, 256) and np.abs(tiny[0] - tiny[1]).mean() < 6
        plain = Image.fromarray(shown).resize((256, 256), Image.Resampling.BICUBIC)
        finest = [cv2.Laplacian(np.asarray(image, np.float32), -1).var() for image in (plain, large)]
        assert finest[1] > 2 * finest[0]
        clear = Image.open(io.BytesIO(drawn.saved(what="image", size="512", clear=True)[1]))
        assert clear.size == (512, 512) and clear.mode == "RGBA"
        assert opened(drawn.saved(what="both", size="256", clear=False)[1]).size == (512, 256)
        name, data = drawn.saved(what="drawing")
        drawing = np.asarray(opened(data, "L"))
        assert "drawing" in name and drawing.shape == (512, 512) and (drawing < 50).sum() > 3000
        name, data = drawn.saved(what="svg")
        assert name.endswith(".svg") and data.count(b"<path") == len(ANIMAL)
        drawn.page.goto("about:blank")
        drawn.page.set_content(f"<body style='margin:0'>{data.decode()}</body>")
        shot = drawn.page.screenshot(clip={"x": 0, "y": 0, "width": 512, "height": 512})
        assert np.abs(np.asarray(opened(shot, "L")).astype(int) - drawing).mean() < 1


def test_the_lines_of_a_photographed_drawing_can_be_adjusted(server):
    rgb = cv2.cvtColor(cv2.imread(str(DRAWINGS[4])), cv2.COLOR_BGR2RGB)
    made = photograph(rgb, "ballpoint on squared", size=(900, 1200))
    jpeg = cv2.imencode(".jpg", cv2.cvtColor(made.rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
    with browser_page() as drawn:
        drawn.open(server)
        page = drawn.page
        drawn.upload("phone.jpg", jpeg, "image/jpeg")
        drawn.button("Use this").wait_for(timeout=90_000)
        assert page.get_by_label("This is").input_value() == "paper" and "a coat was added" in drawn.note()
        assert page.locator(".original .sheet").count() == page.locator(".original .frame").count() == 1
        colors = page.locator(".crop").evaluate("(element) => [...bytesOf(element.getContext('2d'))]")
        colors = np.array(colors, int).reshape(210, 280, 4)[..., :3]
        for x, y in (made.corners[:2].mean(0), made.corners[1:3].mean(0)):  # the middles of two sides
            at = (round(y * 210 / 900), round(x * 280 / 1200))
            near = colors[max(0, at[0] - 4) : at[0] + 5, max(0, at[1] - 4) : at[1] + 5].reshape(-1, 3)
            assert (np.abs(near - (37, 99, 235)).sum(1) < 60).any()  # the sheet's outline
        before = page.evaluate(OFFERED)
        page.get_by_label("Lines kept").evaluate("(element) => { element.value = -40; element.onchange() }")
        drawn.until(f"{OFFERED} !== '{before}'")
        before = page.evaluate(OFFERED)
        page.get_by_label("This is").select_option("photo")
        drawn.until(f"{OFFERED} && {OFFERED} !== '{before}'")
        assert page.evaluate(STEPS) == ["image"]  # in place of the lines offered before
        box, before = page.locator(".crop").bounding_box(), page.evaluate(OFFERED)
        page.mouse.move(box["x"] + 4, box["y"] + 4)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
        drawn.until(f"{OFFERED} && {OFFERED} !== '{before}'")
        drawn.button("Whole image").click()
        drawn.until(f"{OFFERED} === '{before}'")


def test_supported_files_are_opened_and_others_are_refused(server):
    svg = b"""<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>
        <circle cx='4' cy='4' r='3' fill='none' stroke='#000' stroke-width='.2'/></svg>"""
    camera = ring(3000, 4000, "JPEG", quality=100)
    assert len(camera) > 8 << 20
    refused = [("x.pdf", b"%PDF-1.7", "PDF"), ("x.txt", b"hello", "cannot read")]
    refused += [("x.png", ring(90, 90)[:40], "cannot read")]
    if importlib.util.find_spec("pillow_heif") is None:
        refused += [("x.heic", b"\0\0\0 ftypheic", "HEIC")]
    with browser_page() as drawn:
        drawn.open(server)
        page, use = drawn.page, drawn.button("Use this")
        for name, data, kind in (
            ("photo.jpg", camera, "image/jpeg"), ("ring.svg", svg, "image/svg+xml"),
            ("ring.tif", ring(200, 200, "TIFF"), "image/tiff"),
        ):  # fmt: skip
            drawn.upload(name, data, kind)
            use.wait_for(timeout=90_000)
            use.click()
            assert page.evaluate("alphaOf(drawPage.drawing.lines).some(Boolean)"), name
        for name, data, word in refused:
            drawn.upload(name, data, "")
            page.wait_for_selector(f".drawing-note:has-text('{word}')")
        page.evaluate(  # drop the file on the heading
            """(bytes) => {
                const files = new DataTransfer();
                files.items.add(new File([new Uint8Array(bytes)], "ring.png", {type: "image/png"}));
                const drop = {dataTransfer: files, bubbles: true, cancelable: true};
                document.querySelector("h1").dispatchEvent(new DragEvent("drop", drop)) }""",
            list(ring(200, 200)),
        )
        use.wait_for()


def test_the_fill_and_brush_tools_color_the_animal(server):
    with browser_page(viewport={"width": 1300, "height": 800}) as drawn:
        drawn.open(server)
        page = drawn.page
        assert drawn.button("Chestnut").get_attribute("aria-pressed") == "true"
        page.get_by_label("Any color").fill("#336699")
        assert not page.locator("button.swatch[aria-pressed=true]").count()
        page.locator("button.swatch").first.click()
        assert drawn.button("Fill").get_attribute("aria-pressed") == "true"
        drawn.button("Pen").click()
        drawn.timed_stroke(SQUARE[:-1] + [(0.2, 0.215)])  # the outline has a small gap
        coat = without_grain(drawn.results()[1])[40:90, 40:90]
        assert (np.abs(coat - hint(*ImageColor.getrgb(COAT))) <= 1).all()
        drawn.button("Snake green").click()
        drawn.timed_stroke([(0.5, 0.5), (0.5, 0.5)])
        made = without_grain(drawn.results()[1]).astype(int)
        assert (np.abs(made[40:90, 40:90] - hint(0x5D, 0x7F, 0x3C)) <= 1).all()
        assert (made[:20] == 0).all() and (made == 255).all(2).sum() > 250
        drawn.stroke([(0.05, 0.05), (0.05, 0.05)])  # on the background
        page.wait_for_selector(".drawing-note:has-text('gap')")
        assert page.evaluate(STEPS) == ["stroke", "fill"]
        drawn.button("Brush").click()
        drawn.button("White").click()
        drawn.timed_stroke([(0.3, 0.3), (0.4, 0.3)])
        assert not page.locator(".drawing-note").is_visible()
        assert (without_grain(drawn.results()[1])[38, 40:50] == hint(0xF2, 0xEF, 0xE9)).all()
        colored = page.evaluate("drawPage.drawing.colors.canvas.toDataURL()")
        page.reload()
        page.wait_for_selector(".result-images img")
        assert page.evaluate("drawPage.drawing.colors.canvas.toDataURL()") == colored
        for _ in range(2):
            page.keyboard.press("Control+z")
        assert not page.evaluate("drawPage.drawing.colored")


def test_several_drawings_become_a_gallery(server):
    files = [(f"<b>{i}.png", ring(200 + 10 * i, 220)) for i in range(3)] + [("bad.png", b"x")]
    with browser_page() as drawn:
        drawn.open(server)
        drawn.upload("", files, several=True)
        page = drawn.page
        drawn.button("Open the gallery").wait_for(timeout=60_000)
        drawn.stroke(SQUARE)  # the note stays
        assert "3 of 4" in drawn.note() and "bad.png" in drawn.note()
        with page.context.expect_page() as opened:
            drawn.button("Open the gallery").click()
        gallery = opened.value
        gallery.wait_for_selector("article")
        assert gallery.locator("article").count() == 3 and gallery.locator("article img").count() == 9
        assert gallery.locator("h2").first.text_content() == "<b>0" and "bad.png" in gallery.content()
        assert all(gallery.evaluate("[...document.images].map((image) => image.naturalWidth)"))
        border = "getComputedStyle(document.querySelector('article')).borderTopWidth"
        assert gallery.evaluate(border) == "1px"
        drawn.button("Close").click()
        assert not page.locator(".drawing-note").is_visible()


def test_one_finger_draws_and_two_fingers_zoom(server):
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
        assert box["y"] + box["height"] <= 844  # the whole canvas and the image above it are visible
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        session = page.context.new_cdp_session(page)

        def touch(kind, *places):
            points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", (x, y))
        touch("touchMove", (x + 30, y))
        touch("touchStart", (x + 30, y), (x - 30, y))
        touch("touchMove", (x + 90, y), (x - 90, y))
        touch("touchEnd")
        assert page.evaluate(STEPS) == [] and page.evaluate(INK) == 0
        zoom = page.evaluate("drawPage.canvas.zoom.scale")
        touch("touchStart", (x, y))
        touch("touchMove", (x + 60, y + 20))
        touch("touchEnd")
        points = page.evaluate("drawPage.drawing.steps[0].points")
        assert zoom > 2 and abs(points[-2] - points[0] - 60 * 512 / box["width"] / zoom) < 2
        drawn.button("Whole drawing").click()
        assert page.evaluate("drawPage.canvas.zoom.scale") == 1
        drawn.timed_stroke([(0.3, 0.3), (0.7, 0.6)])
        assert page.locator(".drawing-paper").bounding_box() == box  # the canvas did not move
        page.locator(".result-saves summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_page_is_in_the_language_of_the_browser(server):
    with browser_page(locale="ja-JP") as drawn:
        drawn.open(server)
        keys = "JSON.stringify(['en', 'ja'].map((l) => Object.keys(WORDS[l]).sort()))"
        english, japanese = json.loads(drawn.page.evaluate(keys))
        shown = drawn.page.locator("main").inner_text()
        assert english == japanese and drawn.page.evaluate("document.documentElement.lang") == "ja"
        assert "ペン" in shown and not re.search(r"[A-Za-z]{3,}", shown.replace("test.py", "")), shown
