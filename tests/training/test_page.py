"""The training page: its curves and images, escaping, and resumed runs."""

import json
import math

import numpy as np
import pytest

from tests.drawing_pages import Page, browser_page
from training.loggers import Logger, Moment, create_loggers
from training.page import TrainingPage
from training.page_view import telling_epochs

NAME = "<img src=x onerror=alert(1)>"
EPOCH_SIZE = 20


def moment(epoch, iters=EPOCH_SIZE):
    total = (epoch - 1) * EPOCH_SIZE + iters
    return Moment(epoch, 800, iters, EPOCH_SIZE, total, lr=2e-4, images_per_s=12.5, eta_s=3700)


def shade(value):
    return np.full((16, 16, 3), value % 256, np.uint8)


def loggers_in(folder, resume=False):
    options = {"name": NAME, "no_html": False, "display_id": 0, "wandb": False}
    return create_loggers(folder, options, resume=resume)


def train(group, epochs):
    for epoch in epochs:
        for iters in (10, 20):
            losses = {"G_GAN": 0.5, "G_L1": 30 / epoch, "D_real": 0.2, "D_fake": 0.2}
            group.tell(Logger.numbers, "losses", moment(epoch, iters), losses)
        visuals = {"real_A": shade(0), "fake_B": shade(epoch), "real_B": shade(255)}
        group.tell(Logger.numbers, "validation", moment(epoch), {"L1": 1 / epoch})
        group.tell(Logger.fixed_samples, moment(epoch), {NAME: visuals, "lion": visuals})
        group.tell(Logger.samples, moment(epoch), visuals)


def text_of(folder):
    return (folder / "index.html").read_text("utf-8")


def points_of(folder):
    """Return the (x, y) points of every polyline on the page; each curve has two polylines."""
    found = [attrs["points"].split() for tag, attrs in Page(text_of(folder)).tags if tag == "polyline"]
    return [np.array([list(map(float, pair.split(","))) for pair in points]) for points in found]


def sources(folder):
    return {attrs["src"] for tag, attrs in Page(text_of(folder)).tags if tag == "img"}


@pytest.mark.parametrize("values", [[0.0, 10.0, 5.0], [-2.5e-6, 1e9, 3.0]])
def test_chart_points_are_at_the_right_coordinates(tmp_path, values):
    page = TrainingPage(tmp_path, {"name": "x"}, interval_s=0)
    for epoch, value in enumerate([values[0], math.nan, *values[1:]], 1):
        page.numbers("losses", moment(epoch), {"G_L1": value})
    raw, smooth = points_of(tmp_path)
    assert np.array_equal(raw, smooth) and raw[0, 0] == 0 and raw[2, 0] == 100
    assert raw[1, 1] < raw[2, 1] < raw[0, 1] <= 100 or values[1] == 1e9
    assert "nan" not in text_of(tmp_path)


def test_training_page_shows_and_escapes_all_values(tmp_path):
    group = loggers_in(tmp_path)
    train(group, range(1, 4))
    for _ in range(2):
        group.tell(Logger.line, "warning", f"the loss is flat: {NAME}")
    group.loggers["training page"].numbers("validation", moment(3), {"KD": 140.0, "KD_se": 6.0})
    folder = tmp_path / "web"
    group.tell(Logger.close, "")
    text, texts = text_of(folder), Page(text_of(folder)).texts
    assert NAME in texts and "<img src=x" not in text and 'http-equiv="refresh"' in text
    assert texts.count(f"the loss is flat: {NAME}") == 1
    for wanted in ("3 / 800", "12.5", "1:01:40", "epoch 1", "epoch 3", "no_html", "140 ± 6", "training"):
        assert wanted in texts, wanted
    titles = ["Generator against discriminator", "Loss G_L1", "Validation L1", "Validation KD"]
    assert [t for t in texts if t in titles] == titles and "KD_se" not in text
    files = {f"images/{path.name}" for path in (folder / "images").iterdir()}
    assert sources(folder) == files and len(files) == 2 * (3 + 2) + 3
    group.tell(Logger.close, "failed: out of memory")
    assert "failed: out of memory" in text_of(folder) and 'http-equiv="refresh"' not in text_of(folder)


def test_resumed_run_keeps_curves_and_images(tmp_path):
    folder = tmp_path / "web"
    train(loggers_in(tmp_path), range(1, 6))
    with (tmp_path / "loss_log.jsonl").open("a") as log:
        for broken in ("{", "[]", '{"type": "losses", "epoch": "x"}', json.dumps({"type": "warning"})):
            log.write(broken + "\n")
    resumed = loggers_in(tmp_path, resume=True)
    before, epochs = points_of(folder), {f"images/fixed_1_{epoch}.jpg" for epoch in range(1, 6)}
    assert epochs <= sources(folder) and "5 / 800" in text_of(folder)
    train(resumed, range(4, 7))  # the run is resumed from the checkpoint after epoch 3
    resumed.tell(Logger.close, "finished")
    after = points_of(folder)
    # Four loss curves and one validation curve have two lines each, which draw the last point twice.
    assert [len(line) for line in before] == [11] * 8 + [6] * 2
    assert [len(line) for line in after] == [13] * 8 + [7] * 2
    (folder / "images" / "mine.jpg").write_bytes(b"keep")
    loggers_in(tmp_path)
    assert [path.name for path in (folder / "images").iterdir()] == ["mine.jpg"] and not points_of(folder)


def test_training_page_works_in_a_real_browser(tmp_path):
    group = loggers_in(tmp_path)
    train(group, range(1, 12))
    group.tell(Logger.close, "finished")
    script = """() => {
        const images=[...document.images];
        return {broken:images.filter(i=>!i.complete||!i.naturalWidth).length, images:images.length,
            wide:document.documentElement.scrollWidth>innerWidth,
            stroke:getComputedStyle(document.querySelector('polyline.smooth')).stroke} }"""
    with browser_page() as drawn:
        drawn.page.goto((tmp_path / "web" / "index.html").as_uri())
        said = drawn.page.evaluate(script)
    assert said["broken"] == 0 and said["images"] == 2 * (len(telling_epochs(range(11))) + 2) + 3
    assert not said["wide"] and said["stroke"].startswith("rgb")


def test_finished_run_shows_full_progress(tmp_path):
    page = TrainingPage(tmp_path, {"name": "x"}, interval_s=0)
    page.numbers("losses", moment(800, 10), {"G_L1": 1.0})
    page.close("finished")
    assert "20 / 20" in text_of(tmp_path) and "100.0%" in text_of(tmp_path)
