"""The training page: its curves, its charts, its HTML, and what it keeps on the disk."""

import json
import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.util.browser import CHROMIUM, Page, browse
from training.history import MAX_POINTS, Curve, keep_telling_epochs
from training.loggers import Moment, create_loggers
from training.page import MAX_EPOCHS_SHOWN, TrainingPage
from training.svg_chart import line_chart

NAME = "<img src=x onerror=alert(1)>"
EPOCH_SIZE = 20


def moment(epoch, iters=EPOCH_SIZE):
    total = (epoch - 1) * EPOCH_SIZE + iters
    return Moment(epoch, 800, iters, EPOCH_SIZE, total, lr=2e-4, images_per_s=12.5, eta_s=3700)


def shade(value):
    return np.full((16, 16, 3), value % 256, np.uint8)


def page_in(folder, resume=False, interval_s=0.0, **options):
    return TrainingPage(folder, {"name": "x", **options}, resume=resume, interval_s=interval_s)


def train(page, epochs):
    for epoch in epochs:
        for iters in range(5, EPOCH_SIZE + 1, 5):
            losses = {"G_GAN": 0.5 + 0.1 * math.sin(epoch + iters), "G_L1": 30 / epoch}
            page.losses(moment(epoch, iters), losses | {"D_real": 0.2, "D_fake": 0.2})
        page.validation(moment(epoch), {"L1": 1 / epoch})
        visuals = {"real_A": shade(0), "fake_B": shade(epoch), "real_B": shade(255)}
        page.fixed_samples(moment(epoch), {NAME: visuals, "lion": visuals})
        page.samples(moment(epoch), visuals)


def text_of(folder):
    return (folder / "index.html").read_text("utf-8")


def sources(folder):
    return {attrs["src"] for tag, attrs in Page(text_of(folder)).tags if tag == "img"}


def files(folder):
    return {f"images/{path.name}" for path in (folder / "images").iterdir()}


def curve_of(values):
    curve = Curve()
    for i, value in enumerate(values):
        curve.add(i, i, value)
    return curve


def test_a_curve_is_exact_until_full_and_then_keeps_the_mean():
    values = np.random.default_rng(0).normal(size=5000)
    assert [point[2] for point in curve_of(values[:MAX_POINTS]).points] == list(values[:MAX_POINTS])
    curve = curve_of(values)
    assert MAX_POINTS / 2 <= len(curve.points) <= MAX_POINTS
    counts = [point[3] for point in curve.points]
    assert sum(counts) == 5000 and len(set(counts[:-1])) == 1
    assert np.dot([point[2] for point in curve.points], counts) / 5000 == pytest.approx(values.mean())
    assert curve.points[-1][0] == 4999
    assert np.std([y for _, y in curve.smoothed()]) < 0.7 * np.std([point[2] for point in curve.points])


def test_a_curve_forgets_what_a_resumed_run_repeats_and_what_is_not_finite():
    curve = curve_of([0.0, 1.0, 2.0, 3.0])
    curve.add(2, 2, 20.0)
    curve.add(5, 5, math.nan)
    assert [point[1:3] for point in curve.points] == [[0, 0.0], [1, 1.0], [2, 20.0]]
    assert Curve(**json.loads(json.dumps(vars(curve)))).points == curve.points


def test_telling_epochs_keep_both_ends_and_lie_closer_at_the_beginning():
    kept = []
    for epoch in range(1, 801):
        kept = keep_telling_epochs([*kept, epoch], 8)
        assert len(kept) <= 8 and kept[0] == 1 and kept[-1] == epoch
    gaps = np.diff(np.sqrt(kept))
    assert gaps.max() < 3.5 * gaps.min() and kept[1] < 100 and kept[3] < 400
    assert keep_telling_epochs([5, 1, 5], 8) == [1, 5]


def test_a_chart_is_well_formed_and_draws_values_where_they_belong():
    root = ElementTree.fromstring(line_chart({NAME: curve_of([0.0, 10.0, 5.0])}, title=NAME))
    points = [tuple(map(float, pair.split())) for pair in root.find("path").get("d")[1:].split("L")]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x0 < x1 < x2 and x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y1 < y2 < y0 and y0 - y2 == pytest.approx(y2 - y1, abs=0.2)
    assert {"0", "10", "epoch"} <= {text.text for text in root.iter("text")}


@pytest.mark.parametrize(
    "values",
    [[0.00121, 0.00123], [1.25e-6, 1.5e-6], [-2.5e-4, -1e-4], [2e-4] * 9, [0.0], [-5.0, -5.0], [1e-9, 1e9]],
)
def test_a_chart_has_room_for_any_values(values):
    chart = line_chart({"a": curve_of(values)})
    assert "nan" not in chart and "inf" not in chart
    texts = [text for text in ElementTree.fromstring(chart).iter("text") if text.get("text-anchor") == "end"]
    assert all(float(text.get("x")) >= 9 * len(text.text) for text in texts)  # 9 px: a digit at its largest


def test_the_page_shows_everything_and_escapes_it(tmp_path):
    page = page_in(tmp_path, name=NAME, netG=NAME, lr=2e-4)
    train(page, range(1, 4))
    page.message(NAME)
    for _ in range(2):
        page.warning("the loss is flat: try --lr")
    text, texts = text_of(tmp_path), Page(text_of(tmp_path)).texts
    assert texts.count(NAME) >= 3 and "<img src=x" not in text
    assert texts.count("the loss is flat: try --lr") == 1
    assert text.count("<svg") == 4
    for wanted in ("3 / 800", "12.5", "0.0002", "1 h 02 min", "epoch 1", "epoch 3", "netG", "training"):
        assert wanted in texts, wanted
    assert sources(tmp_path) <= files(tmp_path)
    assert len([source for source in sources(tmp_path) if "fixed" in source]) == 2 * (3 + 2)


def test_a_standard_error_is_shown_beside_its_metric(tmp_path):
    page_in(tmp_path).validation(moment(1), {"L1": 0.25, "KD": 140.0, "KD_se": 6.0})
    assert text_of(tmp_path).count("<svg") == 2 and "KD_se" not in text_of(tmp_path)
    assert "140 ± 6" in Page(text_of(tmp_path)).texts


def test_the_page_refreshes_until_it_is_closed(tmp_path):
    page = page_in(tmp_path)
    train(page, range(1, 2))
    assert "location.reload" in text_of(tmp_path)
    page.close("failed: out of memory")
    text = text_of(tmp_path)
    assert "location.reload" not in text and 'http-equiv="refresh"' not in text
    assert "failed: out of memory" in Page(text).texts


def test_the_page_costs_the_same_at_any_length(tmp_path):
    page, sizes = page_in(tmp_path, interval_s=3600), []
    first = text_of(tmp_path)
    for start in (1, 101, 201):
        train(page, range(start, start + 100))
        assert start > 1 or text_of(tmp_path) == first  # updates are rare
        page.close("finished")
        sizes.append([(tmp_path / name).stat().st_size for name in ("index.html", "history.json")])
        assert len(files(tmp_path)) <= 2 * (MAX_EPOCHS_SHOWN + 1 + 2) + 2 * 3
    assert sizes[2][0] < 1.2 * sizes[1][0] and sizes[2][1] < 1.2 * sizes[1][1]
    assert "300 / 800" in text_of(tmp_path)


@pytest.mark.parametrize("interval_s", [0.0, 3600.0])
def test_the_page_shows_images_that_exist_however_rarely_it_is_written(tmp_path, interval_s):
    page = page_in(tmp_path, interval_s=interval_s)
    for epoch in range(1, 30):
        visuals = {"real_A": shade(0), "fake_B": shade(epoch)}
        page.samples(moment(epoch), visuals)
        page.fixed_samples(moment(epoch), {"a": visuals})
        if epoch == MAX_EPOCHS_SHOWN:
            page.close("")
        assert sources(tmp_path) <= files(tmp_path)
    page.close("finished")
    assert sources(tmp_path) == files(tmp_path) and len(files(tmp_path)) == 2 + 1 + MAX_EPOCHS_SHOWN


def test_a_resumed_run_continues_its_history(tmp_path):
    train(page_in(tmp_path), range(1, 6))
    before = json.loads((tmp_path / "history.json").read_text())
    page = page_in(tmp_path, resume=True)
    assert sources(tmp_path) <= files(tmp_path)
    train(page, range(4, 8))
    after = json.loads((tmp_path / "history.json").read_text())
    points = after["curves"]["losses"]["G_L1"]["points"]
    assert points[:12] == before["curves"]["losses"]["G_L1"]["points"][:12]
    assert [point[1] for point in points] == list(range(5, 7 * EPOCH_SIZE + 1, 5))
    assert sorted(map(int, after["fixed"]["lion"]["epochs"])) == [1, 2, 3, 4, 5, 6, 7]


def test_a_new_run_deletes_only_the_pages_own_images(tmp_path):
    train(page_in(tmp_path), range(1, 4))
    (tmp_path / "images" / "mine.jpg").write_bytes(b"keep")
    page = page_in(tmp_path)
    train(page, range(1, 2))
    page.close("finished")
    assert files(tmp_path) == {"images/mine.jpg"} | sources(tmp_path)


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"curves": 3}', '{"curves": {"losses": {"G": {"points": 1}}}}']
)
def test_a_broken_history_costs_the_curves_not_the_run(tmp_path, broken):
    (tmp_path / "history.json").write_text(broken)
    train(page_in(tmp_path, resume=True), range(1, 2))
    assert "1 / 800" in text_of(tmp_path)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_losses_that_are_not_finite_leave_the_page_whole(tmp_path, value):
    page = page_in(tmp_path)
    page.losses(moment(1), {"G_L1": value})
    page.losses(moment(2), {"G_L1": 3.0})
    charts = "".join(re.findall("<svg.*?</svg>", text_of(tmp_path)))
    assert charts and not re.search(r"\b(nan|inf)\b", charts)
    json.loads((tmp_path / "history.json").read_text(), parse_constant=lambda c: pytest.fail(c))


def test_the_page_is_at_the_familys_place(tmp_path):
    group = create_loggers(tmp_path, {"name": "x", "no_html": False, "display_id": 0, "wandb": False})
    group.tell(lambda log: log.close("finished"))
    assert "finished" in text_of(tmp_path / "web")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_the_page_in_a_real_browser(tmp_path):
    train(page_in(tmp_path / "web", name=NAME), range(1, 12))
    script = """
        const images=[...document.images];
        return {ago:document.getElementById('updated').textContent,
            broken:images.filter(i=>!i.complete||!i.naturalWidth).length, images:images.length,
            wide:document.documentElement.scrollWidth>innerWidth,
            stroke:getComputedStyle(document.querySelector('path.smooth')).stroke};
    """
    answer = browse(tmp_path / "web" / "index.html", script, tmp_path)
    said = answer["said"]
    assert answer["wrong"] == [] and said["broken"] == 0 and said["images"] == 2 * (MAX_EPOCHS_SHOWN + 2) + 3
    assert said["ago"].endswith("ago") and not said["wide"] and said["stroke"].startswith("rgb")
